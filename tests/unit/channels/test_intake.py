from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.channels.canonical import canonical_document
from oms.channels.canonical_model import CanonicalOrder
from oms.channels.document import ChannelDocument
from oms.channels.intake import Captured, Outcome, capture
from oms.errors import ConcurrentAppend, Conflict
from oms.ids import order_id
from oms.orders import events as ev
from oms.orders.contact import Contact
from oms.orders.decisions import change_contact, release
from oms.orders.editing import LinesAdded
from oms.orders.events import HoldReason, UnitState
from oms.orders.log import append, load
from oms.orders.order import Order
from oms.orders.sold import PlacedLine, UnitRun
from oms.orders.transitions import OrderStatus
from oms.setup import Channel, Platform
from tests.support.memory_stack import MemoryStack
from tests.unit.channels.payloads import (
    Json,
    shopify_document,
    shopify_line,
    shopify_order,
    shopify_shipping,
    woo_document,
    woo_line,
    woo_order,
)

ORDER_ID = order_id("shop", "820982911946154508")
OLD = {"name": "Erika", "address1": "Gasse 1", "city": "Wien", "zip": "1010", "country_code": "AT"}
NEW = {**OLD, "address1": "Gasse 2"}


def cups(**changes: Any) -> Json:
    """Two lines of three and two cups for 13 euro in all."""
    lines = [shopify_line(1, "2.00", 3, **changes), shopify_line(2, "3.50", 2)]
    return shopify_order(lines, "13.00", shipping_address=OLD)


def shopify_life(
    end: str, start: str = "pending", middle: str = "paid", *, one_second: bool = False
) -> list[ChannelDocument]:
    """What Shopify sends of one order: placed, paid, the address changed, cancelled."""
    states: list[tuple[str, Json]] = [
        ("orders/create", {"financial_status": start}),
        ("orders/updated", {"financial_status": middle}),
        ("orders/updated", {"financial_status": middle, "shipping_address": NEW}),
        (
            "orders/cancelled",
            {"financial_status": end, "shipping_address": NEW, "cancelled_at": "2026-03-02T10:05:00+01:00"},
        ),
    ]
    return [
        shopify_document(
            cups() | changes | {"updated_at": f"2026-03-02T10:00:{0 if one_second else second:02}+01:00"}, topic
        )
        for second, (topic, changes) in enumerate(states)
    ]


def woo_life(end: str) -> list[ChannelDocument]:
    """What WooCommerce sends of one order."""
    order = woo_order([woo_line(1, "6.00", quantity=3), woo_line(2, "7.00", quantity=2)], "13.00")
    moved = {**order["shipping"], "address_1": "Via Nuova 1"}
    paid = {"status": "processing", "date_paid_gmt": "2026-03-02T09:00:01"}
    states: list[tuple[str, Json]] = [
        ("order.created", {"status": "pending"}),
        ("order.updated", paid),
        ("order.updated", {**paid, "shipping": moved}),
        ("order.updated", {**paid, "shipping": moved, "status": end}),
    ]
    return [
        woo_document(order | changes | {"date_modified_gmt": f"2026-03-02T09:00:{second:02}"}, topic)
        for second, (topic, changes) in enumerate(states)
    ]


LIVES = {
    "shopify, cancelled and refunded": shopify_life("refunded"),
    "shopify, cancelled before the money was given back": shopify_life("paid"),
    "shopify, authorised and voided": shopify_life("voided", middle="authorized"),
    "shopify, never paid": shopify_life("voided", middle="pending"),
    "shopify, all within one second": shopify_life("refunded", one_second=True),
    "shopify, never cancelled": shopify_life("refunded")[:3],
    "woocommerce, cancelled": woo_life("cancelled"),
    "woocommerce, refunded": woo_life("refunded"),
    "woocommerce, never cancelled": woo_life("processing")[:3],
}


def state(order: Order) -> dict[str, Any]:
    """All that must not depend on the order in which documents came."""
    return {
        "status": order.status,
        "units": {
            line.placed.external_line_id: {s: n for s, n in line.counts.items() if n} for line in order.lines.values()
        },
        "contact": order.contact,
        "money": (order.charged, order.covered, order.due),
        "holds": sorted((hold.reason, hold.note) for hold in order.holds.values()),
        "revision": order.revision,
        "fingerprint": order.fingerprint,
    }


def after(documents: Iterable[ChannelDocument]) -> Order:
    stack = MemoryStack()
    for number, document in enumerate(documents):
        captured = capture(stack, document, stack.caller(f"event {number}"))
        assert captured is not None
        last = captured.order.order_id
        stack.tick()
    return load(stack, last)


