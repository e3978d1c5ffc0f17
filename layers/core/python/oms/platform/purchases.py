"""Purchases of labels in the references table: partition `label#<owner>`, sort `entry`; `state` and `body`.

A record is kept for 400 days (TTL `expires`): longer than a carrier takes a label back or anybody asks about it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING

from oms.clock import from_text, to_text
from oms.fulfillment.purchases import Bought, Purchase, State
from oms.platform.aws import client
from oms.platform.config import settings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

KEPT_FOR = timedelta(days=400)


class DynamoPurchases:
    """`Purchases` on the references table."""

    def of(self, owner: str) -> Sequence[Purchase]:
        """All tries for something, the earliest first; strongly consistent, one query."""
        answer = client("dynamodb").query(
            TableName=settings().references_table,
            KeyConditionExpression="#ref = :ref",
            ExpressionAttributeNames={"#ref": "ref"},
            ExpressionAttributeValues={":ref": {"S": f"label#{owner}"}},
            ConsistentRead=True,
        )
        found = [_load(owner, item["entry"]["S"], json.loads(item["body"]["S"])) for item in answer["Items"]]
        return sorted(found, key=lambda each: (each.at, each.entry))

    def begin(self, purchase: Purchase) -> bool:
        """Write a purchase down that is not there yet; False when it is."""
        dynamodb = client("dynamodb")
        try:
            dynamodb.put_item(
                TableName=settings().references_table,
                Item=_item(purchase),
                ConditionExpression="attribute_not_exists(entry)",
            )
        except dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def change(self, purchase: Purchase, *, before: State) -> bool:
        """Write over it, if it still is in this state; False when it is not."""
        dynamodb = client("dynamodb")
        try:
            dynamodb.put_item(
                TableName=settings().references_table,
                Item=_item(purchase),
                ConditionExpression="#state = :before",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={":before": {"S": before.value}},
            )
        except dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True


def _item(purchase: Purchase) -> dict[str, AttributeValueTypeDef]:
    label = asdict(purchase.label) if purchase.label is not None else None
    body = {
        "carrier": purchase.carrier,
        "service": purchase.service,
        "state": purchase.state.value,
        "at": to_text(purchase.at),
        "label": label,
    }
    return {
        "ref": {"S": f"label#{purchase.owner}"},
        "entry": {"S": purchase.entry},
        "state": {"S": purchase.state.value},
        "body": {"S": json.dumps(body)},
        "expires": {"N": str(int((purchase.at + KEPT_FOR).timestamp()))},
    }


def _load(owner: str, entry: str, body: dict[str, object]) -> Purchase:
    label = body["label"]
    return Purchase(
        owner=owner,
        entry=entry,
        carrier=str(body["carrier"]),
        service=str(body["service"]),
        state=State(str(body["state"])),
        at=from_text(str(body["at"])),
        label=Bought(**label) if isinstance(label, dict) else None,
    )
