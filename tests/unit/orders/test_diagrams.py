from __future__ import annotations

import re

from infra.diagrams import DOCUMENT, document
from oms.orders.events import UnitState
from oms.orders.transitions import MOVES, FulfillmentStatus, OrderStatus


def test_the_diagram_in_the_docs_is_that_of_the_table() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document(), "run `python -m infra.diagrams`"


def test_the_diagram_has_an_arrow_for_every_move_and_no_other() -> None:
    units = document().split("```")[1]
    arrows = re.findall(r"^    (\w+) --> (\w+): (.+)$", units, re.MULTILINE)
    drawn = {(UnitState(source), UnitState(target)) for source, target, _ in arrows}
    assert drawn == {(source, target) for source, targets in MOVES.items() for target in targets}
    assert {label for _, target, label in arrows if target == "cancelled"} == {"cancel", "cancellation accepted"}
    assert not any(label == "cancel" for _, target, label in arrows if target != "cancelled")


def test_every_status_is_named() -> None:
    for status in (*OrderStatus, *FulfillmentStatus):
        assert re.search(rf"\b{status}\b", document())
