"""BigCommerce in memory: orders with their consignments, shipments, refunds, stock, and thin webhooks.

Behaves as bigcommerce/docs has it: reference/orders.v2.oas2.yml, reference/orders.v3.yml, reference/inventory.v3.yml,
docs/integrations/webhooks, docs/api-docs/getting-started/api-rate-limits.mdx.
"""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime, parsedate_to_datetime
from threading import RLock
from typing import Any, ClassVar

from werkzeug.wrappers import Request, Response

from infra.standins.bigcommerce_sale import Json, figures, line, quoted, repriced
from infra.standins.wsgi import Limit, StandIn, answer
from oms.clock import Clock, from_text, now

QUOTA = Limit(calls=150, seconds=30)
"""Of the plans Standard and Plus, for all who call a store."""

Hook = tuple[dict[str, str], bytes]
"""Headers and body of a webhook."""


class BigCommerce(StandIn):
    """One store. Sell with `sell`, change with `change`; what it sends stands in `hooks`, or goes to `deliver`.

    Not more than `lines_shown` lines come along with an order.
    """

    ROUTES: ClassVar[tuple[tuple[str, str, str], ...]] = (
        ("GET", "/stores/<store>/v2/orders", "orders_changed"),
        ("GET", "/stores/<store>/v2/orders/<int:order_id>", "get_order"),
        ("PUT", "/stores/<store>/v2/orders/<int:order_id>", "put_order"),
        ("GET", "/stores/<store>/v2/orders/<int:order_id>/products", "get_products"),
        ("GET", "/stores/<store>/v2/orders/<int:order_id>/shipments", "get_shipments"),
        ("POST", "/stores/<store>/v2/orders/<int:order_id>/shipments", "post_shipment"),
        ("DELETE", "/stores/<store>/v2/orders/<int:order_id>/shipments/<int:shipment_id>", "delete_shipment"),
        ("GET", "/stores/<store>/v3/orders/<int:order_id>/payment_actions/refunds", "get_refunds"),
        ("POST", "/stores/<store>/v3/orders/<int:order_id>/payment_actions/refunds", "post_refund"),
        ("POST", "/stores/<store>/v3/orders/<int:order_id>/payment_actions/refund_quotes", "post_quote"),
        ("PUT", "/stores/<store>/v3/inventory/adjustments/absolute", "put_stock"),
    )

    def __init__(
        self,
        *,
        clock: Clock = now,
        limit: Limit | None = None,
        store: str = "abc123",
        token: str = "bc-token",  # noqa: S107 - of a store that is not there
        secret: str = "",
        deliver: Callable[[Hook], int] | None = None,
    ) -> None:
        super().__init__(clock=clock, limit=limit)
        self.store, self.token, self.secret, self.deliver = store, token, secret, deliver
        self.sold: dict[int, Json] = {}
        self.shipments: dict[int, list[Json]] = {}
        self.refunds: dict[int, list[Json]] = {}
        self.stock: dict[tuple[int, str], int] = {}
        self.skus: set[str] = set()
        self.lines_shown = 1000
        self.hooks: deque[Hook] = deque()
        self._busy: dict[int, datetime] = {}
        self._next = 100
        self._lock = RLock()

    def sell(
        self,
        lines: Sequence[Mapping[str, Any]],
        *,
        shipping: str = "0",
        tax_percent: str = "0",
        gross: bool = False,
        pickup: str = "",
        number: int = 0,
        **changes: Any,
    ) -> int:
        """Place an order of lines with `sku`, `price`, `quantity` and perhaps a `discount`; returns its id.

        `pickup` is the code of the location where the goods are fetched, `number` the id that it is to have.
        """
        with self._lock:
            order_id = number or self._number()
            address = 0 if pickup else self._number()
            rate = Decimal(tax_percent) / 100
            made = [line(self._number(), order_id, address, each, rate, gross=gross) for each in lines]
            self.skus |= {each["sku"] for each in made}
            at = format_datetime(self.clock().replace(microsecond=0))
            self.sold[order_id] = {
                **figures(order_id, made, Decimal(shipping), rate, gross=gross),
                "date_created": at,
                "date_modified": at,
                **changes,
                "_address": address,
                "_pickup": pickup,
                "_lines": made,
            }
            self._tell("store/order/created", order_id)
        return order_id

    def change(self, order_id: int, **changes: Any) -> None:
        """Change fields of an order as staff would, and tell of it."""
        with self._lock:
            before = self.sold[order_id]["status_id"]
            self._touch(order_id, changes)
            scope = "statusUpdated" if self.sold[order_id]["status_id"] != before else "updated"
            self._tell(f"store/order/{scope}", order_id)

    def order(self, order_id: int) -> Json:
        """The order as the interface shows it with everything that can be included."""
        order = self.sold[order_id]
        shown = {name: value for name, value in order.items() if not name.startswith("_")}
        to = {name: value for name, value in order["billing_address"].items() if name != "form_fields"}
        sent = [each for each in order["_lines"] if each["type"] == "physical"][: self.lines_shown]
        rest = [each for each in order["_lines"] if each["type"] != "physical"]
        way = {"id": order["_address"], **to, "shipping_method": "Flat rate", "line_items": sent, "form_fields": []}
        fetched = {"id": 1, "location": {"id": 1, "code": order["_pickup"]}, "line_items": sent}
        shown["consignments"] = {
            "pickups": [fetched] if sent and order["_pickup"] else [],
            "shipping": [way] if sent and not order["_pickup"] else [],
            "downloads": [{"recipient_email": to["email"], "line_items": rest}] if rest else [],
            "email": {"gift_certificates": []},
        }
        return shown

    def _answer(self, request: Request) -> Response:
        if request.headers.get("X-Auth-Token") != self.token or f"/stores/{self.store}/" not in request.path:
            return answer({"status": 401, "title": "Unauthorized", "type": "about:blank"}, 401)
        with self._lock:
            return super()._answer(request)

    def too_many(self, wait: float) -> Response:
        limit = self.limit or QUOTA
        return answer(
            {"status": 429, "title": "Too many requests", "type": "about:blank"},
            429,
            X_Rate_Limit_Time_Window_Ms=str(int(limit.seconds * 1000)),
            X_Rate_Limit_Time_Reset_Ms=str(int(wait * 1000)),
            X_Rate_Limit_Requests_Quota=str(limit.calls),
            X_Rate_Limit_Requests_Left="0",
        )

    def orders_changed(self, request: Request, store: str) -> Response:  # noqa: ARG002
        since, until = (from_text(request.args[f"{end}_date_modified"]) for end in ("min", "max"))
        found = [
            (changed, order_id)
            for order_id, order in self.sold.items()
            if since <= (changed := parsedate_to_datetime(order["date_modified"])) <= until
        ]
        size, page = int(request.args.get("limit", 50)), int(request.args.get("page", 1))
        shown = [order_id for _, order_id in sorted(found)][(page - 1) * size : page * size]
        return answer([self.order(order_id) for order_id in shown]) if shown else Response(status=204)

    def get_order(self, request: Request, store: str, order_id: int) -> Response:  # noqa: ARG002
        if order_id not in self.sold:
            return self._no("The requested resource was not found.", 404)
        shown = self.order(order_id)
        if "consignments.line_items" not in request.args.get("include", ""):
            shown["consignments"] = {"resource": f"/orders/{order_id}/consignments"}
        return answer(shown)

    def put_order(self, request: Request, store: str, order_id: int) -> Response:  # noqa: ARG002
        body = request.get_json()
        before = self.sold[order_id]["status_id"]
        for told in body.pop("products", []):
            of = next(each for each in self.sold[order_id]["_lines"] if each["id"] == told["id"])
            repriced(self.sold[order_id], of, told["quantity"])
        self._touch(order_id, body)
        scope = "statusUpdated" if self.sold[order_id]["status_id"] != before else "updated"
        self._tell(f"store/order/{scope}", order_id)
        return answer(self.order(order_id))

    def get_products(self, request: Request, store: str, order_id: int) -> Response:  # noqa: ARG002
        size, page = int(request.args.get("limit", 50)), int(request.args.get("page", 1))
        shown = self.sold[order_id]["_lines"][(page - 1) * size : page * size]
        return answer(shown) if shown else Response(status=204)

    def get_shipments(self, request: Request, store: str, order_id: int) -> Response:  # noqa: ARG002
        found = self.shipments.get(order_id, [])
        return answer(found) if found else Response(status=204)

    def post_shipment(self, request: Request, store: str, order_id: int) -> Response:  # noqa: ARG002
        body = request.get_json()
        lines = {each["id"]: each for each in self.sold[order_id]["_lines"]}
        if body["order_address_id"] != self.sold[order_id]["_address"]:
            return self._no("The field 'order_address_id' is invalid.", 400)
        for item in body["items"]:
            of = lines.get(item["order_product_id"])
            if of is None or item["quantity"] > of["quantity"] - of["quantity_shipped"]:
                return self._no("The field 'quantity' is invalid.", 400)
        for item in body["items"]:
            lines[item["order_product_id"]]["quantity_shipped"] += item["quantity"]
        made = {"id": self._number(), "order_id": order_id, **body}
        self.shipments.setdefault(order_id, []).append(made)
        self._shipped(order_id)
        return answer(made, 201)

    def delete_shipment(self, request: Request, store: str, order_id: int, shipment_id: int) -> Response:  # noqa: ARG002
        lines = {each["id"]: each for each in self.sold[order_id]["_lines"]}
        for gone in [each for each in self.shipments.get(order_id, []) if each["id"] == shipment_id]:
            self.shipments[order_id].remove(gone)
            for item in gone["items"]:
                lines[item["order_product_id"]]["quantity_shipped"] -= item["quantity"]
        return Response(status=204)

    def get_refunds(self, request: Request, store: str, order_id: int) -> Response:  # noqa: ARG002
        return answer({"data": self.refunds.get(order_id, []), "meta": {}})

    def post_quote(self, request: Request, store: str, order_id: int) -> Response:  # noqa: ARG002
        found = quoted(self.sold[order_id]["_lines"], request.get_json()["items"])
        if found is None:
            return self._no("Requested refund amount exceeds what is left", 422)
        total, tax = found
        ways = [
            [{"provider_id": "storecredit", "amount": float(total), "offline": False}],
            [{"provider_id": "custom", "amount": float(total), "offline": True}],
            [{"provider_id": "braintree", "amount": float(total), "offline": False}],
        ]
        data = {
            "order_id": order_id,
            "total_refund_amount": float(total),
            "total_refund_tax_amount": float(tax),
            "refund_methods": ways if self.sold[order_id]["payment_status"] != "pending" else ways[1:2],
        }
        return answer({"data": data, "meta": {}}, 201)

    def post_refund(self, request: Request, store: str, order_id: int) -> Response:  # noqa: ARG002
        body = json.loads(request.get_data(), parse_float=Decimal)
        if self._busy.get(order_id, self.clock()) > self.clock():
            return self._no("Another refund of this order is being processed.", 409)
        found = quoted(self.sold[order_id]["_lines"], body["items"])
        total = Decimal(body.get("merchant_calculated_override", {}).get("total_amount", found[0] if found else 0))
        paid = sum((Decimal(each["amount"]) for each in body["payments"]), Decimal(0))
        if found is None or paid != total or self._given_back(order_id) + paid > self._paid(order_id):
            return self._no("The refund payments do not match the refund", 422)
        for item in body["items"]:
            for of in self.sold[order_id]["_lines"]:
                if item["item_type"] == "PRODUCT" and of["id"] == item["item_id"]:
                    of["quantity_refunded"] += item["quantity"]
        self._book(order_id, total, body["items"], body["payments"])
        return answer({"data": self.refunds[order_id][-1], "meta": {}}, 201)

    def give_back(self, order_id: int, text: str, *, declined: bool = False) -> None:
        """Staff gives money back in the control panel."""
        with self._lock:
            payment = {"provider_id": "braintree", "amount": text, "offline": False, "is_declined": declined}
            self._book(order_id, Decimal(text), [], [payment])

    def put_stock(self, request: Request, store: str) -> Response:  # noqa: ARG002
        items = request.get_json()["items"]
        for item in items:
            if item["sku"] not in self.skus:
                return self._no(f"Item with sku {item['sku']} was not found", 422)
        for item in items:
            self.stock[item["location_id"], item["sku"]] = item["quantity"]
        return answer({"transaction_id": f"tx-{self._number()}"})

    def _book(self, order_id: int, total: Decimal, items: Sequence[Json], payments: Sequence[Json]) -> None:
        told = [{"is_declined": False, **each, "amount": float(each["amount"])} for each in payments]
        plain = json.loads(json.dumps(list(items), default=float))
        made = {"id": self._number(), "order_id": order_id, "total_amount": float(total), "items": plain}
        self.refunds.setdefault(order_id, []).append({**made, "reason": "", "payments": told})
        self._busy[order_id] = self.clock() + timedelta(seconds=1)
        whole = self._given_back(order_id) >= self._paid(order_id)
        state = {"status_id": 4, "payment_status": "refunded"} if whole else {"payment_status": "partially refunded"}
        self._touch(order_id, {"status_id": 14} | state)
        self._tell("store/order/refund/created", order_id)

    def _given_back(self, order_id: int) -> Decimal:
        paid = [each for refund in self.refunds.get(order_id, []) for each in refund["payments"]]
        return sum((Decimal(str(each["amount"])) for each in paid if not each["is_declined"]), Decimal(0))

    def _paid(self, order_id: int) -> Decimal:
        return Decimal(self.sold[order_id]["total_inc_tax"])

    def _shipped(self, order_id: int) -> None:
        left = [each["quantity"] - each["quantity_shipped"] for each in self.sold[order_id]["_lines"]]
        self._touch(order_id, {"status_id": 3 if any(left) else 2})
        self._tell("store/order/statusUpdated", order_id)

    def _touch(self, order_id: int, changes: Mapping[str, Any]) -> None:
        at = format_datetime(self.clock().replace(microsecond=0))
        self.sold[order_id] |= {"date_modified": at, **changes}

    def _tell(self, scope: str, order_id: int) -> None:
        body = {
            "scope": scope,
            "store_id": "1",
            "data": {"type": "order", "id": order_id},
            "created_at": int(self.clock().timestamp()),
            "producer": f"stores/{self.store}",
        }
        body["hash"] = hashlib.sha1(json.dumps([body, len(self.hooks)]).encode(), usedforsecurity=False).hexdigest()
        hook = ({"X-Webhook-Secret": self.secret}, json.dumps(body).encode())
        self.hooks.append(hook)
        if self.deliver:
            self.deliver(hook)

    def _number(self) -> int:
        self._next += 1
        return self._next

    @staticmethod
    def _no(why: str, status: int) -> Response:
        return answer({"status": status, "title": why, "type": "about:blank", "errors": {}}, status)
