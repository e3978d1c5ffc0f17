"""Created, paid, updated, cancelled, refunded at the real door: the hardest orders in which webhooks can come.

All permutations are tried in `tests/unit/channels/test_permutations.py`; here a few go through HTTP, signatures,
tables, queues and views, each for an order of its own, and all must end alike.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from oms.ids import order_id as derive_order_id
from tests.support.gateway_api import Answer
from tests.support.merchant import BERLIN, SHOPIFY, WOO, Merchant
from tests.support.shops import ITALIAN, Buyer, Sale, shopify_order, woo_order
from tests.support.world import World

TEE = [Sale("TEE", 1, "19.90")]
MOVED = Buyer(street="Via Nuova 1", city="Milano", postal_code="20121", country="IT")

SEQUENCES = ([0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [4, 0, 1, 2, 3, 4, 0], [3, 4, 3, 1, 0, 2], [1, 0, 4, 4, 2, 3])
"""By number: in their order, the other way round, refunded before created, and with repetitions."""


def shopify(merchant: Merchant, number: int, what: int) -> Answer:
    """One of the five webhooks about an order."""
    back = {"id": 1, "transactions": [{"kind": "refund", "status": "success", "amount": "24.80", "currency": "EUR"}]}
    gone = {"cancelled_at": "2026-03-02T10:05:00Z"}
    changes: list[tuple[str, dict[str, Any]]] = [
        ("orders/create", {"status": "pending"}),
        ("orders/paid", {"status": "paid"}),
        ("orders/updated", {"status": "paid", "buyer": MOVED}),
        ("orders/cancelled", {"status": "paid", "buyer": MOVED, **gone}),
        ("orders/updated", {"status": "refunded", "buyer": MOVED, **gone, "refunds": [back]}),
    ]
    topic, change = changes[what]
    return merchant.shopify(shopify_order(number, TEE, updated=timedelta(seconds=what), **change), topic=topic)


def woo(merchant: Merchant, number: int, what: int) -> Answer:
    """One of the five webhooks about an order."""
    changes: list[dict[str, Any]] = [
        {"status": "pending"},
        {"status": "processing"},
        {"status": "processing", "buyer": MOVED},
        {"status": "cancelled", "buyer": MOVED, "date_paid_gmt": "2026-03-02T09:00:00"},
        {"status": "refunded", "buyer": MOVED, "refunds": [{"id": 9, "total": "-31.60"}]},
    ]
    order = woo_order(number, TEE, **{"buyer": ITALIAN, **changes[what]}, updated=timedelta(seconds=what))
    return merchant.woo(order, topic="order.updated" if what else "order.created")


@pytest.mark.parametrize(
    ("channel", "webhook", "paid"), [(SHOPIFY, shopify, 2480), (WOO, woo, 3160)], ids=["shopify", "woocommerce"]
)
def test_webhooks_in_the_hardest_orders_end_alike(
    merchant: Merchant, world: World, channel: str, webhook: Callable[[Merchant, int, int], Answer], paid: int
) -> None:
    for number, sequence in enumerate(SEQUENCES, 1):
        for what in sequence:
            assert webhook(merchant, number, what).status in {200, 201}
        world.settle()
    for number in range(1, len(SEQUENCES) + 1):
        external_id = shopify_order(number, TEE)["id"] if channel == SHOPIFY else number
        order = merchant.order(derive_order_id(channel, str(external_id)))
        assert (order["status"], order["holds"], order["due"]["amount"]) == ("cancelled", [], 0)
        assert order["contact"]["shipping"]["line1"] == MOVED.street
        money = order["payment"]
        assert (money["charged_amount"]["amount"], money["refunded_amount"]["amount"]) == (paid, paid)
    assert merchant.stock("TEE")[BERLIN] == (10, 10, 0)
