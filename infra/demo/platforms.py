"""The channels of the fourth act: a shop on each of six platforms, which are in memory and served on a port.

What is sold there comes as the platform tells it: by a webhook, by one that only names the order, or because we ask.
What we tell the platform it keeps, and the demonstration looks at it there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self

from infra.demo import marketplaces, shopify, woocommerce
from infra.demo.api import Api
from infra.demo.courier import FEDEX, Courier
from infra.demo.goods import KNOWN, SHOP
from infra.demo.sale import Form, Sale
from infra.local import Cloud
from infra.standins.adobe_commerce import AdobeCommerce
from infra.standins.amazon import Amazon
from infra.standins.bigcommerce import BigCommerce
from infra.standins.ebay import Ebay
from infra.standins.serving import served, together
from infra.standins.shopify import Shopify
from infra.standins.woocommerce import WooCommerce
from oms.setup import Platform

Json = dict[str, Any]

SECRET = "of-the-fourth-act"  # noqa: S105 - between the demonstration and its own stand-ins
PLATFORM: Mapping[Form, Platform] = {
    Form.SHOPIFY_STORE: Platform.SHOPIFY,
    Form.WOO_STORE: Platform.WOOCOMMERCE,
    Form.BIGCOMMERCE: Platform.BIGCOMMERCE,
    Form.AMAZON: Platform.AMAZON,
    Form.EBAY: Platform.EBAY,
    Form.ADOBE_COMMERCE: Platform.ADOBE_COMMERCE,
}
ASKED = (Form.EBAY, Form.ADOBE_COMMERCE)
"""Channels that tell nothing by themselves. They are read every five minutes; nobody waits for that here."""

LOOK_BACK = timedelta(hours=6)
"""How far back they are asked for orders."""

HURRY = timedelta(seconds=1)
"""How long Amazon's feeds wait here, and are worked on: there it takes minutes."""

