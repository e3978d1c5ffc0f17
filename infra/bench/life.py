"""AWS calls and DynamoDB units of an order's life, by function, counted in process by the world of the flow tests."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from infra.build import ROOT


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one function did for one order. `changes` are the calls that write or send: the floor of `calls`."""

    function: str
    calls: int
    changes: int
    read_units: float
    write_units: float
    operations: dict[str, int]


def costs() -> dict[str, list[Cost]]:
    """The costs of an order that one place ships, and of one that two do.

    The tests' support runs as a process of its own: it lays hands on the clock and on boto3.

    Raises:
        RuntimeError: it failed; the message has its last words.
    """
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "life.json"
        command = [sys.executable, "-m", "tests.support.life", str(path)]
        done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"the life of an order could not be counted: {done.stderr[-2000:]}")
        found = json.loads(path.read_text())
    return {
        life: [Cost(function=name, **cost) for name, cost in by_function.items()] for life, by_function in found.items()
    }
