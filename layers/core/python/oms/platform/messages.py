"""The record of messages: each goes out once per event and recipient, and none to an address that is suppressed.

Items of the messages table: `<event id>#<kind>#<medium>#<hash of the recipient>`, and `suppressed#<hash>`. No address
stands in it.

A message is claimed by a conditional put, sent, and marked as sent. The claim is a lease: when its holder dies, the
message comes again from the queue, and after the lease somebody else sends it. Dying between sending and marking is
the one way to send a message twice, since neither SES nor SNS takes an idempotency key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from oms.clock import to_text
from oms.errors import Unavailable
from oms.notifications.catalogue import Kind, Recipient
from oms.notifications.feedback import Unwanted
from oms.platform.aws import client, code
from oms.platform.batch_read import Item, read_items
from oms.platform.config import settings
from oms.platform.mail import Refused

LEASE = timedelta(seconds=60)
"""How long a claim keeps others away: longer than the function may run, shorter than the queue hides a message."""


class Status(StrEnum):
    """Where a message stands."""

    CLAIMED = "claimed"
    SENT = "sent"
    SUPPRESSED = "suppressed"
    """Not sent: mail to this address bounced, or was complained about."""
    FAILED = "failed"
    """Not sent: the provider will never take it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One message: what happened, to which order, told to whom, how."""

    event_id: str
    order_id: str
    kind: Kind
    language: str
    recipient: Recipient

    @property
    def message_id(self) -> str:
        """The same for the same event, kind, medium and recipient, whoever asks and however often."""
        return f"{self.event_id}#{self.kind}#{self.recipient.medium}#{self.recipient.digest}"


def send_once(record: Record, send: Callable[[], str], *, caller: str, now: datetime) -> Status | None:
    """Send a message, and say what became of it; None when it was settled before.

    `send` returns the provider's id. `caller` names this attempt, so that it knows its own claim again.

    Raises:
        Unavailable: the provider did not take it, or another delivery of the same event is at it; try again later.
    """
    claim = f"{caller} {to_text(now)}"
    if not _claim(record, claim, now):
        return None
    if _is_suppressed(record.recipient):
        return _settle(record, Status.SUPPRESSED, now)
    try:
        provider_id = send()
    except Refused as error:
        return _settle(record, Status.FAILED, now, error=error.detail)
    except Unavailable:
        _give_up(record, claim, now)
        raise
    return _settle(record, Status.SENT, now, provider_id=provider_id)


def suppress(unwanted: Unwanted, now: datetime) -> None:
    """Send no more to an address. It stays so until somebody deletes the item."""
    client("dynamodb").put_item(
        TableName=settings().messages_table,
        Item={
            "message_id": {"S": _suppression(unwanted.recipient)},
            "reason": {"S": unwanted.reason},
            "detail": {"S": unwanted.detail},
            "at": {"S": to_text(now)},
        },
    )


def records_of(order_id: str, events: Iterable[tuple[int, int]], to: Iterable[Recipient]) -> list[Item]:
    """The records of all messages that were sent to these recipients about these events (entry and index) of an order.

    Found by trying every kind, as a kind may have meant other events in another version of the code.
    """
    recipients = list(to)
    ids = (
        f"{order_id}:{seq}:{index}#{kind}#{each.medium}#{each.digest}"
        for seq, index in events
        for kind in Kind
        for each in recipients
    )
    return read_items(settings().messages_table, ({"message_id": {"S": each}} for each in ids))


def suppressions_of(to: Iterable[Recipient]) -> list[Item]:
    """What is kept of those of the recipients who get no more mail."""
    return read_items(settings().messages_table, ({"message_id": {"S": _suppression(each)}} for each in to))


def forget(item: Item) -> None:
    """Delete a record. Repeatable."""
    client("dynamodb").delete_item(
        TableName=settings().messages_table, Key={"message_id": {"S": item["message_id"]["S"]}}
    )


def _is_suppressed(recipient: Recipient) -> bool:
    answer = client("dynamodb").get_item(
        TableName=settings().messages_table,
        Key={"message_id": {"S": _suppression(recipient)}},
        ProjectionExpression="message_id",
        ConsistentRead=True,
    )
    return "Item" in answer


def _suppression(recipient: Recipient) -> str:
    return f"suppressed#{recipient.digest}"


def _claim(record: Record, claim: str, now: datetime) -> bool:
    """Take the message for the time of the lease; False when it is settled and nothing is left to do.

    Raises:
        Unavailable: somebody else has it at the moment.
    """
    from botocore.exceptions import ClientError

    try:
        client("dynamodb").put_item(
            TableName=settings().messages_table,
            Item={
                "message_id": {"S": record.message_id},
                "event_id": {"S": record.event_id},
                "order_id": {"S": record.order_id},
                "kind": {"S": record.kind},
                "medium": {"S": record.recipient.medium},
                "language": {"S": record.language},
                "status": {"S": Status.CLAIMED},
                "at": {"S": to_text(now)},
                "claim": {"S": claim},
                "lease_until": {"S": to_text(now + LEASE)},
            },
            ConditionExpression="attribute_not_exists(message_id) OR (#status = :claimed AND lease_until <= :now)",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={":claimed": {"S": Status.CLAIMED}, ":now": {"S": to_text(now)}},
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except ClientError as error:
        if code(error) != "ConditionalCheckFailedException":
            raise
        standing: Any = error.response.get("Item")
        if standing["status"]["S"] != Status.CLAIMED:
            return False
        # Our own put, repeated by the SDK after an answer was lost, is not somebody else's.
        if standing["claim"]["S"] != claim:
            raise Unavailable("another delivery of the same event is sending this message") from None
    return True


def _settle(record: Record, status: Status, now: datetime, **facts: str) -> Status:
    """Write down what became of the message; `facts` are the provider's id or error."""
    values = {"status": status.value, "at": to_text(now), **facts}
    client("dynamodb").update_item(
        TableName=settings().messages_table,
        Key={"message_id": {"S": record.message_id}},
        UpdateExpression=f"SET {', '.join(f'#{name} = :{name}' for name in values)} REMOVE claim, lease_until",
        ExpressionAttributeNames={f"#{name}": name for name in values},
        ExpressionAttributeValues={f":{name}": {"S": value} for name, value in values.items()},
    )
    return status


def _give_up(record: Record, claim: str, now: datetime) -> None:
    """Let the next attempt begin at once, if the message is still ours."""
    from botocore.exceptions import ClientError

    try:
        client("dynamodb").update_item(
            TableName=settings().messages_table,
            Key={"message_id": {"S": record.message_id}},
            UpdateExpression="SET lease_until = :now",
            ConditionExpression="claim = :claim",
            ExpressionAttributeValues={":claim": {"S": claim}, ":now": {"S": to_text(now)}},
        )
    except ClientError as error:
        if code(error) != "ConditionalCheckFailedException":
            raise
