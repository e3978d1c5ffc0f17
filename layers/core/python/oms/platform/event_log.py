"""The order log on DynamoDB: one item per entry, one conditional put per append, one transaction when stock moves.

The table owns its keys here: partition `order_id`, sort `seq`. See design decisions 1 and 5.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from oms.clock import from_text, to_text
from oms.errors import ConcurrentAppend, ShortStock, TooLarge
from oms.orders.booking import room_changes
from oms.orders.codec import dump_contact, dump_events, event_type, load_contact, load_events
from oms.orders.evolve import fold
from oms.orders.log import OrderLog, Reference
from oms.orders.order import Entry, Order
from oms.platform.aws import client, code
from oms.platform.config import settings
from oms.platform.observability import Metric, count, logger
from oms.platform.references import reference_put
from oms.platform.reservations import use_writes
from oms.platform.stock_line import waiting_writes
from oms.platform.stock_moves import note_of
from oms.platform.stock_transaction import CONDITION_FAILED, Refused, transact
from oms.stock.movements import Movement, movements, waiting_changes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

MAX_ITEM = 400 * 1024
"""Bytes of a DynamoDB item, names and values."""


class DynamoOrderLog:
    """`OrderLog` on the orders table."""

    def place(self, entry: Entry) -> Entry:
        """Append the first entry with one write; the entry that stands there already comes back with the refusal."""
        from botocore.exceptions import ClientError

        try:
            client("dynamodb").put_item(
                TableName=settings().orders_table,
                Item=_to_item(entry),
                ConditionExpression="attribute_not_exists(order_id)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if code(error) != "ConditionalCheckFailedException":
                raise
            standing: Any = error.response.get("Item")
            first = _from_item(standing)
            # Our own put, repeated by the SDK after an answer was lost, is not somebody else's.
            return entry if first == entry else first
        return entry

    def entries(self, order_id: str) -> Sequence[Entry]:
        """All entries of an order, strongly consistent, a page of 1 MB per call."""
        pages = client("dynamodb").get_paginator("query")
        return [
            _from_item(item)
            for page in pages.paginate(
                TableName=settings().orders_table,
                KeyConditionExpression="order_id = :order_id",
                ExpressionAttributeValues={":order_id": {"S": order_id}},
                ConsistentRead=True,
            )
            for item in page["Items"]
        ]

    def append(self, before: Order, entry: Entry, *, references: Sequence[Reference] = ()) -> None:
        """Append one entry, in one transaction with its stock movements, places in line and references if any."""
        after = fold([entry], before)
        assert after is not None
        put: dict[str, Any] = {
            "TableName": settings().orders_table,
            "Item": _to_item(entry, channel_id=before.placed.channel_id),
            "ConditionExpression": "attribute_not_exists(order_id)",
        }
        beside: list[TransactWriteItemTypeDef] = [
            *(write for change in waiting_changes(before, after) for write in waiting_writes(change, entry)),
            *(reference_put(reference, entry.order_id) for reference in references),
            *use_writes(entry),
            *_room_writes(before, after),
        ]
        moves = movements(before, entry.events)
        if beside or moves:
            _transact([{"Put": put}, *beside], moves, entry)  # type: ignore[typeddict-item]
        else:
            _put(put, entry)


def redact(order_id: str, seq: int) -> None:
    """Take the personal data out of an entry, and nothing else: its events are never touched. Repeatable.

    It is the one change of an entry that there is. The stream's readers look at new entries only: nobody hears of it.
    """
    client("dynamodb").update_item(
        TableName=settings().orders_table,
        Key={"order_id": {"S": order_id}, "seq": {"N": str(seq)}},
        UpdateExpression="REMOVE contact, original",
        ConditionExpression="attribute_exists(order_id)",
    )


def order_log() -> OrderLog:
    """The log of this stack."""
    return DynamoOrderLog()


def _room_writes(before: Order, after: Order) -> list[TransactWriteItemTypeDef]:
    changes = room_changes(before, after)
    if not changes:
        return []
    from oms.platform.capacity import room_write

    return [room_write(change) for change in changes]


def _put(put: dict[str, Any], entry: Entry) -> None:
    from botocore.exceptions import ClientError

    try:
        client("dynamodb").put_item(**put)
    except ClientError as error:
        if code(error) == "ConditionalCheckFailedException":
            raise _outrun(entry) from error
        raise


def _transact(items: list[TransactWriteItemTypeDef], moves: Sequence[Movement], entry: Entry) -> None:
    from botocore.exceptions import ClientError

    try:
        transact(items, moves, note_of(entry), key=entry.order_id)
    except Refused as refused:
        if refused.beside[:1] == (CONDITION_FAILED,) or refused.busy:
            raise _outrun(entry) from refused
        other = [_name(items[i]) for i, each in enumerate(refused.beside) if each == CONDITION_FAILED]
        raise ShortStock(
            f"order {entry.order_id}: not enough left of {', '.join((*refused.short, *other))}"
        ) from refused
    except ClientError as error:
        if code(error) == "TransactionInProgressException":
            raise _outrun(entry) from error
        raise


def _outrun(entry: Entry) -> ConcurrentAppend:
    count(Metric.APPEND_CONFLICTS)
    return ConcurrentAppend(f"order {entry.order_id}: entry {entry.seq} was written by somebody else")


def _name(item: TransactWriteItemTypeDef) -> str:
    key: Any = item.get("Update", item.get("Delete", {})).get("Key", {})
    return f"{key.get('sku', {}).get('S')} at {key.get('location_id', {}).get('S')}"


def _to_item(entry: Entry, channel_id: str = "") -> dict[str, Any]:
    first: Any = entry.events[0]
    events = dump_events(entry.events)
    item = {
        "order_id": {"S": entry.order_id},
        "seq": {"N": str(entry.seq)},
        "at": {"S": to_text(entry.at)},
        "actor": {"S": entry.actor},
        "cause": {"S": entry.cause},
        "channel_id": {"S": channel_id or first.channel_id},
        "types": {"L": [{"S": event_type(event)} for event in entry.events]},
        "events": {"S": events},
    }
    contact = dump_contact(entry.contact) if entry.contact is not None else ""
    if contact:
        item["contact"] = {"S": contact}
    size = len(events.encode()) + len(contact.encode()) + 1024
    if entry.original and size + len(entry.original) <= MAX_ITEM:
        item["original"] = {"B": entry.original}
    elif entry.original:
        logger().warning("original_left_out", order_id=entry.order_id, bytes=len(entry.original))
    if size > MAX_ITEM:
        raise TooLarge(
            f"the order takes {len(events.encode()) // 1024} kB in the log, which holds {MAX_ITEM // 1024}:"
            " send it as two orders, or shorten its titles"
        )
    return item


def _from_item(item: dict[str, Any]) -> Entry:
    return Entry(
        order_id=item["order_id"]["S"],
        seq=int(item["seq"]["N"]),
        at=from_text(item["at"]["S"]),
        actor=item["actor"]["S"],
        cause=item["cause"]["S"],
        events=load_events(item["events"]["S"]),
        contact=load_contact(item["contact"]["S"]) if "contact" in item else None,
        original=item["original"]["B"] if "original" in item else b"",
    )


def entry_of(item: dict[str, Any]) -> Entry:
    """An item of the orders table, as the stream hands it over, as an entry; what a channel sent is left out."""
    return _from_item({name: value for name, value in item.items() if name != "original"})
