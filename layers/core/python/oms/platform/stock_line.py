"""The line of those who wait for a sku, and the counter of all the units that are owed.

First in, first out: the sort key `~waiting#<since>#<order id>` is the place in line. The counter is an item beside it
(`#waiting`): `waiting` in all, and `by_<channel id>` for each channel whose orders wait.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from oms.clock import from_text, to_text
from oms.orders.order import Entry
from oms.platform.aws import client
from oms.platform.config import settings
from oms.platform.stock_table import LINE, WAITING, stock_key
from oms.platform.stock_waiting import WAITING_BY
from oms.stock.levels import Waiter
from oms.stock.movements import WaitingChange, waiting_limits

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef


PAGE = 25
"""Places in line that are read at once: most often the first few are all that stock is there for."""


def waiters(sku: str) -> Iterator[Waiter]:
    """The line for a sku, the longest wait first; strongly consistent, and read as far as somebody asks."""
    pages = client("dynamodb").get_paginator("query")
    for page in pages.paginate(
        TableName=settings().stock_table,
        KeyConditionExpression="sku = :sku AND begins_with(location_id, :line)",
        ExpressionAttributeValues={":sku": {"S": sku}, ":line": {"S": LINE}},
        ConsistentRead=True,
        PaginationConfig={"PageSize": PAGE},
    ):
        yield from map(_waiter, page["Items"])


def waiting_writes(change: WaitingChange, entry: Entry) -> Iterable[TransactWriteItemTypeDef]:
    """An order's place in line and the counter of all who wait, as parts of the transaction that appends the entry."""
    table = settings().stock_table
    place = stock_key(change.sku, f"{LINE}{to_text(change.since)}#{change.order_id}")
    if change.quantity:
        item: Any = {**place, "quantity": {"N": str(change.quantity)}, "cause": {"S": entry.cause}}
        yield {"Put": {"TableName": table, "Item": item}}
    else:
        yield {"Delete": {"TableName": table, "Key": place}}
    counter: Any = {
        "TableName": table,
        "Key": stock_key(change.sku, WAITING),
        "UpdateExpression": "ADD waiting :delta, #channel :delta",
        "ExpressionAttributeNames": {"#channel": WAITING_BY + change.channel_id},
        "ExpressionAttributeValues": {":delta": {"N": str(change.delta)}},
    }
    limit = waiting_limits(entry.events).get(change.sku)
    if limit is not None and change.delta > 0:
        counter["ConditionExpression"] = "attribute_not_exists(waiting) OR waiting <= :room"
        counter["ExpressionAttributeValues"][":room"] = {"N": str(limit - change.delta)}
    yield {"Update": counter}


def _waiter(item: dict[str, Any]) -> Waiter:
    since, order_id = item["location_id"]["S"].removeprefix(LINE).rsplit("#", 1)
    return Waiter(sku=item["sku"]["S"], order_id=order_id, since=from_text(since), quantity=int(item["quantity"]["N"]))
