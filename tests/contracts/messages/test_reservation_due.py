"""The message that ends a reservation: the tick sends what lies on disk, and routing understands what lies there."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from oms.clock import from_text
from oms.orders.log import Caller
from oms.orders.reserving import ReservedUnits
from oms.platform import reservations, routing
from oms.platform.stock_counts import adjust
from oms.platform.stock_items import RESERVATION_PARTITION, RESERVATION_SORT
from oms.platform.stock_table import level
from oms.platform.timers import RESERVATIONS, Timer
from oms.stock.levels import StockReason
from oms.stock.reservations import Reservation, ReservationStatus
from tests.support.interleaved import in_memory

EXAMPLE: dict[str, Any] = json.loads((Path(__file__).parent / "ReservationDue.json").read_text(encoding="utf-8"))
DUE = from_text(EXAMPLE["due_at"])


def test_the_tick_sends_what_was_agreed() -> None:
    partition = RESERVATION_PARTITION + EXAMPLE["reservation_id"]
    timer = Timer(pk=partition, sk=RESERVATION_SORT, due_at=EXAMPLE["due_at"], rings=0, of=RESERVATIONS)
    assert timer.message == EXAMPLE


def test_routing_gives_the_units_back_when_the_time_is_over_and_not_before(monkeypatch: pytest.MonkeyPatch) -> None:
    before = Caller(actor="test", cause="made", clock=lambda: DUE - timedelta(minutes=30))
    with in_memory():
        adjust("mug", "north", 3, before, reason=StockReason.RECEIVED)
        wish = Reservation(
            reservation_id=EXAMPLE["reservation_id"],
            lines={"mug": 2},
            units=(),
            made_at=before.clock(),
            expires_at=DUE,
        )
        units = (ReservedUnits(sku="mug", location_id="north", quantity=2),)
        reservations.make(wish, lambda: units, before)
        for moment, available in ((DUE - timedelta(seconds=1), 1), (DUE, 3), (DUE, 3)):
            monkeypatch.setattr(routing, "now", lambda moment=moment: moment)
            routing.handle(EXAMPLE, "from-the-queue")
            assert level("mug", "north").available == available
        assert reservations.reservation(wish.reservation_id).status is ReservationStatus.EXPIRED
