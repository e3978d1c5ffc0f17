"""Amazon's orders: fetched by time of change, or one by one when an `ORDER_CHANGE` notification names them.

Source: Selling Partner API, Orders 2026-01-01 (`searchOrders`, `getOrder`), "Access Orders PII", and Notifications,
`ORDER_CHANGE`; see also `docs/connect/amazon.md`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from oms.channels.amazon import api
from oms.channels.amazon.contact import contact
from oms.channels.amazon.figures import Figures, charges, currency_of, figures, sold
from oms.channels.amazon.payload import AmazonOrder, OrderItem
from oms.channels.amazon.remarks import collected, remarks
from oms.channels.connection import Connection
from oms.channels.document import ChannelDocument, DocumentKind, document
from oms.channels.figures import placed_lines
from oms.channels.payload import read
from oms.channels.protocol import WHOLE, Headers, Listed, Page, body_hash
from oms.channels.rest import content, written
from oms.channels.revision import instant, revision
from oms.errors import InvalidInput
from oms.orders.events import OrderPlaced, PaymentMethod, PaymentTerms, TaxRemitter
from oms.orders.sold import MAX_TAG, MAX_TAGS, PlacedLine
from oms.setup import Channel

NOTIFICATION = "ORDER_CHANGE"
"""The topic of a notification that an order has changed; it names the order and is not the order."""

WAITING = frozenset({"PENDING", "PENDING_AVAILABILITY"})
"""Statuses in which the customer has not been asked for the money yet: nothing may be shipped."""

GONE = "CANCELLED"
BY_AMAZON = "AMAZON"

INCLUDED = "BUYER,RECIPIENT,PROCEEDS,PROMOTION,CANCELLATION,FULFILLMENT,PACKAGES,TAX"
"""The sets of data that are asked for. No restricted data token is needed for them, only the roles."""

SETTLES = timedelta(minutes=2)
"""Amazon refuses to list what changed less than this ago."""

PAGE = 100
"""Orders of a page, the most that Amazon gives."""

EVERYTHING = 10**12
"""More minor units than any order has: all that was charged went back, whatever it was."""

TOPICS = (WHOLE, NOTIFICATION)


def verify(raw: bytes, headers: Headers, secret: str) -> bool:  # noqa: ARG001 - see below
    """Amazon sends nothing over HTTP: its notifications come through a queue, and whatever comes here is not its."""
    return False


def is_ping(raw: bytes, headers: Headers) -> bool:  # noqa: ARG001 - see `verify`
    """See `ChannelPlatform.is_ping`."""
    return False


def topic(headers: Headers) -> str:  # noqa: ARG001 - see `verify`
    """See `ChannelPlatform.topic`."""
    return NOTIFICATION


def cause(raw: bytes, headers: Headers) -> str:  # noqa: ARG001 - the body says it
    """The notification's id, which is the same for all deliveries of it."""
    told = _json(raw)
    return f"amazon:{_at(told, 'NotificationMetadata', 'NotificationId') or body_hash(raw)}"


def reference(topic: str, raw: bytes) -> str:
    """The order that a notification is about; empty when Amazon itself ships it.

    Raises:
        InvalidInput: the notification cannot be read.
    """
    if topic != NOTIFICATION:
        return ""
    told = _json(raw)
    if not isinstance(told, dict):
        raise InvalidInput("the notification is not JSON")
    change = ("Payload", "OrderChangeNotification")
    order_id = _at(told, *change, "AmazonOrderId")
    if not order_id and str(told.get("NotificationType", NOTIFICATION)) == NOTIFICATION:
        raise InvalidInput("the notification names no order", path="Payload.OrderChangeNotification.AmazonOrderId")
    return "" if _at(told, *change, "Summary", "FulfillmentType") == "AFN" else order_id


def hydrate(connection: Connection, reference: str) -> bytes | None:
    """See `Hydrates.hydrate`."""
    reply = api.ask(connection, api.get_order(reference, INCLUDED))
    if reply.status == HTTPStatus.NOT_FOUND:
        return None
    body = content(reply)
    order = body.get("order") if isinstance(body, dict) else None
    return written(order) if order else None


def poll(connection: Connection, since: datetime, until: datetime, cursor: str) -> Page:
    """See `Polls.poll`. What changed in the last two minutes is not listed yet: it is found when it is asked for next.

    A token is only good with the very period that it was given for, so the cursor has the period's end with it.
    """
    before, _, token = cursor.partition(" ")
    before = before or api.iso(min(until, connection.clock() - SETTLES))
    if before <= api.iso(since):
        return Page(orders=())
    query = {
        "lastUpdatedAfter": api.iso(since),
        "lastUpdatedBefore": before,
        "fulfilledBy": "MERCHANT",
        "includedData": INCLUDED,
        "maxResultsPerPage": str(PAGE),
        **({"marketplaceIds": connection.channel.account} if connection.channel.account else {}),
        **({"paginationToken": token} if token else {}),
    }
    body = content(api.ask(connection, api.search_orders(query)))
    answer = body if isinstance(body, dict) else {}
    found = [each for each in answer.get("orders") or () if isinstance(each, dict)]
    following = _at(answer, "pagination", "nextToken")
    listed = [
        Listed(
            external_id=str(each.get("orderId", "")), changed_at=str(each.get("lastUpdatedTime", "")), raw=written(each)
        )
        for each in found
    ]
    return Page(
        orders=tuple(sorted(listed, key=lambda each: each.changed_at)),
        cursor=f"{before} {following}" if following else "",
        more=bool(following),
    )