@pytest.mark.parametrize("life", LIVES)
def test_whatever_the_order_of_the_documents_one_state_is_reached(life: str) -> None:
    documents = LIVES[life]
    expected = state(after(documents))
    for sequence in permutations(documents):
        assert state(after(sequence)) == expected


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(LIVES)), st.data())
def test_repetitions_in_any_order_change_nothing(life: str, data: st.DataObject) -> None:
    documents = LIVES[life]
    repeated = data.draw(st.lists(st.sampled_from(range(len(documents))), max_size=8))
    sequence = data.draw(st.permutations([*range(len(documents)), *repeated]))
    assert state(after(documents[i] for i in sequence)) == state(after(documents))


def test_the_life_of_an_order_ends_as_the_channel_has_it() -> None:
    order = after(LIVES["shopify, never cancelled"])
    assert (order.status, order.charged, dict(order.holds)) == (OrderStatus.PLACED, 1300, {})
    assert order.contact is not None
    assert order.contact.shipping is not None
    assert order.contact.shipping.line1 == "Gasse 2"
    cancelled = after(LIVES["shopify, cancelled and refunded"])
    assert (cancelled.status, cancelled.due, dict(cancelled.holds)) == (OrderStatus.CANCELLED, 0, {})
    voided = after(LIVES["shopify, authorised and voided"])
    assert (voided.status, voided.covered) == (OrderStatus.CANCELLED, 0)


# One document after the other.


class Shop:
    """A stack that takes documents and counts what is written."""

    def __init__(self) -> None:
        self.stack = MemoryStack()
        self.seconds = 0

    def send(self, document: ChannelDocument) -> Captured:
        captured = capture(self.stack, document, self.stack.caller(f"event {self.seconds}"))
        assert captured is not None
        self.stack.tick()
        return captured

    def shopify(self, order: Json, topic: str = "orders/updated") -> Captured:
        """A document a second newer than the last."""
        self.seconds += 1
        return self.send(shopify_document(order | {"updated_at": f"2026-03-02T10:00:{self.seconds:02}+01:00"}, topic))

    @property
    def entries(self) -> int:
        return sum(len(entries) for entries in self.stack.log.values())

    @property
    def order(self) -> Order:
        return load(self.stack, ORDER_ID)

    def decide(self, events: Sequence[Any], contact: Contact | None = None) -> Order:
        return append(self.stack, self.order, events, self.stack.caller("staff"), contact=contact)


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_a_new_order_is_one_entry_and_its_repetition_none(shop: Shop) -> None:
    document = shopify_document(cups())
    first, second = shop.send(document), shop.send(document)
    assert (first.outcome, second.outcome) == (Outcome.NEW, Outcome.REPEATED)
    assert first.order == second.order
    assert (shop.entries, second.events) == (1, ())


@pytest.mark.parametrize("topic", ["orders/updated", "orders/cancelled"])
def test_a_change_of_an_order_never_seen_creates_it(shop: Shop, topic: str) -> None:
    captured = shop.shopify(cups(), topic)
    assert (captured.outcome, shop.entries) == (Outcome.NEW, 1)
    assert captured.order.status is (OrderStatus.PLACED if topic == "orders/updated" else OrderStatus.CANCELLED)


def test_an_update_that_changes_nothing_here_writes_nothing(shop: Shop) -> None:
    shop.shopify(cups(), "orders/create")
    captured = shop.shopify(cups() | {"tags": "vip", "note": "ring twice"})
    assert (captured.outcome, shop.entries) == (Outcome.REPEATED, 1)


def test_an_older_document_never_overwrites_a_newer_one(shop: Shop) -> None:
    shop.shopify(cups() | {"shipping_address": NEW}, "orders/create")
    older = shopify_document(cups() | {"updated_at": "2026-03-02T09:00:00+01:00"}, "orders/updated")
    assert shop.send(older).outcome is Outcome.REPEATED
    assert shop.order.contact is not None
    assert shop.order.contact.shipping is not None
    assert shop.order.contact.shipping.line1 == "Gasse 2"


def test_a_newer_document_of_a_new_order_is_a_change_even_when_it_says_what_the_first_one_said(shop: Shop) -> None:
    shop.shopify(cups(), "orders/create")
    shop.shopify(cups() | {"shipping_address": NEW})
    shop.shopify(cups(), "orders/create")
    assert shop.order.contact is not None
    assert shop.order.contact.shipping is not None
    assert shop.order.contact.shipping.line1 == "Gasse 1"


