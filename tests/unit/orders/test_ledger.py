from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from oms.payments.ledger import (
    Cover,
    Ledger,
    PaymentAuthorised,
    PaymentCaptured,
    PaymentDeclined,
    PaymentEvent,
    PaymentPending,
    PaymentRequested,
    PaymentStatus,
    PaymentVoided,
    captured,
    cover,
    covered,
    record,
)

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
REQUESTED = PaymentRequested(payment_id="1", gateway="simulated", instrument="card", amount=5000)
PENDING = PaymentPending(payment_id="1", reference="r")
AUTHORISED = PaymentAuthorised(payment_id="1", reference="r", amount=5000)
DECLINED = PaymentDeclined(payment_id="1", reference="r", code="card_declined")
FIRST_PARCEL = PaymentCaptured(payment_id="1", reference="c1", amount=3000, parcel_id="p1")
SECOND_PARCEL = PaymentCaptured(payment_id="1", reference="c2", amount=1500, parcel_id="p2")
REST_LET_GO = PaymentVoided(payment_id="1", reference="r", amount=500)


def _ledger(*events: PaymentEvent) -> Ledger:
    ledger: Ledger = {}
    for minute, event in enumerate(events):
        ledger = record(ledger, event, AT + timedelta(minutes=minute))
    return ledger


@pytest.mark.parametrize(
    ("events", "status", "paid", "safe"),
    [
        ([REQUESTED], PaymentStatus.REQUESTED, 0, 0),
        ([REQUESTED, PENDING], PaymentStatus.PENDING, 0, 0),
        ([REQUESTED, AUTHORISED], PaymentStatus.AUTHORISED, 0, 5000),
        ([REQUESTED, PENDING, AUTHORISED], PaymentStatus.AUTHORISED, 0, 5000),
        ([REQUESTED, DECLINED], PaymentStatus.DECLINED, 0, 0),
        ([REQUESTED, PENDING, DECLINED], PaymentStatus.DECLINED, 0, 0),
        ([REQUESTED, DECLINED, AUTHORISED], PaymentStatus.AUTHORISED, 0, 5000),
        ([REQUESTED, AUTHORISED, FIRST_PARCEL], PaymentStatus.CAPTURED, 3000, 5000),
        ([REQUESTED, AUTHORISED, FIRST_PARCEL, SECOND_PARCEL], PaymentStatus.CAPTURED, 4500, 5000),
        ([REQUESTED, AUTHORISED, FIRST_PARCEL, SECOND_PARCEL, REST_LET_GO], PaymentStatus.CAPTURED, 4500, 4500),
        (
            [REQUESTED, AUTHORISED, PaymentVoided(payment_id="1", reference="r", amount=5000)],
            PaymentStatus.VOIDED,
            0,
            0,
        ),
    ],
)
def test_the_state_of_a_payment_follows_from_what_happened(
    events: list[PaymentEvent], status: PaymentStatus, paid: int, safe: int
) -> None:
    ledger = _ledger(*events)
    assert ledger["1"].status is status
    assert captured(ledger) == paid
    assert covered(ledger) == safe


def test_a_payment_remembers_when_it_was_requested_what_pays_which_parcel_and_by_whom() -> None:
    payment = _ledger(REQUESTED, AUTHORISED, FIRST_PARCEL, SECOND_PARCEL)["1"]
    assert payment.requested_at == AT
    assert [parcel for parcel, _ in payment.paid_parcels] == ["p1", "p2"]
    assert payment.reference == "r", "the authorisation's, which later captures need"
    assert not payment.by_channel


def test_what_a_channel_took_without_reserving_it_is_covered_once() -> None:
    ledger = _ledger(PaymentCaptured(payment_id="channel", reference="r", amount=5000, by_channel=True))
    assert ledger["channel"].by_channel
    assert (captured(ledger), covered(ledger), ledger["channel"].capturable) == (5000, 5000, 0)


def test_payments_are_added_up_and_kept_in_the_order_in_which_they_began() -> None:
    second = PaymentRequested(payment_id="2", gateway="simulated", instrument="other", amount=5000)
    ledger = _ledger(REQUESTED, DECLINED, second, PaymentAuthorised(payment_id="2", reference="s", amount=5000))
    assert list(ledger) == ["1", "2"]
    assert covered(ledger) == 5000


def test_a_ledger_is_never_changed_only_followed_by_another() -> None:
    before = _ledger(REQUESTED)
    record(before, AUTHORISED, AT)
    assert before == _ledger(REQUESTED)


@pytest.mark.parametrize(
    ("amount", "due", "how"),
    [
        (0, 100, Cover.NONE),
        (1, 100, Cover.PARTIAL),
        (100, 100, Cover.FULL),
        (0, 0, Cover.FULL),
        (101, 100, Cover.OVER),
        (1, 0, Cover.OVER),
    ],
)
def test_how_an_amount_stands_to_what_is_due(amount: int, due: int, how: Cover) -> None:
    assert cover(amount, due) is how
