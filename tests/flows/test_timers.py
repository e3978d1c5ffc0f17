"""Time passes, and nobody does anything: remorse windows end, unpaid orders and backorders are given up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from oms.ids import order_id as derive_order_id
from tests.support import cloud
from tests.support.merchant import BERLIN, SHOPIFY, WEB, Merchant
from tests.support.recorder import Moment, ProcessDied
from tests.support.shops import Sale, canonical_order, shopify_order
from tests.support.world import World

TEE = [Sale("TEE", 1, "19.90")]
HOUR = 3600
DAY = 24 * HOUR


def timers(world: World) -> list[tuple[str, str]]:
    """The timers that stand, as (shard, moment)."""
    return [(item["timer"], item["due_at"]) for item in world.items("ViewsTable") if "timer" in item]


def happened(merchant: Merchant, order_id: str, kind: str) -> int:
    events = merchant.get(f"/orders/{order_id}/events", key="orders:read")["events"]
    return sum(event["type"] == kind for event in events)


def share_of(merchant: Merchant, order_id: str) -> Any:
    (share,) = merchant.order(order_id)["fulfillment_orders"]
    return share


def test_nothing_is_released_to_a_location_before_the_remorse_window_is_over(merchant: Merchant, world: World) -> None:
    merchant.rules(WEB, remorse_minutes=30)
    order_id = merchant.sell(canonical_order("T-1", TEE))
    share = share_of(merchant, order_id)
    assert (share["status"], share["actions"]) == ("scheduled", [])
    assert merchant.stock("TEE")["berlin"] == (10, 9, 1)
    order = merchant.order(order_id)
    assert order["payment"]["authorised"] == "full"
    refused = merchant.post(f"/fulfillment-orders/{share['fulfillment_order_id']}/accept", key="fulfillment")
    assert refused.status == 409
    assert order["release_at"] in refused.json["detail"]
    queue = merchant.get(f"/locations/{BERLIN}/fulfillment-orders", key="fulfillment")
    assert queue["fulfillment_orders"] == []
    scheduled = merchant.get(f"/locations/{BERLIN}/fulfillment-orders?status=scheduled", key="fulfillment")
    assert len(scheduled["fulfillment_orders"]) == 1

    world.wait(29 * 60)
    assert share_of(merchant, order_id)["status"] == "scheduled"
    world.wait(60)
    assert share_of(merchant, order_id)["status"] == "open"
    assert timers(world) == []
    merchant.to_the_door(order_id)
    assert merchant.order(order_id)["status"] == "delivered"


def test_who_thinks_better_of_it_within_the_window_pays_nothing(merchant: Merchant, world: World) -> None:
    merchant.rules(WEB, remorse_minutes=30)
    order_id = merchant.sell(canonical_order("T-2", TEE))
    assert merchant.post(f"/orders/{order_id}/cancel", key="orders:write").status == 200
    world.settle()
    assert timers(world) == []
    world.wait(HOUR)
    order = merchant.order(order_id)
    assert (order["status"], order["payment"]["covered_amount"]["amount"]) == ("cancelled", 0)
    assert merchant.stock("TEE")["berlin"] == (10, 10, 0)
    assert happened(merchant, order_id, "OrderReleased") == 0


def test_an_order_without_a_window_has_no_timer_and_no_further_entry(merchant: Merchant, world: World) -> None:
    order_id = merchant.sell(canonical_order("T-3", TEE))
    assert timers(world) == []
    assert happened(merchant, order_id, "OrderReleased") == 0
    calls = len(world.recorder.calls)
    world.tick()
    asked = [call for call in world.recorder.calls[calls:] if call.function == "RouteTick"]
    assert [call.operation for call in asked] == ["Query"] * 8


def test_an_order_that_nobody_pays_is_cancelled_and_not_before_its_time(merchant: Merchant, world: World) -> None:
    merchant.rules(WEB, unpaid_expiry_hours=48)
    order_id = merchant.sell(canonical_order("T-4", TEE, instrument="sim_decline"))
    assert merchant.holds(order_id) == ["payment_declined"]
    world.wait(2 * DAY - HOUR)
    assert merchant.order(order_id)["status"] == "held"
    world.wait(2 * HOUR)
    order = merchant.order(order_id)
    assert (order["status"], order["holds"]) == ("cancelled", [])
    assert merchant.stock("TEE")["berlin"] == (10, 10, 0)
    assert timers(world) == []


def test_a_payment_that_is_under_way_keeps_an_order_beyond_its_time(merchant: Merchant, world: World) -> None:
    merchant.rules(WEB, unpaid_expiry_hours=1)
    assert merchant.place(canonical_order("T-5", TEE, instrument=f"sim_late:{2 * HOUR}")).status < 300
    world.settle(wait=False)
    order_id = derive_order_id(WEB, "T-5")
    world.clock.wait(HOUR + 60)
    world.tick()
    world.settle(wait=False)
    assert merchant.order(order_id)["payment"]["payments"][0]["status"] == "pending"
    world.settle()
    assert merchant.order(order_id)["status"] == "in_fulfillment"


def test_an_order_of_a_shop_that_never_got_its_money_is_given_up_and_late_money_is_somebodys_task(
    merchant: Merchant, world: World
) -> None:
    merchant.rules(SHOPIFY, unpaid_expiry_hours=24)
    assert merchant.shopify(shopify_order(4001, TEE, status="pending")).status in {200, 201}
    world.settle()
    order_id = derive_order_id(SHOPIFY, str(shopify_order(4001, TEE)["id"]))
    world.wait(DAY + HOUR)
    assert merchant.order(order_id)["status"] == "cancelled"

    paid = shopify_order(4001, TEE, status="paid", updated=timedelta(days=2))
    assert merchant.shopify(paid, topic="orders/updated").status in {200, 201}
    world.settle()
    order = merchant.order(order_id)
    assert (order["status"], [hold["reason"] for hold in order["holds"]]) == ("cancelled", ["channel_change"])
    assert "money" in order["holds"][0]["note"]


def test_a_reservation_that_lapses_is_renewed_by_the_clock_alone(merchant: Merchant, world: World) -> None:
    order_id = merchant.sell(canonical_order("T-6", TEE, instrument=f"sim_expires:{HOUR}"))
    assert len(timers(world)) == 1
    world.wait(HOUR)
    order = merchant.order(order_id)
    assert [payment["status"] for payment in order["payment"]["payments"]] == ["expired", "authorised"]
    assert order["payment"]["authorised"] == "full"
    merchant.to_the_door(order_id)
    assert timers(world) == []


def test_units_that_no_stock_comes_for_are_given_up(merchant: Merchant, world: World) -> None:
    merchant.rules(WEB, backorder_cancel_days=14)
    order_id = merchant.sell(canonical_order("T-7", [Sale("TEE", 12, "10.00")]))
    assert merchant.order(order_id)["lines"][0]["units"] == {"allocated": 10, "backordered": 2}
    world.wait(14 * DAY)
    order = merchant.order(order_id)
    assert order["lines"][0]["units"] == {"allocated": 10, "cancelled": 2}
    merchant.to_the_door(order_id)
    done = merchant.order(order_id)
    assert (done["status"], done["payment"]["charged_amount"]) == ("delivered", done["due"])


# The clock itself: repeated, interrupted, unheard.


@pytest.fixture
def due(merchant: Merchant, world: World) -> str:
    """An order whose window is over, and nobody has noticed."""
    merchant.rules(WEB, remorse_minutes=30)
    order_id = merchant.sell(canonical_order("T-8", TEE))
    world.clock.wait(HOUR)
    return order_id


def test_two_ticks_at_once_release_an_order_once(merchant: Merchant, world: World, due: str) -> None:
    before = timers(world)
    world.tick()
    after = timers(world)
    assert after > before  # it would ring again, later
    world.tick()
    assert timers(world) == after
    assert world.depth("RouteQueue") == 1
    world.settle()
    assert happened(merchant, due, "OrderReleased") == 1
    assert timers(world) == []


def test_a_message_that_is_lost_is_sent_again(merchant: Merchant, world: World, due: str) -> None:
    world.tick()
    cloud.queue(world.template.resolve({"Fn::GetAtt": ["RouteQueue", "Arn"]}))._messages.clear()
    world.settle()
    assert share_of(merchant, due)["status"] == "scheduled"
    world.wait(11 * 60)
    assert share_of(merchant, due)["status"] == "open"


def test_an_order_that_cannot_be_helped_rings_less_and_less_often(world: World, due: str) -> None:
    del due
    moments = []
    for _ in range(4):
        world.clock.wait(DAY)
        world.tick()
        ((_, moment),) = timers(world)
        moments.append(moment)
        cloud.queue(world.template.resolve({"Fn::GetAtt": ["RouteQueue", "Arn"]}))._messages.clear()
    (item,) = [item for item in world.items("ViewsTable") if "timer" in item]
    assert int(item["rings"]) == 4
    assert moments == sorted(set(moments))


@pytest.mark.parametrize("moment", list(Moment))
@pytest.mark.parametrize("operation", ["SendMessageBatch", "UpdateItem"])
def test_a_tick_that_dies_anywhere_is_made_up_for_by_the_next(
    merchant: Merchant, world: World, due: str, operation: str, moment: Moment
) -> None:
    world.recorder.clear()
    world.tick()
    number = [call.operation for call in world.recorder.calls].index(operation)
    cloud.queue(world.template.resolve({"Fn::GetAtt": ["RouteQueue", "Arn"]}))._messages.clear()
    world.clock.wait(HOUR)
    world.recorder.clear()
    world.recorder.die_at(number, moment)
    with pytest.raises(ProcessDied):
        world.tick()
    assert not world.recorder.death_is_due
    world.wait(60)
    assert share_of(merchant, due)["status"] == "open"
    assert happened(merchant, due, "OrderReleased") == 1


def test_a_clock_that_is_ahead_wakes_an_order_too_early_and_harms_nothing(merchant: Merchant, world: World) -> None:
    merchant.rules(WEB, remorse_minutes=30)
    order_id = merchant.sell(canonical_order("T-9", TEE))
    world.clock.wait(HOUR)
    world.tick()
    world.clock.wait(-HOUR)  # the function that routes is an hour behind
    world.settle()
    assert share_of(merchant, order_id)["status"] == "scheduled"
    world.wait(2 * HOUR)
    assert share_of(merchant, order_id)["status"] == "open"
