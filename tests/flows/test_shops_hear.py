"""A Shopify and a WooCommerce shop, there and back: what was sold there leaves here, and the shop hears of it, once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from infra.standins.shopify import Shopify
from infra.standins.woocommerce import WooCommerce
from oms.ids import order_id as derive_order_id
from tests.support.merchant import SECRETS, SHOPIFY, WOO, Merchant
from tests.support.platforms import answered_by
from tests.support.shops import Sale, shopify_order, woo_order
from tests.support.world import World

URL = "https://shop.example"
GOODS = [Sale("TEE", 1, "19.90"), Sale("MUG", 2, "9.00")]
KEYS = {
    SHOPIFY: {"access_token": "shpat_token"},
    WOO: {"consumer_key": "ck_key", "consumer_secret": "cs_secret"},
}


class Shop:
    """A shop of either kind, connected in both directions."""

    def __init__(self, merchant: Merchant, channel_id: str) -> None:
        self.merchant, self.world, self.channel_id = merchant, merchant.world, channel_id
        self.app: Shopify | WooCommerce
        if channel_id == SHOPIFY:
            self.app = Shopify(clock=self.world.clock, secret=SECRETS[SHOPIFY])
        else:
            self.app = WooCommerce(clock=self.world.clock, secret=SECRETS[WOO])
        merchant.rules(channel_id, updates=["shipments", "cancellations", "refunds"], api_url=URL)
        self.world.cloud.client("secretsmanager").put_secret_value(
            SecretId=f"{self.world.template.parameters['Stack']}/channels/{channel_id}",
            SecretString=json.dumps({"webhook_secret": SECRETS[channel_id], **KEYS[channel_id]}),
        )

    def sell(self, number: int) -> str:
        """Sell the goods, and let everything that follows happen; returns the order's id here."""
        at = self.world.clock().replace(microsecond=0, tzinfo=None).isoformat()
        if isinstance(self.app, Shopify):
            made = shopify_order(number, GOODS) | {"updated_at": f"{at}Z", "presentment_currency": "EUR"}
        else:
            made = woo_order(number, GOODS) | {"date_modified_gmt": at}
        external_id = self.app.sell(made)
        self.heard()
        return derive_order_id(self.channel_id, str(external_id))

    def heard(self) -> None:
        """Everything that the shop has sent arrives, and what it leads to happens."""
        while self.app.hooks:
            headers, raw = self.app.hooks.popleft()
            answer = self.world.http("POST", f"/channels/{self.channel_id}/webhooks", raw, headers=headers)
            assert answer.status in {200, 201}, answer
        self.world.settle()

    def shown(self, order_id: str) -> Any:
        return self.merchant.order(order_id)


@pytest.fixture(params=[SHOPIFY, WOO])
def shop(merchant: Merchant, request: pytest.FixtureRequest) -> Iterator[Shop]:
    made = Shop(merchant, request.param)
    with answered_by((URL, made.app)):
        yield made


def test_a_parcel_arrives_back_in_the_shop_and_its_echo_changes_nothing(shop: Shop, world: World) -> None:
    order_id = shop.sell(1)
    shop.merchant.ship(order_id)
    (order,) = shop.app.orders.values()
    number = shop.shown(order_id)["parcels"][0]["tracking_number"]
    if isinstance(shop.app, Shopify):
        assert (order["fulfillment_status"], order["fulfillments"][0]["tracking_number"]) == ("fulfilled", number)
    else:
        assert order["status"] == "completed"
        assert number in json.dumps(order["meta_data"])
    before = shop.shown(order_id)
    shop.heard()
    assert (shop.shown(order_id)["version"], shop.shown(order_id)["holds"]) == (before["version"], before["holds"])
    assert not world.items("OutboxTable")[1:], "nothing is left but how the platform answers"


def test_a_cancellation_and_its_money_arrive_back_and_are_counted_once(shop: Shop) -> None:
    order_id = shop.sell(2)
    assert shop.merchant.post(f"/orders/{order_id}/cancel", {}, key="orders:write").status == 200
    shop.world.settle()
    (order,) = shop.app.orders.values()
    if isinstance(shop.app, Shopify):
        assert (bool(order["cancelled_at"]), order["financial_status"]) == (True, "refunded")
    else:
        assert order["status"] == "refunded"
    shop.heard()
    after = shop.shown(order_id)
    assert (after["status"], after["payment"]["refunded_amount"]) == ("cancelled", after["total"])
    assert len(order["refunds"]) == 1
