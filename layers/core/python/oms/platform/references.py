"""Foreign keys that lead to orders, and the notices that came before their order was known.

The table owns its keys here: partition `ref` (`<kind>#<value>`), sort `entry`. One read of a reference answers both
which order it leads to and what waits for it:

    order                            order_id: where the reference leads
    parked#<received at>#<id>        body: what came too early; gone after 30 days (TTL `expires`)
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from oms.clock import to_text
from oms.orders.log import Reference
from oms.orders.references import Lookup, Parked, References
from oms.platform.aws import client
from oms.platform.config import settings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

LINK = "order"
PARKED = "parked#"
PARKED_FOR = timedelta(days=30)


class DynamoReferences:
    """`References` on the references table."""

    def look_up(self, reference: Reference) -> Lookup:
        """The link and everything parked, strongly consistent; one query unless more than 1 MB waits."""
        pages = client("dynamodb").get_paginator("query")
        order_id = None
        parked = []
        for page in pages.paginate(
            TableName=settings().references_table,
            KeyConditionExpression="#ref = :ref",
            ExpressionAttributeNames={"#ref": "ref"},
            ExpressionAttributeValues={":ref": {"S": _key(reference)}},
            ConsistentRead=True,
        ):
            for item in page["Items"]:
                if item["entry"]["S"] == LINK:
                    order_id = item["order_id"]["S"]
                else:
                    parked.append(Parked(entry=item["entry"]["S"], body=item["body"]["S"]))
        return Lookup(order_id=order_id, parked=tuple(parked))

    def park(self, reference: Reference, body: str, *, notice_id: str, at: datetime) -> None:
        """Keep a notice for 30 days. The same notice parked twice at different times waits twice: apply it once."""
        client("dynamodb").put_item(
            TableName=settings().references_table,
            Item={
                "ref": {"S": _key(reference)},
                "entry": {"S": f"{PARKED}{to_text(at)}#{notice_id}"},
                "body": {"S": body},
                "expires": {"N": str(int((at + PARKED_FOR).timestamp()))},
            },
        )

    def forget(self, reference: Reference, parked: Iterable[Parked]) -> None:
        """Remove notices that have been applied."""
        for notice in parked:
            client("dynamodb").delete_item(
                TableName=settings().references_table,
                Key={"ref": {"S": _key(reference)}, "entry": {"S": notice.entry}},
            )


def references() -> References:
    """The references of this stack."""
    return DynamoReferences()


def link(reference: Reference, order_id: str) -> None:
    """Make a reference lead to an order, before anything about it is on the log."""
    put = reference_put(reference, order_id)["Put"]
    client("dynamodb").put_item(TableName=put["TableName"], Item=put["Item"])


def reference_put(reference: Reference, order_id: str) -> TransactWriteItemTypeDef:
    """The write that makes a reference lead to an order, for the transaction of the event that it comes from.

    Unconditional: carriers use their tracking numbers again after some months, and the newest parcel is meant then.
    """
    return {
        "Put": {
            "TableName": settings().references_table,
            "Item": {"ref": {"S": _key(reference)}, "entry": {"S": LINK}, "order_id": {"S": order_id}},
        }
    }


def _key(reference: Reference) -> str:
    return f"{reference.kind}#{reference.value}"
