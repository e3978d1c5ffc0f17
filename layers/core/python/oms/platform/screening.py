"""Screening wired to this stack: the rules that are set up, and counters that know digests instead of people.

Counters stand in the references table, and are gone by themselves when no rule looks as far back any more:

    velocity#<what is counted>#<digest>    <placed at>#<order id>
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta

from oms.clock import from_text, to_text
from oms.errors import Unavailable
from oms.fraud.protocol import Screening, ScreeningRequest
from oms.fraud.rules import Counted
from oms.fraud.screener import Sighting, screener
from oms.platform.aws import client
from oms.platform.config import settings
from oms.platform.secrets import made_secret
from oms.platform.setup import fraud_rules

DIGESTS = "digests"
"""The name of the secret without which a digest cannot be guessed: `{"key": ...}`."""

MARGIN = timedelta(days=1)
"""For which a counter outlives the window in which it counts."""


def screen(request: ScreeningRequest) -> Screening:
    """Screen an order by the rules of its channel.

    Raises:
        Unavailable: the vendor that the rules name does not answer, or is not known any more.
    """
    rules = fraud_rules(request.channel_id)
    try:
        chosen = screener(rules, request, DynamoCounters())
    except KeyError:
        raise Unavailable(f"this version of the code knows no screening provider {rules.provider!r}") from None
    return chosen.screen(request)


class DynamoCounters:
    """`Counters` on the references table."""

    def others(
        self, counted: Counted, value: str, sighting: Sighting, *, within: timedelta, limit: int
    ) -> Sequence[datetime]:
        """See `Counters`. Of two orders at the same moment at least one sees the other: each writes before it reads."""
        dynamodb, ref = client("dynamodb"), f"velocity#{counted}#{_digest(counted, value)}"
        own = f"{to_text(sighting.placed_at)}#{sighting.order_id}"
        dynamodb.put_item(
            TableName=settings().references_table,
            Item={
                "ref": {"S": ref},
                "entry": {"S": own},
                "expires": {"N": str(int((sighting.placed_at + within + MARGIN).timestamp()))},
            },
        )
        answer = dynamodb.query(
            TableName=settings().references_table,
            KeyConditionExpression="#ref = :ref AND entry >= :since",
            ExpressionAttributeNames={"#ref": "ref"},
            ExpressionAttributeValues={":ref": {"S": ref}, ":since": {"S": to_text(sighting.placed_at - within)}},
            ProjectionExpression="entry",
            ScanIndexForward=False,
            ConsistentRead=True,
            Limit=limit + 1,
        )
        entries = [item["entry"]["S"] for item in answer["Items"]]
        return [from_text(entry.partition("#")[0]) for entry in entries if entry != own][:limit]


def _digest(counted: Counted, value: str) -> str:
    """A text that stands for a value, and from which nobody without the key can learn it, not even by trying."""
    key = made_secret(DIGESTS)["key"].encode()
    return hmac.new(key, f"{counted}|{value}".encode(), hashlib.sha256).hexdigest()[:32]
