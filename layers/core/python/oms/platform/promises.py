"""Promises kept current: who waits for a sku is looked at again when what comes, or who waits before them, changes.

The stock stream says what moved. The line is read as far as there are goods for it, and each order whose day is then
another gets a message of its own on the routing queue; what it says there follows from what is known then.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from oms.clock import now, to_text
from oms.errors import Unavailable
from oms.platform.aws import client
from oms.platform.config import settings
from oms.platform.incoming import INCOMING, expected, expected_of
from oms.platform.queues import PROMISE_DUE
from oms.platform.stock_items import LINE, number_in
from oms.platform.stock_line import waiters
from oms.platform.stock_table import sku_stock
from oms.stock.expected import Expected
from oms.stock.levels import Waiter
from oms.stock.supply import Supply, moved, supplies

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

SETTLES = 5
"""Seconds until an order is looked at: what has just come goes to those who wait first, which may answer it."""

BATCH = 10

Record = Mapping[str, Any]


def concerns(record: Record) -> bool:
    """Whether a record of the stock stream is about goods on their way, or a place in line."""
    return _place(record).startswith((INCOMING, LINE))


def _place(record: Record) -> str:
    place: str = record["dynamodb"]["Keys"]["location_id"]["S"]
    return place


def follow(record: Record) -> int:
    """Send a message for each order whose day may be another now; returns how many. Repeatable.

    Raises:
        Unavailable: the queue did not take all of them; come again.
    """
    sku = record["dynamodb"]["Keys"]["sku"]["S"]
    orders = _behind(record, sku) if _place(record).startswith(LINE) else _affected(record, sku)
    return _send(sorted(set(orders)), record["eventID"])


def _affected(record: Record, sku: str) -> Iterator[str]:
    """Orders that get their last units by another delivery since one has changed."""
    images = record["dynamodb"]
    was, today = images.get("OldImage"), now().date()
    coming = expected(sku, consistent=True)
    there = sku_stock(sku, consistent=True).available()
    others = [each for each in coming if _key(each) != _place(record)]
    before = supplies(there, [*others, *([expected_of(was)] if was else [])], today)
    after = supplies(there, coming, today)
    ahead = 0
    for waiter in _served_by(sku, before, after):
        if moved(before, after, ahead, waiter.quantity):
            yield waiter.order_id
        ahead += waiter.quantity


def _behind(record: Record, sku: str) -> Iterator[str]:
    """Orders behind a place in line that was taken, given up or made smaller."""
    coming = expected(sku, consistent=True)
    if not coming:
        return
    images = record["dynamodb"]
    shift = number_in(images.get("NewImage", {}), "quantity") - number_in(images.get("OldImage", {}), "quantity")
    place = _place(record).removeprefix(LINE)
    found = supplies(sku_stock(sku, consistent=True).available(), coming, now().date())
    ahead = 0
    for waiter in _served_by(sku, found, found, beyond=abs(shift)):
        if f"{to_text(waiter.since)}#{waiter.order_id}" > place and moved(
            found, found, ahead, waiter.quantity, shift=shift
        ):
            yield waiter.order_id
        ahead += waiter.quantity


def _served_by(sku: str, before: Sequence[Supply], after: Sequence[Supply], *, beyond: int = 0) -> Iterator[Waiter]:
    """The line as far as anything is there or on its way for it: who stands farther back has no day either way."""
    enough = max(sum(each.units for each in before), sum(each.units for each in after)) + beyond
    for waiter in waiters(sku):
        if enough <= 0:
            return
        yield waiter
        enough -= waiter.quantity


def _key(each: Expected) -> str:
    return f"{INCOMING}{each.expected.isoformat()}#{each.purchase_order_id}#{each.location_id}"


def message(order_id: str, event_id: str) -> dict[str, str]:
    """What the routing queue gets; the same change twice has one id."""
    return {"id": f"{order_id}:promise:{event_id}", "order_id": order_id, "type": PROMISE_DUE}


def _send(order_ids: Sequence[str], event_id: str) -> int:
    for start in range(0, len(order_ids), BATCH):
        entries: list[SendMessageBatchRequestEntryTypeDef] = [
            {"Id": str(number), "MessageBody": json.dumps(message(order_id, event_id)), "DelaySeconds": SETTLES}
            for number, order_id in enumerate(order_ids[start : start + BATCH])
        ]
        answer: Any = client("sqs").send_message_batch(QueueUrl=settings().route_queue, Entries=entries)
        if answer.get("Failed"):
            raise Unavailable(f"the routing queue refused {len(answer['Failed'])} of {len(entries)} messages")
    return len(order_ids)
