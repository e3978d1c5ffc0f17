"""Rules of sourcing from their set-up to the explanation, and the room of locations from the first unit to the last."""

from __future__ import annotations

from typing import Any

from tests.support.merchant import BERLIN, LOCATIONS, MILAN, Merchant
from tests.support.shops import ITALIAN, Sale, canonical_order
from tests.support.world import World


def _set_up(world: World, path: str, body: dict[str, Any]) -> None:
    answer = world.http("PUT", path, body, key="setup", insist=True)
    assert answer.status in {200, 201}, answer


def _location(world: World, location_id: str, **changes: Any) -> None:
    known = next(each for each in LOCATIONS if each["location_id"] == location_id)
    body = {name: value for name, value in known.items() if name != "location_id"} | changes
    _set_up(world, f"/locations/{location_id}", body)


def _from(merchant: Merchant, order_id: str) -> list[tuple[str, int]]:
    shares = merchant.get(f"/orders/{order_id}/routing")["fulfillment_orders"]
    return [(each["location_id"], sum(sum(units.values()) for units in each["units"].values())) for each in shares]


def _used(world: World, location_id: str) -> list[int]:
    """Units that a location has taken on, by day."""
    items = world.cloud.client("dynamodb").query(
        TableName=f"{world.template.parameters['Stack']}-references",
        KeyConditionExpression="#ref = :ref",
        ExpressionAttributeNames={"#ref": "ref"},
        ExpressionAttributeValues={":ref": {"S": f"capacity#{location_id}"}},
    )["Items"]
    return [int(item["used"]["N"]) for item in items]


def test_a_rule_that_minds_money_sends_from_where_shipping_is_cheap_and_says_by_which_rule(
    merchant: Merchant, world: World
) -> None:
    merchant.receive("TEE", 5, location=MILAN)
    for card, price in (("dear", 1900), ("cheap", 700)):
        zone = {"name": "all", "steps": [{"grams": 30_000, "price": price}]}
        _set_up(world, f"/rate-cards/{card}", {"currency": "EUR", "zones": [zone]})
    _location(world, MILAN, rate_card="dear")
    _location(world, BERLIN, rate_card="cheap")
    nearest = merchant.sell(canonical_order("R-1", [Sale("TEE", 1, "19.90")], buyer=ITALIAN))
    assert _from(merchant, nearest) == [(MILAN, 1)]
    rule = {
        "applies": {"countries": ["IT"], "tags": ["Sale"]},
        "objective": {"fewest_parcels": False, "shipping": 100},
        "currency": "EUR",
    }
    _set_up(world, "/sourcing/rules/cheap-italy", rule)
    cheapest = merchant.sell(canonical_order("R-2", [Sale("TEE", 1, "19.90")], buyer=ITALIAN, tags=["sale"]))
    assert _from(merchant, cheapest) == [(BERLIN, 1)]
    decision = merchant.get(f"/orders/{cheapest}/routing")["decisions"][0]
    assert (decision["rule_id"], decision["rule_version"]) == ("cheap-italy", 1)


def test_room_is_taken_with_the_units_and_given_back_with_them(merchant: Merchant, world: World) -> None:
    _location(world, BERLIN, daily_capacity=3)
    merchant.receive("TEE", 5, location=MILAN)
    first = merchant.sell(canonical_order("C-1", [Sale("TEE", 3, "19.90")]))
    assert _from(merchant, first) == [(BERLIN, 3)]
    second = merchant.sell(canonical_order("C-2", [Sale("TEE", 2, "19.90")]))
    assert _from(merchant, second) == [(MILAN, 2)], "Berlin is full"
    assert _used(world, BERLIN) == [3]

    cancelled = merchant.post(
        f"/orders/{first}/cancel", {"lines": [{"line_id": "1", "quantity": 1}]}, key="orders:write"
    )
    assert cancelled.status == 200, cancelled
    assert _used(world, BERLIN) == [2]
    merchant.work(first, "reject", {"reason": "too_busy"})
    world.settle()
    assert sum(_used(world, BERLIN)) == 0
    assert (MILAN, 2) in _from(merchant, first)

    # Stock that arrives for those who wait is counted as well.
    waiting = merchant.sell(canonical_order("C-3", [Sale("CAP", 12, "5.00")]))
    assert sum(_used(world, BERLIN)) == 10, "more than three days can do, over four days"
    merchant.receive("CAP", 2)
    assert sum(_used(world, BERLIN)) == 12
    assert merchant.order(waiting)["status"] == "in_fulfillment"
