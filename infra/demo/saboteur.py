"""Kills Lambda worker processes of the local cloud at random, as a machine that fails does: without a word."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

from infra.local import Cloud


class Saboteur:
    """Kills one worker now and then, until it is stopped or has killed `most`."""

    def __init__(self, cloud: Cloud, dice: random.Random, *, most: int, every: tuple[float, float]) -> None:
        self._cloud = cloud
        self._dice = dice
        self._most = most
        self._every = every
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._work, name="saboteur", daemon=True)
        self.killed = 0

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Kill no more."""
        self._end.set()
        self._thread.join()

    def _work(self) -> None:
        while self.killed < self._most and not self._end.wait(self._dice.uniform(*self._every)):
            found = workers(self._cloud)
            if found:
                victim = self._dice.choice(found)
                try:
                    os.kill(victim, signal.SIGKILL)
                except ProcessLookupError:
                    continue
                self.killed += 1


def workers(cloud: Cloud) -> list[int]:
    """Process ids of the workers: what the local cloud started, and what runs a file of its own making."""
    own = Path(cloud.directory).resolve()
    return sorted(
        process
        for process, parent, command in _processes()
        if parent == cloud.processes["cloud"] and any(Path(part).resolve().is_relative_to(own) for part in command[1:])
    )


def _processes() -> Iterator[tuple[int, int, list[str]]]:
    """Id, parent and command of each process of this machine."""
    if not Path("/proc/self/stat").exists():
        listed = subprocess.run(["ps", "-axo", "pid=,ppid=,args="], check=True, capture_output=True, text=True)
        for line in listed.stdout.splitlines():
            own, its_parent, *command = line.split()
            yield int(own), int(its_parent), command
        return
    for directory in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            parent = int((directory / "stat").read_text().rpartition(")")[2].split()[1])
            yield int(directory.name), parent, (directory / "cmdline").read_bytes().decode().split("\0")
