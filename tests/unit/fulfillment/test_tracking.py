"""What carriers say reaches its order: early, late, twice, in heaps, and whoever dies on the way."""

from __future__ import annotations

from datetime import timedelta

import pytest

from oms.carriers.simulated import tracking_number
from oms.fulfillment import work
from oms.fulfillment.decisions import Packing
from oms.fulfillment.tracking import Received, claim, receive
from oms.orders.events import TrackingStatus
from oms.orders.order import Order
from oms.orders.transitions import FulfillmentStatus
from tests.support.memory_stack import START
from tests.unit.fulfillment.warehouse import NUMBER, ORDER, PARCEL, SHARE, Died, Warehouse, mugs, plates, scan

MOVING = scan(TrackingStatus.IN_TRANSIT, START + timedelta(hours=1))
THERE = scan(TrackingStatus.DELIVERED, START + timedelta(hours=9))


@pytest.fixture
def house() -> Warehouse:
    house = Warehouse()
    house.sold(mugs(3), plates(2))
    return house


def packed(house: Warehouse) -> Order:
    work.accept(house.desk(), SHARE, house.caller("accept"))
    work.pick(house.desk(), SHARE, house.caller("pick"))
    return work.pack(house.desk(), SHARE, house.caller("pack"), packing=Packing())


def shipped(house: Warehouse) -> Order:
    packed(house)
    return work.ship(house.desk(), SHARE, house.caller("ship"))


def heard(house: Warehouse) -> list[TrackingStatus]:
    parcel = house.order().parcels[PARCEL]
    return [each.status for each in parcel.scans]


def test_a_webhook_of_several_scans_is_one_entry(house: Warehouse) -> None:
    version = shipped(house).version
    assert receive(house.desk(), "simulated", [MOVING, THERE], house.clock) == Received(applied=2)
    order = house.order()
    assert order.version == version + 1
    assert order.fulfillment_orders[SHARE].status is FulfillmentStatus.DELIVERED
    assert house.log[ORDER][-1].actor == "carrier:simulated"


def test_the_same_webhook_again_writes_nothing(house: Warehouse) -> None:
    shipped(house)
    for _ in range(3):
        receive(house.desk(), "simulated", [MOVING], house.clock)
    receive(house.desk(), "simulated", [MOVING, MOVING, THERE], house.clock)
    assert heard(house) == [TrackingStatus.IN_TRANSIT, TrackingStatus.DELIVERED]
    version = house.order().version
    receive(house.desk(), "simulated", [THERE, MOVING], house.clock)
    assert house.order().version == version


def test_scans_of_an_unknown_parcel_wait_for_its_label(house: Warehouse) -> None:
    assert receive(house.desk(), "simulated", [MOVING], house.clock) == Received(parked=1)
    house.tick()
    assert receive(house.desk(), "simulated", [THERE], house.clock) == Received(parked=1)
    packed(house)
    assert heard(house) == []
    assert claim(house.desk(), "simulated", NUMBER, house.clock) == 2
    assert heard(house) == [TrackingStatus.IN_TRANSIT, TrackingStatus.DELIVERED]
    assert not any(house.waiting.values())
    order = work.ship(house.desk(), SHARE, house.caller("ship"))
    assert order.parcels[PARCEL].delivered_at == THERE.at


def test_a_claim_repeated_or_without_anything_parked_does_nothing(house: Warehouse) -> None:
    packed(house)
    version = house.order().version
    assert claim(house.desk(), "simulated", NUMBER, house.clock) == 0
    assert claim(house.desk(), "simulated", "SIM0", house.clock) == 0
    assert house.order().version == version


def test_a_label_recorded_while_its_scan_is_parked_is_not_missed(house: Warehouse) -> None:
    """Between the look that found nothing and the parking, the label is recorded and claimed."""

    def label_and_claim() -> None:
        packed(house)
        assert claim(house.desk(), "simulated", NUMBER, house.clock) == 0

    house.meanwhile["park"] = label_and_claim
    assert receive(house.desk(), "simulated", [MOVING], house.clock) == Received(applied=1)
    assert heard(house) == [TrackingStatus.IN_TRANSIT]
    assert not any(house.waiting.values())


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("call", range(8))
def test_whoever_dies_in_between_no_scan_is_lost_or_told_twice(house: Warehouse, call: int, when: str) -> None:
    """One scan comes before its parcel, one after; claims and webhooks are delivered until they succeed."""
    house.die_at = call, when
    deaths = 0

    def insist(act: object) -> None:
        nonlocal deaths
        try:
            act()  # type: ignore[operator]
        except Died:
            deaths += 1
            house.die_at = None
            act()  # type: ignore[operator]

    insist(lambda: receive(house.desk(), "simulated", [MOVING], house.clock))
    made = house.calls.copy()
    die_at, house.die_at = house.die_at, None
    shipped(house)
    house.die_at = die_at
    house.calls[:] = made
    insist(lambda: claim(house.desk(), "simulated", NUMBER, house.clock))
    insist(lambda: receive(house.desk(), "simulated", [THERE], house.clock))
    assert deaths == 1
    assert heard(house) == [TrackingStatus.IN_TRANSIT, TrackingStatus.DELIVERED]
    assert house.order().parcels[PARCEL].delivered_at == THERE.at
    assert not any(house.waiting.values())


def test_one_webhook_may_speak_of_known_and_unknown_parcels(house: Warehouse) -> None:
    shipped(house)
    stranger = scan(TrackingStatus.IN_TRANSIT, START, number=tracking_number("another"))
    assert receive(house.desk(), "simulated", [stranger, MOVING], house.clock) == Received(applied=1, parked=1)
    assert heard(house) == [TrackingStatus.IN_TRANSIT]


def test_a_flood_of_scans_is_taken_in_portions(house: Warehouse) -> None:
    version = shipped(house).version
    flood = [scan(TrackingStatus.IN_TRANSIT, START + timedelta(minutes=n)) for n in range(450)]
    receive(house.desk(), "simulated", flood, house.clock)
    assert len(heard(house)) == 450
    assert house.order().version == version + 3
    assert max(len(entry.events) for entry in house.log[ORDER]) == 200


def test_parked_scans_keep_every_word(house: Warehouse) -> None:
    said = scan(TrackingStatus.EXCEPTION, START + timedelta(microseconds=7), description="Niemand da – „später“")
    receive(house.desk(), "simulated", [said], house.clock)
    packed(house)
    claim(house.desk(), "simulated", NUMBER, house.clock)
    (kept,) = house.order().parcels[PARCEL].scans
    assert (kept.scan_id, kept.status, kept.at, kept.description) == (
        said.scan_id,
        said.status,
        said.at,
        said.description,
    )
