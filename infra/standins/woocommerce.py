"""WooCommerce in memory: orders with their refunds and meta data, products with variations, and signed webhooks.

Behaves as WooCommerce REST API v3 has it ("Orders", "Order refunds", "Products", "Webhooks", "Pagination", "Errors"),
and where that says nothing, as its controllers do.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections import deque
from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import UTC
from decimal import Decimal
from math import ceil
from threading import RLock
from typing import Any, ClassVar

from werkzeug.wrappers import Request, Response

from infra.standins.wsgi import Limit, StandIn, answer
from oms.clock import Clock, from_text, now

Json = dict[str, Any]
Hook = tuple[dict[str, str], bytes]
"""Headers and body of a webhook."""

BASE = "/wp-json/wc/v3"


class WooCommerce(StandIn):
    """One shop. Sell with `sell`, change with `change`; what it sends stands in `hooks`, or goes to `deliver`."""

    ROUTES: ClassVar[tuple[tuple[str, str, str], ...]] = (
        ("GET", f"{BASE}/orders", "get_orders"),
        ("GET", f"{BASE}/orders/<int:order_id>", "get_order"),
        ("PUT", f"{BASE}/orders/<int:order_id>", "put_order"),
        ("GET", f"{BASE}/orders/<int:order_id>/refunds", "get_refunds"),
        ("POST", f"{BASE}/orders/<int:order_id>/refunds", "post_refund"),
        ("DELETE", f"{BASE}/orders/<int:order_id>/refunds/<int:refund_id>", "delete_refund"),
        ("GET", f"{BASE}/products", "get_products"),
        ("POST", f"{BASE}/products/batch", "post_products"),
        ("POST", f"{BASE}/products/<int:parent>/variations/batch", "post_products"),
    )

    def __init__(
        self,
        *,
        clock: Clock = now,
        limit: Limit | None = None,
        key: str = "ck_key",
        secret_key: str = "cs_secret",  # noqa: S107 - of a shop that is not there
        secret: str = "",
        gateway_refunds: bool = True,
        deliver: Callable[[Hook], int] | None = None,
    ) -> None:
        super().__init__(clock=clock, limit=limit)
        self.keys = f"{key}:{secret_key}"
        self.secret, self.deliver, self.gateway_refunds = secret, deliver, gateway_refunds
        self.orders: dict[int, Json] = {}
        self.refunds: dict[int, list[Json]] = {}
        self.products: dict[int, Json] = {}
        self.hooks: deque[Hook] = deque()
        self._next = 1000
        self._lock = RLock()

    def sell(self, order: Mapping[str, Any]) -> int:
        """Take an order in the form of a webhook, and tell of it; returns its number."""
        with self._lock:
            made = {"refunds": [], "meta_data": []} | deepcopy(dict(order))
            order_id = int(made["id"])
            self.orders[order_id], self.refunds[order_id] = made, []
            for line in made["line_items"]:
                known = {each["sku"] for each in self.products.values()}
                if line.get("sku") and line["sku"] not in known:
                    self.stock_of(line["sku"])
            self.tell("order.created", made)
        return order_id

    def change(self, order_id: int, **changes: Any) -> None:
        """Change fields of an order as staff would, and tell of it."""
        with self._lock:
            order = self.orders[order_id]
            order.update(changes | {"date_modified_gmt": self._time(), "date_modified": self._time()})
            self.tell("order.updated", order)

    def trash(self, order_id: int) -> None:
        """Put an order into the trash, and tell of it by its number alone."""
        with self._lock:
            self.orders[order_id].update(status="trash", date_modified_gmt=self._time())
            self.tell("order.deleted", {"id": order_id})

    def stock_of(self, sku: str, *, parent: int = 0) -> int:
        """Have a product of a sku, or a variation of another product; returns its number."""
        number = self._number()
        self.products[number] = {
            "id": number,
            "sku": sku,
            "type": "variation" if parent else "simple",
            "parent_id": parent,
            "manage_stock": False,
            "stock_quantity": None,
        }
        return number

    def tell(self, topic: str, body: Mapping[str, Any]) -> None:
        """Send a webhook: to `deliver` when there is one, or into `hooks`."""
        raw = json.dumps(body).encode()
        told = headers(raw, self.secret, topic=topic, delivery=self._number())
        if self.deliver is None:
            self.hooks.append((told, raw))
        else:
            self.deliver((told, raw))

    def _number(self) -> int:
        self._next += 1
        return self._next

    def _time(self) -> str:
        return self.clock().astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat()

    def _answer(self, request: Request) -> Response:
        told = request.headers.get("Authorization", "")
        if told != f"Basic {base64.b64encode(self.keys.encode()).decode()}":
            return _error("woocommerce_rest_cannot_view", "Sorry, you cannot list resources.", 401)
        with self._lock:
            return super()._answer(request)

    def broken(self) -> Response:
        return Response("<p>There has been a critical error on this website.</p>", status=500, mimetype="text/html")

    def get_order(self, request: Request, order_id: int) -> Response:  # noqa: ARG002
        found = self.orders.get(order_id)
        return answer(found) if found else _error("woocommerce_rest_shop_order_invalid_id", "Invalid ID.", 404)

    def get_orders(self, request: Request) -> Response:
        asked = request.args
        after, before = (from_text(asked[f"modified_{end}"]) for end in ("after", "before"))
        found = sorted(
            (changed, order_id)
            for order_id, order in self.orders.items()
            if order["status"] != "trash" and after < (changed := from_text(order["date_modified_gmt"])) < before
        )
        size, page = int(asked.get("per_page", 10)), int(asked.get("page", 1))
        shown = [self.orders[order_id] for _, order_id in found[(page - 1) * size : page * size]]
        return answer(shown, X_WP_Total=str(len(found)), X_WP_TotalPages=str(ceil(len(found) / size)))

    def put_order(self, request: Request, order_id: int) -> Response:
        change = json.loads(request.get_data())
        order = self.orders[order_id]
        known = {each["key"]: each for each in order["meta_data"]}
        for each in change.pop("meta_data", ()):
            known.setdefault(each["key"], {"id": self._number(), "key": each["key"]})["value"] = each["value"]
        lines = {line["id"]: line for line in order["line_items"]}
        for each in change.pop("line_items", ()):
            line = lines[each["id"]]
            order["total"] = str(Decimal(order["total"]) - Decimal(line["total"]) + Decimal(each["total"]))
            line.update(each)
        self.change(order_id, meta_data=list(known.values()), **change)
        return answer(order)

    def get_refunds(self, request: Request, order_id: int) -> Response:
        size = int(request.args.get("per_page", 10))
        return answer(self.refunds[order_id][::-1][:size])

    def post_refund(self, request: Request, order_id: int) -> Response:
        asked = json.loads(request.get_data())
        order, amount = self.orders[order_id], Decimal(asked["amount"])
        left = Decimal(order["total"]) - sum(Decimal(each["amount"]) for each in self.refunds[order_id])
        if amount < 0 or amount > left:
            return _error("woocommerce_rest_cannot_create_order_refund", "Invalid refund amount.", 500)
        if asked["api_refund"] and not self.gateway_refunds:
            words = "The payment gateway for this order does not support automatic refunds."
            return _error("woocommerce_rest_cannot_create_order_refund", words, 500)
        made = {
            "id": self._number(),
            "amount": f"{amount:.2f}",
            "reason": asked.get("reason", ""),
            "refunded_payment": asked["api_refund"],
            "line_items": [{"id": each["id"], "quantity": -each["quantity"]} for each in asked.get("line_items", ())],
        }
        self.refunds[order_id].append(made)
        self._tell_refunds(order_id)
        return answer(made, 201)

    def delete_refund(self, request: Request, order_id: int, refund_id: int) -> Response:
        if request.args.get("force") != "true":
            return _error("woocommerce_rest_trash_not_supported", "Refunds do not support trashing.", 501)
        self.refunds[order_id] = [each for each in self.refunds[order_id] if each["id"] != refund_id]
        self._tell_refunds(order_id)
        return answer({"id": refund_id})

    def _tell_refunds(self, order_id: int) -> None:
        made = self.refunds[order_id]
        back = sum((Decimal(each["amount"]) for each in made), Decimal(0))
        told = [{"id": each["id"], "reason": each["reason"], "total": f"-{each['amount']}"} for each in made]
        done = back and back == Decimal(self.orders[order_id]["total"])
        self.change(order_id, refunds=told, **({"status": "refunded"} if done else {}))

    def get_products(self, request: Request) -> Response:
        skus = request.args["sku"].split(",")
        return answer([each for each in self.products.values() if each["sku"] in skus])

    def post_products(self, request: Request, parent: int = 0) -> Response:
        said = []
        for each in json.loads(request.get_data())["update"]:
            product = self.products.get(each["id"])
            if product is None or product["parent_id"] != parent:
                error = {
                    "code": "woocommerce_rest_product_invalid_id",
                    "message": "Invalid ID.",
                    "data": {"status": 400},
                }
                said.append({"id": each["id"], "error": error})
                continue
            product.update(each)
            said.append(product)
        return answer({"update": said})


def headers(raw: bytes, secret: str, *, topic: str, delivery: int = 1) -> dict[str, str]:
    """What WooCommerce sends with a body."""
    signature = base64.b64encode(hmac.new(secret.encode(), raw, hashlib.sha256).digest()).decode()
    resource, _, event = topic.partition(".")
    return {
        "Content-Type": "application/json",
        "X-WC-Webhook-Source": "https://shop.example/",
        "X-WC-Webhook-Topic": topic,
        "X-WC-Webhook-Resource": resource,
        "X-WC-Webhook-Event": event,
        "X-WC-Webhook-Signature": signature,
        "X-WC-Webhook-ID": "12",
        "X-WC-Webhook-Delivery-ID": f"{delivery:032x}",
    }


def _error(code: str, message: str, status: int) -> Response:
    return answer({"code": code, "message": message, "data": {"status": status}}, status)
