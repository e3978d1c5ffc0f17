"""What a customer is told of a parcel on its way: where it is, what to do, and nothing that is over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from oms.notifications.catalogue import UNDER_WAY, Kind, kind_of, not_before, still_true, too_late
from oms.notifications.compose import compose
from oms.notifications.language import LANGUAGES, choose
from oms.notifications.letter import Letter, Panel, Place
from oms.notifications.occasion import Occasion, occasion
from oms.notifications.render import render
from oms.orders import events as ev
from oms.orders.events import OrderEvent, TrackingStatus
from oms.orders.reached import NEWS_FOR
from tests.unit.notifications.samples import (
    ORDER_ID,
    PARCEL,
    delivered,
    found,
    history,
    journey,
    label,
    story,
    under_way,
    usual,
)

AT = datetime(2026, 11, 20, 16, 20, tzinfo=UTC)
SOON = AT + timedelta(hours=1)


def since(kind: Kind, *later: Sequence[OrderEvent]) -> Occasion:
    """The occasion of a message of this kind, looked at when more has happened."""
    before = [*journey(usual())[:-1], under_way(kind, AT)]
    return occasion(ORDER_ID, history(*before, *later), len(before), 1)


def scanned(status: TrackingStatus, at: datetime = SOON) -> list[OrderEvent]:
    return [ev.ParcelTracked(parcel_id=PARCEL, scan_id=f"{status} {at}", status=status, at=at)]


def letter(kind: Kind, about: Occasion, language: str = "en") -> Letter:
    return compose(kind, about, choose(language), "Nordlicht")


def facts(told: Letter) -> dict[str, str]:
    return {pair.label: pair.value for block in told.blocks if isinstance(block, Panel) for pair in block.pairs}


@pytest.mark.parametrize("kind", UNDER_WAY.values())
def test_what_has_been_overtaken_is_not_told(kind: Kind) -> None:
    assert still_true(since(kind))
    assert not still_true(since(kind, [delivered()]))
    assert still_true(since(kind, scanned(TrackingStatus.IN_TRANSIT, AT - timedelta(hours=9)))), "an older scan"
    turned = scanned(TrackingStatus.RETURNED)
    assert still_true(since(kind, turned)) is (kind is Kind.PARCEL_RETURNING), "what has come back had turned"


def test_a_failed_attempt_is_still_one_when_the_parcel_spends_the_night_in_the_depot() -> None:
    assert still_true(since(Kind.DELIVERY_FAILED, scanned(TrackingStatus.IN_TRANSIT)))
    assert not still_true(since(Kind.DELIVERY_FAILED, scanned(TrackingStatus.OUT_FOR_DELIVERY)))
    assert not still_true(since(Kind.OUT_FOR_DELIVERY, scanned(TrackingStatus.IN_TRANSIT)))


@pytest.mark.parametrize("kind", UNDER_WAY.values())
def test_a_message_that_was_long_on_its_way_is_too_late(kind: Kind) -> None:
    about = found(story(kind))
    news_for = next(NEWS_FOR[status] for status, each in UNDER_WAY.items() if each is kind)
    assert not too_late(about, AT + news_for)
    assert too_late(about, AT + news_for + timedelta(seconds=1))
    assert not too_late(found(story(Kind.PARCEL_SHIPPED)), AT + timedelta(days=90))


@pytest.mark.parametrize("kind", UNDER_WAY.values())
def test_only_what_often_settles_itself_is_waited_for_and_not_until_it_is_too_late(kind: Kind) -> None:
    about = since(kind)
    moment = not_before(about)
    assert (moment is not None) is (kind is Kind.PARCEL_HELD_UP)
    assert moment is None or AT < moment < AT + NEWS_FOR[TrackingStatus.EXCEPTION]
    assert not still_true(since(Kind.PARCEL_HELD_UP, scanned(TrackingStatus.IN_TRANSIT)))


@pytest.mark.parametrize("status", TrackingStatus)
def test_a_scan_alone_is_nobodys_news(status: TrackingStatus) -> None:
    assert kind_of(found(history(*journey(usual())[:-1], scanned(status)))) is None


def test_where_a_parcel_waits_and_until_when_is_told_as_far_as_the_carrier_says() -> None:
    place, until = "Kiosk am Dom, Domplatz 3", date(2026, 11, 27)
    before = journey(usual())[:-1]
    known = letter(Kind.PARCEL_WAITS, found(history(*before, under_way(Kind.PARCEL_WAITS, place=place, until=until))))
    assert facts(known)["Pick-up point"] == place
    assert facts(known)["Pick-up until"] == "Friday, November 27, 2026"
    assert "by Friday, November 27, 2026" in known.sms
    vague = letter(Kind.PARCEL_WAITS, found(story(Kind.PARCEL_WAITS)))
    assert set(facts(vague)) == {"Order number", "Carrier", "Tracking number"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_sms_with_the_last_day_fits_into_two(language: str) -> None:
    entries = history(*journey(usual())[:-1], under_way(Kind.PARCEL_WAITS, until=date(2026, 11, 27)))
    assert len(letter(Kind.PARCEL_WAITS, found(entries), language).sms) <= 160


@pytest.mark.parametrize("kind", UNDER_WAY.values())
def test_each_has_the_link_of_the_carrier_and_the_address_where_it_may_be_the_wrong_one(kind: Kind) -> None:
    told = letter(kind, found(story(kind)))
    html = render(kind, found(story(kind)), choose("en"), "Nordlicht").html
    assert label().tracking_url in html
    assert told.sms.endswith(label().tracking_url)
    assert any(isinstance(block, Place) for block in told.blocks) is (
        kind in {Kind.OUT_FOR_DELIVERY, Kind.DELIVERY_FAILED}
    )


def test_without_a_link_the_message_does_without() -> None:
    bare = [[replace(label(), tracking_url="")] if each == [label()] else each for each in journey(usual())[:-1]]
    told = letter(Kind.DELIVERY_FAILED, found(history(*bare, under_way(Kind.DELIVERY_FAILED))))
    assert "http" not in told.sms
