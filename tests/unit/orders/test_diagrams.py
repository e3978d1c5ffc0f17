from __future__ import annotations

import re
from enum import StrEnum

import pytest

from infra.diagrams import DOCUMENT, document
from infra.diagrams_after_sale import RETURNS, STATUSES, return_status
from oms.orders.after_sale import ReturnStatus
from oms.orders.events import UnitState
from oms.orders.transitions import MOVES, FulfillmentStatus, OrderStatus
from oms.returns.decisions import ACTIONS


def test_the_diagram_in_the_docs_is_that_of_the_table() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document(), "run `python -m infra.diagrams`"


def test_the_diagram_has_an_arrow_for_every_move_and_no_other() -> None:
    units = document().split("```")[1]
    arrows = re.findall(r"^    (\w+) --> (\w+): (.+)$", units, re.MULTILINE)
    drawn = {(UnitState(source), UnitState(target)) for source, target, _ in arrows}
    assert drawn == {(source, target) for source, targets in MOVES.items() for target in targets}
    gone = {part for _, target, label in arrows if target == "cancelled" for part in label.split(", ")}
    assert gone == {"cancel", "cancellation accepted", "put-back"}
    assert not any(label == "cancel" for _, target, label in arrows if target != "cancelled")


@pytest.mark.parametrize("statuses", STATUSES)
def test_every_status_of_money_returns_and_exchanges_has_its_place_in_a_diagram(statuses: type[StrEnum]) -> None:
    drawn = re.findall(r"^    (?:\w+|\[\*\]) --> (\w+): ", document(), re.MULTILINE)
    assert {status.value for status in statuses} <= set(drawn)


def test_an_action_of_a_return_is_offered_exactly_where_an_arrow_of_its_name_begins() -> None:
    named: dict[str, set[str]] = {status: set() for status in ReturnStatus}
    for life in RETURNS:
        for number in range(1, len(life)):
            named[return_status([event for _, event in life[:number]])].add(life[number][0])
    assert named == {status: set(actions) for status, actions in ACTIONS.items()}


def test_every_status_is_named() -> None:
    for status in (*OrderStatus, *FulfillmentStatus):
        assert re.search(rf"\b{status}\b", document())
