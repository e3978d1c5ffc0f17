"""Alerts about stock: which stand, kept in the views table, and told to the topic `<stack>-stock-alerts`.

Whoever follows the stock stream calls `watch` after a sku has moved. It looks at the sku as it is now, so records may
come twice, late, or many at once. Items: `pk` (`alert#<sku>`), `sk` (the location id, or `*` for all of them
together), `queue` and `since` for the index `by_queue`, `body` (what the API shows), `cause` (the record of the stream
that began it), and `told` once the topic has it.

An alert is written before it is told, and by one writer, so it is told once; whoever dies in between is followed by
the same record of the stream, which tells it under the same id.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

from oms.clock import to_text
from oms.errors import InvalidInput
from oms.platform.aws import client, code
from oms.platform.config import settings
from oms.platform.observability import Metric, count
from oms.platform.setup import products
from oms.platform.stock_table import sku_stock
from oms.platform.views import Page, listed
from oms.stock.alerts import EVERYWHERE, AlertKind, Change, changes, watched

if TYPE_CHECKING:
    from oms.setup import Product
    from oms.stock.resource import AlertResource

ALL = "*"
"""The sort key of an alert about all locations together."""

QUEUE = "alert#"
"""Prefix of the index's partitions; no work queue of orders is called so."""


def watch(sku: str, causes: Sequence[str], at: datetime) -> int:
    """Begin and end the alerts of a sku, and tell what begins; returns how many were told.

    `causes` are the records of the stream that led here: when they come again, they tell what they began and left
    untold.
    """
    product = products([sku]).get(sku)
    if product is None:
        return 0
    standing = _standing(sku) if watched(product) else {}
    told = 0
    for item in standing.values():
        if item["cause"]["S"] in causes and "told" not in item:
            _tell(item)
            told += 1
    if not watched(product):
        return told
    kinds = {place: AlertKind(item["kind"]["S"]) for place, item in standing.items()}
    for change in changes(product, sku_stock(sku, consistent=True), kinds):
        if change.kind is None:
            _end(sku, change)
        elif (begun := _begin(product, change, causes[-1], at)) is not None:
            _tell(begun)
            told += 1
    return told


def alerts(kind: str = "", *, limit: int = 50, cursor: str = "") -> Page:
    """The alerts that stand, of one kind or all, the one that stands longest first.

    Raises:
        InvalidInput: there is no such kind, the limit is out of bounds, or the cursor is not one of this list.
    """
    if kind and kind not in set(AlertKind):
        raise InvalidInput(f"there is no kind {kind!r}; there are {', '.join(AlertKind)}", path="kind")
    queues = [QUEUE + each for each in ([kind] if kind else AlertKind)]
    return listed("by_queue", queues, limit=limit, cursor=cursor)


def _standing(sku: str) -> dict[str, Any]:
    """The alerts of a sku that stand, by place."""
    pages = client("dynamodb").get_paginator("query")
    return {
        _place(item["sk"]["S"]): item
        for page in pages.paginate(
            TableName=settings().views_table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": f"alert#{sku}"}},
            ConsistentRead=True,
        )
        for item in page["Items"]
    }


def _begin(product: Product, change: Change, cause: str, at: datetime) -> Any | None:
    """Write an alert that begins; None when another writer was faster."""
    from botocore.exceptions import ClientError

    assert change.kind is not None
    place = change.location_id or ALL
    since = to_text(at)
    body: AlertResource = {
        "id": f"{product.sku}:{place}:{change.kind}:{since}",
        "kind": change.kind.value,
        "sku": product.sku,
        "title": product.title,
        "location_id": change.location_id or None,
        "available": change.available,
        "threshold": change.threshold,
        "since": since,
    }
    item: Any = {
        **_key(product.sku, place),
        "kind": {"S": change.kind.value},
        "queue": {"S": QUEUE + change.kind.value},
        "since": {"S": since},
        "cause": {"S": cause},
        "body": {"S": json.dumps(body, ensure_ascii=False)},
    }
    try:
        client("dynamodb").put_item(
            TableName=settings().views_table,
            Item=item,
            ConditionExpression="attribute_not_exists(pk) OR kind <> :kind",
            ExpressionAttributeValues={":kind": {"S": change.kind.value}},
        )
    except ClientError as error:
        if code(error) == "ConditionalCheckFailedException":
            return None
        raise
    return item


def _tell(item: Any) -> None:
    """Send an alert to the topic, and note that it is told."""
    body: AlertResource = json.loads(item["body"]["S"])
    client("sns").publish(
        TopicArn=settings().stock_alerts_topic,
        Subject=_subject(body),
        Message=item["body"]["S"],
        MessageAttributes={
            "kind": {"DataType": "String", "StringValue": body["kind"]},
            "location": {"DataType": "String", "StringValue": body["location_id"] or ALL},
        },
    )
    dynamodb = client("dynamodb")
    # When the alert is over by now, there is nothing to note.
    with suppress(dynamodb.exceptions.ConditionalCheckFailedException):
        dynamodb.update_item(
            TableName=settings().views_table,
            Key={"pk": item["pk"], "sk": item["sk"]},
            UpdateExpression="SET told = :true",
            ConditionExpression="cause = :cause",
            ExpressionAttributeValues={":true": {"BOOL": True}, ":cause": item["cause"]},
        )
    count(Metric.STOCK_ALERTS)


def _subject(body: AlertResource) -> str:
    """The first line of a mail: SNS takes 100 characters of ASCII."""
    words = {AlertKind.LOW_STOCK: "Low stock", AlertKind.OVERSUPPLY: "Oversupply"}[AlertKind(body["kind"])]
    where = f" at {body['location_id']}" if body["location_id"] else ""
    plain = "".join(each if each.isascii() and each.isprintable() else "?" for each in body["sku"])
    return f"{words}{where}: {plain}"[:99]


def _end(sku: str, change: Change) -> None:
    """Take an alert away that is over; nothing when it is gone already, or is another one by now."""
    from botocore.exceptions import ClientError

    assert change.before is not None
    try:
        client("dynamodb").delete_item(
            TableName=settings().views_table,
            Key=_key(sku, change.location_id or ALL),
            ConditionExpression="kind = :kind",
            ExpressionAttributeValues={":kind": {"S": change.before.value}},
        )
    except ClientError as error:
        if code(error) != "ConditionalCheckFailedException":
            raise


def _key(sku: str, place: str) -> dict[str, Any]:
    return {"pk": {"S": f"alert#{sku}"}, "sk": {"S": place}}


def _place(sort: str) -> str:
    return EVERYWHERE if sort == ALL else sort
