"""Amazon's Selling Partner API in memory: tokens of Login with Amazon, orders, shipment confirmations, listings, feeds.

Source: the published models of Orders 2026-01-01, Orders v0 (`confirmShipment`) and Listings Items 2021-08-01.
"""

from __future__ import annotations

import base64
import copy
import json
import threading
from collections import defaultdict
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

from werkzeug.wrappers import Request, Response

from infra.standins import amazon_feeds
from infra.standins.wsgi import Limit, answer
from oms.clock import Clock, from_text, now, to_text

Json = dict[str, Any]

SETTLES = timedelta(minutes=2)
LIVES = timedelta(hours=1)
SETS = {"BUYER": "buyer", "RECIPIENT": "recipient", "PROCEEDS": "proceeds", "PACKAGES": "packages"}
ITEM_SETS = {"PROCEEDS": "proceeds", "PROMOTION": "promotion", "CANCELLATION": "cancellation", "TAX": "tax"}

PLANS: Mapping[str, tuple[float, int]] = {
    "search": (0.0056, 20),
    "order": (0.5, 30),
    "confirm": (2, 10),
    "patch": (5, 5),
    **amazon_feeds.PLANS,
}
"""Calls a second and calls at once, by operation."""


class Amazon(amazon_feeds.Feeds):
    """A seller's account on Amazon: `orders` by id, `listings` with their levels by sku, `packages` that were told."""

    ROUTES: ClassVar = (
        ("POST", "/auth/o2/token", "token"),
        ("GET", "/orders/2026-01-01/orders", "search"),
        ("GET", "/orders/2026-01-01/orders/<order_id>", "order"),
        ("POST", "/orders/v0/orders/<order_id>/shipmentConfirmation", "confirm"),
        ("PATCH", "/listings/2021-08-01/items/<seller_id>/<path:sku>", "patch"),
        *amazon_feeds.ROUTES,
    )

    def __init__(
        self,
        *,
        clock: Clock = now,
        limit: Limit | None = None,
        keys: Mapping[str, str] | None = None,
        page: int = 100,
        plans: Mapping[str, tuple[float, int]] | None = None,
    ) -> None:
        super().__init__(clock=clock, limit=limit)
        self.keys = keys or {
            "client_id": "amzn1.app",
            "client_secret": "s3cret",
            "refresh_token": "Atzr|one",
            "seller_id": "A3SELLER",
        }
        self.page = page
        self.plans = plans or {}
        self.orders: dict[str, Json] = {}
        self.packages: dict[str, dict[str, Json]] = defaultdict(dict)
        self.listings: dict[str, int] = {}
        self.tokens: set[str] = set()
        self._given = 0
        self._full: dict[str, tuple[float, float]] = {}
        self._lock = threading.RLock()
        self.open_feeds()

    # What tests and the demonstration do.

    def sell(self, order: Json) -> Json:
        """A customer orders; returns the notification that Amazon puts into the seller's queue."""
        with self._lock:
            at = to_text(self.clock())
            self.orders[order["orderId"]] = {"createdTime": at, "lastUpdatedTime": at, **copy.deepcopy(order)}
            return self.notification(order["orderId"])

    def change(self, order_id: str, **parts: Any) -> Json:
        """Something about an order changes; returns the notification."""
        with self._lock:
            self.orders[order_id] |= {**copy.deepcopy(parts), "lastUpdatedTime": to_text(self.clock())}
            return self.notification(order_id)

    def notification(self, order_id: str) -> Json:
        """An `ORDER_CHANGE` about an order as it is now."""
        order = self.orders[order_id]
        self._given += 1
        fulfillment = order.get("fulfillment", {})
        return {
            "NotificationVersion": "1.0",
            "NotificationType": "ORDER_CHANGE",
            "PayloadVersion": "1.0",
            "EventTime": to_text(self.clock()),
            "Payload": {
                "OrderChangeNotification": {
                    "NotificationLevel": "OrderLevel",
                    "SellerId": self.keys["seller_id"],
                    "AmazonOrderId": order_id,
                    "OrderChangeType": "OrderStatusChange",
                    "Summary": {
                        "MarketplaceId": order["salesChannel"]["marketplaceId"],
                        "OrderStatus": fulfillment.get("fulfillmentStatus", "").title(),
                        "FulfillmentType": "AFN" if fulfillment.get("fulfilledBy") == "AMAZON" else "MFN",
                    },
                }
            },
            "NotificationMetadata": {"NotificationId": f"n-{self._given}", "PublishTime": to_text(self.clock())},
        }

    # What is asked of it.

    def token(self, request: Request) -> Response:
        """An access token for the refresh token."""
        names = ("client_id", "client_secret", "refresh_token")
        wanted = {"grant_type": "refresh_token", **{name: self.keys[name] for name in names}}
        if {name: request.form.get(name) for name in wanted} != wanted:
            return answer({"error": "invalid_grant", "error_description": "The request has an invalid grant"}, 400)
        with self._lock:
            self._given += 1
            text = f"Atza|{self._given}"
            self.tokens.add(text)
        return answer({"access_token": text, "token_type": "bearer", "expires_in": int(LIVES.total_seconds())})

    def search(self, request: Request) -> Response:
        """Orders that changed in a period. The token is a place in it, so that changes meanwhile move nothing."""
        if refused := self._refused(request, "search"):
            return refused
        self.work_off()
        since, before = request.args.get("lastUpdatedAfter", ""), request.args.get("lastUpdatedBefore", "")
        if not since or (before and from_text(before) > self.clock() - SETTLES):
            return _error(400, "InvalidInput", "lastUpdatedBefore must be two minutes before the time of the request")
        place = request.args.get("paginationToken", "")
        after, known = json.loads(base64.b64decode(place)) if place else (["", ""], [since, before])
        if known != [since, before]:
            return _error(400, "InvalidInput", "paginationToken is of another period")
        with self._lock:
            found = self._between(request, since, before, tuple(after))
        size = min(int(request.args.get("maxResultsPerPage", "100")), self.page)
        shown = found[:size]
        body: Json = {"orders": [self._document(each, request.args.get("includedData", "")) for each in shown]}
        if len(found) > size:
            last = [shown[-1]["lastUpdatedTime"], shown[-1]["orderId"]]
            body["pagination"] = {"nextToken": base64.b64encode(json.dumps([last, known]).encode()).decode()}
        return answer(body, 200, **self._pace("search"))

    def order(self, request: Request, order_id: str) -> Response:
        """One order."""
        if refused := self._refused(request, "order"):
            return refused
        self.work_off()
        found = self.orders.get(order_id)
        if found is None:
            return _error(404, "NotFound", "no such order")
        body = {"order": self._document(found, request.args.get("includedData", ""))}
        return answer(body, 200, **self._pace("order"))

    def confirm(self, request: Request, order_id: str) -> Response:
        """A package has left; the same number again changes the package."""
        if refused := self._refused(request, "confirm"):
            return refused
        package = (request.get_json() or {}).get("packageDetail", {})
        number = str(package.get("packageReferenceId", ""))
        if order_id not in self.orders:
            return _error(404, "NotFound", "no such order")
        if not number.isdigit() or not package.get("carrierCode") or not package.get("trackingNumber"):
            return _error(400, "InvalidInput", "packageReferenceId, carrierCode and trackingNumber are required")
        with self._lock:
            others = [each for known, each in self.packages[order_id].items() if known != number]
            for item in package["orderItems"]:
                sent = sum(_units(each, item["orderItemId"]) for each in others)
                if sent + item["quantity"] > _ordered(self.orders[order_id], item["orderItemId"]):
                    return _error(400, "InvalidInput", "more units than were ordered")
            self.packages[order_id][number] = package
            self._shipped(order_id)
        return Response(status=204, headers=self._pace("confirm"))

    def patch(self, request: Request, seller_id: str, sku: str) -> Response:
        """Set how many units of a listing are for sale."""
        if refused := self._refused(request, "patch"):
            return refused
        if seller_id != self.keys["seller_id"] or sku not in self.listings:
            return _error(404, "NOT_FOUND", f"SKU '{sku}' not found in marketplace")
        value = request.get_json()["patches"][0]["value"][0]
        if value["quantity"] > 10**9:
            issue = {"code": "90244", "message": "quantity is too large", "severity": "ERROR", "categories": []}
            return answer({"sku": sku, "status": "INVALID", "submissionId": "s", "issues": [issue]})
        self.listings[sku] = value["quantity"]
        return answer({"sku": sku, "status": "ACCEPTED", "submissionId": "s", "issues": []}, 200, **self._pace("patch"))

    def broken(self) -> Response:
        """Trouble of its own."""
        return _error(500, "InternalFailure", "We encountered an internal error. Please try again.")

    def too_many(self, wait: float) -> Response:  # noqa: ARG002 - Amazon does not say how long
        """Beyond what the usage plan has."""
        return _error(429, "QuotaExceeded", "You exceeded your quota for the requested resource.")

    # Its inner life.

    def _refused(self, request: Request, operation: str) -> Response | None:
        if request.headers.get("x-amz-access-token", "") not in self.tokens:
            return _error(403, "Unauthorized", "Access to requested resource is denied.")
        if operation not in self.plans:
            return None
        rate, burst = self.plans[operation]
        with self._lock:
            at = self.clock().timestamp()
            level, since = self._full.get(operation, (float(burst), at))
            level = min(burst, level + (at - since) * rate)
            self._full[operation] = (level - 1 if level >= 1 else level, at)
        if level >= 1:
            return None
        refused = self.too_many(1 / rate)
        refused.headers["x-amzn-RateLimit-Limit"] = str(rate)
        return refused

    def _pace(self, operation: str) -> dict[str, str]:
        rate, _ = self.plans.get(operation, PLANS[operation])
        return {"x-amzn-RateLimit-Limit": str(rate)}

    def _between(self, request: Request, since: str, before: str, after: tuple[str, ...]) -> list[Json]:
        by, places = request.args.get("fulfilledBy", ""), request.args.get("marketplaceIds", "")
        start, end = from_text(since), from_text(before or to_text(self.clock() - SETTLES))
        found = [
            each
            for each in self.orders.values()
            if start <= from_text(each["lastUpdatedTime"]) <= end
            and (each["lastUpdatedTime"], each["orderId"]) > after
            and (not by or each["fulfillment"]["fulfilledBy"] in by.split(","))
            and (not places or each["salesChannel"]["marketplaceId"] in places.split(","))
        ]
        return sorted(found, key=lambda each: (each["lastUpdatedTime"], each["orderId"]))

    def _document(self, order: Json, included: str) -> Json:
        """An order with the sets of data that were asked for."""
        whole = copy.deepcopy(order)
        whole["packages"] = [
            {**each, "packageItems": each["orderItems"]} for each in self.packages[order["orderId"]].values()
        ]
        wanted = set(included.split(","))
        hidden = {name for data, name in SETS.items() if data not in wanted}
        items_hide = {name for data, name in ITEM_SETS.items() if data not in wanted}
        whole["orderItems"] = [
            {name: part for name, part in item.items() if name not in items_hide} for item in whole["orderItems"]
        ]
        return {name: part for name, part in whole.items() if name not in hidden}

    def _shipped(self, order_id: str) -> None:
        order = self.orders[order_id]
        for item in order["orderItems"]:
            sent = sum(_units(each, item["orderItemId"]) for each in self.packages[order_id].values())
            left = item["quantityOrdered"] - sent
            item["fulfillment"] = {"quantityFulfilled": sent, "quantityUnfulfilled": left}
        over = all(item["fulfillment"]["quantityUnfulfilled"] == 0 for item in order["orderItems"])
        status = "SHIPPED" if over else "PARTIALLY_SHIPPED"
        order["fulfillment"] = {**order["fulfillment"], "fulfillmentStatus": status}
        order["lastUpdatedTime"] = to_text(self.clock())


def _units(package: Json, item_id: str) -> int:
    return sum(item["quantity"] for item in package["orderItems"] if item["orderItemId"] == item_id)


def _ordered(order: Json, item_id: str) -> int:
    return sum(item["quantityOrdered"] for item in order["orderItems"] if item["orderItemId"] == item_id)


def _error(status: int, code: str, message: str) -> Response:
    return answer({"errors": [{"code": code, "message": message, "details": ""}]}, status)
