"""Many workers at once in virtual time, against a model of what DynamoDB lets one partition key do.

The model: a partition key takes 1,000 write and 3,000 read units a second, evened out over a tenth of a second; nothing
more is saved up. A transaction that finds no room is refused, as DynamoDB refuses it; a single call waits, as the SDK's
new tries do. A transaction that meets another one on the same item while that is under way is refused as a conflict.
Each worker is a process of its own, which remembers what it has read itself; calls take the time that they are said
to take and nothing else does, so that the figures say what the table allows and not how fast this machine is.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any
from unittest.mock import patch

from infra.bench.dynamo import Dynamo, Key, cancelled
from oms.platform import cache

WRITE_UNITS = 1000.0
READ_UNITS = 3000.0
"""Units that one partition key takes in a second (service quotas of DynamoDB)."""

EVENED = 0.1
"""Seconds over which the limit is evened out."""

SECONDS = {"Query": 0.004, "GetItem": 0.004, "BatchGetItem": 0.005, "PutItem": 0.005, "TransactWriteItems": 0.012}
"""What calls take; an assumption that decides how many workers it needs, not how much the table can do."""

UNDER_WAY = 0.004
"""For how long a transaction keeps its items from others; an assumption, DynamoDB does not say."""


class _Over(BaseException):
    """The time is up. Not an `Exception`: no worker may survive it."""


@dataclass
class _Worker:
    work: Callable[[], None]
    turn: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    memory: list[dict[Any, Any]] = field(default_factory=list)
    over: bool = False
    error: BaseException | None = None


class Crowd:
    """Workers that share a table for some seconds of virtual time."""

    def __init__(self, dynamo: Dynamo, *, conflicts: bool) -> None:
        self.now = 0.0
        self.throttled = 0
        self.met = 0
        """Transactions that were refused for want of room, and because they met another."""
        self._dynamo = dynamo
        self._conflicts = conflicts
        self._free: dict[tuple[str, str, str], float] = {}
        self._held: dict[Key, float] = {}
        self._due: list[tuple[float, int]] = []
        self._workers: list[_Worker] = []
        self._playing = 0
        self._moved = threading.Semaphore(0)
        self._ended = False

    def run(self, works: Iterable[Callable[[], None]], seconds: float) -> None:
        """Let all work at the same time until the time is up."""
        self._workers = [_Worker(work) for work in works]
        threads = [threading.Thread(target=self._work, args=(number,)) for number in range(len(self._workers))]
        for number, thread in enumerate(threads):
            heappush(self._due, (number * 1e-5, number))
            thread.start()
        self._dynamo.before = self._call
        began = time.time()
        # What processes remember grows old in virtual time, too.
        with patch("time.sleep", self._wait), patch("time.time", lambda: began + self.now):
            while self._due and self._due[0][0] < seconds:
                self.now, number = heappop(self._due)
                self._let(number)
            self._ended = True
            for number, worker in enumerate(self._workers):
                while not worker.over:
                    self._let(number)
        for thread in threads:
            thread.join()
        self._dynamo.before = lambda *_: None
        for worker in self._workers:
            if worker.error is not None:
                raise worker.error

    def _work(self, number: int) -> None:
        worker = self._workers[number]
        worker.turn.acquire()
        try:
            worker.work()
        except _Over:
            pass
        except BaseException as error:  # noqa: BLE001 - raised by `run`
            worker.error = error
        worker.over = True
        self._moved.release()

    def _let(self, number: int) -> None:
        worker = self._workers[number]
        _remember(worker.memory)
        self._playing = number
        worker.turn.release()
        self._moved.acquire()
        worker.memory = _remember([])

    def _wait(self, seconds: float) -> None:
        number = self._playing
        heappush(self._due, (self.now + seconds, number))
        self._moved.release()
        self._workers[number].turn.acquire()
        if self._ended:
            raise _Over

    def _call(self, operation: str, reads: Mapping[Key, float], writes: Mapping[Key, float]) -> None:
        self._wait(SECONDS[operation])
        if operation == "TransactWriteItems":
            self._transaction(writes)
            return
        for kind, units, limit in (("read", reads, READ_UNITS), ("write", writes, WRITE_UNITS)):
            late = max((self._take(kind, place, count / limit) for place, count in units.items()), default=0.0)
            if late > EVENED:
                self._wait(late - EVENED)

    def _transaction(self, writes: Mapping[Key, float]) -> None:
        reasons = [self._reason(place) for place in writes]
        if any(reasons):
            self.throttled += "ThrottlingError" in reasons
            self.met += "TransactionConflict" in reasons
            raise cancelled([{"Code": reason or "None"} for reason in reasons])
        for place, count in writes.items():
            self._take("write", place, count / WRITE_UNITS)
            self._held[place] = self.now + UNDER_WAY

    def _reason(self, place: Key) -> str:
        if self._free.get(("write", *place[:2]), 0.0) - self.now > EVENED:
            return "ThrottlingError"
        return "TransactionConflict" if self._conflicts and self._held.get(place, 0) > self.now else ""

    def _take(self, kind: str, place: Key, seconds: float) -> float:
        """Use a partition key for so long; returns for how long others have used it up before."""
        key = kind, place[0], place[1]
        begins = max(self._free.get(key, 0.0), self.now)
        self._free[key] = begins + seconds
        return begins - self.now


def _remember(memory: list[dict[Any, Any]]) -> list[dict[Any, Any]]:
    """Change what the platform keeps in memory for that of another process; returns what it was."""
    was = []
    for number, kept in enumerate(cache._all):  # noqa: SLF001 - no process has to do this
        was.append(kept._kept)  # noqa: SLF001
        kept._kept = memory[number] if memory else {}  # noqa: SLF001
    return was
