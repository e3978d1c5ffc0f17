"""What a customer wishes about messages, and what must reach them all the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from oms.notifications.catalogue import Kind, Medium, Recipient
from oms.notifications.preferences import (
    OPTIONAL,
    URGENT,
    Preferences,
    QuietHours,
    read,
    waits_until,
    wanted,
)

MAIL = Recipient(Medium.MAIL, "erika@customer.example")
SMS = Recipient(Medium.SMS, "+4915112345678")

NIGHT = Preferences(quiet_hours=QuietHours(start="21:30", end="07:00", time_zone="Europe/Rome"))
NOON = Preferences(quiet_hours=QuietHours(start="12:00", end="14:00", time_zone="UTC"))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize("kind", Kind)
def test_who_wishes_nothing_gets_what_everybody_gets(kind: Kind) -> None:
    assert wanted(Preferences(), kind, [MAIL, SMS]) == (MAIL, SMS)
    assert waits_until(Preferences(), kind, Medium.SMS, at("2026-03-02T03:00")) is None


@pytest.mark.parametrize("kind", Kind)
def test_what_must_reach_the_customer_cannot_be_switched_off(kind: Kind) -> None:
    no_sms = Preferences(sms={kind: False})
    assert wanted(no_sms, kind, [MAIL, SMS]) == (MAIL,)
    if kind in OPTIONAL:
        assert wanted(Preferences(mail={kind: False}), kind, [MAIL, SMS]) == (SMS,)
        assert wanted(no_sms, kind, [SMS]) == ()
    else:
        with pytest.raises(ValidationError, match=kind.value):
            Preferences(mail={kind: False})
        assert wanted(no_sms, kind, [SMS]) == (SMS,)


def test_an_sms_at_night_waits_for_the_morning_and_so_does_a_mail_that_is_not_urgent() -> None:
    # Rome is an hour ahead of UTC in winter.
    assert waits_until(NIGHT, Kind.PARCEL_SHIPPED, Medium.SMS, at("2026-03-02T20:29")) is None
    for moment in ("2026-03-02T20:30", "2026-03-02T23:30", "2026-03-03T05:59"):
        assert waits_until(NIGHT, Kind.PARCEL_SHIPPED, Medium.SMS, at(moment)) == at("2026-03-03T06:00")
    assert waits_until(NIGHT, Kind.PARCEL_SHIPPED, Medium.SMS, at("2026-03-03T06:00")) is None
    assert waits_until(NIGHT, Kind.PARCEL_SHIPPED, Medium.MAIL, at("2026-03-02T22:00")) == at("2026-03-03T06:00")
    for kind in URGENT:
        assert waits_until(NIGHT, kind, Medium.MAIL, at("2026-03-02T22:00")) is None
        assert waits_until(NIGHT, kind, Medium.SMS, at("2026-03-02T22:00")) == at("2026-03-03T06:00")
    assert waits_until(NOON, Kind.REFUND_MADE, Medium.SMS, at("2026-03-02T13:59")) == at("2026-03-02T14:00")
    assert waits_until(NOON, Kind.REFUND_MADE, Medium.SMS, at("2026-03-02T14:00")) is None


@given(st.timedeltas(timedelta(0), timedelta(days=212)), st.sampled_from([NIGHT, NOON]))
def test_the_wait_ends_outside_quiet_hours_and_within_a_day_also_when_clocks_are_changed(
    since: timedelta, wishes: Preferences
) -> None:
    now = at("2026-03-28T00:00") + since
    until = waits_until(wishes, Kind.PARCEL_DELIVERED, Medium.SMS, now)
    if until is not None:
        assert timedelta(0) < until - now <= timedelta(hours=11)
        assert waits_until(wishes, Kind.PARCEL_DELIVERED, Medium.SMS, until) is None


def test_wishes_are_read_by_versions_that_know_other_kinds() -> None:
    kept = '{"language": "it", "mail": {"parcel_shipped": false, "of_the_future": false}, "sms": {"gone": true}}'
    assert read(kept) == Preferences(language="it", mail={Kind.PARCEL_SHIPPED: False})


@pytest.mark.parametrize(
    "wrong",
    [
        {"quiet_hours": {"start": "24:00", "end": "07:00", "time_zone": "Europe/Rome"}},
        {"quiet_hours": {"start": "21:00", "end": "07:00", "time_zone": "Europe/Atlantis"}},
        {"quiet_hours": {"start": "21:00", "end": "07:00", "time_zone": "../etc/passwd"}},
        {"language": "d"},
        {"fax": {}},
        {"sms": {"carrier_pigeon": True}},
    ],
)
def test_wishes_that_nobody_can_fulfil_are_refused(wrong: object) -> None:
    with pytest.raises(ValidationError):
        Preferences.model_validate(wrong)
