"""Shopify in memory: orders as webhooks and the REST form show them, and the GraphQL form by which they are changed.

Behaves as shopify.dev has it: "Webhooks: verify deliveries", REST Admin API (the Order resource, "Paginated results",
rate limits), GraphQL Admin API 2026-10 (see `shopify_graphql`).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections import deque
from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import datetime
from decimal import Decimal
from threading import RLock
from typing import Any, ClassVar
from urllib.parse import urlencode

from werkzeug.wrappers import Request, Response

from infra.standins.shopify_graphql import Bucket, execute
from infra.standins.wsgi import Limit, StandIn, answer
from oms.channels.shopify.api import API_VERSION
from oms.clock import Clock, from_text, now

Json = dict[str, Any]
Hook = tuple[dict[str, str], bytes]
"""Headers and body of a webhook."""

LEAKY = Limit(calls=40, seconds=20)
"""The REST form's bucket: 40 calls, two of which leak out each second."""


class Shopify(StandIn):
    """One shop. Sell with `sell`, change with `change`; what it sends stands in `hooks`, or goes to `deliver`."""

    ROUTES: ClassVar[tuple[tuple[str, str, str], ...]] = (
        ("GET", "/admin/api/<version>/orders.json", "get_orders"),
        ("GET", "/admin/api/<version>/orders/<int:order_id>.json", "get_order"),
        ("POST", "/admin/api/<version>/graphql.json", "graphql"),
    )

    def __init__(
        self,
        *,
        clock: Clock = now,
        limit: Limit | None = None,
        bucket: Bucket | None = None,
        token: str = "shpat_token",  # noqa: S107 - of a shop that is not there
        secret: str = "",
        locations: tuple[int, ...] = (1,),
        deliver: Callable[[Hook], int] | None = None,
    ) -> None:
        super().__init__(clock=clock, limit=limit)
        self.bucket = bucket
        self.token, self.secret, self.deliver = token, secret, deliver
        self.locations = locations
        self.orders: dict[int, Json] = {}
        self.transactions: dict[int, list[Json]] = {}
        self.items: dict[int, str] = {}
        """Inventory items: number to sku."""
        self.stock: dict[tuple[int, int], int] = {}
        """What is available of an item at a location."""
        self.answers: dict[str, tuple[str, Json]] = {}
        """What was answered under the keys of `@idempotent`, and for what."""
        self.hooks: deque[Hook] = deque()
        self._next = 1000
        self._events = 0
        self._lock = RLock()

    def sell(self, order: Mapping[str, Any]) -> int:
        """Take an order in the form of a webhook, and tell of it; returns its number."""
        with self._lock:
            made = deepcopy(dict(order))
            order_id = int(made["id"])
            at = self._time()
            made = {"refunds": [], "fulfillments": [], "created_at": at, "updated_at": at} | made
            for line in made["line_items"]:
                for name in ("current_quantity", "fulfillable_quantity"):
                    line.setdefault(name, line["quantity"])
                if line.get("sku") and line["sku"] not in self.items.values():
                    self.items[self.number()] = line["sku"]
            self.orders[order_id] = made
            kind = {"paid": "SALE", "authorized": "AUTHORIZATION"}.get(made.get("financial_status", ""))
            self.transactions[order_id] = []
            if kind is not None:
                self.moved(order_id, kind, Decimal(str(made["total_price"])))
            self.tell("orders/create", made)
        return order_id

    def change(self, order_id: int, *topics: str, **changes: Any) -> None:
        """Change fields of an order as staff or an app would, and tell of it as `orders/updated` and more topics."""
        with self._lock:
            order = self.orders[order_id]
            order.update(changes | {"updated_at": self._time()})
            for topic in (*topics, "orders/updated"):
                self.tell(topic, order)

    def sent(self, order_id: int, units: Mapping[int, int], *, number: str = "", company: str = "") -> int:
        """A parcel of so many units by line, whoever sent it; returns the number of its fulfillment."""
        with self._lock:
            order, fulfillment_id = self.orders[order_id], self.number()
            for line in order["line_items"]:
                if count := units.get(line["id"], 0):
                    line["fulfillable_quantity"] -= count
                    line["fulfillment_status"] = "partial" if line["fulfillable_quantity"] else "fulfilled"
            made = {
                "id": fulfillment_id,
                "order_id": order_id,
                "status": "success",
                "tracking_company": company or None,
                "tracking_number": number or None,
                "line_items": [{"id": line_id, "quantity": count} for line_id, count in units.items()],
            }
            order["fulfillments"] = [*order["fulfillments"], made]
            open_units = sum(line["fulfillable_quantity"] for line in order["line_items"])
            order["fulfillment_status"] = "partial" if open_units else "fulfilled"
            self.tell("fulfillments/create", made)
            self.change(order_id, "orders/partially_fulfilled" if open_units else "orders/fulfilled")
        return fulfillment_id

    def withdraw(self, fulfillment_id: int) -> Json:
        """Take a parcel back: its units are to be sent again."""
        with self._lock:
            made: Json = next(
                each for order in self.orders.values() for each in order["fulfillments"] if each["id"] == fulfillment_id
            )
            made["status"] = "cancelled"
            back = {each["id"]: each["quantity"] for each in made["line_items"]}
            for line in self.orders[made["order_id"]]["line_items"]:
                line["fulfillable_quantity"] += back.get(line["id"], 0)
            self.tell("fulfillments/update", made)
            self.change(made["order_id"])
        return made

    def delete(self, order_id: int) -> None:
        """Delete an order, and tell of it by its number alone."""
        with self._lock:
            del self.orders[order_id]
            self.tell("orders/delete", {"id": order_id})

    def moved(self, order_id: int, kind: str, amount: Decimal, *, parent: int | None = None) -> Json:
        """Money moves; returns the transaction."""
        made = {
            "id": self.number(),
            "kind": kind,
            "status": "SUCCESS",
            "gateway": "shopify_payments",
            "amount": amount,
            "parent_id": parent,
        }
        self.transactions[order_id].append(made)
        return made

    def number(self) -> int:
        """A number that nothing has yet."""
        self._next += 1
        return self._next

    def tell(self, topic: str, body: Mapping[str, Any]) -> None:
        """Send a webhook: to `deliver` when there is one, or into `hooks`."""
        raw = json.dumps(body).encode()
        self._events += 1
        told = headers(raw, self.secret, topic=topic, event_id=f"event-{self._events}")
        if self.deliver is None:
            self.hooks.append((told, raw))
        else:
            self.deliver((told, raw))

    def time(self) -> datetime:
        """Its time, to the second, as documents tell it."""
        return self.clock().replace(microsecond=0)

    def _time(self) -> str:
        return self.time().isoformat()

    def _answer(self, request: Request) -> Response:
        if request.headers.get("X-Shopify-Access-Token") != self.token:
            words = "[API] Invalid API key or access token (unrecognized login or wrong password)"
            return answer({"errors": words}, 401)
        if f"/admin/api/{API_VERSION}/" not in request.path:
            return answer({"errors": "Not Found"}, 404)
        with self._lock:
            return super()._answer(request)

    def too_many(self, wait: float) -> Response:
        words = "Exceeded 2 calls per second for api client. Reduce request rates to resume uninterrupted service."
        return answer({"errors": words}, 429, Retry_After=f"{max(wait, 0.5):.1f}")

    def get_order(self, request: Request, version: str, order_id: int) -> Response:  # noqa: ARG002
        found = self.orders.get(order_id)
        return answer({"order": found}) if found is not None else answer({"errors": "Not Found"}, 404)

    def get_orders(self, request: Request, version: str) -> Response:  # noqa: ARG002
        asked = dict(request.args)
        cursor = asked.pop("page_info", None)
        size = int(asked.pop("limit", "50"))
        if cursor is not None:
            if asked:
                return answer({"errors": {"page_info": "cannot be used with other filters"}}, 400)
            asked = json.loads(base64.urlsafe_b64decode(cursor))
        offset = int(asked.pop("offset", "0"))
        since, until = from_text(asked["updated_at_min"]), from_text(asked["updated_at_max"])
        found = [
            (changed, order_id)
            for order_id, order in self.orders.items()
            if since <= (changed := from_text(order["updated_at"])) <= until
        ]
        shown = [order_id for _, order_id in sorted(found)]
        response = answer({"orders": [self.orders[each] for each in shown[offset : offset + size]]})
        if offset + size < len(shown):
            info = base64.urlsafe_b64encode(json.dumps(asked | {"offset": offset + size}).encode()).decode()
            query = urlencode({"limit": size, "page_info": info})
            response.headers["Link"] = f'<{request.base_url}?{query}>; rel="next"'
        return response

    def graphql(self, request: Request, version: str) -> Response:  # noqa: ARG002
        return answer(execute(self, json.loads(request.get_data())))


def headers(raw: bytes, secret: str, *, topic: str, event_id: str, delivery: int = 1) -> dict[str, str]:
    """What Shopify sends with a body; deliveries of one event differ in the webhook id only."""
    signature = base64.b64encode(hmac.new(secret.encode(), raw, hashlib.sha256).digest()).decode()
    return {
        "Content-Type": "application/json",
        "X-Shopify-Topic": topic,
        "X-Shopify-Shop-Domain": "shop.myshopify.example",
        "X-Shopify-Hmac-Sha256": signature,
        "X-Shopify-Event-Id": event_id,
        "X-Shopify-Webhook-Id": f"{event_id}-{delivery}",
        "X-Shopify-API-Version": API_VERSION,
    }
