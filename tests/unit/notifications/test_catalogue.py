"""Who is told what, by which medium."""

from __future__ import annotations

from dataclasses import replace

import pytest

from oms.notifications.catalogue import (
    Kind,
    Medium,
    Recipient,
    kind_of,
    recipients,
    still_true,
)
from oms.orders import events as ev
from oms.orders.contact import Address, Contact
from oms.orders.events import HoldReason
from oms.orders.reach import mail_address, phone_number
from tests.unit.notifications.samples import (
    CONFIRMED,
    CONTACT,
    backordered,
    delivered,
    held,
    history,
    label,
    sent,
    state,
    usual,
)

MAIL = Recipient(Medium.MAIL, "maria.rossi@example.com")
SMS = Recipient(Medium.SMS, "+390471123456")


def test_a_confirmed_order_a_departed_parcel_and_a_delivered_one_are_told() -> None:
    assert kind_of(CONFIRMED) is Kind.ORDER_CONFIRMED
    assert kind_of(sent(("1", 1))[-1][0]) is Kind.PARCEL_SHIPPED
    assert kind_of(delivered()) is Kind.PARCEL_DELIVERED


def test_a_parcel_that_takes_several_decisions_to_depart_is_told_once() -> None:
    departing = ev.UnitsShipped(fulfillment_order_id="f", parcel_id="p", location_id="bz", units=(), complete=False)
    assert kind_of(departing) is None
    assert kind_of(replace(departing, complete=True)) is Kind.PARCEL_SHIPPED


@pytest.mark.parametrize("reason", HoldReason)
def test_a_hold_is_told_exactly_when_the_customer_can_end_it(reason: HoldReason) -> None:
    can = reason in {HoldReason.BAD_ADDRESS, HoldReason.PAYMENT_DECLINED, HoldReason.PAYMENT_PENDING}
    assert kind_of(held(reason)) is (Kind.ACTION_NEEDED if can else None)


def test_other_events_are_nobodys_news() -> None:
    for event in (usual(), backordered(("1", 1)), label(), ev.HoldReleased(handle="hold-1")):
        assert kind_of(event) is None


def test_a_call_to_act_is_taken_back_when_its_hold_is_gone() -> None:
    hold = held(HoldReason.BAD_ADDRESS)
    story = history([usual()], [hold], [ev.HoldReleased(handle="hold-1")])
    assert still_true(hold, state(story[:2]))
    assert not still_true(hold, state(story))
    assert still_true(CONFIRMED, state(story))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (Kind.ORDER_CONFIRMED, (MAIL,)),
        (Kind.PARCEL_SHIPPED, (MAIL, SMS)),
        (Kind.PARCEL_DELIVERED, (MAIL, SMS)),
        (Kind.ACTION_NEEDED, (MAIL,)),
    ],
)
def test_everybody_gets_a_mail_and_parcels_are_told_by_sms_too(kind: Kind, expected: tuple[Recipient, ...]) -> None:
    assert recipients(kind, CONTACT) == expected


@pytest.mark.parametrize("kind", Kind)
def test_who_has_no_mail_address_is_told_everything_by_sms(kind: Kind) -> None:
    assert recipients(kind, replace(CONTACT, email="")) == (SMS,)


@pytest.mark.parametrize("kind", Kind)
def test_an_erased_contact_is_told_nothing(kind: Kind) -> None:
    assert recipients(kind, None) == ()
    assert recipients(kind, Contact()) == ()


def test_the_phone_number_of_the_delivery_address_serves_when_the_customer_gave_none() -> None:
    contact = Contact(shipping=Address(phone="+39 0471 123456"))
    assert recipients(Kind.PARCEL_SHIPPED, contact) == (SMS,)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (" Maria.Rossi@Example.com ", "Maria.Rossi@Example.com"),
        ("anna+shop@münchen.example", "anna+shop@xn--mnchen-3ya.example"),
        ("", ""),
        ("nobody", ""),
        ("@example.com", ""),
        ("a@b", ""),
        ("a@-.com", ""),
        ("a@b..com", ""),
        ("a@b.com, c@d.com", ""),
        ("a@b.com\r\nBcc: c@d.com", ""),
        ("Maria <a@b.com>", ""),
        ("pöst@example.com", ""),
        ('"a b"@example.com', ""),
        ("a" * 65 + "@example.com", ""),
        ("a@" + "b" * 300 + ".com", ""),
    ],
)
def test_only_a_single_deliverable_address_gets_mail(text: str, address: str) -> None:
    assert mail_address(text) == address


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+39 0471 123456", "+390471123456"),
        ("+1 (212) 555-01.23", "+12125550123"),
        ("0471 123456", ""),
        ("0039 0471 123456", ""),
        ("+0 471 123456", ""),
        ("+39", ""),
        ("+39 0471 12345678901234", ""),
        ("+39 call me", ""),
        ("", ""),
        ("+٣٩٠٤٧١١٢٣٤٥٦", ""),
    ],
)
def test_only_a_number_with_its_countrys_code_gets_an_sms(text: str, number: str) -> None:
    assert phone_number(text) == number


def test_the_digest_of_an_address_does_not_depend_on_its_case_and_does_not_show_it() -> None:
    upper, lower = (Recipient(Medium.MAIL, a) for a in ("Maria@Example.com", "maria@example.com"))
    assert upper.digest == lower.digest
    assert "maria" not in upper.digest
    assert upper.digest != MAIL.digest
