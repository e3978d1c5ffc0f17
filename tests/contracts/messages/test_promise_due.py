"""The message that brings an order's day up to date: the stock stream sends what lies on disk, and routing knows it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from oms.orders.log import load
from oms.platform import promises, routing
from oms.routing.process import advance
from oms.stock.expected import Expected
from tests.support.memory_stack import MemoryStack
from tests.support.orders import line, placed

EXAMPLE: dict[str, Any] = json.loads((Path(__file__).parent / "PromiseDue.json").read_text(encoding="utf-8"))


def test_the_stock_stream_sends_what_was_agreed() -> None:
    assert promises.message(EXAMPLE["order_id"], "4f1c") == EXAMPLE


def test_routing_brings_the_day_of_the_order_that_it_names_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    stack = MemoryStack()
    stack.stock("mug", "north", 0)
    stack.captured(placed(line("1", "mug", 1, 1000)), EXAMPLE["order_id"])
    advance(stack.ports(), EXAMPLE["order_id"], "routed")
    comes = stack.now.date() + timedelta(days=9)
    stack.coming.append(Expected(sku="mug", location_id="north", quantity=1, expected=comes, purchase_order_id="po-1"))
    monkeypatch.setattr(routing, "ports", stack.ports)
    routing.handle(EXAMPLE, "from-the-queue")
    order = load(stack, EXAMPLE["order_id"])
    assert order.promise.arrives == comes
    assert EXAMPLE["id"] in order.causes
