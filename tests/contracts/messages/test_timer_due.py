"""The message that wakes an order: the tick sends what lies on disk, and routing understands what lies there."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from oms.orders.log import load
from oms.platform import routing
from oms.platform.timers import Timer
from tests.support.memory_stack import START, MemoryStack
from tests.support.orders import line, placed

EXAMPLE: dict[str, Any] = json.loads((Path(__file__).parent / "TimerDue.json").read_text(encoding="utf-8"))


def test_the_tick_sends_what_was_agreed() -> None:
    timer = Timer(pk=f"order#{EXAMPLE['order_id']}", sk="order", due_at=EXAMPLE["due_at"], rings=0)
    assert timer.message == EXAMPLE


def test_routing_takes_the_order_that_the_message_names_as_far_as_it_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    stack = MemoryStack()
    stack.stock("mug", "north", 1)
    sold = replace(placed(line("1", "mug", 1, 1000)), release_at=START + timedelta(minutes=30))
    stack.captured(sold, EXAMPLE["order_id"])
    stack.tick(3600)
    monkeypatch.setattr(routing, "ports", stack.ports)
    routing.handle(EXAMPLE, "from-the-queue")
    order = load(stack, EXAMPLE["order_id"])
    assert order.released
    assert EXAMPLE["id"] in order.causes
