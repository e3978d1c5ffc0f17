"""What customers read about goods that they fetch in a store."""

from __future__ import annotations

from dataclasses import replace

import pytest

from oms.notifications.catalogue import Kind, Medium, kind_of, recipients, still_true
from oms.notifications.counter import NO_COUNTER, Counter
from oms.notifications.language import LANGUAGES, choose
from oms.notifications.occasion import occasion
from oms.notifications.render import Message, render
from oms.orders import events as ev
from oms.orders.pickup import PickupExpired
from oms.orders.reasons import CancellationReason
from tests.unit.notifications.samples import (
    CONTACT,
    COUNTER,
    FULFILLMENT,
    ORDER_ID,
    PARCEL,
    WAY,
    fetched,
    found,
    handed_over,
    history,
    story,
    usual,
)

SHOP = "Nordlicht & Söhne"


def told(kind: Kind, language: str = "en", counter: Counter = COUNTER) -> Message:
    return render(kind, found(story(kind)), choose(language), SHOP, WAY, counter)


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_can_come_reads_where_until_when_with_which_code_and_what_for(language: str) -> None:
    message = told(Kind.PICKUP_READY, language)
    for form in (message.text, message.html):
        for fact in ("Negozio Portici", "012 345", "10:00–19:00", "Espresso cup", "30"):
            assert fact in form
    assert "012 345" in message.sms
    assert "Negozio Portici" in message.sms


def test_days_of_the_same_hours_are_told_as_one_and_closed_days_not_at_all() -> None:
    text = told(Kind.PICKUP_READY).text
    assert "Monday – Thursday: 10:00–19:00" in text
    assert "Saturday: 10:00–13:00" in text
    assert "Friday" not in text
    assert "Sunday" not in text


def test_what_is_not_ready_yet_is_told_too() -> None:
    text = told(Kind.PICKUP_READY).text
    assert "Still to come" in text
    assert "Cutting board" in text


def test_without_a_code_a_document_is_asked_for() -> None:
    message = told(Kind.PICKUP_READY, counter=replace(COUNTER, code=""))
    assert "identity document" in message.text
    assert "code" not in message.sms.lower()
    assert "Nordlicht" in told(Kind.PICKUP_READY, counter=NO_COUNTER).text


@pytest.mark.parametrize("kind", [Kind.PICKUP_EXPIRED, Kind.PICKED_UP])
def test_no_code_is_told_that_is_not_needed_or_not_good_any_more(kind: Kind) -> None:
    message = told(kind)
    assert not any("012" in form for form in (message.text, message.html, message.sms))


def test_that_goods_are_ready_reaches_the_customer_by_both_ways() -> None:
    assert [each.medium for each in recipients(Kind.PICKUP_READY, CONTACT)] == [Medium.MAIL, Medium.SMS]


def test_the_bags_parcel_is_told_as_fetched_and_not_as_sent() -> None:
    order = usual()
    entries = history(*fetched(order), handed_over(order))
    assert [kind_of(found(entries, index)) for index in range(3)] == [None, None, Kind.PICKED_UP]


def test_a_confirmation_says_where_the_goods_will_be_and_no_address_of_a_delivery() -> None:
    entries = history(*fetched(usual())[:2])
    text = render(Kind.ORDER_CONFIRMED, found(entries), choose("en"), SHOP, WAY, COUNTER).text
    assert "as soon as you can pick it up" in text
    assert "Pick-up at" in text
    assert "Negozio Portici" in text
    assert "Delivery address" not in text
    assert "Expected to be ready" in text


def test_nobody_is_called_to_a_store_where_nothing_waits_for_them_any_more() -> None:
    order = usual()
    whole = [*fetched(order), [PickupExpired(fulfillment_order_id=FULFILLMENT)]]
    over = history(*whole)
    ready = len(whole) - 1
    assert not still_true(occasion(ORDER_ID, over, ready, 1)), "that their time is over was told since"
    assert still_true(occasion(ORDER_ID, over, ready + 1, 0))
    had = history(*whole, handed_over(order))
    assert not still_true(occasion(ORDER_ID, had, ready + 1, 0))
    gone = [
        ev.CancelledUnits(
            line_id=each.line_id,
            sku=each.sku,
            quantity=each.quantity,
            source=ev.UnitState.PACKED,
            fulfillment_order_id=FULFILLMENT,
            location_id="bz",
            parcel_id=PARCEL,
        )
        for each in order.lines[:-1]
    ]
    back = ev.UnitsCancelled(units=tuple(gone), code=CancellationReason.NOT_COLLECTED)
    put_back = history(*whole, [back])
    assert not still_true(occasion(ORDER_ID, put_back, ready + 1, 0))
    text = render(Kind.ORDER_CANCELLED, found(put_back), choose("en"), SHOP, WAY, COUNTER).text
    assert "You did not pick up the items in time." in text
