"""A carrier's webhook, its polled answer and an aggregator tell one journey, before and after the parcel leaves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest

from oms.carriers.account import CarrierAccount, CarrierPlatform
from oms.carriers.protocol import Scan
from oms.fulfillment import work
from oms.fulfillment.decisions import Packing
from oms.fulfillment.tracking import claim, receive
from oms.orders.events import LabelBought, ParcelDelivered
from oms.orders.events import TrackingStatus as Is
from oms.orders.journey import history, tracking_status
from tests.support.memory_stack import START
from tests.unit.fulfillment.warehouse import NUMBER, ORDER, PARCEL, SHARE, Warehouse, mugs

JOURNEY = ((Is.IN_TRANSIT, 1, "AR"), (Is.IN_TRANSIT, 5, "DP"), (Is.ATTEMPT_FAILED, 20, "NH"), (Is.DELIVERED, 26, "DL"))


def told(source: str, *, to_the_minute: bool = False, until: int = 99) -> list[Scan]:
    """The journey by one source, under ids of its own."""
    return [
        Scan(
            tracking_number=NUMBER,
            scan_id=f"{source}-{hours}",
            status=status,
            at=START + timedelta(hours=hours, seconds=0 if to_the_minute else 17),
            code="" if to_the_minute else code,
        )
        for status, hours, code in JOURNEY
        if hours < until
    ]


def leave(house: Warehouse) -> None:
    work.accept(house.desk(), SHARE, house.caller("accept"))
    work.pick(house.desk(), SHARE, house.caller("pick"))
    work.pack(house.desk(), SHARE, house.caller("pack"), packing=Packing())
    claim(house.desk(), "simulated", NUMBER, house.clock)
    work.ship(house.desk(), SHARE, house.caller("ship"))


STEPS: tuple[Callable[[Warehouse], object], ...] = (
    leave,
    lambda house: receive(house.desk(), "simulated", told("webhook", until=21), house.clock),
    lambda house: receive(house.desk(), "simulated", told("polled"), house.clock),
    lambda house: receive(
        house.desk(), "simulated", told("other", to_the_minute=True), house.clock, told_by="easypost"
    ),
)


@pytest.mark.parametrize("order", list(permutations(range(len(STEPS)))), ids=str)
def test_in_whatever_order_they_tell_the_end_is_one(order: tuple[int, ...]) -> None:
    house = Warehouse()
    house.sold(mugs(1))
    for step in order:
        STEPS[step](house)
    parcel = house.order().parcels[PARCEL]
    assert [(each.status, each.code) for each in history(parcel)] == [(status, code) for status, _, code in JOURNEY]
    assert tracking_status(parcel) is Is.DELIVERED
    assert parcel.delivered_at is not None
    assert parcel.delivered_at.replace(second=0) == START + timedelta(hours=26)
    delivered = [each for entry in house.log[ORDER] for each in entry.events if isinstance(each, ParcelDelivered)]
    assert len(delivered) == 1, "so the customer is told once"
    assert not any(house.waiting.values())


FEDEX = CarrierAccount(
    carrier="fedex-berlin", platform=CarrierPlatform.FEDEX, account_number="1", country="DE", default_service="x"
)


@pytest.mark.parametrize("when", ["before", "while", "after"])
def test_an_aggregator_finds_the_parcel_of_an_account_by_the_carriers_name(when: str) -> None:
    """What comes before the label, or in the moment in which it is recorded, waits under the carrier's own name."""
    house = Warehouse()
    house.sold(mugs(1))
    desk = replace(house.desk(), accounts=lambda: (FEDEX,))

    def label() -> None:
        work.accept(house.desk(), SHARE, house.caller("accept"))
        work.pick(house.desk(), SHARE, house.caller("pick"))
        work.pack(house.desk(), SHARE, house.caller("pack"), packing=Packing())
        entry = house.log[ORDER][-1]
        by_account = [
            replace(each, carrier=FEDEX.carrier) if isinstance(each, LabelBought) else each for each in entry.events
        ]
        house.log[ORDER][-1] = replace(entry, events=tuple(by_account))
        house.links = {f"parcel#{FEDEX.carrier}#{NUMBER}": ORDER}
        claim(desk, FEDEX.carrier, NUMBER, house.clock)

    if when == "after":
        label()
    if when == "while":
        house.meanwhile["park"] = label
    receive(desk, "fedex", told("other", until=21), house.clock, told_by="aftership")
    if when == "before":
        label()
    assert tracking_status(house.order().parcels[PARCEL]) is Is.ATTEMPT_FAILED
    assert not any(house.waiting.values())