def test_an_order_of_nothing_but_a_tip_is_none_of_ours(shop: Shop) -> None:
    tip = shopify_line(9, "2.00", tip_payment_gateway=None)
    assert capture(shop.stack, shopify_document(shopify_order([tip], "2.00")), shop.stack.caller("tip")) is None
    assert shop.entries == 0


def test_payment_in_the_channel_lets_a_waiting_order_go_on(shop: Shop) -> None:
    shop.shopify(cups() | {"financial_status": "pending"}, "orders/create")
    assert [hold.reason for hold in shop.order.holds.values()] == [HoldReason.PAYMENT_PENDING]
    order = shop.shopify(cups()).order
    assert (order.status, order.charged) == (OrderStatus.PLACED, 1300)


def test_an_authorisation_that_the_channel_voids_makes_the_order_wait(shop: Shop) -> None:
    shop.shopify(cups() | {"financial_status": "authorized"}, "orders/create")
    order = shop.shopify(cups() | {"financial_status": "voided"}).order
    assert order.covered == 0
    assert [hold.reason for hold in order.holds.values()] == [HoldReason.PAYMENT_PENDING]


def test_units_that_the_channel_removes_are_cancelled(shop: Shop) -> None:
    shop.shopify(cups(), "orders/create")
    order = shop.shopify(cups(current_quantity=1)).order
    assert order.lines["1"].counts[UnitState.CANCELLED] == 2
    assert (order.due, dict(order.holds)) == (1300 - 400, {})


def test_a_line_that_woocommerce_no_longer_names_is_cancelled(shop: Shop) -> None:
    lines = [woo_line(1, "6.00", quantity=3), woo_line(2, "7.00")]
    shop.send(woo_document(woo_order(lines, "13.00")))
    fewer = [woo_line(1, "4.00", quantity=2)]
    newer = woo_order(fewer, "4.00", date_modified_gmt="2026-03-02T09:09:00")
    order = shop.send(woo_document(newer, "order.updated")).order
    assert {line.placed.external_line_id: line.live for line in order.lines.values()} == {"1": 2, "2": 0}
    assert (order.due, dict(order.holds)) == (400, {})


def test_a_location_is_asked_for_the_units_in_its_work_that_the_channel_cancelled(shop: Shop) -> None:
    shop.shopify(cups(), "orders/create")
    work(shop, picked=2)
    cancelled = cups() | {"cancelled_at": "2026-03-02T10:05:00+01:00"}
    order = shop.shopify(cancelled).order
    assert order.lines["1"].counts[UnitState.PICKED] == 2
    assert order.lines["1"].counts[UnitState.CANCELLED] == 1
    (request,) = order.cancellations.values()
    assert (order.asked_for(request), request.requested.reason) == ({"1": 2}, "cancelled in the channel")
    assert order.holds == {}
    later = cancelled | {"cancelled_at": "2026-03-02T10:06:00+01:00", "updated_at": "2026-03-02T10:06:00+01:00"}
    assert list(shop.shopify(later).order.cancellations) == [request.request_id]


def test_a_line_that_an_edit_added_is_no_business_of_the_channels_next_word(shop: Shop) -> None:
    shop.shopify(cups(), "orders/create")
    sold = PlacedLine(
        line_id="3", sku="POT", title="Pot", quantity=1, net=500, tax=0, units=(UnitRun(count=1, net=500, tax=0),)
    )
    shop.decide([LinesAdded(lines=(sold,))])
    order = shop.shopify(cups(current_quantity=2)).order
    assert (order.lines["1"].live, order.lines["3"].live) == (2, 1)
    assert order.holds == {}
    gone = cups() | {"cancelled_at": "2026-03-02T10:05:00+01:00", "updated_at": "2026-03-02T10:05:00+01:00"}
    assert shop.shopify(gone).order.status is OrderStatus.CANCELLED


def test_units_returned_after_delivery_are_no_reason_to_hold(shop: Shop) -> None:
    shop.shopify(cups(), "orders/create")
    provided = [ev.LineUnits(line_id="1", sku="CUP-1", quantity=3)]
    shop.decide([ev.UnitsProvided(units=tuple(provided))])
    order = shop.shopify(cups(current_quantity=2)).order
    assert (order.lines["1"].counts[UnitState.DELIVERED], dict(order.holds)) == (3, {})


