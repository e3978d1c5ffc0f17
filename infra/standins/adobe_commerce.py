"""Adobe Commerce in memory: orders, invoices, shipments, credit memos, stock by source, and its search.

Behaves as AdobeDocs/commerce-webapi has it: the Admin REST schema, "Search using REST endpoints", "Manage source
items", and the tutorials of orders and inventory.
"""

from __future__ import annotations

import base64
import hmac
import json
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from threading import RLock
from typing import Any, ClassVar
from urllib.parse import quote, unquote

from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Request, Response

from infra.standins.adobe_commerce_sale import Json, figures, items, paid, text
from infra.standins.wsgi import Limit, StandIn, answer
from oms.clock import Clock, now

_TESTS: Mapping[str, Callable[[str, str], bool]] = {
    "eq": lambda has, told: has == told,
    "gteq": lambda has, told: has >= told,
    "lteq": lambda has, told: has <= told,
}


class AdobeCommerce(StandIn):
    """One shop. Sell with `sell`, change with `change`; its orders are in `sold`, by entity id.

    Orders in `spoilt` make the shop fail where it would list them.

    With `keys` (the secrets of consumer and token) calls to its `url` have to be signed; else the token opens the door.
    """

    ROUTES: ClassVar[tuple[tuple[str, str, str], ...]] = (
        ("GET", "/rest/<view>/V1/orders", "search_orders"),
        ("GET", "/rest/<view>/V1/orders/<int:order_id>", "get_order"),
        ("POST", "/rest/<view>/V1/orders/<int:order_id>/cancel", "post_cancel"),
        ("POST", "/rest/<view>/V1/orders/<int:order_id>/comments", "post_comment"),
        ("GET", "/rest/<view>/V1/shipments", "search_shipments"),
        ("POST", "/rest/<view>/V1/order/<int:order_id>/ship", "post_ship"),
        ("GET", "/rest/<view>/V1/invoices", "search_invoices"),
        ("GET", "/rest/<view>/V1/creditmemos", "search_memos"),
        ("POST", "/rest/<view>/V1/invoice/<int:invoice_id>/refund", "post_refund"),
        ("POST", "/rest/<view>/V1/inventory/source-items", "post_stock"),
    )

    def __init__(
        self,
        *,
        clock: Clock = now,
        limit: Limit | None = None,
        token: str = "ac-token",  # noqa: S107 - of a shop that is not there
        url: str = "https://shop.example",
        keys: tuple[str, ...] = (),
        sources: Sequence[str] = ("default",),
    ) -> None:
        super().__init__(clock=clock, limit=limit)
        self.url, self.keys, self._nonces = url, keys, set[str]()
        self.token, self.sources = token, tuple(sources)
        self.sold: dict[int, Json] = {}
        self.spoilt: set[int] = set()
        self.shipments: list[Json] = []
        self.invoices: list[Json] = []
        self.memos: list[Json] = []
        self.stock: dict[tuple[str, str], int] = {}
        self.skus: set[str] = set()
        self._next = 0
        self._lock = RLock()

    def sell(
        self,
        lines: Sequence[Mapping[str, Any]],
        *,
        shipping: str = "0",
        tax_percent: str = "0",
        online: bool = True,
        number: int = 0,
        **changes: Any,
    ) -> int:
        """Place an order of lines with `sku`, `price`, `quantity`, and perhaps `discount`, `type` and `parts`.

        It is paid through a gateway when `online`, and not at all otherwise. Returns its entity id: `number`, if that
        is given.
        """
        with self._lock:
            order_id, rate = number or self._number(), Decimal(tax_percent) / 100
            made = items(self._number, order_id, lines, rate)
            self.skus |= {item["sku"] for item in made}
            at = text(self.clock())
            order = figures(order_id, made, Decimal(shipping), rate, online=online)
            self.sold[order_id] = {**order, "created_at": at, "updated_at": at, **changes}
            if online:
                invoice = {"entity_id": self._number(), "order_id": order_id, "transaction_id": f"txn-{order_id}"}
                self.invoices.append(invoice | {"grand_total": self.sold[order_id]["grand_total"], "comments": []})
        return order_id

    def change(self, order_id: int, **changes: Any) -> None:
        """Change fields of an order, as staff or time would."""
        with self._lock:
            self.sold[order_id] |= {"updated_at": text(self.clock()), **changes}

    def give_back(self, order_id: int, amount: float) -> None:
        """Staff gives money back in the admin panel."""
        with self._lock:
            self._book(order_id, {"comments": []}, Decimal(str(amount)))

    def order(self, order_id: int) -> Json:
        """The order as the interface shows it."""
        order = self.sold[order_id]
        shown = [{name: value for name, value in item.items() if name != "_dummy"} for item in order["items"]]
        return {**order, "items": shown}

    def _answer(self, request: Request) -> Response:
        if not self._known(request):
            return answer({"message": "The consumer isn't authorized to access %resources."}, 401)
        with self._lock:
            return super()._answer(request)

    def _known(self, request: Request) -> bool:
        """Whether the call bears the token, or is signed with the keys for the first time."""
        told = request.headers.get("Authorization", "")
        if not self.keys:
            return told == f"Bearer {self.token}"
        parts = {name: unquote(value) for name, value in re.findall(r'(oauth_\w+)="([^"]*)"', told)}
        signature, nonce = parts.pop("oauth_signature", ""), parts.get("oauth_nonce", "")
        if nonce in self._nonces or parts.get("oauth_token") != self.token:
            return False
        self._nonces.add(nonce)
        pairs = [*request.args.items(multi=True), *parts.items()]
        told = "&".join(sorted(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in pairs))
        signed = "&".join(quote(part, safe="~") for part in (request.method, self.url + request.path, told))
        key = "&".join(quote(part, safe="~") for part in self.keys)
        return signature == base64.b64encode(hmac.digest(key.encode(), signed.encode(), "sha256")).decode()

    def too_many(self, wait: float) -> Response:
        return answer({"message": "Too Many Requests", "trace": None}, 429, Retry_After=str(max(1, round(wait))))

    def search_orders(self, request: Request, view: str) -> Response:  # noqa: ARG002
        shown = self._found(request.args, [self.order(order_id) for order_id in self.sold])
        if any(order["entity_id"] in self.spoilt for order in json.loads(shown.get_data())["items"]):
            return answer({"message": "Internal Error. Details are available in Magento log file."}, 500)
        return shown

    def get_order(self, request: Request, view: str, order_id: int) -> Response:  # noqa: ARG002
        if order_id not in self.sold:
            return answer({"message": "The entity that was requested doesn't exist. Verify the entity."}, 404)
        return answer(self.order(order_id))

    def post_cancel(self, request: Request, view: str, order_id: int) -> Response:  # noqa: ARG002
        order = self.sold[order_id]
        if order["state"] == "canceled" or order["total_paid"]:
            return answer(False)
        for item in order["items"]:
            item["qty_canceled"] = item["qty_ordered"]
        self.change(order_id, state="canceled", status="canceled")
        return answer(True)

    def post_comment(self, request: Request, view: str, order_id: int) -> Response:  # noqa: ARG002
        told = request.get_json()["statusHistory"]
        self.change(order_id, status_histories=[told, *self.sold[order_id]["status_histories"]])
        return answer(True)

    def search_shipments(self, request: Request, view: str) -> Response:  # noqa: ARG002
        return self._found(request.args, self.shipments)

    def post_ship(self, request: Request, view: str, order_id: int) -> Response:  # noqa: ARG002
        body, of = request.get_json(), {item["item_id"]: item for item in self.sold[order_id]["items"]}
        source = body.get("arguments", {}).get("extension_attributes", {}).get("source_code", self.sources[0])
        if source not in self.sources:
            return self._no("Invalid source code.")
        for told in body["items"]:
            item = of.get(told["order_item_id"])
            if item is None or item["_dummy"]:
                return self._no("You can't create a shipment without products.")
            if (
                told["qty"]
                > item["qty_ordered"] - max(item["qty_shipped"], item["qty_refunded"]) - item["qty_canceled"]
            ):
                return self._no("The quantity to ship must not be greater than the unshipped quantity.")
        for told in body["items"]:
            of[told["order_item_id"]]["qty_shipped"] += told["qty"]
        made = {"entity_id": self._number(), "order_id": order_id, "items": body["items"], "source": source}
        made |= {"tracks": body.get("tracks", []), "comments": [body["comment"]] if body.get("comment") else []}
        self.shipments.append(made)
        left = [item["qty_ordered"] - item["qty_shipped"] for item in of.values() if not item["_dummy"]]
        done = {"state": "complete", "status": "complete"} if not any(left) else {}
        self.change(order_id, **(done if self.sold[order_id]["total_paid"] else {}))
        return answer(made["entity_id"])

    def search_invoices(self, request: Request, view: str) -> Response:  # noqa: ARG002
        return self._found(request.args, self.invoices)

    def search_memos(self, request: Request, view: str) -> Response:  # noqa: ARG002
        return self._found(request.args, self.memos)

    def post_refund(self, request: Request, view: str, invoice_id: int) -> Response:  # noqa: ARG002
        body = json.loads(request.get_data(), parse_float=Decimal)
        invoice = next((each for each in self.invoices if each["entity_id"] == invoice_id), None)
        if invoice is None or not body.get("is_online"):
            return self._no("We can't create creditmemo for the invoice.")
        order_id = invoice["order_id"]
        of = {item["item_id"]: item for item in self.sold[order_id]["items"]}
        told = {each["order_item_id"]: each["qty"] for each in body.get("items") or []}
        told = told or {number: item["qty_ordered"] for number, item in of.items() if not item["_dummy"]}
        total = Decimal(0)
        for number, count in told.items():
            if number not in of or count > of[number]["qty_ordered"] - of[number]["qty_refunded"]:
                return self._no("The quantity to refund must not be greater than the unrefunded quantity.")
            total += round(paid(of[number]) * count / of[number]["qty_ordered"], 2)
        arguments = body.get("arguments") or {}
        adjusted = [Decimal(arguments.get(f"adjustment_{sign}") or 0) for sign in ("positive", "negative")]
        total += adjusted[0] - adjusted[1]
        total += Decimal(str(arguments.get("shipping_amount", self.sold[order_id]["shipping_amount"])))
        left = Decimal(str(self.sold[order_id]["total_paid"])) - Decimal(str(self.sold[order_id]["total_refunded"]))
        if total <= 0 or total > left:
            return self._no("The most money available to refund is %1.", parameters=[f"{left:.2f}"])
        for number, count in told.items():
            of[number]["qty_refunded"] += count
        comments = [body["comment"]] if body.get("comment") else []
        return answer(self._book(order_id, {"invoice_id": invoice_id, "comments": comments}, total))

    def post_stock(self, request: Request, view: str) -> Response:  # noqa: ARG002
        told = request.get_json()["sourceItems"]
        for each in told:
            if each["sku"] not in self.skus or each["source_code"] not in self.sources:
                return self._no("Validation Failed")
        for each in told:
            self.stock[each["source_code"], each["sku"]] = each["quantity"]
        return answer([])

    def _book(self, order_id: int, memo: Json, total: Decimal) -> int:
        number = self._number()
        self.memos.append({"entity_id": number, "order_id": order_id, "grand_total": float(total), **memo})
        order = self.sold[order_id]
        back = Decimal(str(order["total_refunded"])) + total
        closed = {"state": "closed", "status": "closed"} if back >= Decimal(str(order["total_paid"])) else {}
        self.change(order_id, total_refunded=float(back), **closed)
        return number

    @staticmethod
    def _found(args: MultiDict[str, str], documents: Sequence[Json]) -> Response:
        told = re.compile(r"searchCriteria\[filter_groups\]\[(\d+)\]\[filters\]\[0\]\[field\]")
        for group in sorted(int(found[1]) for name in args if (found := told.fullmatch(name))):
            of = f"searchCriteria[filter_groups][{group}][filters][0]"
            field, value, test = args[f"{of}[field]"], args[f"{of}[value]"], _TESTS[args[f"{of}[condition_type]"]]
            documents = [each for each in documents if test(str(each[field]), value)]
        order = [
            value for name, value in args.items() if re.fullmatch(r"searchCriteria\[sortOrders\].*\[field\]", name)
        ]
        ranked = sorted(documents, key=lambda each: [each[field] for field in order])
        size, page = int(args["searchCriteria[pageSize]"]), int(args["searchCriteria[currentPage]"])
        last = max(1, -(-len(ranked) // size))
        start = (min(page, last) - 1) * size
        return answer({"items": ranked[start : start + size], "search_criteria": {}, "total_count": len(ranked)})

    def _number(self) -> int:
        self._next += 1
        return self._next

    @staticmethod
    def _no(message: str, **more: Any) -> Response:
        return answer({"message": message, **more}, 400)
