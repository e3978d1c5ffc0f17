"""Finding orders and work: lists follow the log, whatever comes twice, late or in another order."""

from __future__ import annotations

import pytest

from tests.support.merchant import BERLIN, MILAN, SHOPIFY, WEB, Merchant
from tests.support.shops import Sale, canonical_order, shopify_order
from tests.support.world import World

TEE = [Sale("TEE", 1, "19.90")]


def listed(merchant: Merchant, query: str = "") -> list[str]:
    """Ids of the orders of a list, over all its pages."""
    found: list[str] = []
    cursor = ""
    while cursor is not None:
        page = merchant.get(f"/orders?limit=2&cursor={cursor}&{query}")
        found += [each["order_id"] for each in page["orders"]]
        cursor = page["cursor"]
    return found


def test_an_order_moves_from_list_to_list_as_it_goes_along(merchant: Merchant) -> None:
    orders = [merchant.sell(canonical_order(f"L-{number}", TEE)) for number in range(5)]
    assert sorted(listed(merchant)) == sorted(orders)
    assert sorted(listed(merchant, "status=in_fulfillment")) == sorted(orders)
    merchant.ship(orders[0])
    merchant.to_the_door(orders[1])
    assert merchant.post(f"/orders/{orders[2]}/holds", {"note": "wait"}, key="ops").status == 200
    assert merchant.post(f"/orders/{orders[3]}/cancel", key="ops").status == 200
    merchant.world.settle()
    for status, order_id in {
        "shipped": orders[0],
        "delivered": orders[1],
        "held": orders[2],
        "cancelled": orders[3],
        "in_fulfillment": orders[4],
    }.items():
        assert listed(merchant, f"status={status}") == [order_id]
    assert sorted(listed(merchant)) == sorted(orders)


def test_orders_are_found_by_their_channel(merchant: Merchant) -> None:
    ours = merchant.sell(canonical_order("L-9", TEE))
    theirs = merchant.shopify(shopify_order(9, TEE)).json["order_id"]
    merchant.world.settle()
    assert listed(merchant, f"channel={WEB}") == [ours]
    assert listed(merchant, f"channel={SHOPIFY}") == [theirs]
    assert listed(merchant, f"channel={SHOPIFY}&status=held") == []


def test_a_list_shows_what_the_order_shows(merchant: Merchant) -> None:
    order_id = merchant.sell(canonical_order("L-10", [Sale("TEE", 2, "19.90"), Sale("MUG", 1, "8.00")]))
    merchant.ship(order_id)
    order = merchant.order(order_id)
    (shown,) = merchant.get("/orders")["orders"]
    for name in ("order_id", "version", "status", "channel_id", "external_id", "number", "placed_at", "total"):
        assert shown[name] == order[name], name
    assert shown["units"] == 3
    assert (shown["authorised"], shown["charged"]) == (order["payment"]["authorised"], order["payment"]["charged"])
    assert shown["locations"] == [BERLIN]


def work(merchant: Merchant, location: str, status: str = "") -> list[str]:
    """Ids of the orders in a location's queue."""
    path = f"/locations/{location}/fulfillment-orders" + (f"?status={status}" if status else "")
    return [each["order_id"] for each in merchant.get(path, key="fulfillment")["fulfillment_orders"]]


def test_a_location_finds_its_own_work_the_longest_waiting_first(world: World) -> None:
    merchant = Merchant(world).open({("TEE", BERLIN): 10, ("MUG", MILAN): 10})
    first, second = (merchant.sell(canonical_order(f"L-2{number}", TEE)) for number in range(2))
    other = merchant.sell(canonical_order("L-30", [Sale("MUG", 1, "8.00")]))
    assert work(merchant, BERLIN) == [first, second]
    assert work(merchant, MILAN) == [other]
    merchant.work(first, "accept")
    world.settle()
    assert work(merchant, BERLIN) == [second, first], "what nobody has taken on comes before what somebody has"
    merchant.ship(first)
    assert work(merchant, BERLIN) == [second]
    assert work(merchant, BERLIN, "shipped") == [first]


def test_the_trail_tells_the_whole_story_and_time_travel_any_page_of_it(merchant: Merchant) -> None:
    order_id = merchant.sell(canonical_order("L-40", TEE))
    merchant.to_the_door(order_id)
    trail = merchant.get(f"/orders/{order_id}/events?limit=100")["events"]
    types = [event["type"] for event in trail]
    assert types[0] == "OrderPlaced"
    assert types.index("UnitsAllocated") < types.index("UnitsShipped") < types.index("ParcelDelivered")
    assert [event["seq"] for event in trail] == sorted(event["seq"] for event in trail)
    for event in trail:
        then = merchant.get(f"/orders/{order_id}?at={event['at']}")
        assert then["version"] >= event["seq"]
        assert then["updated_at"] == event["at"]
    assert merchant.get(f"/orders/{order_id}?at={trail[-1]['at']}") == merchant.order(order_id)


@pytest.mark.parametrize("private", ["erika@customer.example", "Musterfrau", "Invalidenstra", "+49151"])
def test_the_views_hold_nothing_of_the_customer(merchant: Merchant, private: str) -> None:
    merchant.to_the_door(merchant.sell(canonical_order("L-50", TEE)))
    assert merchant.world.items("ViewsTable")
    assert private not in str(merchant.world.items("ViewsTable"))
