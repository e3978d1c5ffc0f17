"""Processes that outlive the command that started them: start, look, end."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

HOST = "127.0.0.1"

MARK = " -m infra."
"""In the command line of every process that we start."""

PATIENCE = 10.0
"""Seconds that a process has to end before it is killed."""

_started: dict[int, subprocess.Popen[bytes]] = {}
"""What this very process started: a child that has ended stays in the system's table until its parent asks."""


def spawn(command: list[str], surroundings: Mapping[str, str], *, directory: Path, log: Path) -> int:
    """Start a process in a session of its own, writing to a log; returns its id."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=directory,
            env=dict(surroundings),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _started[process.pid] = process
    return process.pid


def alive(process: int) -> bool:
    """Whether a process that we started still runs."""
    if not process:
        return False
    if process in _started:
        return _started[process].poll() is None
    # An id that was written down long ago may be another process's by now: look at what it runs.
    return MARK in _command_line(process)


def _command_line(process: int) -> str:
    """What a process runs; empty when there is none of this id."""
    if Path("/proc/self/cmdline").exists():
        try:
            return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    command = ["ps", "-o", "command=", "-p", str(process)]
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout


def end(process: int) -> None:
    """End a process that `spawn` started, with all that it started in turn; one that is not ours is left alone."""
    if not alive(process):
        return
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process, sign)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + PATIENCE
        while alive(process) and time.monotonic() < deadline:
            time.sleep(0.05)
        if not alive(process):
            break
    # Children of the group that did not heed the first signal.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