@pytest.mark.parametrize(
    ("change", "note"),
    [
        (
            {"line_items": [*cups()["line_items"], shopify_line(3, "5.00")], "total_price": "18.00"},
            "a line was added: 1 of CUP-3",
        ),
        (
            {"line_items": [shopify_line(1, "2.00", 4), shopify_line(2, "3.50", 2)], "total_price": "15.00"},
            "line 1 (CUP-1): 1 units were added",
        ),
        (
            {"line_items": [shopify_line(1, "1.00", 3), shopify_line(2, "3.50", 2)], "total_price": "10.00"},
            "line 1 (CUP-1) cost 6.00 EUR and costs 3.00 EUR",
        ),
        (
            {"line_items": [shopify_line(1, "2.00", 3, sku="X"), shopify_line(2, "3.50", 2)]},
            "line 1 was CUP-1 and is X",
        ),
        (
            {"shipping_lines": [shopify_shipping("4.90")], "total_price": "17.90"},
            "shipping and charges were 0.00 EUR and are 4.90 EUR",
        ),
        ({"total_price": "12.00"}, "the total differed from its parts by 0.00 EUR, now by -1.00 EUR"),
        ({"currency": "USD"}, "the currency was EUR and is USD"),
    ],
)
def test_what_cannot_be_followed_is_held_by_name(shop: Shop, change: Json, note: str) -> None:
    shop.shopify(cups(), "orders/create")
    order = shop.shopify(cups() | change).order
    assert [(hold.reason, hold.note) for hold in order.holds.values()] == [(HoldReason.CHANNEL_CHANGE, note)]
    assert order.total == 1300


def test_a_change_that_was_looked_at_and_released_is_not_held_again(shop: Shop) -> None:
    shop.shopify(cups(), "orders/create")
    changed = cups() | {"shipping_lines": [shopify_shipping("4.90")], "total_price": "17.90"}
    (handle,) = shop.shopify(changed).order.holds
    shop.decide(release(shop.order, handle))
    assert shop.shopify(changed | {"shipping_address": NEW}).order.holds == {}


def test_a_new_address_from_the_channel_lets_a_hold_for_the_old_one_go(shop: Shop) -> None:
    shop.shopify(cups() | {"shipping_address": None}, "orders/create")
    shop.decide([ev.OrderHeld(handle="hold-1", reason=HoldReason.BAD_ADDRESS)])
    order = shop.shopify(cups()).order
    assert order.holds == {}
    assert order.contact is not None
    assert order.contact.shipping is not None


def test_an_address_corrected_here_survives_the_channels_next_word(shop: Shop) -> None:
    shop.shopify(cups() | {"financial_status": "pending"}, "orders/create")
    assert shop.order.contact is not None
    corrected = replace(shop.order.contact, name="Corrected")
    shop.decide(change_contact(shop.order, corrected), corrected)
    assert shop.shopify(cups()).order.contact == corrected


def test_an_address_changed_after_a_parcel_left_is_held_and_says_nothing_of_it(shop: Shop) -> None:
    shop.shopify(cups(), "orders/create")
    work(shop, picked=1, shipped=True)
    captured = shop.shopify(cups() | {"shipping_address": NEW, "email": "new@customer.example"})
    assert captured.order.contact is not None
    assert captured.order.contact.email == "new@customer.example"
    assert captured.order.contact.shipping is not None
    assert captured.order.contact.shipping.line1 == "Gasse 1"
    (hold,) = captured.order.holds.values()
    assert hold.reason is HoldReason.CHANNEL_CHANGE
    assert "Gasse" not in hold.note


def test_a_change_that_comes_after_everything_was_shipped_is_told_and_not_held(shop: Shop) -> None:
    order = shopify_order([shopify_line(1, "2.00")], "2.00", shipping_address=OLD)
    shop.shopify(order, "orders/create")
    work(shop, picked=1, shipped=True)
    captured = shop.shopify(order | {"cancelled_at": "2026-03-02T10:05:00+01:00"})
    assert captured.order.holds == {}
    assert captured.missed == ("line 1 (CUP-1): the channel cancelled 1 units that have left",)
    assert captured.order.revision.startswith("2026-03-02T09:00:02")


def test_an_order_that_the_channel_takes_up_again_after_cancelling_is_seen(shop: Shop) -> None:
    shop.shopify(cups(), "orders/create")
    shop.shopify(cups() | {"cancelled_at": "2026-03-02T10:05:00+01:00"})
    order = shop.shopify(cups()).order
    assert order.status is OrderStatus.CANCELLED
    (hold,) = order.holds.values()
    assert "took the order up again" in hold.note


def test_woocommerce_orders_whose_payment_failed_wait_and_are_not_lost(shop: Shop) -> None:
    order = woo_order([woo_line(1, "6.00")], "6.00", status="failed")
    shop.send(woo_document(order))
    paid = order | {"status": "processing", "date_modified_gmt": "2026-03-02T09:10:00"}
    captured = shop.send(woo_document(paid, "order.updated"))
    assert (captured.order.status, captured.order.charged) == (OrderStatus.PLACED, 600)


