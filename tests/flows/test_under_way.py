"""A parcel between shipped and delivered: what the customer hears of it, from the carrier's word to mail and SMS."""

from __future__ import annotations

from collections import Counter

from oms.carriers.simulated import tracking_number
from oms.ids import parcel_id
from tests.support.merchant import Merchant
from tests.support.shops import Sale, canonical_order
from tests.support.world import World

HOUR = 3600


def shipped(merchant: Merchant, number: str) -> str:
    """An order whose parcel has left; the parcel's number."""
    order_id = merchant.sell(canonical_order(number, [Sale("TEE", 1, "20.00")]))
    merchant.ship(order_id)
    return tracking_number(parcel_id(f"{order_id}-1", 1))


def told(world: World) -> Counter[str]:
    """What customers were told of parcels on their way: kind and medium."""
    rows = [each for each in world.items("MessagesTable") if "kind" in each and each["status"] == "sent"]
    usual = {"order_confirmed", "parcel_shipped", "parcel_delivered"}
    return Counter(f"{each['kind']} {each['medium']}" for each in rows if each["kind"] not in usual)


def test_the_customer_hears_once_of_what_they_can_act_in_and_nothing_that_is_over(
    merchant: Merchant, world: World
) -> None:
    number = shipped(merchant, "UW-1")
    old = merchant.scanned(number, "OD", "heard late")
    for _ in range(2):
        world.clock.wait(HOUR)
        for scan_id in ("webhook", "again"):
            merchant.carrier_says([merchant.scanned(number, "NH", f"{scan_id} {world.clock()}")])
            world.settle()
    assert told(world) == {"delivery_failed mail": 1, "delivery_failed sms": 1}
    merchant.carrier_says([old])
    merchant.carrier_says([merchant.scanned(number, "DL")])
    merchant.carrier_says([merchant.scanned(number, "PU")])
    world.settle()
    assert told(world) == {"delivery_failed mail": 1, "delivery_failed sms": 1}


def test_what_is_over_within_hours_is_not_told_and_what_stands_is(merchant: Merchant, world: World) -> None:
    short, long = shipped(merchant, "UW-2"), shipped(merchant, "UW-3")
    for number in (short, long):
        merchant.carrier_says([merchant.scanned(number, "EX")])
    world.settle(wait=False)
    merchant.carrier_says([merchant.scanned(short, "DP")])
    world.settle(wait=False)
    assert told(world) == {}
    world.clock.wait(12 * HOUR)
    world.settle()
    assert told(world) == {"parcel_held_up mail": 1}
