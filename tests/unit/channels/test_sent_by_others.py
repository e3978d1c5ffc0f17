"""What somebody else sent is not sent again: the channel's word on parcels, compared with ours."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest

from oms.channels.changes import follow, is_news
from oms.channels.document import ChannelDocument, Fingerprint
from oms.channels.intake import DELETED, Outcome, capture, deleted
from oms.ids import order_id
from oms.orders import decisions
from oms.orders.events import HoldReason, OrderHeld, UnitState
from oms.orders.log import append, load
from oms.orders.order import Order
from tests.support.memory_stack import MemoryStack
from tests.unit.channels.payloads import (
    Json,
    shopify_document,
    shopify_line,
    shopify_order,
    woo_document,
    woo_line,
    woo_order,
)

ORDER_ID = order_id("shop", "820982911946154508")
CUPS, CARD = 1, 2


def shopify(second: int = 1, sent: int = 0, *, status: str = "success", **changes: Any) -> ChannelDocument:
    """Three cups and a gift card; so many cups, and the card, have been sent."""
    lines = [shopify_line(CUPS, "2.00", 3), shopify_line(CARD, "25.00", gift_card=True, requires_shipping=False)]
    parcel: Json = {"id": 7, "status": status, "line_items": [{"id": CARD, "quantity": 1}]}
    parcel["line_items"] += [{"id": CUPS, "quantity": sent}] if sent else []
    at = f"2026-03-02T10:00:{second:02}+01:00"
    order = shopify_order(lines, "31.00", updated_at=at, fulfillments=[parcel]) | changes
    return shopify_document(order, "orders/updated")


def taken(stack: MemoryStack, document: ChannelDocument) -> Order:
    captured = capture(stack, document, stack.caller(document.placed.revision))
    assert captured is not None
    return captured.order


def left_here(order: Order, units: int) -> Order:
    """The order after so many cups have left from here."""
    line = order.lines["1"]
    counts = {UnitState.OPEN: 3 - units, UnitState.SHIPPED: units}
    return replace(order, lines={**order.lines, "1": replace(line, counts=counts)})


def notes(order: Order) -> list[tuple[HoldReason, str]]:
    return [(hold.reason, hold.note) for hold in order.holds.values()]


def test_units_that_others_sent_hold_the_order_once_and_say_how_many() -> None:
    stack = MemoryStack()
    assert notes(taken(stack, shopify())) == []
    order = taken(stack, shopify(2, sent=2))
    why = "line 1 (CUP-1): the channel says that others have sent 2 units"
    assert notes(order) == [(HoldReason.CHANNEL_CHANGE, why)]
    order = append(stack, order, decisions.release(order, "hold-1"), stack.caller("release"))
    assert notes(taken(stack, shopify(3, sent=2, financial_status="partially_refunded"))) == []
    assert notes(taken(stack, shopify(4, sent=3))) == [(HoldReason.CHANNEL_CHANGE, why.replace("2", "3"))]


def test_units_that_were_cancelled_here_since_are_in_nobodys_way() -> None:
    stack = MemoryStack()
    order = taken(stack, shopify())
    append(stack, order, decisions.cancel(order, {"1": 2}, reason="sent by hand"), stack.caller("cancel"))
    assert notes(taken(stack, shopify(2, sent=2))) == []


def test_a_parcel_that_came_to_nothing_was_not_sent() -> None:
    stack = MemoryStack()
    taken(stack, shopify())
    assert notes(taken(stack, shopify(2, sent=2, status="cancelled"))) == []


def test_the_echo_of_our_own_parcels_is_nothing_to_write_down() -> None:
    order = left_here(taken(MemoryStack(), shopify()), 2)
    assert not is_news(order, shopify(2, sent=2))
    assert is_news(order, shopify(2, sent=3))
    held = [event.note for event in follow(order, shopify(2, sent=3)).events if isinstance(event, OrderHeld)]
    assert held == ["line 1 (CUP-1): the channel says that others have sent 1 units"]
    assert is_news(order, shopify(2, sent=2, financial_status="pending"))


def test_orders_that_are_on_the_log_keep_their_fingerprints() -> None:
    document = shopify(fulfillments=[])
    assert document.placed.fingerprint.count(".") == 2
    told = Fingerprint.read(shopify(sent=1).placed.fingerprint)
    assert (told.sent != "", str(told)) == (True, shopify(sent=1).placed.fingerprint)


@pytest.mark.parametrize("sequence", list(permutations(range(3))))
def test_in_whatever_order_it_is_heard_what_others_sent_waits_for_a_person(sequence: tuple[int, ...]) -> None:
    stack, documents = MemoryStack(), [shopify(), shopify(2, sent=1), shopify(3, sent=3)]
    for number in sequence:
        order = taken(stack, documents[number])
    assert order.holds
    assert order.fingerprint == documents[2].placed.fingerprint


def test_what_a_channel_sends_of_somebody_who_was_erased_is_not_kept() -> None:
    order, document = taken(MemoryStack(), shopify()), replace(shopify(2, sent=2), original=b"a name")
    assert follow(order, document).original == b"a name"
    assert follow(replace(order, contact=None), document).original == b""


def test_a_completed_order_of_woocommerce_has_been_sent_whole() -> None:
    stack = MemoryStack()
    order = woo_order([woo_line(1, "6.00", quantity=3)], "6.00")
    taken(stack, woo_document(order))
    done = woo_document(order | {"status": "completed", "date_modified_gmt": "2026-03-02T09:00:09"}, "order.updated")
    why = "line 1 (TAZZA-1): the channel says that others have sent 3 units"
    assert notes(taken(stack, done)) == [(HoldReason.CHANNEL_CHANGE, why)]


def test_an_order_that_was_deleted_in_the_channel_waits_for_a_person_once() -> None:
    stack = MemoryStack()
    assert deleted(stack, "shop", "820982911946154508", stack.caller("gone")) is None
    order = taken(stack, shopify())
    assert deleted(stack, "shop", order.placed.external_id, stack.caller("gone")) is not None
    order = load(stack, ORDER_ID)
    assert notes(order) == [(HoldReason.CHANNEL_CHANGE, DELETED)]
    append(stack, order, decisions.release(order, "hold-1"), stack.caller("release"))
    deleted(stack, "shop", order.placed.external_id, stack.caller("gone"))
    assert notes(load(stack, ORDER_ID)) == []


def test_an_order_that_is_over_may_be_deleted_in_the_channel() -> None:
    stack = MemoryStack()
    gone = taken(stack, shopify(cancelled_at="2026-03-02T10:05:00+01:00"))
    after = deleted(stack, "shop", gone.placed.external_id, stack.caller("gone"))
    assert after is not None
    assert after.version == gone.version


def test_a_document_that_was_fetched_is_taken_like_one_that_was_sent() -> None:
    stack = MemoryStack()
    taken(stack, shopify())
    captured = capture(stack, shopify(), stack.caller("again"))
    assert captured is not None
    assert captured.outcome is Outcome.REPEATED
