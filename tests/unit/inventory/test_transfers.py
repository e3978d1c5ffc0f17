"""Transfers: nothing is sold twice, nothing is lost without a word, and each step is made once."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from oms.errors import Conflict, InvalidInput, ShortStock
from oms.inventory import transfers as domain
from oms.inventory.arrivals import Arrival, Receipt
from oms.inventory.effects import NOTHING, effects
from oms.inventory.forms import DispatchTransfer, PlanTransfer, ReceiveTransfer
from oms.inventory.transfers import Dispatch, Transfer, TransferLine, TransferStatus
from oms.platform import inventory_transfers as desk
from oms.platform.incoming import expected
from oms.platform.stock_counts import adjust
from oms.platform.stock_split import set_buckets
from oms.platform.stock_table import level
from oms.stock.levels import StockReason
from tests.unit.inventory.stockroom import AT, caller

ARRIVES = date(2026, 3, 9)


def planned(quantity: int = 6) -> Transfer:
    adjust("mug", "north", 10, caller("came"), reason=StockReason.RECEIVED)
    return desk.plan(plan(quantity, "T-1"), caller("plan"))


def plan(quantity: int, transfer_id: str | None = None) -> PlanTransfer:
    wish = {
        "transfer_id": transfer_id,
        "origin": "north",
        "destination": "south",
        "expected": ARRIVES,
        "lines": [{"sku": "mug", "quantity": quantity}],
    }
    return PlanTransfer.model_validate(wish)


def arrived(quantity: int, **unavailable: int) -> ReceiveTransfer:
    return ReceiveTransfer.model_validate({"lines": [{"sku": "mug", "quantity": quantity, "unavailable": unavailable}]})


def figures(location_id: str) -> tuple[int, int, int, dict[str, int]]:
    known = level("mug", location_id)
    return known.on_hand, known.available, known.incoming, dict(known.unavailable)


@pytest.mark.usefixtures("tables")
def test_goods_are_set_aside_then_in_transit_then_there() -> None:
    for _ in range(2):
        assert planned().status is TransferStatus.PLANNED
    assert figures("north") == (10, 4, 0, {"transfer": 6})
    some = DispatchTransfer.model_validate({"lines": [{"sku": "mug", "quantity": 4}]})
    for _ in range(2):
        assert desk.dispatch("T-1", some, caller("d1")).status is TransferStatus.IN_TRANSIT
    assert (figures("north"), figures("south")) == ((6, 4, 0, {"transfer": 2}), (0, 0, 4, {}))
    assert [(each.quantity, each.expected, each.purchase_order_id) for each in expected("mug")] == [(4, ARRIVES, "T-1")]
    for _ in range(2):
        desk.dispatch("T-1", DispatchTransfer(), caller("d2"))
    for _ in range(2):
        desk.receive("T-1", arrived(5, damaged=1), caller("r1"))
    assert (figures("north"), figures("south")) == ((4, 4, 0, {}), (5, 4, 1, {"damaged": 1}))
    with pytest.raises(Conflict, match="nothing is set aside"):
        desk.dispatch("T-1", DispatchTransfer(), caller("d3"))


@pytest.mark.usefixtures("tables")
def test_what_does_not_arrive_is_lost_until_it_turns_up() -> None:
    planned()
    desk.dispatch("T-1", DispatchTransfer(), caller("d1"))
    desk.receive("T-1", arrived(4), caller("r1"))
    for _ in range(2):
        closed = desk.close("T-1", caller("c1"))
    assert (closed.status, closed.lines[0].lost, figures("south"), expected("mug")) == (
        TransferStatus.CLOSED,
        2,
        (4, 4, 0, {}),
        (),
    )
    assert desk.receive("T-1", arrived(2), caller("r2")).status is TransferStatus.RECEIVED
    assert figures("south") == (6, 6, 0, {})
    with pytest.raises(Conflict, match="0 of mug are in transit"):
        desk.receive("T-1", arrived(1), caller("r3"))


@pytest.mark.usefixtures("tables")
def test_what_is_not_dispatched_is_for_sale_again() -> None:
    planned()
    assert desk.close("T-1", caller("c1")).status is TransferStatus.CLOSED
    assert figures("north") == (10, 10, 0, {})
    assert [each["transfer_id"] for each in desk.page("closed", "south")["transfers"]] == ["T-1"]
    assert desk.page("planned")["transfers"] == []


@pytest.mark.usefixtures("tables")
def test_no_more_can_be_set_aside_than_is_for_sale() -> None:
    with pytest.raises(ShortStock, match="mug at north"):
        planned(11)
    assert figures("north") == (10, 10, 0, {})


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"destination": "north"}, "one location"),
        ({"lines": [{"sku": "mug", "quantity": 1}, {"sku": "mug", "quantity": 2}]}, "twice"),
        ({"lines": []}, "at least 1"),
    ],
)
def test_a_plan_that_cannot_be_meant_is_refused(wrong: dict[str, Any], message: str) -> None:
    wish = {"origin": "north", "destination": "south", "expected": ARRIVES, "lines": [{"sku": "mug", "quantity": 1}]}
    with pytest.raises(ValidationError, match=message):
        PlanTransfer.model_validate(wish | wrong)


steps = st.lists(
    st.tuples(st.sampled_from(["dispatch", "receive", "close"]), st.sampled_from(["mug", "jug"]), st.integers(1, 5)),
    max_size=12,
)


@given(steps)
@settings(max_examples=150, deadline=None)
def test_whatever_happens_every_unit_is_somewhere_and_each_level_balances(history: list[tuple[str, str, int]]) -> None:
    transfer = Transfer(
        transfer_id="T",
        origin="north",
        destination="south",
        expected=ARRIVES,
        reference="",
        planned_at=AT,
        planned_by="test",
        announced=2,
        fingerprint="",
        lines=(TransferLine(sku="mug", quantity=5), TransferLine(sku="jug", quantity=3)),
    )
    seen = NOTHING
    on_hand: dict[str, int] = {}
    incoming = 0
    for number, (what, sku, units) in enumerate([("close", "", 0), *history]):
        try:
            transfer = _after(transfer, what, sku, units, number) if number else transfer
        except (Conflict, InvalidInput):
            continue
        now = domain.footprint(transfer)
        for moved in effects(seen, now, reason=StockReason.TRANSFER, reference="T").movements:
            assert moved.on_hand == moved.available + sum(moved.unavailable.values())
            on_hand[moved.location_id] = on_hand.get(moved.location_id, 0) + moved.on_hand
            incoming += moved.incoming
        seen = now
        lost = sum(line.lost for line in transfer.lines)
        assert sum(on_hand.values()) + incoming + lost == 0
        assert incoming == sum(seen.promises.values())
        assert all(min(line.set_aside, line.in_transit, line.lost, line.kept) >= 0 for line in transfer.lines)


def _after(transfer: Transfer, what: str, sku: str, units: int, number: int) -> Transfer:
    if what == "close":
        return domain.close(transfer)
    if what == "dispatch":
        return domain.dispatch(transfer, Dispatch(cause=str(number), at=AT, actor="test", units={sku: units}))
    arrival = Arrival(sku=sku, quantity=units, unavailable={"damaged": 1})
    return domain.receive(transfer, Receipt(cause=str(number), at=AT, actor="test", arrivals=(arrival,)))


@pytest.mark.usefixtures("tables")
def test_goods_move_between_levels_that_are_held_in_buckets() -> None:
    adjust("mug", "south", 9, caller("came"), reason=StockReason.RECEIVED)
    adjust("mug", "north", 10, caller("came"), reason=StockReason.RECEIVED)
    for place in ("north", "south"):
        set_buckets("mug", place, 3, caller("hot"))
    planned(8)
    assert figures("north") == (10, 2, 0, {"transfer": 8})
    desk.dispatch("T-1", DispatchTransfer(), caller("d1"))
    desk.receive("T-1", arrived(7, damaged=1), caller("r1"))
    desk.close("T-1", caller("c1"))
    assert (figures("north"), figures("south")) == ((2, 2, 0, {}), (16, 15, 0, {"damaged": 1}))
    with pytest.raises(ShortStock):
        desk.plan(plan(3), caller("again"))
