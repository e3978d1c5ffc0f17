"""What follows from a change of stock: those who wait are served, who watches and who sells is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oms.clock import now
from oms.platform import channel_stock, promises
from oms.platform.batch import BatchAnswer, Timed, stream_batch
from oms.platform.routing import stock_arrived
from oms.platform.stock_alerts import watch
from oms.platform.stock_items import owner


def follow(event: Mapping[str, Any], context: Timed) -> BatchAnswer:
    """A batch of the stock stream. A sku that moves many times in it is looked at for alerts once, at the last."""
    # First of all: a mark that is made and not needed does no harm.
    channel_stock.follow(event["Records"])
    causes: dict[str, list[str]] = {}
    for record in event["Records"]:
        if promises.concerns(record):
            continue
        causes.setdefault(_sku(record), []).append(record["eventID"])

    def handle(record: dict[str, Any]) -> None:
        if promises.concerns(record):
            promises.follow(record)
            return
        stock_arrived(record)
        of_sku = causes[_sku(record)]
        if record["eventID"] == of_sku[-1]:
            watch(_sku(record), of_sku, now())

    return stream_batch(event, context, handle)


def _sku(record: Mapping[str, Any]) -> str:
    return owner(record["dynamodb"]["Keys"])[0]
