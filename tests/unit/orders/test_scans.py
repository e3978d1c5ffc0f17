"""Scans told by several sources, in any order, any number of times, and more or less exactly."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from oms.carriers.protocol import Scan
from oms.orders.scans import adds_nothing, first_delivery, is_news, merged, state
from oms.orders.tracking import TURNED_BACK, TrackingStatus

T0 = datetime(2026, 3, 2, 9, tzinfo=UTC)
MOVING, THERE, BACK = TrackingStatus.IN_TRANSIT, TrackingStatus.DELIVERED, TrackingStatus.RETURNING


def scan(status: TrackingStatus, seconds: float, *, code: str = "", scan_id: str = "") -> Scan:
    at = T0 + timedelta(seconds=seconds)
    return Scan(tracking_number="1", scan_id=scan_id or f"{status}{seconds}{code}", status=status, at=at, code=code)


scans = st.builds(
    scan,
    st.sampled_from(TrackingStatus),
    st.sampled_from([0, 60, 61, 61.5, 62, 120, 7200, 7215]),
    code=st.sampled_from(["", "AR", "DP"]),
    scan_id=st.sampled_from(["a", "b", "c", ""]),
)


def said(journey: list[Scan]) -> list[tuple[TrackingStatus, datetime, str]]:
    return [(each.status, each.at, each.code) for each in journey]


@given(scans, scans, scans)
def test_adding_nothing_is_a_partial_order(one: Scan, two: Scan, three: Scan) -> None:
    assert adds_nothing(one, one)
    if adds_nothing(one, two) and adds_nothing(two, three):
        assert adds_nothing(one, three)
    if adds_nothing(one, two) and adds_nothing(two, one):
        assert said([one]) == said([two])


@given(st.lists(scans, max_size=8), st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_the_journey_is_the_same_in_whatever_order_and_however_often_scans_come(
    told: list[Scan], random: object
) -> None:
    again = told + told[: len(told) // 2]
    random.shuffle(again)  # type: ignore[attr-defined]
    assert said(merged(again)) == said(merged(told))
    assert said(merged(merged(told))) == said(merged(told))
    assert said(merged([*merged(told[:3]), *told[3:]])) == said(merged(told))


@given(st.lists(scans.map(lambda each: replace(each, scan_id=f"{each.status}{each.at}{each.code}")), max_size=8))
@settings(max_examples=60)
def test_what_is_passed_over_when_it_is_heard_is_missing_in_no_journey(told: list[Scan]) -> None:
    kept: list[Scan] = []
    for each in told:
        kept += [each] if is_news(each, kept) else []
    assert said(merged(kept)) == said(merged(told))


@given(st.lists(scans, max_size=8))
def test_only_a_time_without_delivery_or_a_turn_before_it_keeps_a_parcel_from_being_delivered(told: list[Scan]) -> None:
    delivered = [each.at for each in told if each.status is THERE]
    turned = [each.at for each in told if each.status in TURNED_BACK]
    arrived = bool(delivered) and not (turned and min(turned) < min(delivered))
    assert (state(merged(told)) is THERE) == arrived
    assert (first_delivery(told) is not None) == arrived


def test_one_scan_told_by_webhook_and_by_asking_is_one() -> None:
    webhook, polled = scan(MOVING, 61, scan_id="evt-1"), scan(MOVING, 61, code="AR", scan_id="polled-9")
    to_the_minute = scan(MOVING, 60, scan_id="other")
    assert merged([webhook, polled, to_the_minute]) == [polled]
    assert not is_news(webhook, [polled])
    assert is_news(polled, [webhook]), "it brings the carrier's code"


def test_two_scans_of_one_minute_that_say_different_things_are_two() -> None:
    arrived, departed = scan(MOVING, 61, code="AR"), scan(MOVING, 75, code="DP")
    assert merged([departed, arrived]) == [arrived, departed]
    assert merged([arrived, scan(THERE, 61)]) == [arrived, scan(THERE, 61)]


def test_a_late_scan_never_moves_a_parcel_back() -> None:
    journey = [scan(MOVING, 0), scan(TrackingStatus.OUT_FOR_DELIVERY, 3600), scan(THERE, 7200), scan(MOVING, 9000)]
    assert {state(merged(order)) for order in permutations(journey)} == {THERE}
    assert {first_delivery(order) for order in permutations(journey)} == {T0 + timedelta(seconds=7200)}


def test_what_a_carrier_delivers_to_the_sender_is_not_delivered_to_the_customer() -> None:
    journey = [scan(MOVING, 0), scan(BACK, 3600), scan(THERE, 7200)]
    assert first_delivery(journey) is None
    assert state(merged(journey)) is TrackingStatus.RETURNED
    assert state(merged([scan(THERE, 60), scan(BACK, 3600)])) is THERE, "sent back by the customer: another matter"


def test_nothing_said_is_a_label() -> None:
    assert state([]) is TrackingStatus.LABEL_CREATED
