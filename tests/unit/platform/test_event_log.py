"""The order log on DynamoDB: what one write promises, and what a transaction refuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from oms.errors import ConcurrentAppend, Conflict, NotFound, ShortStock, TooLarge
from oms.orders import decisions
from oms.orders.contact import Address, Contact
from oms.orders.events import Allocation, HoldReason, LineUnits, UnitsAllocated, UnitsBackordered, UnitState
from oms.orders.log import Caller, Reference, append, execute, load, place
from oms.orders.order import Entry, Order
from oms.orders.original import pack, unpack
from oms.platform.event_log import MAX_ITEM, entry_of, order_log, redact
from oms.platform.references import DynamoReferences
from oms.platform.stock_counts import set_on_hand
from oms.platform.stock_line import waiters
from oms.platform.stock_table import sku_stock
from tests.support.orders import line, placed

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CONTACT = Contact(name="Zoë Ünal", email="zoe@example.org", shipping=Address(line1="Rue 1", country="FR"))


def caller(cause: str) -> Caller:
    return Caller(actor="test", cause=cause, clock=lambda: AT)


def first(order_id: str = "o1", quantity: int = 3) -> Entry:
    events = decisions.place(placed(line("1", "mug", quantity, 3000), line("2", "jug", 1, 900)))
    return Entry(order_id=order_id, seq=1, at=AT, actor="shop", cause="c1", events=tuple(events), contact=CONTACT)


def allocated(order: Order, sku: str, quantity: int, location: str = "north", line_id: str = "1") -> list[Any]:
    units = Allocation(
        fulfillment_order_id=f"{order.order_id}-1",
        location_id=location,
        line_id=line_id,
        sku=sku,
        quantity=quantity,
    )
    return [UnitsAllocated(allocations=(units,))]


@pytest.mark.usefixtures("tables")
def test_an_order_reads_back_as_it_was_written() -> None:
    assert place(order_log(), first()) == (first(), True)
    assert list(order_log().entries("o1")) == [first()]
    order = load(order_log(), "o1")
    assert order.contact == CONTACT
    with pytest.raises(NotFound):
        load(order_log(), "o2")


@pytest.mark.usefixtures("tables")
def test_the_same_document_twice_is_one_order_and_another_document_a_conflict() -> None:
    place(order_log(), first())
    again = replace(first(), cause="c2", at=AT.replace(hour=10))
    standing, new = place(order_log(), again)
    assert (standing, new) == (first(), False)
    other = placed(line("1", "mug", 3, 3001))
    contradiction = replace(again, events=(replace(other, fingerprint="another"),))
    with pytest.raises(Conflict, match="already has an order 1001"):
        place(order_log(), contradiction)


def test_only_the_first_item_has_personal_data_and_the_stream_image_reads_as_an_entry(tables: Any) -> None:
    place(order_log(), first())
    execute(order_log(), "o1", lambda o: decisions.hold(o, HoldReason.MANUAL, "look"), caller("c2"))
    items = tables.query(
        TableName="test-orders",
        KeyConditionExpression="order_id = :o",
        ExpressionAttributeValues={":o": {"S": "o1"}},
    )["Items"]
    assert ["contact" in item for item in items] == [True, False]
    assert items[1]["types"] == {"L": [{"S": "OrderHeld"}]}
    assert items[1]["channel_id"] == {"S": "shop"}
    assert "zoe" not in items[0]["events"]["S"].lower()
    assert entry_of(items[0]) == first()


@pytest.mark.usefixtures("tables")
def test_what_the_channel_sent_is_kept_byte_for_byte_until_it_is_redacted() -> None:
    raw = '{"id": 1001, "note_attributes": [{"name": "engraving", "value": "für Zoë"}]}'.encode()
    place(order_log(), replace(first(), original=pack(raw)))
    assert unpack(order_log().entries("o1")[0].original) == raw
    redact("o1", 1)
    (entry,) = order_log().entries("o1")
    assert (entry.original, entry.contact, entry.events) == (b"", None, first().events)


def test_the_stream_hands_on_nothing_of_what_the_channel_sent(tables: Any) -> None:
    place(order_log(), replace(first(), original=b"packed"))
    item = tables.get_item(TableName="test-orders", Key={"order_id": {"S": "o1"}, "seq": {"N": "1"}})["Item"]
    assert item["original"] == {"B": b"packed"}
    assert entry_of(item) == first()


@pytest.mark.usefixtures("tables")
def test_an_order_that_fills_its_entry_is_kept_without_what_the_channel_sent() -> None:
    place(order_log(), replace(first(), original=bytes(MAX_ITEM)))
    assert order_log().entries("o1")[0].original == b""


@pytest.mark.usefixtures("tables")
def test_two_who_decide_on_the_same_version_cannot_both_append() -> None:
    place(order_log(), first())
    order = load(order_log(), "o1")
    append(order_log(), order, decisions.hold(order, HoldReason.MANUAL, "a"), caller("a"))
    with pytest.raises(ConcurrentAppend):
        append(order_log(), order, decisions.hold(order, HoldReason.MANUAL, "b"), caller("b"))
    set_on_hand("mug", "north", 9, caller("count"))
    with pytest.raises(ConcurrentAppend):
        append(order_log(), order, allocated(order, "mug", 1), caller("c"))
    assert sku_stock("mug").levels[0].committed == 0


@pytest.mark.usefixtures("tables")
def test_stock_moves_with_the_event_or_neither_does() -> None:
    place(order_log(), first())
    set_on_hand("mug", "north", 2, caller("count"))
    order = load(order_log(), "o1")
    with pytest.raises(ShortStock, match="mug at north"):
        append(order_log(), order, allocated(order, "mug", 3), caller("a"))
    assert load(order_log(), "o1") == order
    order = append(order_log(), order, allocated(order, "mug", 2), caller("b"))
    (level,) = sku_stock("mug").levels
    assert (level.on_hand, level.available, level.committed) == (2, 0, 2)
    cancelled = execute(order_log(), "o1", lambda o: decisions.cancel(o, {"1": 3}), caller("c"))
    (level,) = sku_stock("mug").levels
    assert (level.on_hand, level.available, level.committed) == (2, 2, 0)
    assert cancelled.lines["1"].counts[UnitState.CANCELLED] == 3


@pytest.mark.usefixtures("tables")
def test_two_lines_of_one_sku_are_summed_before_the_condition() -> None:
    events = decisions.place(placed(line("1", "mug", 2, 2000), line("2", "mug", 2, 2000)))
    place(order_log(), replace(first(), events=tuple(events)))
    set_on_hand("mug", "north", 3, caller("count"))
    order = load(order_log(), "o1")
    both = UnitsAllocated(
        allocations=tuple(
            Allocation(fulfillment_order_id="o1-1", location_id="north", line_id=each, sku="mug", quantity=2)
            for each in ("1", "2")
        )
    )
    with pytest.raises(ShortStock):
        append(order_log(), order, [both], caller("a"))
    assert sku_stock("mug").levels[0].available == 3


@pytest.mark.usefixtures("tables")
def test_places_in_line_are_written_and_left_with_the_events() -> None:
    for order_id, cause in (("o2", "b"), ("o1", "a")):
        place(order_log(), first(order_id))
        order = load(order_log(), order_id)
        waits = UnitsBackordered(units=(LineUnits(line_id="1", sku="mug", quantity=3),))
        append(order_log(), order, [waits], caller(cause))
    assert [(w.order_id, w.quantity) for w in waiters("mug")] == [("o1", 3), ("o2", 3)]
    assert sku_stock("mug").waiting == 6
    execute(order_log(), "o1", lambda o: decisions.cancel(o, {"1": 1}), caller("c"))
    assert [(w.order_id, w.quantity) for w in waiters("mug")] == [("o1", 2), ("o2", 3)]
    execute(order_log(), "o1", lambda o: decisions.cancel(o, {"1": 2}), caller("d"))
    assert [w.order_id for w in waiters("mug")] == ["o2"]
    assert sku_stock("mug").waiting == 3


@pytest.mark.usefixtures("tables")
def test_a_reference_is_written_with_the_event() -> None:
    place(order_log(), first())
    order = load(order_log(), "o1")
    reference = Reference(kind="parcel", value="simulated#T1")
    append(order_log(), order, decisions.hold(order, HoldReason.MANUAL), caller("a"), references=[reference])
    assert DynamoReferences().look_up(reference).order_id == "o1"


@pytest.mark.usefixtures("tables")
def test_an_order_that_the_log_cannot_hold_is_refused_before_the_write() -> None:
    lines = [line(str(n), f"sku-{n}", 1, 100) for n in range(4000)]
    entry = replace(first(), events=tuple(decisions.place(placed(*lines))))
    with pytest.raises(TooLarge, match="send it as two orders"):
        place(order_log(), entry)


@pytest.mark.usefixtures("tables")
def test_a_log_longer_than_one_page_is_read_whole() -> None:
    place(order_log(), first())
    for number in range(40):
        note = f"{number} " + "x" * 50_000
        execute(order_log(), "o1", _held_with(note), caller(f"h{number}"))
    assert load(order_log(), "o1").version == 41


def _held_with(note: str) -> Callable[[Order], list[Any]]:
    return lambda order: list(decisions.hold(order, HoldReason.MANUAL, note))
