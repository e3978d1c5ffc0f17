"""The line of those who wait for a sku, and the counter of all the units that are owed.

First in, first out: the sort key `~waiting#<since>#<order id>` is the place in line.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from oms.clock import from_text, to_text
from oms.orders.order import Entry
from oms.platform.aws import client
from oms.platform.config import settings
from oms.platform.stock_table import LINE, WAITING, stock_key
from oms.stock.levels import Waiter
from oms.stock.movements import WaitingChange

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef


def waiters(sku: str, limit: int = 25) -> tuple[Waiter, ...]:
    """The first orders in the line for a sku, the longest wait first; strongly consistent."""
    answer = client("dynamodb").query(
        TableName=settings().stock_table,
        KeyConditionExpression="sku = :sku AND begins_with(location_id, :line)",
        ExpressionAttributeValues={":sku": {"S": sku}, ":line": {"S": LINE}},
        ConsistentRead=True,
        Limit=limit,
    )
    return tuple(_waiter(item) for item in answer["Items"])


def waiting_writes(change: WaitingChange, entry: Entry) -> Iterable[TransactWriteItemTypeDef]:
    """An order's place in line and the counter of all who wait, as parts of the transaction that appends the entry."""
    table = settings().stock_table
    place = stock_key(change.sku, f"{LINE}{to_text(change.since)}#{change.order_id}")
    if change.quantity:
        item: Any = {**place, "quantity": {"N": str(change.quantity)}, "cause": {"S": entry.cause}}
        yield {"Put": {"TableName": table, "Item": item}}
    else:
        yield {"Delete": {"TableName": table, "Key": place}}
    yield {
        "Update": {
            "TableName": table,
            "Key": stock_key(change.sku, WAITING),
            "UpdateExpression": "ADD waiting :delta",
            "ExpressionAttributeValues": {":delta": {"N": str(change.delta)}},
        }
    }


def _waiter(item: dict[str, Any]) -> Waiter:
    since, order_id = item["location_id"]["S"].removeprefix(LINE).rsplit("#", 1)
    return Waiter(sku=item["sku"]["S"], order_id=order_id, since=from_text(since), quantity=int(item["quantity"]["N"]))
