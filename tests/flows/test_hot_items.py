"""An item that many want at once: its stock lies in several buckets, and nobody who sells or ships it notices."""

from __future__ import annotations

from itertools import count
from typing import Any

from oms.ids import order_id
from oms.stock.buckets import home
from tests.support import cloud
from tests.support.gateway_api import Answer
from tests.support.merchant import BERLIN, WEB, Merchant
from tests.support.shops import Sale, canonical_order
from tests.support.world import World

BUCKETS = 4


def split(merchant: Merchant, buckets: int) -> Any:
    path = f"/stock/TEE/{BERLIN}/buckets"
    answer: Answer = merchant.world.http("PUT", path, {"buckets": buckets}, key="stock:write")
    assert answer.status == 200, answer
    return answer.json


def items(world: World) -> list[dict[str, Any]]:
    """Every item that holds units; each balances by itself."""
    found = [item for item in cloud.items(world.name("StockTable")) if "on_hand" in item]
    for item in found:
        assert item["on_hand"] == item["available"] + item["committed"], item
        assert min(item["on_hand"], item["available"], item["committed"]) >= 0, item
    return found


def names() -> Any:
    """Names of orders that look first in a bucket that is not the level's own item."""
    return (f"H-{n}" for n in count() if home(order_id(WEB, f"H-{n}"), BUCKETS))


def test_a_hot_item_goes_through_its_whole_life_in_buckets(merchant: Merchant, world: World) -> None:
    name = names()
    shown = split(merchant, BUCKETS)
    assert (shown["on_hand"], shown["available"], shown["buckets"]) == (10, 10, BUCKETS)
    assert sorted(item["available"] for item in items(world) if "layout" in item) == [2, 2, 3, 3]

    shipped = merchant.sell(canonical_order(next(name), [Sale("TEE", 4, "10.00")]))
    merchant.ship(shipped)
    assert merchant.stock("TEE")[BERLIN] == (6, 6, 0)

    cancelled = merchant.sell(canonical_order(next(name), [Sale("TEE", 5, "10.00")]))
    assert merchant.stock("TEE")[BERLIN] == (6, 1, 5)
    assert merchant.post(f"/orders/{cancelled}/cancel", key="ops").status == 200
    world.settle()
    assert merchant.stock("TEE")[BERLIN] == (6, 6, 0)
    # Nobody waited, so nobody wrote the counter of those who wait, which all orders of the sku would share.
    assert not [item for item in cloud.items(world.name("StockTable")) if item["location_id"] == "#waiting"]

    waits = merchant.sell(canonical_order(next(name), [Sale("TEE", 8, "10.00")]))
    assert merchant.order(waits)["lines"][0]["units"] == {"allocated": 6, "backordered": 2}
    merchant.receive("TEE", 7)
    assert merchant.order(waits)["lines"][0]["units"] == {"allocated": 8}
    assert merchant.stock("TEE")[BERLIN] == (13, 5, 8)

    version = merchant.get("/stock/TEE", key="stock:read")["levels"][0]["version"]
    path = f"/stock/TEE/{BERLIN}"
    for expected, status in ((version - 1, 412), (version, 200)):
        answer = world.http("PUT", path, {"on_hand": 12}, headers={"If-Match": f'"{expected}"'}, key="stock:write")
        assert answer.status == status, answer
    assert merchant.stock("TEE")[BERLIN] == (12, 4, 8)

    merchant.ship(waits)
    whole = split(merchant, 1)
    assert (whole["on_hand"], whole["available"], whole["committed"], whole["buckets"]) == (4, 4, 0, 1)
    assert sum(item["on_hand"] for item in items(world) if item["sku"].startswith("TEE")) == 4


def test_a_level_is_not_split_into_nothing_or_into_dust(merchant: Merchant) -> None:
    path = f"/stock/TEE/{BERLIN}/buckets"
    statuses = [merchant.world.http("PUT", path, {"buckets": n}, key="stock:write").status for n in (0, 33)]
    assert statuses == [422, 422]
    assert merchant.world.http("PUT", "/stock/TEE/moon/buckets", {"buckets": 4}, key="stock:write").status == 404
    assert merchant.world.http("PUT", path, {"buckets": 4}, key="stock:read").status == 403