def parse(topic: str, raw: bytes, channel: Channel) -> ChannelDocument | None:
    """See `ChannelPlatform.parse`.

    Passed over: what Amazon ships, what was sold on another marketplace, and a pending order without amounts, which
    comes again with them when the customer has been charged.
    """
    if topic != WHOLE:
        return None
    order = read(AmazonOrder, raw)
    found = figures(order, currency_of(order, channel.currency))
    if _passed_over(order, found, channel):
        return None
    gone = order.fulfillment.fulfillment_status == GONE
    items = [item for item in order.order_items if gone or _sells(item, found)]
    units = [max(item.quantity_ordered, 1) for item in items]
    lines = placed_lines(sold(items, units, found, channel.channel_id), found.prices)
    cancelled = {
        item.order_item_id: count if gone else max(count - item.fulfilled, 0)
        for item, count in zip(items, units, strict=True)
        if gone or item.cancelled
    }
    given_back = _given_back(order, found, lines, cancelled)
    return document(
        DocumentKind.CANCELLED if gone else DocumentKind.UPDATED,
        _placed(order, items, lines, found, channel, given_back=given_back),
        contact(order),
        cancelled=cancelled,
        remarks=remarks(order, items, found),
        given_back=given_back,
    )


def _passed_over(order: AmazonOrder, found: Figures, channel: Channel) -> bool:
    if order.fulfillment.fulfilled_by == BY_AMAZON:
        return True
    if channel.account and order.sales_channel.marketplace_id not in {"", channel.account}:
        return True
    known = all(found.costs[item.order_item_id].known for item in order.order_items)
    return order.fulfillment.fulfillment_status in WAITING and not (known and found.total)


def _sells(item: OrderItem, found: Figures) -> bool:
    """Whether anything of an item is still to be had, or at least to be paid."""
    over = item.cancelled and not item.fulfilled
    return item.quantity_ordered > 0 and (not over or found.costs[item.order_item_id].known)


def _placed(
    order: AmazonOrder,
    items: Sequence[OrderItem],
    lines: tuple[PlacedLine, ...],
    found: Figures,
    channel: Channel,
    *,
    given_back: int,
) -> OrderPlaced:
    total = found.parts if found.total is None else found.total
    status = order.fulfillment.fulfillment_status
    method = PaymentMethod.MARKETPLACE if total else PaymentMethod.PREPAID
    method = PaymentMethod.UNPAID if status in WAITING else method
    placed_at = instant(order.created_time, "createdTime")
    changed = order.last_updated_time
    service = order.fulfillment.fulfillment_service_level
    return OrderPlaced(
        channel_id=channel.channel_id,
        external_id=order.order_id,
        number=order.order_id,
        currency=found.currency,
        placed_at=placed_at,
        language=channel.default_language,
        lines=lines,
        charges=charges(items, found, service),
        total=total,
        payment=PaymentTerms(
            method=method,
            amount=0 if method is PaymentMethod.UNPAID else total,
            reference=f"amazon:{order.order_id}",
        ),
        prices=found.prices,
        tax_remitter=TaxRemitter.CHANNEL if collected(items, found) == {True} else TaxRemitter.MERCHANT,
        shipping_service=service,
        revision=revision(
            instant(changed, "lastUpdatedTime") if changed else placed_at,
            method,
            gone=status == GONE,
            given_back=given_back,
        ),
        tags=tuple(_tags(order))[:MAX_TAGS],
    )


def _tags(order: AmazonOrder) -> Iterator[str]:
    """Amazon's programs, for rules, and by when the parcel has to leave, for people."""
    yield from (program for program in order.programs if 0 < len(program) <= MAX_TAG)
    window = order.fulfillment.ship_by_window
    if window and window.latest_date_time:
        yield f"ship by {window.latest_date_time}"[:MAX_TAG]


def _given_back(order: AmazonOrder, found: Figures, lines: Sequence[PlacedLine], cancelled: dict[str, int]) -> int:
    """What is not paid, or goes back, because it was cancelled. Other refunds are not told with orders."""
    if order.fulfillment.fulfillment_status == GONE:
        return found.total or EVERYTHING
    return sum(_value(line, cancelled.get(line.external_line_id, 0)) for line in lines)


def _value(line: PlacedLine, cancelled: int) -> int:
    """What the last so many units of a line cost, with tax."""
    left, value = cancelled, 0
    for run in reversed(line.units):
        count = min(run.count, left)
        value += count * (run.net + run.tax)
        left -= count
    return value


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return None


def _at(value: Any, *path: str) -> str:
    """The text at a path of a document, whatever stands there; empty when nothing does."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return str(value) if isinstance(value, str | int) else ""