UPDATES: Mapping[Form, list[str]] = {
    Form.AMAZON: ["shipments", "cancellations", "refunds", "stock"],
    Form.BIGCOMMERCE: ["shipments", "cancellations", "refunds", "stock"],
}
"""What a channel is told, where it is not shipments, cancellations and refunds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shops:
    """The six stand-ins."""

    shopify: Shopify
    woocommerce: WooCommerce
    bigcommerce: BigCommerce
    amazon: Amazon
    ebay: Ebay
    adobe_commerce: AdobeCommerce

    def sell(self, sale: Sale) -> Json | None:
        """A customer buys on the platform of the sale's form. Returns what Amazon puts into its seller's queue."""
        match sale.form:
            case Form.SHOPIFY_STORE:
                self.shopify.sell(shopify.document(sale))
            case Form.WOO_STORE:
                self.woocommerce.sell(woocommerce.document(sale))
            case Form.BIGCOMMERCE:
                marketplaces.on_bigcommerce(self.bigcommerce, sale)
            case Form.AMAZON:
                return marketplaces.on_amazon(self.amazon, sale)
            case Form.EBAY:
                marketplaces.on_ebay(self.ebay, sale)
            case Form.ADOBE_COMMERCE:
                marketplaces.on_adobe_commerce(self.adobe_commerce, sale)
            case _:
                raise ValueError(f"{sale.form} is no shop of the fourth act")
        return None

    def confirmed(self, sale: Sale) -> set[str]:
        """The tracking numbers that the platform was told of an order."""
        match sale.form:
            case Form.SHOPIFY_STORE:
                sent = self.shopify.orders[shopify.external_id(sale)]["fulfillments"]
                return {str(each["tracking_number"]) for each in sent}
            case Form.WOO_STORE:
                return _tracked(self.woocommerce.orders[woocommerce.external_id(sale)])
            case Form.BIGCOMMERCE:
                return {str(each["tracking_number"]) for each in self.bigcommerce.shipments.get(sale.number, ())}
            case Form.AMAZON:
                packages = self.amazon.packages.get(marketplaces.amazon_id(sale), {})
                return {str(each["trackingNumber"]) for each in packages.values()}
            case Form.EBAY:
                sent = self.ebay.fulfillments.get(marketplaces.ebay_id(sale), [])
                return {str(each["shipmentTrackingNumber"]) for each in sent}
            case _:
                sent = [each for each in self.adobe_commerce.shipments if each["order_id"] == sale.number]
                return {str(track["track_number"]) for each in sent for track in each["tracks"]}


def _tracked(order: Json) -> set[str]:
    """The numbers that the shipment plug-in of WooCommerce shows."""
    return {
        str(each["tracking_number"])
        for meta in order["meta_data"]
        if meta["key"] == "_wc_shipment_tracking_items"
        for each in meta["value"]
    }


class Platforms:
    """The shops, served and set up as channels, from `with` to its end; `apps` are served beside them."""

    def __init__(self, api: Api, cloud: Cloud, apps: Mapping[str, Any]) -> None:
        self._api, self._sqs = api, cloud.client("sqs")
        self._queue = self._sqs.get_queue_url(QueueName=f"{cloud.stack}-notifications")["QueueUrl"]
        self.shops = Shops(
            shopify=Shopify(secret=SECRET, deliver=self._hook(Form.SHOPIFY_STORE)),
            woocommerce=WooCommerce(secret=SECRET, deliver=self._hook(Form.WOO_STORE)),
            bigcommerce=BigCommerce(secret=SECRET, deliver=self._hook(Form.BIGCOMMERCE)),
            amazon=Amazon(),
            ebay=Ebay(),
            adobe_commerce=AdobeCommerce(),
        )
        skus = [article.sku for article in KNOWN]
        self.shops.bigcommerce.skus.update(skus)
        self.shops.amazon.listings.update(dict.fromkeys(skus, 0))
        self.shops.amazon.queues = self.shops.amazon.works = HURRY
        stand_ins = {
            Form.SHOPIFY_STORE: self.shops.shopify,
            Form.WOO_STORE: self.shops.woocommerce,
            Form.BIGCOMMERCE: self.shops.bigcommerce,
            Form.AMAZON: self.shops.amazon,
            Form.EBAY: self.shops.ebay,
            Form.ADOBE_COMMERCE: self.shops.adobe_commerce,
        }
        self.courier = Courier(api, cloud)
        all_apps = {form.value: app for form, app in stand_ins.items()} | dict(apps)
        self._app = together(all_apps | {FEDEX: self.courier.fedex})
        self._opened = ExitStack()
        self._url = ""

    def __enter__(self) -> Self:
        with ExitStack() as opened:
            self._url = opened.enter_context(served(self._app))
            for form in PLATFORM:
                self._api.expect("PUT", f"/channels/{form}", self._channel(form), scope="setup")
            opened.callback(self._close)
            self.courier.open(self.url_of(FEDEX))
            opened.callback(self.courier.close)
            self._opened = opened.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._opened.close()

    def _close(self) -> None:
        """Nobody answers at the shops' addresses any more: a cloud that goes on need not ask."""
        for form in PLATFORM:
            self._api.call("PUT", f"/channels/{form}", self._channel(form) | {"active": False}, scope="setup")

    def url_of(self, name: str) -> str:
        """Where a shop, or an app beside them, answers."""
        return f"{self._url}/{name}"

    def sell(self, sale: Sale) -> None:
        """A customer buys, and the platform tells us as it does; of those that never tell, we ask."""
        notification = self.shops.sell(sale)
        if notification is not None:
            self._sqs.send_message(QueueUrl=self._queue, MessageBody=json.dumps(notification))
        if sale.form in ASKED:
            until = datetime.now(UTC)
            wish = {"from": (until - LOOK_BACK).isoformat(), "to": until.isoformat()}
            self._api.expect("POST", f"/channels/{sale.form}/reconcile", wish, scope="orders:write")

    def _hook(self, form: Form) -> Callable[[tuple[Mapping[str, str], bytes]], int]:
        def deliver(hook: tuple[Mapping[str, str], bytes]) -> int:
            headers, raw = hook
            return self._api.call("POST", f"/channels/{form}/webhooks", raw, headers=headers).status

        return deliver

    def _channel(self, form: Form) -> Json:
        shops = self.shops
        key, _, secret_key = shops.woocommerce.keys.partition(":")
        credentials: Mapping[Form, Mapping[str, str]] = {
            Form.SHOPIFY_STORE: {"access_token": shops.shopify.token},
            Form.WOO_STORE: {"consumer_key": key, "consumer_secret": secret_key},
            Form.BIGCOMMERCE: {"access_token": shops.bigcommerce.token},
            Form.AMAZON: shops.amazon.keys,
            Form.EBAY: shops.ebay.keys,
            Form.ADOBE_COMMERCE: {"access_token": shops.adobe_commerce.token},
        }
        account = {
            Form.BIGCOMMERCE: shops.bigcommerce.store,
            Form.AMAZON: marketplaces.MARKETPLACE,
            Form.ADOBE_COMMERCE: "default",
        }
        return {
            "platform": PLATFORM[form],
            "name": SHOP,
            "default_language": "de",
            "currency": "EUR",
            "api_url": self.url_of(form),
            "account": account.get(form, ""),
            "updates": UPDATES.get(form, ["shipments", "cancellations", "refunds"]),
            "webhook_secret": SECRET,
            "credentials": credentials[form],
        }
