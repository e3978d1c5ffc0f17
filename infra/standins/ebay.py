"""eBay's APIs for sellers in memory: tokens, orders with their taxes, parcels, cancellations, refunds, stock.

Source: the published descriptions of the Fulfillment, Inventory and Post-Order APIs.
"""

from __future__ import annotations

import base64
import copy
import re
import threading
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from werkzeug.wrappers import Request, Response

from infra.standins.ebay_seal import Seal, problem
from infra.standins.wsgi import Limit, StandIn, answer
from oms.clock import Clock, from_text, now

Json = dict[str, Any]

LIVES = timedelta(hours=2)
PERIOD = re.compile(r"lastmodifieddate:\[([^\]]*?)\.\.([^\]]*)\]")
MOST = 200


class Ebay(StandIn):
    """A seller's account on eBay. `orders` by id as they stand without the breakdown of taxes; `stock` by sku.

    With a `seal` the seller lives where calls about money have to be signed.
    """

    ROUTES: ClassVar = (
        ("POST", "/identity/v1/oauth2/token", "token"),
        ("GET", "/sell/fulfillment/v1/order", "list_orders"),
        ("GET", "/sell/fulfillment/v1/order/<order_id>", "order"),
        ("GET", "/sell/fulfillment/v1/order/<order_id>/shipping_fulfillment", "parcels"),
        ("POST", "/sell/fulfillment/v1/order/<order_id>/shipping_fulfillment", "ship"),
        ("POST", "/sell/fulfillment/v1/order/<order_id>/issue_refund", "issue_refund"),
        ("POST", "/post-order/v2/cancellation", "cancel"),
        ("POST", "/post-order/v2/cancellation/<cancel_id>/approve", "approve"),
        ("POST", "/sell/inventory/v1/bulk_update_price_quantity", "levels"),
    )

    def __init__(
        self,
        *,
        clock: Clock = now,
        limit: Limit | None = None,
        keys: Mapping[str, str] | None = None,
        page: int = MOST,
        seal: Seal | None = None,
    ) -> None:
        super().__init__(clock=clock, limit=limit)
        self.seal = seal
        self.keys = keys or {"client_id": "app", "client_secret": "cert", "refresh_token": "v^1.1#r"}
        self.page = page
        self.orders: dict[str, Json] = {}
        self.fulfillments: dict[str, list[Json]] = defaultdict(list)
        self.stock: dict[str, int] = {}
        self.tokens: set[str] = set()
        self._given = 0
        self._lock = threading.RLock()

    # What tests and the demonstration do.

    def sell(self, order: Json) -> None:
        """A buyer buys."""
        with self._lock:
            at = _text(self.clock())
            self.orders[order["orderId"]] = {"creationDate": at, "lastModifiedDate": at, **copy.deepcopy(order)}

    def change(self, order_id: str, **parts: Any) -> None:
        """Something about an order changes."""
        with self._lock:
            self.orders[order_id] |= {**copy.deepcopy(parts), "lastModifiedDate": _text(self.clock())}

    def ask_to_cancel(self, order_id: str) -> None:
        """The buyer wants the order cancelled."""
        with self._lock:
            wish = {"cancelRequestId": self._id("c"), "cancelInitiator": "Buyer", "cancelRequestState": "REQUESTED"}
            self.change(order_id, cancelStatus={"cancelState": "IN_PROGRESS", "cancelRequests": [wish]})

    def settle(self) -> None:
        """Refunds that are under way arrive at the buyers."""
        with self._lock:
            for order_id, order in self.orders.items():
                refunds = order["paymentSummary"]["refunds"]
                if any(each["refundStatus"] == "PENDING" for each in refunds):
                    at = _text(self.clock())
                    done = [{**each, "refundStatus": "REFUNDED", "refundDate": at} for each in refunds]
                    whole = sum(Decimal(each["amount"]["value"]) for each in done) >= _sellers(order)
                    status = "FULLY_REFUNDED" if whole else "PARTIALLY_REFUNDED"
                    self.change(order_id, paymentSummary={"refunds": done}, orderPaymentStatus=status)

    # What is asked of it.

    def token(self, request: Request) -> Response:
        """An access token for the refresh token."""
        basic = base64.b64encode(f"{self.keys['client_id']}:{self.keys['client_secret']}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {basic}":
            return answer({"error": "invalid_client", "error_description": "client authentication failed"}, 401)
        given = {name: request.form.get(name) for name in ("grant_type", "refresh_token")}
        if given != {"grant_type": "refresh_token", "refresh_token": self.keys["refresh_token"]}:
            return answer({"error": "invalid_grant", "error_description": "the refresh token is invalid"}, 400)
        with self._lock:
            text = self._id("v^1.1#a")
            self.tokens.add(text)
        return answer(
            {"access_token": text, "expires_in": int(LIVES.total_seconds()), "token_type": "User Access Token"}
        )

    def list_orders(self, request: Request) -> Response:
        """Orders that changed in a period, the newest last; counted anew for each page."""
        if refused := self._refused(request):
            return refused
        period = PERIOD.fullmatch(request.args.get("filter", ""))
        limit, offset = int(request.args.get("limit", "50")), int(request.args.get("offset", "0"))
        if period is None or limit > MOST:
            return _error(400, 30700, "Invalid filter or limit")
        start, end = from_text(period[1]), from_text(period[2])
        with self._lock:
            found = sorted(
                (each for each in self.orders.values() if start <= from_text(each["lastModifiedDate"]) <= end),
                key=lambda each: (each["lastModifiedDate"], each["orderId"]),
            )
            shown = found[offset : offset + min(limit, self.page)]
            told = [self._document(each, request, alone=False) for each in shown]
        return answer({"total": len(found), "limit": limit, "offset": offset, "orders": told})

    def order(self, request: Request, order_id: str) -> Response:
        """One order, with the wishes to cancel it."""
        if refused := self._refused(request, order_id):
            return refused
        return answer(self._document(self.orders[order_id], request, alone=True))

    def parcels(self, request: Request, order_id: str) -> Response:
        """The parcels of an order."""
        if refused := self._refused(request, order_id):
            return refused
        return answer({"fulfillments": self.fulfillments[order_id], "total": len(self.fulfillments[order_id])})

    def ship(self, request: Request, order_id: str) -> Response:
        """A parcel has left. eBay knows it by its number; without one it is there as often as it is told."""
        if refused := self._refused(request, order_id):
            return refused
        told = request.get_json()
        number = told.get("trackingNumber", "")
        if bool(number) != bool(told.get("shippingCarrierCode")) or not re.fullmatch(r"[A-Za-z0-9]*", number):
            return _error(400, 32300, "Invalid shipment tracking number or carrier")
        with self._lock:
            order = self.orders[order_id]
            if number in {each["fulfillmentId"] for each in self.fulfillments[order_id]}:
                return Response(status=201, headers={"Location": f"{request.base_url}/{number}"})
            if any(self._left(order, each["lineItemId"]) < each["quantity"] for each in told["lineItems"]):
                return _error(400, 32400, "Invalid quantity")
            made = number or self._id("9")
            parcel = {
                "fulfillmentId": made,
                "lineItems": told["lineItems"],
                "shippedDate": told["shippedDate"],
                **(
                    {"shipmentTrackingNumber": number, "shippingCarrierCode": told["shippingCarrierCode"]}
                    if number
                    else {}
                ),
            }
            self.fulfillments[order_id].append(parcel)
            over = all(self._left(order, item["lineItemId"]) == 0 for item in order["lineItems"])
            self.change(order_id, orderFulfillmentStatus="FULFILLED" if over else "IN_PROGRESS")
        return Response(status=201, headers={"Location": f"{request.base_url}/{made}"})

    def issue_refund(self, request: Request, order_id: str) -> Response:
        """Money goes back, once at a time."""
        if refused := self._unsigned(request) or self._refused(request, order_id):
            return refused
        with self._lock:
            order = self.orders[order_id]
            amount = request.get_json()["orderLevelRefundAmount"]
            refunds = order["paymentSummary"]["refunds"]
            if any(each["refundStatus"] == "PENDING" for each in refunds):
                return _error(400, 34922, "Refund can't be issued while previous refund is processing.")
            given = sum(Decimal(each["amount"]["value"]) for each in refunds)
            if given + Decimal(amount["value"]) > _sellers(order):
                return _error(409, 34924, "The item refund amount exceeds the item remaining amount.")
            made = {"refundId": self._id("r"), "refundStatus": "PENDING", "amount": amount}
            self.change(order_id, paymentSummary={"refunds": [*refunds, made]})
        return answer({"refundId": made["refundId"], "refundStatus": "PENDING"})

    def cancel(self, request: Request) -> Response:
        """The seller cancels an order; the buyer gets everything back."""
        told = request.get_json()
        order_id = next(
            (key for key, each in self.orders.items() if each["legacyOrderId"] == told["legacyOrderId"]), ""
        )
        if refused := self._unsigned(request) or self._refused(request, order_id, scheme="IAF"):
            return refused
        with self._lock:
            if told.get("buyerPaid") is not (self.orders[order_id]["orderPaymentStatus"] != "PENDING"):
                return _error(400, 1500, "buyerPaid does not match the order", name="error")
            if self.orders[order_id]["cancelStatus"]["cancelState"] != "NONE_REQUESTED" or self.fulfillments[order_id]:
                return _error(409, 1610, "The order is not eligible for cancellation", name="error")
            made = self._id("c")
            self._cancelled(order_id)
        return answer({"cancelId": made})

    def approve(self, request: Request, cancel_id: str) -> Response:
        """The seller grants the buyer's wish."""
        found = [
            key
            for key, each in self.orders.items()
            if any(wish["cancelRequestId"] == cancel_id for wish in each["cancelStatus"]["cancelRequests"])
        ]
        if refused := self._unsigned(request) or self._refused(request, "".join(found), scheme="IAF"):
            return refused
        with self._lock:
            self._cancelled(found[0])
        return answer({})

    def levels(self, request: Request) -> Response:
        """Set how many units of each sku are for sale."""
        if refused := self._refused(request):
            return refused
        told = request.get_json()["requests"]
        if len(told) > 25:  # noqa: PLR2004 - eBay's figure
            return _error(400, 25702, "too many requests in one call")
        answers = []
        for each in told:
            known = each["sku"] in self.stock
            if known:
                self.stock[each["sku"]] = each["shipToLocationAvailability"]["quantity"]
            problem = {"errorId": 25702, "message": f"{each['sku']} could not be found"}
            answers.append(
                {"sku": each["sku"], "statusCode": 200 if known else 404, "errors": [] if known else [problem]}
            )
        good = all(each["statusCode"] == 200 for each in answers)  # noqa: PLR2004 - OK
        return answer({"responses": answers}, 200 if good else 207)

    def broken(self) -> Response:
        """Trouble of its own."""
        return _error(500, 30500, "System error")

    def too_many(self, wait: float) -> Response:  # noqa: ARG002 - eBay does not say how long
        """Beyond the limit of calls."""
        return _error(429, 2001, "The request limit has been reached for the resource")

    # Its inner life.

    def _refused(self, request: Request, order_id: str | None = None, *, scheme: str = "Bearer") -> Response | None:
        name, _, token = request.headers.get("Authorization", "").partition(" ")
        if name != scheme or token not in self.tokens:
            return _error(401, 1001, "Invalid access token")
        if order_id is not None and order_id not in self.orders:
            return _error(404, 32100, "Invalid Order Id")
        return None

    def _unsigned(self, request: Request) -> Response | None:
        """Sellers in the European Union and the United Kingdom have a seal, which calls about money must carry."""
        wrong = problem(request, self.seal, self.clock()) if self.seal else ""
        return _error(403, 215000, wrong) if wrong else None

    def _document(self, order: Json, request: Request, *, alone: bool) -> Json:
        """An order as it is told: with the taxes in it when they are asked for, and the wishes when it is alone."""
        told = copy.deepcopy(order)
        if not alone:
            told["cancelStatus"]["cancelRequests"] = []
        if request.args.get("fieldGroups") == "TAX_BREAKDOWN":
            whole = Decimal(0)
            for item in told["lineItems"]:
                collected = item.get("ebayCollectAndRemitTaxes", [])
                item["taxes"] = [
                    *item.get("taxes", []),
                    *({k: each[k] for k in ("taxType", "amount")} for each in collected),
                ]
                whole += sum((Decimal(each["amount"]["value"]) for each in collected), Decimal(0))
            total = told["pricingSummary"]["total"]
            total["value"] = str(Decimal(total["value"]) + whole)
        return told

    def _left(self, order: Json, line_id: str) -> int:
        sold = sum(item["quantity"] for item in order["lineItems"] if item["lineItemId"] == line_id)
        sent = [each for parcel in self.fulfillments[order["orderId"]] for each in parcel["lineItems"]]
        return int(sold - sum(each["quantity"] for each in sent if each["lineItemId"] == line_id))

    def _cancelled(self, order_id: str) -> None:
        total = self.orders[order_id]["pricingSummary"]["total"]
        refund = {"refundId": self._id("r"), "refundStatus": "PENDING", "amount": copy.deepcopy(total)}
        state = {"cancelState": "CANCELED", "cancelRequests": [], "cancelledDate": _text(self.clock())}
        self.change(order_id, cancelStatus=state, paymentSummary={"refunds": [refund]})

    def _id(self, prefix: str) -> str:
        self._given += 1
        return f"{prefix}{self._given}"


def _sellers(order: Json) -> Decimal:
    return Decimal(order["pricingSummary"]["total"]["value"])


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _error(status: int, number: int, message: str, *, name: str = "errors") -> Response:
    return answer({name: [{"errorId": number, "domain": "API", "category": "REQUEST", "message": message}]}, status)
