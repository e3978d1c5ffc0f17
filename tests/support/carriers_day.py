"""A day with a real carrier's account, over the API and the network: FedEx's stand-in on a port of this machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from infra.standins.fedex import FedEx
from infra.standins.serving import served
from oms.platform import cache
from tests.support.gateway_api import Answer
from tests.support.merchant import BERLIN, Merchant
from tests.support.shops import Sale, canonical_order

KEYS = {"api_key": "key", "secret_key": "secret"}
ACCOUNT: dict[str, Any] = {
    "platform": "fedex",
    "account_number": "740561073",
    "country": "DE",
    "default_service": "fedex_regional_economy",
    "services": {"*": ["fedex_regional_economy", "fedex_2_day"]},
}


@contextmanager
def fedex(merchant: Merchant, **changes: Any) -> Iterator[FedEx]:
    """An account with FedEx that is set up and active, and is inactive afterwards."""
    world = merchant.world
    there = FedEx(clock=world.clock)
    for function in world.functions.values():
        function.environment["OMS_PRIVATE_WEBHOOKS"] = "true"
    with served(there) as url:
        account = {**ACCOUNT, "url": url, **changes}
        put(merchant, account, 201)
        answer = world.http("PUT", "/carriers/fedex/secrets", {"credentials": KEYS}, key="setup")
        assert answer.status == 200, answer
        yield there
        put(merchant, {**account, "active": False}, 200)
        cache.forget_all()


def put(merchant: Merchant, account: Mapping[str, Any], status: int) -> None:
    """Set the account up, and let every process know of it."""
    answer = merchant.world.http("PUT", "/carriers/fedex", account, key="setup")
    assert answer.status == status, answer
    cache.forget_all()


def picked(merchant: Merchant, number: str, **changes: Any) -> str:
    """An order that is picked; the id of its fulfillment order."""
    order_id = merchant.sell(canonical_order(number, [Sale("MUG", 2, "9.00")], **changes))
    for action in ("accept", "pick"):
        merchant.work(order_id, action)
    return f"{order_id}-1"


def packed(merchant: Merchant, share: str, **wish: Any) -> Answer:
    """Pack all of a fulfillment order."""
    answer = merchant.post(f"/fulfillment-orders/{share}/pack", {"grams": 950, **wish}, key="fulfillment")
    assert answer.status == 200, answer
    return answer


def day(merchant: Merchant) -> None:
    """Each call that there is about carriers, once as it should go."""
    world = merchant.world
    with fedex(merchant):
        for path in ("/carriers", "/carriers/fedex", "/carriers/fedex/secrets"):
            assert world.http("GET", path, key="setup").status == 200
        share = picked(merchant, "CARRIED-1")
        rates = merchant.get(f"/fulfillment-orders/{share}/rates?grams=950", key="fulfillment")
        assert rates["candidates"][0]["carrier"] == "fedex", rates
        line_id = merchant.order(share.removesuffix("-1"))["lines"][0]["line_id"]
        packed(merchant, share, label_format="zpl", lines={line_id: 1})
        label = world.http("GET", f"/fulfillment-orders/{share}/label.zpl", key="fulfillment")
        assert label.status == 303, label
        place = f"/fulfillment-orders/{share}/labels/{share}-p1"
        for path in (f"{place}/void", place):
            answer = merchant.post(path, key="fulfillment")
            assert answer.status == 200, answer
        packed(merchant, share, carrier="fedex", service="fedex_ground")
        day = {"carrier": "fedex", "day": world.clock().date().isoformat()}
        wish = {**day, "ready": "15:00", "close": "18:00", "parcels": 2, "grams": 1900}
        calls = [merchant.post(f"/locations/{BERLIN}/pickups", wish, key="fulfillment", wish="van") for _ in range(2)]
        assert [each.status for each in calls] == [201, 201], calls
        assert calls[0].json == calls[1].json
        off = f"/locations/{BERLIN}/pickups/{calls[0].json['confirmation']}/cancel"
        assert merchant.post(off, day, key="fulfillment").status == 200
        closed = merchant.post(f"/locations/{BERLIN}/manifests", day, key="fulfillment")
        assert closed.status == 201, closed
        assert ".txt" in closed.json["link"]
        world.settle()
        merchant.work(share.removesuffix("-1"), "ship")
        world.settle()
