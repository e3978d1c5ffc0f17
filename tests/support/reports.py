"""What a run of the tests leaves behind: figures at the end of its output, and the AWS calls of each function.

Under xdist each worker hands its share to the controller, which joins them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.recorder import Need, recorder, save

CALLS = Path(__file__).parents[2] / "build" / "aws-calls.json"
"""`{function's logical id: {"dynamodb:PutItem": [ARN, …]}}`, of a run that had all flows in it."""

tallies: dict[str, int] = {}
"""What tests counted, by a text with a place for the number: `crash test: {} points`."""

_from_workers: list[dict[str, Any]] = []


def tally(text: str, number: int = 1) -> None:
    """Add to a number that the summary of the run prints, in a text that says `{}` where it stands."""
    tallies[text] = tallies.get(text, 0) + number


def pytest_testnodedown(node: Any, error: object) -> None:  # noqa: ARG001 - pytest's signature
    """A worker is done: take what it found. (Only the controller of xdist is asked.)"""
    _from_workers.append(getattr(node, "workeroutput", {}).get("oms", {}))


pytest_testnodedown = pytest.hookimpl(optionalhook=True)(pytest_testnodedown)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand the findings to the controller, or write them down."""
    found = {
        "tallies": tallies,
        "needs": {name: [[need.action, need.resource] for need in needs] for name, needs in recorder().needs.items()},
    }
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["oms"] = json.loads(json.dumps(found))
        return
    needs: dict[str, set[Need]] = {}
    for share in [found, *_from_workers]:
        for name, pairs in share.get("needs", {}).items():
            needs.setdefault(name, set()).update(Need(*pair) for pair in pairs)
    for share in _from_workers:
        for text, number in share.get("tallies", {}).items():
            tally(text, number)
    if needs and _all_flows(session):
        save(CALLS, needs)


def _all_flows(session: pytest.Session) -> bool:
    """Whether this run was of all flows: a part of them would say that permissions are not needed that are."""
    option = session.config.option
    whole = {"tests", "tests/", "tests/flows", "tests/flows/", "."}
    return not option.keyword and not option.markexpr and bool(whole & set(session.config.args))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print what was counted."""
    if tallies:
        terminalreporter.section("what was tried")
        for text in sorted(tallies):
            terminalreporter.write_line(text.format(tallies[text]))