def test_a_cancellation_of_very_many_lines_takes_several_entries_and_is_mended_after_a_break(shop: Shop) -> None:
    lines = [shopify_line(number, "1.00") for number in range(1, 201)]
    order = shopify_order(lines, "200.00")
    shop.shopify(order, "orders/create")
    allocations = [
        ev.Allocation(
            fulfillment_order_id=f"{ORDER_ID}-1", location_id="wien", line_id=str(n), sku=f"CUP-{n}", quantity=1
        )
        for n in range(1, 201)
    ]
    for n in range(1, 201):
        shop.stack.stock(f"CUP-{n}", "wien", 1)
    for start in (0, 90, 180):
        shop.decide([ev.UnitsAllocated(allocations=tuple(allocations[start : start + 90]))])
    before = shop.entries
    cancelled = shopify_document(order | {"updated_at": "2026-03-02T10:30:00+01:00"}, "orders/cancelled")
    original = shop.stack.append
    shop.stack.append = dies_at(original, 2)  # type: ignore[method-assign]
    with pytest.raises(Dead):
        shop.send(cancelled)
    assert shop.entries == before + 1
    shop.stack.append = original  # type: ignore[method-assign]
    captured = shop.send(cancelled)
    assert captured.order.status is OrderStatus.CANCELLED
    assert shop.entries == before + 3
    assert all(level.available == 1 for level in shop.stack.levels.values())


def test_somebody_faster_is_waited_for_and_decided_upon_anew(shop: Shop) -> None:
    shop.shopify(cups() | {"financial_status": "pending"}, "orders/create")
    shop.stack.fail_appends = 3
    assert shop.shopify(cups()).order.charged == 1300
    shop.stack.fail_appends = 100
    with pytest.raises(ConcurrentAppend):
        shop.shopify(cups(current_quantity=0))


# The canonical form.


def canonical(**changes: Any) -> ChannelDocument:
    body = {
        "external_id": "A-1",
        "currency": "EUR",
        "placed_at": "2026-03-02T10:00:00Z",
        "prices": "net",
        "lines": [{"sku": "CUP", "quantity": 1, "unit_price": {"amount": 100, "currency": "EUR"}}],
        "payment": {"method": "prepaid"},
    }
    channel = Channel(channel_id="store", platform=Platform.CANONICAL, name="Store")
    return canonical_document(CanonicalOrder.model_validate(body | changes, strict=False), channel)


def test_a_canonical_order_sent_twice_is_one_order(shop: Shop) -> None:
    assert [shop.send(canonical()).outcome for _ in range(2)] == [Outcome.NEW, Outcome.REPEATED]
    assert shop.entries == 1


def test_a_canonical_order_of_other_content_under_the_same_id_is_a_conflict(shop: Shop) -> None:
    shop.send(canonical())
    with pytest.raises(Conflict, match="A-1"):
        shop.send(canonical(number="B"))
    assert shop.entries == 1


class Dead(Exception):
    """The process is gone."""


def dies_at(original: Any, call: int) -> Any:
    calls = 0

    def append_or_die(*arguments: Any, **named: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == call:
            raise Dead
        original(*arguments, **named)

    return append_or_die


def work(shop: Shop, *, picked: int, shipped: bool = False) -> None:
    """Units of the first line are picked, and shipped if so wished."""
    order = shop.order
    sku = order.lines["1"].placed.sku
    shop.stack.stock(sku, "wien", picked)
    fulfillment = f"{ORDER_ID}-1"
    units = (ev.LineUnits(line_id="1", sku=sku, quantity=picked),)
    allocation = ev.Allocation(
        fulfillment_order_id=fulfillment, location_id="wien", line_id="1", sku=sku, quantity=picked
    )
    shop.decide([ev.UnitsAllocated(allocations=(allocation,))])
    shop.decide([ev.FulfillmentAccepted(fulfillment_order_id=fulfillment)])
    shop.decide([ev.UnitsPicked(fulfillment_order_id=fulfillment, units=units)])
    if shipped:
        parcel = f"{fulfillment}-p1"
        shop.decide([ev.UnitsPacked(fulfillment_order_id=fulfillment, parcel_id=parcel, units=units)])
        shop.decide(
            [ev.UnitsShipped(fulfillment_order_id=fulfillment, parcel_id=parcel, location_id="wien", units=units)]
        )
