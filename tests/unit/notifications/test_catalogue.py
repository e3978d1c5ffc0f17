"""Who is told what, by which medium."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from oms.notifications.catalogue import (
    Kind,
    Medium,
    Recipient,
    kind_of,
    recipients,
    still_true,
)
from oms.notifications.occasion import occasion
from oms.orders import events as ev
from oms.orders.after_sale import ReturnApproved, ReturnDeclined
from oms.orders.contact import Address, Contact
from oms.orders.events import HoldReason, OrderEvent
from oms.orders.reach import mail_address, phone_number
from oms.orders.reasons import CancellationReason
from tests.unit.notifications.samples import (
    CONTACT,
    ORDER_ID,
    RETURN,
    backordered,
    credit,
    edit,
    express,
    found,
    held,
    history,
    journey,
    labelled,
    line,
    not_stopped,
    paid,
    placed,
    story,
    usual,
)

MAIL = Recipient(Medium.MAIL, "maria.rossi@example.com")
SMS = Recipient(Medium.SMS, "+390471123456")


def told_of(*decisions: Sequence[OrderEvent]) -> list[Kind | None]:
    """What each event of the last entry leads to."""
    entries = history(*decisions)
    return [kind_of(found(entries, index)) for index in range(len(entries[-1].events))]


@pytest.mark.parametrize("kind", Kind)
def test_each_kind_is_what_its_story_leads_to(kind: Kind) -> None:
    assert kind_of(found(story(kind))) is kind
    assert still_true(found(story(kind)))


def test_what_is_told_reaches_the_stage_and_nothing_else_does() -> None:
    queues = yaml.safe_load((Path(__file__).parents[3] / "infra/fragments/queues.yaml").read_text())
    shipping = history([usual()], [express(usual())])
    told = [found(entries) for entries in (*map(story, Kind), labelled(), shipping)]
    assert {type(each.event).__name__ for each in told} == set(queues["Queues"]["Notify"]["Events"])


def test_a_return_with_a_label_is_told_when_there_is_the_label() -> None:
    entries = labelled()
    assert kind_of(found(entries[:-1])) is None
    assert kind_of(found(entries)) is Kind.RETURN_APPROVED


def test_a_parcel_that_takes_several_decisions_to_depart_is_told_once() -> None:
    entries = story(Kind.PARCEL_SHIPPED)
    departing = found(entries)
    assert isinstance(departing.event, ev.UnitsShipped)
    assert kind_of(replace(departing, event=replace(departing.event, complete=False))) is None
    assert kind_of(departing) is Kind.PARCEL_SHIPPED


@pytest.mark.parametrize("reason", HoldReason)
def test_a_hold_is_told_exactly_when_the_customer_can_end_it(reason: HoldReason) -> None:
    can = reason in {HoldReason.BAD_ADDRESS, HoldReason.PAYMENT_DECLINED, HoldReason.PAYMENT_PENDING}
    assert told_of([usual()], [held(reason)]) == [Kind.ACTION_NEEDED if can else None]


def test_other_events_are_nobodys_news() -> None:
    assert told_of([usual()], [backordered(("1", 1))]) == [None]
    assert told_of([usual()], [held(HoldReason.MANUAL)], [ev.HoldReleased(handle="hold-1")]) == [None]


def test_a_call_to_act_is_taken_back_when_its_hold_is_gone() -> None:
    entries = history([usual()], [held(HoldReason.BAD_ADDRESS)], [ev.HoldReleased(handle="hold-1")])
    assert still_true(occasion(ORDER_ID, entries[:2], 2, 0))
    assert not still_true(occasion(ORDER_ID, entries, 2, 0))


def test_an_order_that_came_here_cancelled_is_not_told_and_one_that_is_cancelled_in_parts_at_once_is_told_once() -> (
    None
):
    order = placed(line(1, quantity=2))
    some = ev.UnitsCancelled(units=(ev.CancelledUnits(line_id="1", sku="SKU-1", quantity=1, source=ev.UnitState.OPEN),))
    assert told_of([order, paid(order), some]) == [None, None, None]
    assert told_of([order, paid(order)], [some, replace(some, reason="again")]) == [Kind.ORDER_CANCELLED, None]


def test_an_edit_is_told_once_with_what_it_takes_away() -> None:
    order = usual()
    whole = [*edit(order), express(order)]
    assert told_of(*journey(order)[:2], whole) == [None, Kind.ORDER_CHANGED, None]


@pytest.mark.parametrize("code", CancellationReason)
def test_a_cancellation_that_failed_is_told_unless_nobody_but_the_merchant_wished_it(code: CancellationReason) -> None:
    order = usual()
    told = told_of(*journey(order)[:3], *not_stopped(order.lines[0], code=code))
    wished = code in {CancellationReason.CUSTOMER, CancellationReason.OTHER}
    assert told == [Kind.CANCELLATION_DECLINED if wished else None]


def test_money_that_nobody_was_asked_for_or_that_is_not_all_there_is_not_told() -> None:
    order = usual()
    released = ev.HoldReleased(handle="hold-1")
    for reason, money in (
        (HoldReason.PAYMENT_PENDING, [replace(paid(order), amount=1)]),
        (HoldReason.MANUAL, [paid(order)]),
        (HoldReason.PAYMENT_DECLINED, []),
    ):
        assert told_of([order], [held(reason)], [*money, released])[-1] is None


def test_goods_and_credit_of_one_receipt_are_told_in_one_message_and_credits_of_a_claim_too() -> None:
    whole = story(Kind.RETURN_RECEIVED)
    assert [kind_of(found(whole, index)) for index in range(2)] == [None, Kind.RETURN_RECEIVED]
    claims = [credit(), replace(credit(), credit_id="another")]
    assert told_of(*journey(usual()), claims) == [Kind.CREDITED, None]


@pytest.mark.parametrize("kind", [Kind.RETURN_REQUESTED, Kind.RETURN_APPROVED, Kind.RETURN_DECLINED])
def test_a_word_about_a_return_is_left_out_when_another_has_overtaken_it(kind: Kind) -> None:
    entries = story(kind)
    answers: dict[Kind, OrderEvent] = {
        Kind.RETURN_REQUESTED: ReturnApproved(return_id=RETURN, location_id="bz"),
        Kind.RETURN_APPROVED: ReturnDeclined(return_id=RETURN, reason="no"),
        Kind.RETURN_DECLINED: ReturnApproved(return_id=RETURN, location_id="bz"),
    }
    last = entries[-1]
    entries.append(replace(last, seq=last.seq + 1, events=(answers[kind],)))
    assert not still_true(occasion(ORDER_ID, entries, last.seq, 0))
    assert still_true(found(entries))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (Kind.ORDER_CONFIRMED, (MAIL,)),
        (Kind.PARCEL_SHIPPED, (MAIL, SMS)),
        (Kind.PARCEL_DELIVERED, (MAIL, SMS)),
        (Kind.ACTION_NEEDED, (MAIL,)),
        (Kind.REFUND_MADE, (MAIL,)),
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
