"""Several processes at once over one table, call by call, in any order: the real code on DynamoDB in memory.

Each actor is a process of its own: it remembers what it has seen itself and nothing else. Whose call is carried out
next is the caller's choice, so that a test can draw it at random, or try every order there is.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import MISSING, fields
from typing import Any

import pytest

from infra.bench.dynamo import Dynamo
from oms.platform import aws, cache, config

Actor = Callable[[], None]
Choose = Callable[[int], int]
"""Which of so many actors goes on."""


class _Enough(BaseException):
    """This order of calls has been seen already. Not an `Exception`: no actor may survive it."""


@contextmanager
def in_memory() -> Iterator[Dynamo]:
    """Let the platform work on tables in memory, with the environment of a function."""
    dynamo = Dynamo()
    with pytest.MonkeyPatch.context() as patched:
        for each in fields(config.Settings):
            if each.default is MISSING:
                patched.setenv(f"OMS_{each.name.upper()}", f"test-{each.name.removesuffix('_table')}")
        patched.setenv("POWERTOOLS_SERVICE_NAME", "test")
        patched.setattr(aws, "_client", lambda _service: dynamo)
        config.settings.cache_clear()
        cache.forget_all()
        yield dynamo
    config.settings.cache_clear()
    cache.forget_all()


class _Process:
    def __init__(self, act: Actor, moved: threading.Semaphore) -> None:
        self.memory: list[dict[Any, Any]] = []
        self.seen: list[int] = []
        """What was there at each of its calls: with it, where it stands is known."""
        self.calls = 0
        self.over = False
        self.error: BaseException | None = None
        self.turn = threading.Semaphore(0)
        self._moved = moved
        self.thread = threading.Thread(target=self._run, args=(act,), daemon=True)

    def _run(self, act: Actor) -> None:
        self.turn.acquire()
        try:
            act()
        except _Enough:
            pass
        except BaseException as error:  # noqa: BLE001 - handed on by `run`
            self.error = error
        self.over = True
        self._moved.release()


class Stage:
    """One performance of some actors; `check` is called after each call of any of them."""

    def __init__(self, dynamo: Dynamo, actors: Sequence[Actor], check: Callable[[], None] = lambda: None) -> None:
        self._dynamo = dynamo
        self._moved = threading.Semaphore(0)
        self._processes = [_Process(act, self._moved) for act in actors]
        self._check = check
        self._stopped = False
        self._playing: _Process | None = None

    def run(self, choose: Choose, known: set[object] | None = None, *, given: int = 0) -> bool:
        """Play to the end; False when it came to where another performance was before: from there it would go on alike.

        The first `given` choices repeat those of another performance.
        """
        self._dynamo.before = lambda *_: self._wait()
        for each in self._processes:
            each.thread.start()
        try:
            self._play(choose, known, given)
        finally:
            finished, self._stopped = not self._stopped, True
            for each in self._processes:
                while not each.over:
                    self._let(each)
                each.thread.join()
            self._dynamo.before = lambda *_: None
        for each in self._processes:
            if each.error is not None:
                raise each.error
        return finished

    def _play(self, choose: Choose, known: set[object] | None, given: int) -> None:
        chosen = 0
        while alive := [each for each in self._processes if not each.over]:
            if known is not None and chosen >= given:
                state = self._state()
                if state in known:
                    self._stopped = True
                    return
                known.add(state)
            self._let(alive[choose(len(alive)) if len(alive) > 1 else 0])
            chosen += len(alive) > 1
            self._check()

    def _let(self, process: _Process) -> None:
        """Let a process go on until it makes its next call, or is over."""
        memory = process.memory or [{} for _ in cache._all]
        for kept, its in zip(cache._all, memory, strict=True):
            kept._kept = its
        self._playing = process
        process.turn.release()
        self._moved.acquire()
        process.memory = [kept._kept for kept in cache._all]

    def _wait(self) -> None:
        """A process is about to make a call: it waits for its turn."""
        process = self._playing
        assert process is not None
        process.calls += 1
        self._moved.release()
        process.turn.acquire()
        if self._stopped:
            raise _Enough
        process.seen.append(hash(repr(self._dynamo.tables)))

    def _state(self) -> object:
        return repr(self._dynamo.tables), tuple((each.over, each.calls, *each.seen) for each in self._processes)


def every_order(perform: Callable[[Choose, set[object], int], bool]) -> int:
    """Perform in every order of calls that leads to another state; returns how many were played to their end."""
    known: set[object] = set()
    path: list[tuple[int, int]] = []
    played = 0
    while True:
        given = [choice for choice, _ in path]
        path.clear()

        def choose(count: int, given: list[int] = given) -> int:
            choice = given[len(path)] if len(path) < len(given) else 0
            path.append((choice, count))
            return choice

        played += perform(choose, known, len(given))
        while path and path[-1][0] + 1 >= path[-1][1]:
            path.pop()
        if not path:
            return played
        path[-1] = (path[-1][0] + 1, path[-1][1])
