"""A day on which plans fail, over the API: a rejected pick, and other goods for what nobody has."""

from __future__ import annotations

import re

from tests.support import cloud
from tests.support.merchant import Merchant
from tests.support.shops import Sale, canonical_order

GONE = "GONE"
"""A sku of which there is nothing."""


def day(merchant: Merchant) -> None:
    """Each call that there is for plans that fail, once as it should go."""
    world = merchant.world
    product = world.http("PUT", f"/products/{GONE}", {"title": "Sold out", "substitutes": ["MUG"]}, key="setup")
    assert product.status == 201, product
    order_id = merchant.sell(canonical_order("WAITING-1", [Sale(GONE, 3, "9.00"), Sale("MUG", 1, "9.00")]))
    rejected = merchant.post(f"/fulfillment-orders/{order_id}-1/reject", {"reason": "too_busy"}, key="fulfillment")
    assert rejected.status == 200, rejected
    for number, answer in enumerate(("accept", "refuse"), 1):
        _offered(merchant, order_id)
        said = merchant.post(f"/substitutions/{order_id}-s{number}/{answer}", key="orders:write")
        assert said.status == 200, said
    _offered(merchant, order_id)
    world.settle()
    (link,) = set(re.findall(r"/offer/[\w.-]+", str(cloud.mails()[-1].body)))
    assert world.http("GET", link).json["status"] == "open"
    assert world.http("POST", link, {"answer": "decline"}).json["status"] == "declined"
    cancelled = merchant.post(f"/orders/{order_id}/cancel", key="orders:write")
    assert cancelled.status == 200, cancelled
    world.settle()


def _offered(merchant: Merchant, order_id: str) -> None:
    wish = {"line_id": "1", "quantity": 1}
    answer = merchant.post(f"/orders/{order_id}/substitutions", wish, key="orders:write")
    assert answer.status == 200, answer
