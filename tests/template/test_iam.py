"""Each function's role allows exactly the calls that the function makes over all flows: none missing, none unused.

The flows record every call into `build/aws-calls.json`; `make test` runs them before this.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import pytest

from infra.compose import compose
from tests.support.recorder import Need, load
from tests.support.reports import CALLS
from tests.support.world import stack
from tests.template.reading import as_list, statements

Json = dict[str, Any]

LAMBDA_DOES = {"WriteOwnLogs", "ReadQueue", "ReadStream", "ListStreams", "KeepFailedBatches"}
"""Statements of `infra/conventions.py` for what Lambda itself does with the role: no code of ours makes those calls."""

FUNCTIONS = sorted(name for name, each in compose()["Resources"].items() if each["Type"] == "AWS::Serverless::Function")


@pytest.fixture(scope="module")
def needs() -> dict[str, set[Need]]:
    """What each function called."""
    if not CALLS.exists():
        pytest.fail("no calls were recorded: run all of tests/flows first, as `make test` does")
    return load(CALLS)


@pytest.fixture(scope="module")
def roles() -> dict[str, list[Json]]:
    """The statements of each function's role that are about its own calls, with the names of the flows' stack."""
    template = stack()
    return {
        name: [
            template.resolve(statement)
            for statement in statements(template.resources[f"{name}Role"]["Properties"])
            if statement["Sid"] not in LAMBDA_DOES
        ]
        for name in FUNCTIONS
    }


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_may_do_all_that_it_does(
    function: str, needs: dict[str, set[Need]], roles: dict[str, list[Json]]
) -> None:
    missing = sorted(
        f"{need.action} on {need.resource}"
        for need in needs.get(function, set())
        if not covered(need, roles[function], "Allow") or covered(need, roles[function], "Deny")
    )
    assert not missing, "\n".join([f"add to the policy of {function} in functions/*/.chalice:", *missing])


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_does_all_that_it_may_do(
    function: str, needs: dict[str, set[Need]], roles: dict[str, list[Json]]
) -> None:
    unused = sorted(
        f"{right.action} on {right.resource}"
        for right in rights(roles[function])
        if not any(matches(need, right) for need in needs.get(function, set()))
    )
    assert not unused, "\n".join([f"remove from the policy of {function}, or use it in a flow:", *unused])


def test_a_missing_and_an_unused_right_are_found() -> None:
    role = [{"Sid": "Orders", "Effect": "Allow", "Action": ["a:Read", "a:Write"], "Resource": ["x", "y/*"]}]
    assert covered(Need("a:Read", "y/1"), role, "Allow")
    assert not covered(Need("a:Read", "z"), role, "Allow")
    assert not covered(Need("a:Erase", "x"), role, "Allow")
    assert {right for right in rights(role) if matches(Need("a:Write", "y/1"), right)} == {Need("a:Write", "y/*")}


def rights(role: list[Json]) -> Iterator[Need]:
    """Each action on each resource that a role allows its code."""
    for statement in role:
        if statement["Effect"] == "Allow":
            for action in as_list(statement["Action"]):
                for resource in as_list(statement["Resource"]):
                    yield Need(action, resource)


def covered(need: Need, role: list[Json], effect: str) -> bool:
    """Whether a statement of this effect says something about the need."""
    return any(
        matches(need, Need(action, resource))
        for statement in role
        if statement["Effect"] == effect
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    )


def matches(need: Need, right: Need) -> bool:
    """Whether a right, whose resource may have `*`, is about a need."""
    return need.action == right.action and fnmatchcase(need.resource, right.resource)
