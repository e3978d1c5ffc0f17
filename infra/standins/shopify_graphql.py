"""The part of Shopify's GraphQL Admin interface that this system uses, carried out on the stand-in's orders.

Source: shopify.dev, GraphQL Admin API 2026-10. A query that names anything else is answered as Shopify answers it: it
is not carried out, and the error says which field it does not know.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLResolveInfo,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    execute_sync,
    parse,
    validate,
)
from graphql.execution.values import get_directive_values

from infra.standins.shopify_schema import IDEMPOTENT, SCHEMA

if TYPE_CHECKING:
    from infra.standins.shopify import Shopify

Json = dict[str, Any]


MOST = 1000
"""Points that a single query may cost, on every plan."""


@dataclass(slots=True)
class Bucket:
    """What a shop lets an app ask for: points, of which so many come back each second."""

    size: float = 2000
    restored: float = 100
    left: float | None = None
    at: datetime | None = None

    def take(self, now: datetime, points: float) -> tuple[bool, Json]:
        """Whether a call is carried out, and what the answer says of its cost."""
        before = self.size if self.left is None else self.left
        passed = (now - self.at).total_seconds() if self.at is not None else 0.0
        self.left, self.at = min(self.size, before + passed * self.restored), now
        done = self.left >= points
        self.left -= points if done else 0
        status = {"maximumAvailable": self.size, "currentlyAvailable": self.left, "restoreRate": self.restored}
        cost = {"requestedQueryCost": points, "actualQueryCost": points if done else None}
        return done, {"cost": {**cost, "throttleStatus": status}}


def execute(shop: Shopify, body: Json) -> Json:
    """Answer a query or a mutation."""
    points = cost(body["query"])
    if points > MOST:
        words = f"Query cost is {points}, which exceeds the single query max cost limit ({MOST})."
        return {"errors": [{"message": words, "extensions": {"code": "MAX_COST_EXCEEDED"}}]}
    done, extensions = shop.bucket.take(shop.clock(), points) if shop.bucket is not None else (True, {})
    if not done:
        return {"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}], "extensions": extensions}
    document, wrong = _checked(body["query"])
    said: Json = {}
    if not wrong:
        result = execute_sync(SCHEMA, document, root_value=_Root(shop), variable_values=body.get("variables"))
        said, wrong = {"data": result.data}, tuple(result.errors or ())
    if wrong:
        said["errors"] = [
            {"message": each.message, "extensions": each.extensions or {"code": "undefinedField"}} for each in wrong
        ]
    return said | ({"extensions": extensions} if extensions else {})


@cache
def _checked(query: str) -> tuple[DocumentNode, tuple[GraphQLError, ...]]:
    document = parse(query)
    return document, tuple(validate(SCHEMA, document))


@cache
def cost(query: str) -> int:
    """What a query may cost at most: a point for each object that it asks for, ten for a mutation.

    Raises:
        GraphQLSyntaxError: it is no query.
    """
    found = parse(query).definitions[0]
    assert isinstance(found, OperationDefinitionNode)
    base = 10 if found.operation is OperationType.MUTATION else 0
    return base + _points(found.selection_set)


def _points(selections: SelectionSetNode | None) -> int:
    points = 0
    for each in selections.selections if selections else ():
        assert isinstance(each, FieldNode)
        if each.selection_set is None:
            continue
        sizes = [int(one.value.value) for one in each.arguments if one.name.value == "first"]  # type: ignore[attr-defined]
        points += (1 + _points(each.selection_set)) * (sizes[0] if sizes else 1)
    return points


def gid(kind: str, number: int) -> str:
    """An id as GraphQL has it."""
    return f"gid://shopify/{kind}/{number}"


def _number(gid: str) -> int:
    return int(gid.rsplit("/", 1)[-1])


class _Root:
    """What queries and mutations begin with. Each method is the resolver of the field of its name."""

    def __init__(self, shop: Shopify) -> None:
        self.shop = shop

    def order(self, info: GraphQLResolveInfo, id: str) -> Json | None:  # noqa: A002, ARG002 - the schema's name
        order_id = _number(id)
        order = self.shop.orders.get(order_id)
        if order is None:
            return None
        currency = order["currency"]
        return {
            "id": id,
            "cancelledAt": order.get("cancelled_at"),
            "currencyCode": currency,
            "presentmentCurrencyCode": order.get("presentment_currency") or currency,
            "refunds": [{"id": gid("Refund", each["id"]), "note": each.get("note")} for each in order["refunds"]],
            "transactions": [_transaction(each, currency) for each in self.shop.transactions[order_id]],
            "fulfillments": [_fulfillment(each) for each in order["fulfillments"]],
            "fulfillmentOrders": _pages([self._fulfillment_order(order)]),
        }

    def fulfillment(self, info: GraphQLResolveInfo, id: str) -> Json:  # noqa: A002, ARG002
        made = (each for order in self.shop.orders.values() for each in order["fulfillments"])
        return _fulfillment(next(each for each in made if each["id"] == _number(id)))

    def fulfillmentOrder(self, info: GraphQLResolveInfo, id: str) -> Json:  # noqa: A002, ARG002, N802
        return self._fulfillment_order(self.shop.orders[_number(id)])

    def inventoryItems(  # noqa: N802
        self, info: GraphQLResolveInfo, first: int, query: str, after: str | None = None
    ) -> Json:
        skus = {json.loads(each).lower() for each in re.findall(r'sku:("(?:[^"\\]|\\.)*")', query)}
        found = [
            {"id": gid("InventoryItem", number), "sku": sku}
            for number, sku in self.shop.items.items()
            if sku.lower() in skus
        ]
        return _pages(found)(info, first, after)

    def locations(self, info: GraphQLResolveInfo, first: int, after: str | None = None) -> Json:
        return _pages([{"id": gid("Location", each)} for each in self.shop.locations])(info, first, after)

    def fulfillmentCreate(self, info: GraphQLResolveInfo, fulfillment: Json) -> Json:  # noqa: ARG002, N802
        units: dict[int, int] = {}
        order_id = 0
        for part in fulfillment["lineItemsByFulfillmentOrder"]:
            order_id = _number(part["fulfillmentOrderId"])
            for each in part["fulfillmentOrderLineItems"]:
                units[_number(each["id"])] = each["quantity"]
        left = {line["id"]: line["fulfillable_quantity"] for line in self.shop.orders[order_id]["line_items"]}
        if any(count > left.get(line, 0) for line, count in units.items()):
            return {"userErrors": [_error("Invalid fulfillment order line item quantity requested.", "fulfillment")]}
        told = fulfillment.get("trackingInfo") or {}
        number = self.shop.sent(order_id, units, number=told.get("number", ""), company=told.get("company", ""))
        made = next(each for each in self.shop.orders[order_id]["fulfillments"] if each["id"] == number)
        return {"fulfillment": _fulfillment(made), "userErrors": []}

    def fulfillmentCancel(self, info: GraphQLResolveInfo, id: str) -> Json:  # noqa: A002, ARG002, N802
        made = self.shop.withdraw(_number(id))
        return {"fulfillment": _fulfillment(made), "userErrors": []}

    def orderCancel(self, info: GraphQLResolveInfo, **told: Any) -> Json:  # noqa: ARG002, N802
        order_id = _number(told["orderId"])
        order = self.shop.orders[order_id]
        if order.get("cancelled_at"):
            return {"orderCancelUserErrors": [_error("Order has already been cancelled", "orderId")]}
        if order["fulfillments"]:
            return {"orderCancelUserErrors": [_error("Cannot cancel an order with fulfillments", "orderId")]}
        for line in order["line_items"]:
            line["current_quantity"] = line["fulfillable_quantity"] = 0
        at = self.shop.time().isoformat()
        self.shop.change(order_id, "orders/cancelled", cancelled_at=at, cancel_reason=told["reason"].lower())
        return {"job": {"id": gid("Job", self.shop.number())}, "orderCancelUserErrors": []}

    def refundCreate(self, info: GraphQLResolveInfo, input: Json) -> Json:  # noqa: A002, N802
        return _once(self.shop, info, lambda: self._refund(input))

    def inventorySetQuantities(self, info: GraphQLResolveInfo, input: Json) -> Json:  # noqa: A002, N802
        return _once(self.shop, info, lambda: self._set(input))

    def _set(self, wanted: Json) -> Json:
        errors = [
            _error("The specified inventory item could not be found.", "input", "quantities", str(index))
            for index, each in enumerate(wanted["quantities"])
            if _number(each["inventoryItemId"]) not in self.shop.items
        ]
        for each in wanted["quantities"] if not errors else ():
            place = _number(each["inventoryItemId"]), _number(each["locationId"])
            self.shop.stock[place] = each["quantity"]
        return {"userErrors": errors}

    def _refund(self, wanted: Json) -> Json:
        order_id = _number(wanted["orderId"])
        order, moved = self.shop.orders[order_id], self.shop.transactions[order_id]
        lines = {line["id"]: line for line in order["line_items"]}
        items = wanted.get("refundLineItems") or []
        if any(each["quantity"] > lines[_number(each["lineItemId"])]["fulfillable_quantity"] for each in items):
            return {"userErrors": [_error("Quantity cannot be removed", "refundLineItems")]}
        if any("locationId" not in each for each in items):
            return {"userErrors": [_error("Location can't be blank", "refundLineItems")]}
        parts = wanted.get("transactions") or []
        for part in parts:
            parent = _number(part["parentId"])
            back = sum(each["amount"] for each in moved if each["parent_id"] == parent)
            if Decimal(part["amount"]) + back > next(each["amount"] for each in moved if each["id"] == parent):
                return {
                    "userErrors": [_error("Refund amount is greater than the net payment received", "transactions")]
                }
        for each in items:
            line = lines[_number(each["lineItemId"])]
            line["current_quantity"] -= each["quantity"]
            line["fulfillable_quantity"] -= each["quantity"]
        for part in parts:
            self.shop.moved(order_id, "REFUND", Decimal(part["amount"]), parent=_number(part["parentId"]))
        number = self.shop.number()
        refund = {
            "id": number,
            "order_id": order_id,
            "note": wanted.get("note"),
            "refund_line_items": [
                {"line_item_id": _number(each["lineItemId"]), "quantity": each["quantity"], "restock_type": "cancel"}
                for each in items
            ],
            "transactions": [
                {"kind": "refund", "status": "success", "amount": part["amount"], "currency": order["currency"]}
                for part in parts
            ],
        }
        order["refunds"] = [*order["refunds"], refund]
        self.shop.tell("refunds/create", refund)
        self.shop.change(order_id, **({"financial_status": _financial(moved)} if parts else {}))
        return {"refund": {"id": gid("Refund", number), "note": refund["note"]}, "userErrors": []}

    def _fulfillment_order(self, order: Json) -> Json:
        lines = [
            {
                "id": gid("FulfillmentOrderLineItem", line["id"]),
                "remainingQuantity": line["fulfillable_quantity"],
                "lineItem": {"id": gid("LineItem", line["id"])},
            }
            for line in order["line_items"]
        ]
        return {
            "id": gid("FulfillmentOrder", order["id"]),
            "status": "OPEN" if any(line["remainingQuantity"] for line in lines) else "CLOSED",
            "assignedLocation": {"location": {"id": gid("Location", self.shop.locations[0])}},
            "lineItems": _pages(lines),
        }


def _once(shop: Shopify, info: GraphQLResolveInfo, carry_out: Callable[[], Json]) -> Json:
    """What was answered under the key before, if it was the same call; without a key nothing is done."""
    given = get_directive_values(IDEMPOTENT, info.field_nodes[0], info.variable_values) or {}
    key = given.get("key")
    if not key:
        raise _Failed("The @idempotent directive is required for this mutation", "BAD_REQUEST")
    asked = json.dumps(info.variable_values, sort_keys=True, default=str)
    if key in shop.answers:
        before, said = shop.answers[key]
        if before != asked:
            raise _Failed("The idempotency key was used with other parameters", "IDEMPOTENCY_KEY_PARAMETER_MISMATCH")
        return said
    said = carry_out()
    shop.answers[key] = asked, said
    return said


class _Failed(Exception):
    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.extensions = {"code": code}


def _pages(found: Iterable[Json]) -> Callable[..., Json]:
    """A connection: a page of so many behind a cursor, which is a place in the list."""
    nodes = list(found)

    def resolve(info: GraphQLResolveInfo, first: int, after: str | None = None) -> Json:  # noqa: ARG001
        start = int(after or 0)
        more = start + first < len(nodes)
        end = str(min(start + first, len(nodes)))
        return {"nodes": nodes[start : start + first], "pageInfo": {"hasNextPage": more, "endCursor": end}}

    return resolve


def _fulfillment(made: Json) -> Json:
    return {
        "id": gid("Fulfillment", made["id"]),
        "status": made["status"].upper(),
        "trackingInfo": [{"number": made["tracking_number"], "company": made["tracking_company"]}]
        if made["tracking_number"]
        else [],
        "fulfillmentLineItems": _pages(
            {"quantity": each["quantity"], "lineItem": {"id": gid("LineItem", each["id"])}}
            for each in made["line_items"]
        ),
    }


def _transaction(made: Json, currency: str) -> Json:
    return {
        "id": gid("OrderTransaction", made["id"]),
        "kind": made["kind"],
        "status": made["status"],
        "gateway": made["gateway"],
        "amountSet": {"shopMoney": {"amount": str(made["amount"]), "currencyCode": currency}},
        "parentTransaction": {"id": gid("OrderTransaction", made["parent_id"])} if made["parent_id"] else None,
    }


def _financial(moved: list[Json]) -> str:
    taken = sum(each["amount"] for each in moved if each["kind"] in {"SALE", "CAPTURE"})
    back = sum(each["amount"] for each in moved if each["kind"] == "REFUND")
    return "refunded" if back >= taken else "partially_refunded"


def _error(message: str, *field: str) -> Json:
    return {"field": list(field), "message": message, "code": "INVALID"}
