"""The table of webhooks: each delivery of an event to a subscription, and what became of it.

    pk                                  sk
    delivery#<subscription id>          <event's at>#<event id>  body, status, attempts, next_at, number; expires
    order#<subscription id>#<order id>  number                   told: deliveries made so far about this order; expires

A delivery that is pending carries `due` (its subscription), and is by that in the sparse index `by_due`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from oms.clock import to_text
from oms.errors import Unavailable
from oms.platform.aws import client, code
from oms.platform.config import settings
from oms.webhooks.delivery import Answer, Delivery, DeliveryStatus, body, delivery_id

KEPT = timedelta(days=30)
"""How long deliveries can be looked at and replayed."""

LEASE = timedelta(minutes=2)
"""Within this time whoever took a delivery has tried it, or has died."""

ATTEMPTS = 8


def add_delivery(subscription_id: str, message: Mapping[str, Any], next_at: datetime, now: datetime) -> Delivery:
    """Write down that a subscription is to be told of an event, once; the delivery that stands comes back.

    Raises:
        Unavailable: events of the same order are being added at the same time, again and again.
    """
    from botocore.exceptions import ClientError

    name = delivery_id(message["at"], message["id"])
    counter = _key(f"order#{subscription_id}#{message['order_id']}", "number")
    expires = {"N": str(int((now + KEPT).timestamp()))}
    for _ in range(ATTEMPTS):
        told = _told(counter)
        made = Delivery(
            subscription_id=subscription_id,
            delivery_id=name,
            event_id=message["id"],
            type=message["type"],
            body=body(message, told + 1),
            next_at=to_text(next_at),
        )
        unseen = "told = :told" if told else "attribute_not_exists(told)"
        try:
            client("dynamodb").transact_write_items(
                TransactItems=[
                    {
                        "Put": {
                            "TableName": settings().webhooks_table,
                            "Item": {**_delivery_item(made), "expires": expires},
                            "ConditionExpression": "attribute_not_exists(pk)",
                        }
                    },
                    {
                        "Update": {
                            "TableName": settings().webhooks_table,
                            "Key": counter,
                            "UpdateExpression": "SET told = :next, expires = :expires",
                            "ConditionExpression": unseen,
                            "ExpressionAttributeValues": {
                                ":next": {"N": str(told + 1)},
                                ":expires": expires,
                                **({":told": {"N": str(told)}} if told else {}),
                            },
                        }
                    },
                ]
            )
        except ClientError as error:
            if code(error) not in {"TransactionCanceledException", "TransactionInProgressException"}:
                raise
        else:
            return made
        if (standing := delivery(subscription_id, name)) is not None:
            return standing
    raise Unavailable(f"order {message['order_id']} has too many events at once: try again")


def _told(counter: Mapping[str, Any]) -> int:
    answer = client("dynamodb").get_item(TableName=settings().webhooks_table, Key=counter, ConsistentRead=True)
    return int(answer.get("Item", {}).get("told", {"N": "0"})["N"])


def delivery(subscription_id: str, name: str) -> Delivery | None:
    """A delivery as it stands; None when there is none, or no more."""
    answer = client("dynamodb").get_item(
        TableName=settings().webhooks_table, Key=_key(f"delivery#{subscription_id}", name), ConsistentRead=True
    )
    return delivery_of(answer["Item"]) if "Item" in answer else None


def take(subscription_id: str, name: str, seen: str, now: datetime, *, tries: int = 0) -> Delivery | None:
    """Take a delivery in hand, and count a try before it is made: nobody else tries it until the lease is over.

    None when it is no longer pending since the moment `seen` that named it: somebody else was faster.
    """
    dynamodb = client("dynamodb")
    try:
        answer = dynamodb.update_item(
            TableName=settings().webhooks_table,
            Key=_key(f"delivery#{subscription_id}", name),
            UpdateExpression="SET next_at = :later ADD attempts :tries",
            ConditionExpression="#status = :pending AND next_at = :seen",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={
                ":pending": {"S": DeliveryStatus.PENDING.value},
                ":seen": {"S": seen},
                ":later": {"S": to_text(now + LEASE)},
                ":tries": {"N": str(tries)},
            },
            ReturnValues="ALL_NEW",
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        return None
    return delivery_of(answer["Attributes"])


def settle(one: Delivery, answer: Answer, now: datetime, retry_at: datetime | None) -> None:
    """Write down what became of a try: it arrived, is tried again at `retry_at`, or is given up."""
    status = (
        DeliveryStatus.DELIVERED
        if answer.taken
        else DeliveryStatus.PENDING
        if retry_at is not None
        else DeliveryStatus.FAILED
    )
    pending = status is DeliveryStatus.PENDING and retry_at is not None
    values: dict[str, Any] = {
        ":status": {"S": status.value},
        ":answer": {"N": str(answer.status)},
        ":text": {"S": answer.text},
        ":took": {"N": str(answer.milliseconds)},
        ":tried": {"S": to_text(now)},
        ":seen": {"S": one.next_at},
    }
    if pending:
        values[":later"] = {"S": to_text(retry_at)}  # type: ignore[arg-type]
    dynamodb = client("dynamodb")
    try:
        dynamodb.update_item(
            TableName=settings().webhooks_table,
            Key=_key(f"delivery#{one.subscription_id}", one.delivery_id),
            UpdateExpression="SET #status = :status, answer = :answer, answer_text = :text, took = :took,"
            " tried_at = :tried" + (", next_at = :later" if pending else " REMOVE due, next_at"),
            # Who took longer than its lease has nothing more to say.
            ConditionExpression="next_at = :seen",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues=values,
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        return


def due(subscription_id: str, now: datetime | None, limit: int) -> list[Delivery]:
    """Pending deliveries of a subscription that are due by `now` (None: all), those that wait longest first."""
    answer = client("dynamodb").query(
        TableName=settings().webhooks_table,
        IndexName="by_due",
        KeyConditionExpression="due = :due" + ("" if now is None else " AND next_at <= :now"),
        ExpressionAttributeValues={
            ":due": {"S": subscription_id},
            **({} if now is None else {":now": {"S": to_text(now)}}),
        },
        Limit=limit,
    )
    # The index has keys only: what a message needs, and no body.
    return [
        Delivery(
            subscription_id=subscription_id,
            delivery_id=item["sk"]["S"],
            event_id="",
            type="",
            body="",
            next_at=item["next_at"]["S"],
        )
        for item in answer["Items"]
    ]


def range_of(
    subscription_id: str, since: str, until: str, after: str, limit: int, *, newest_first: bool = False
) -> tuple[list[Delivery], str]:
    """Deliveries of events of a time, and the place of the page that follows; empty on the last.

    `since` and `until` are RFC 3339 as `oms.clock.to_text` writes it.
    """
    pk = f"delivery#{subscription_id}"
    start: Any = {"ExclusiveStartKey": _key(pk, after)} if after else {}
    answer = client("dynamodb").query(
        TableName=settings().webhooks_table,
        KeyConditionExpression="pk = :pk AND sk BETWEEN :since AND :until",
        ExpressionAttributeValues={":pk": {"S": pk}, ":since": {"S": since}, ":until": {"S": until + "$"}},
        Limit=limit,
        ScanIndexForward=not newest_first,
        **start,
    )
    last: Any = answer.get("LastEvaluatedKey", {})
    return [delivery_of(item) for item in answer["Items"]], last["sk"]["S"] if last else ""


def renew(one: Delivery, now: datetime) -> Delivery | None:
    """Begin a delivery anew, with all its tries; None when it is still under way, or was renewed by somebody else."""
    dynamodb = client("dynamodb")
    try:
        answer = dynamodb.update_item(
            TableName=settings().webhooks_table,
            Key=_key(f"delivery#{one.subscription_id}", one.delivery_id),
            UpdateExpression="SET #status = :pending, due = :due, next_at = :later, attempts = :none",
            ConditionExpression="#status = :seen AND #status <> :pending",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={
                ":pending": {"S": DeliveryStatus.PENDING.value},
                ":seen": {"S": one.status.value},
                ":due": {"S": one.subscription_id},
                ":later": {"S": to_text(now + LEASE)},
                ":none": {"N": "0"},
            },
            ReturnValues="ALL_NEW",
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        return None
    return delivery_of(answer["Attributes"])


def _key(pk: str, sk: str) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def _delivery_item(made: Delivery) -> dict[str, Any]:
    return {
        **_key(f"delivery#{made.subscription_id}", made.delivery_id),
        "due": {"S": made.subscription_id},
        "next_at": {"S": made.next_at},
        "status": {"S": made.status.value},
        "attempts": {"N": str(made.attempts)},
        "event_id": {"S": made.event_id},
        "type": {"S": made.type},
        "body": {"S": made.body},
    }


def delivery_of(item: Mapping[str, Any]) -> Delivery:
    """An item of the table as a delivery."""
    return Delivery(
        subscription_id=item["pk"]["S"].removeprefix("delivery#"),
        delivery_id=item["sk"]["S"],
        event_id=item["event_id"]["S"],
        type=item["type"]["S"],
        body=item["body"]["S"],
        status=DeliveryStatus(item["status"]["S"]),
        attempts=int(item["attempts"]["N"]),
        next_at=item.get("next_at", {"S": ""})["S"],
        answer=int(item.get("answer", {"N": "0"})["N"]),
        answer_text=item.get("answer_text", {"S": ""})["S"],
        took=int(item.get("took", {"N": "0"})["N"]),
        tried_at=item.get("tried_at", {"S": ""})["S"],
    )
