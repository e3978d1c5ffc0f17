"""What a fresh process pays before its first line of work: each packaged app, beside boto3 with a DynamoDB client."""

from __future__ import annotations

import json
import statistics
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from infra import doors
from infra.bench import unpacked

GOAL = 1.2
"""How much of the floor an app's import may cost at most."""

PROGRAM = """
import json, time
began = time.perf_counter()
{work}
took = time.perf_counter() - began
open(sys.argv[1], "w").write(json.dumps(took))
"""

FLOOR = PROGRAM.format(work='import boto3\nboto3.client("dynamodb")')
APP = PROGRAM.format(work="import app")


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Medians over the runs, in seconds; the floor is measured before each run of the app."""

    stage: str
    seconds: float
    floor: float

    @property
    def ratio(self) -> float:
        """The import as a share of the floor."""
        return self.seconds / self.floor


def starts(runs: int) -> list[Start]:
    """Measure every stage, alternating with the floor, so that a busy moment of the machine falls on both."""
    for name in (*unpacked.LAYERS, *doors.stages()):
        unpacked.unpack(name)
    return [_start(stage, runs) for stage in doors.stages()]


def _start(stage: str, runs: int) -> Start:
    floor, app = [], []
    for _ in range(runs):
        floor.append(timed(FLOOR, unpacked.paths()))
        app.append(timed(APP, unpacked.paths(stage)))
    return Start(stage=stage, seconds=statistics.median(app), floor=statistics.median(floor))


def timed(program: str, where: list[str]) -> float:
    """The seconds that a program says it took."""
    with TemporaryDirectory() as directory:
        told = Path(directory) / "told.json"
        unpacked.run(program, where, str(told))
        return float(json.loads(told.read_text()))
