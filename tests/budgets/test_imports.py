"""What a cold start may cost, counted in modules: counts do not flicker as times do. `oms bench` prints the times."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache

import pytest

from infra import doors

BUDGETS = {"capture": 80, "fulfill": 80, "insight": 80, "notify": 60, "returns": 80, "route": 80}
"""Modules that importing a stage's app may load, those of the standard library included."""

OWN = 24
"""Of these, modules of ours. What one route or event needs is imported when it comes."""

HEAVY = {
    "aws_lambda_powertools",
    "babel",
    "barcode",
    "boto3",
    "botocore",
    "fpdf",
    "holidays",
    "jinja2",
    "PIL",
    "pydantic",
    "s3transfer",
    "urllib3",
    "xml",
}
"""Packages that take longer to import than all of an app; some starts need none of them."""

PROGRAM = """
import json, sys
before = set(sys.modules)
sys.path.insert(0, sys.argv[1])
import app
print(json.dumps(sorted(set(sys.modules) - before)))
"""


@cache
def imported(stage: str) -> list[str]:
    """What importing a stage's app loads in a fresh process."""
    command = [sys.executable, "-c", PROGRAM, str(doors.FUNCTIONS / stage)]
    loaded: list[str] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)  # noqa: S603 - ours
    return loaded


def test_every_stage_has_a_budget() -> None:
    assert set(BUDGETS) == set(doors.stages())


@pytest.mark.parametrize("stage", BUDGETS)
def test_a_stage_imports_few_modules(stage: str) -> None:
    assert len(imported(stage)) <= BUDGETS[stage], imported(stage)


@pytest.mark.parametrize("stage", BUDGETS)
def test_a_stage_imports_few_of_our_own_modules(stage: str) -> None:
    own = [name for name in imported(stage) if name.split(".")[0] == "oms"]
    assert 0 < len(own) <= OWN, own


@pytest.mark.parametrize("stage", BUDGETS)
def test_a_stage_imports_nothing_heavy(stage: str) -> None:
    assert HEAVY.isdisjoint(name.split(".")[0] for name in imported(stage))


def test_capture_knows_no_carrier_and_no_stage_knows_a_channel_before_it_is_asked() -> None:
    for stage in BUDGETS:
        assert [name for name in imported(stage) if name.startswith(("oms.carriers", "oms.channels"))] == []
