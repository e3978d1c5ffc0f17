"""A merchant at work in a world: sets up shops, warehouses and goods; sells, packs and ships; all over the API.

with World() as world:
    merchant = Merchant(world).open()
    order_id = merchant.sell(canonical_order("A-1", [Sale("TEE", 1, "19.90")]))
    merchant.ship_all(order_id)
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Self

from oms.carriers import simulated
from oms.clock import to_text
from oms.ids import order_id as derive_order_id
from oms.payments.notices import Notice
from oms.payments.simulated_notices import webhook as gateway_webhook
from tests.support import cloud
from tests.support.gateway_api import Answer
from tests.support.shops import encoded, shopify_headers, woo_headers
from tests.support.world import World

Json = dict[str, Any]

WEB, SHOPIFY, WOO = "web", "shop", "woo"
"""The channels: one for each form."""

BERLIN, MILAN = "berlin", "milan"

SECRETS = {SHOPIFY: "shopify-test-secret", WOO: "woo-test-secret"}
CARRIER_SECRET = "carrier-test-secret"
GATEWAY_SECRET = "gateway-test-secret"
LINKS_SECRET = "links-test-secret"

CHANNELS: list[Json] = [
    {"channel_id": WEB, "platform": "canonical", "name": "Example Web", "gateway": "simulated", "currency": "EUR"},
    {"channel_id": SHOPIFY, "platform": "shopify", "name": "Example Shop", "webhook_secret": SECRETS[SHOPIFY]},
    {"channel_id": WOO, "platform": "woocommerce", "name": "Esempio", "webhook_secret": SECRETS[WOO]},
]

LOCATIONS: list[Json] = [
    {
        "location_id": BERLIN,
        "name": "Warehouse Berlin",
        "address": {"name": "Example", "line1": "Kai 1", "postal_code": "10115", "city": "Berlin", "country": "DE"},
        "latitude": 52.53,
        "longitude": 13.38,
    },
    {
        "location_id": MILAN,
        "name": "Store Milan",
        "address": {"name": "Esempio", "line1": "Via 2", "postal_code": "20121", "city": "Milano", "country": "IT"},
        "latitude": 45.47,
        "longitude": 9.19,
    },
]

GOODS = ("TEE", "MUG", "CAP")


class Merchant:
    """See the module."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._wishes = 0

    def open(
        self,
        stock: Mapping[tuple[str, str], int] | None = None,
        *,
        goods: Iterable[str] = GOODS,
        locations: Iterable[Json] = LOCATIONS,
    ) -> Self:
        """Set everything up; `stock` is units by (sku, location), ten of everything in Berlin unless told otherwise."""
        goods = list(goods)
        if stock is None:
            stock = {(sku, BERLIN): 10 for sku in goods}
        self._import("channels", CHANNELS)
        self._import("locations", locations)
        self._import("products", ({"sku": sku, "title": f"Article {sku}", "grams": 200} for sku in goods))
        self._import(
            "stock",
            ({"sku": sku, "location_id": place, "on_hand": units} for (sku, place), units in stock.items()),
        )
        self.world.cloud.client("secretsmanager").create_secret(
            Name=f"{self.world.template.parameters['Stack']}/carriers/simulated",
            SecretString=json.dumps({"webhook_secret": CARRIER_SECRET}),
        )
        self.world.cloud.client("secretsmanager").create_secret(
            Name=f"{self.world.template.parameters['Stack']}/gateways/simulated",
            SecretString=json.dumps({"webhook_secret": GATEWAY_SECRET}),
        )
        self.world.cloud.client("secretsmanager").create_secret(
            Name=f"{self.world.template.parameters['Stack']}/links",
            SecretString=json.dumps({"signing_secret": LINKS_SECRET}),
        )
        self.world.settle()
        return self

    def _import(self, kind: str, rows: Iterable[Json]) -> None:
        lines = "\n".join(json.dumps(row) for row in rows).encode()
        if not lines:
            return
        headers = {"Content-Type": "application/x-ndjson"}
        scope = "stock:write" if kind == "stock" else "setup"
        answer = self.world.http("POST", f"/{kind}/import", lines, headers=headers, key=scope, insist=True)
        assert answer.status == 200, answer
        assert answer.json["refused"] == 0, answer.json

    def rules(self, channel: str, **rules: object) -> None:
        """Set a channel up with other rules: `rules("web", remorse_minutes=30)`."""
        known = next(each for each in CHANNELS if each["channel_id"] == channel)
        body = {name: value for name, value in known.items() if name != "channel_id"} | rules
        answer = self.world.http("PUT", f"/channels/{channel}", body, key="setup", insist=True)
        assert answer.status in {200, 201}, answer

    def post(self, path: str, body: object = None, *, key: str, wish: str = "") -> Answer:
        """POST with an Idempotency-Key, and again with the same one while the server is in trouble."""
        self._wishes += 1
        headers = {"Idempotency-Key": wish or f"wish-{self._wishes}"}
        return self.world.http("POST", path, {} if body is None else body, headers=headers, key=key, insist=True)

    def get(self, path: str, *, key: str = "ops") -> Any:
        """GET what must be there, as JSON."""
        answer = self.world.http("GET", path, key=key, insist=True)
        assert answer.status == 200, answer
        return answer.json

    def place(self, order: Json, *, channel: str = WEB) -> Answer:
        """Post an order to the canonical API."""
        return self.world.http("POST", f"/channels/{channel}/orders", order, key="orders:write", insist=True)

    def sell(self, order: Json, *, channel: str = WEB) -> str:
        """Post a canonical order that must be accepted, and let everything that follows happen; returns its id."""
        answer = self.place(order, channel=channel)
        assert answer.status in {200, 201, 202}, answer
        self.world.settle()
        return derive_order_id(channel, order["external_id"])

    def money_told(self, notice: Notice, *, secret: str = GATEWAY_SECRET) -> Answer:
        """Deliver a webhook of the simulated gateway."""
        raw, headers = gateway_webhook(notice, secret)
        return self.world.http("POST", "/payments/simulated/webhooks", raw, headers=headers, insist=True)

    def shopify(self, order: Json, *, topic: str = "orders/create", event: str = "", secret: str = "") -> Answer:
        """Deliver a webhook of the Shopify shop."""
        raw = encoded(order)
        headers = shopify_headers(raw, secret or SECRETS[SHOPIFY], topic=topic, event=event)
        return self.world.http("POST", f"/channels/{SHOPIFY}/webhooks", raw, headers=headers, insist=True)

    def woo(self, order: Json, *, topic: str = "order.created", secret: str = "") -> Answer:
        """Deliver a webhook of the WooCommerce shop."""
        raw = encoded(order)
        headers = woo_headers(raw, secret or SECRETS[WOO], topic=topic)
        return self.world.http("POST", f"/channels/{WOO}/webhooks", raw, headers=headers, insist=True)

    def order(self, order_id: str) -> Any:
        """The order as the API shows it."""
        return self.get(f"/orders/{order_id}")

    def work(self, order_id: str, action: str, body: object = None, *, location: str = "") -> None:
        """Do one action on each fulfillment order that allows it now, or on the one of a location."""
        for each in self.order(order_id)["fulfillment_orders"]:
            if action in each["actions"] and location in {"", each["location_id"]}:
                share = each["fulfillment_order_id"]
                answer = self.post(f"/fulfillment-orders/{share}/{action}", body, key="fulfillment")
                assert answer.status == 200, answer

    def ship(self, order_id: str, *, location: str = "") -> None:
        """Accept, pick, pack and ship what is allocated, and let everything that follows happen."""
        for action in ("accept", "pick", "pack", "ship"):
            self.work(order_id, action, location=location)
        self.world.settle()

    def scan(self, order_id: str, code: str = "DL", *, times: int = 1) -> None:
        """Have the carrier report each parcel of an order, in one signed webhook per parcel."""
        for parcel in self.order(order_id)["parcels"]:
            self.carrier_says([self.scanned(parcel["tracking_number"], code)] * times)
        self.world.settle()

    def scanned(self, number: str, code: str, scan_id: str = "") -> dict[str, str]:
        """One scan in the carrier's words."""
        time = to_text(self.world.clock())
        return {
            "id": scan_id or f"{number}-{code}",
            "tracking_number": number,
            "code": code,
            "time": time,
            "text": "",
        }

    def carrier_says(self, scans: Iterable[Mapping[str, str]], *, secret: str = CARRIER_SECRET) -> Answer:
        """Deliver a webhook of the carrier."""
        raw = simulated.webhook(scans)
        signature = simulated.sign(raw, secret, at=self.world.clock())
        headers = {simulated.SIGNATURE_HEADER: signature}
        return self.world.http("POST", "/carriers/simulated/webhooks", raw, headers=headers, insist=True)

    def to_the_door(self, order_id: str) -> None:
        """Ship all that is allocated, and deliver it."""
        self.ship(order_id)
        self.scan(order_id, "DP")
        self.scan(order_id, "DL")

    def receive(self, sku: str, quantity: int, *, location: str = BERLIN) -> None:
        """Units of a sku arrive at a location."""
        adjustment = {"sku": sku, "location_id": location, "quantity": quantity, "reason": "received"}
        answer = self.post("/stock/adjustments", {"adjustments": [adjustment]}, key="stock:write")
        assert answer.status == 200, answer
        self.world.settle()

    def stock(self, sku: str) -> dict[str, tuple[int, int, int]]:
        """On hand, available and committed units of a sku by location."""
        levels = self.get(f"/stock/{sku}", key="stock:read")["levels"]
        return {each["location_id"]: (each["on_hand"], each["available"], each["committed"]) for each in levels}

    def holds(self, order_id: str) -> list[str]:
        """The reasons for which an order is held."""
        return [hold["reason"] for hold in self.order(order_id)["holds"]]

    def release(self, order_id: str, reason: str) -> None:
        """Release the hold of a reason, and let everything that follows happen."""
        for hold in self.order(order_id)["holds"]:
            if hold["reason"] == reason:
                answer = self.post(f"/orders/{order_id}/holds/{hold['handle']}/release", key="ops")
                assert answer.status == 200, answer
        self.world.settle()

    def mails(self, to: str = "") -> list[str]:
        """The subjects of the mails sent so far, in order, to one address or to all."""
        return [mail.subject for mail in cloud.mails() if not to or to in mail.destinations.get("ToAddresses", ())]
