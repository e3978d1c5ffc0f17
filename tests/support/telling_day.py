"""A world in which channels are told, and nothing else is done: what happened is written straight to the log.

Selling and shipping an order takes every function of the stack, and half a second; that an order was shipped is one
write.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from oms.channels.telling import EVENTS
from oms.orders.codec import event_type, to_data, version_of
from oms.orders.log import load
from oms.orders.order import Entry
from oms.platform.event_log import order_log
from tests.support.histories import life
from tests.support.merchant import SHOPIFY
from tests.support.world import World

SHIPPED = 12
"""Entries of the life until its first parcel has left; one unit was cancelled before."""


class TellingDay:
    """See the module."""

    def __init__(self, world: World) -> None:
        self.world = world
        world.pumps = [each for each in world.pumps if each.settings.logical_id == "UpdatesTrigger"]

    def happened(self, order_id: str) -> Entry:
        """An order was placed, a unit cancelled and a parcel shipped, all in one entry; nobody heard of it yet."""
        whole = life(order_id, channel_id=SHOPIFY, placed_at=self.world.clock(), number=order_id)[:SHIPPED]
        events = tuple(event for entry in whole for event in entry.events)
        entry = replace(whole[0], events=events, at=self.world.clock())
        with self.world.inside("NotifyTell"):
            order_log().place(entry)
        return entry

    def hear(self, entry: Entry) -> None:
        """The topic brings what happened to the queue of updates."""
        for index, event in enumerate(entry.events):
            if event_type(event) in EVENTS:
                body: dict[str, Any] = {
                    "id": f"{entry.order_id}:{entry.seq}:{index}",
                    "order_id": entry.order_id,
                    "seq": entry.seq,
                    "index": index,
                    "channel_id": SHOPIFY,
                    "type": event_type(event),
                    "v": version_of(event_type(event)),
                    "data": to_data(event),
                }
                self.world.cloud.client("sqs").send_message(
                    QueueUrl=self.world.template.ref("UpdatesQueue"), MessageBody=json.dumps(body)
                )
        self.world.settle()

    def sell(self, *order_ids: str) -> None:
        """Orders of which something is to be told, one after another."""
        for order_id in order_ids:
            self.hear(self.happened(order_id))

    def minutes(self, count: int, *, each: int = 1) -> None:
        """Time passes, `each` minutes at a time, and the clock sees to what channels were not told."""
        for _ in range(count):
            self.world.clock.wait(60 * each)
            self.sweep()

    def sweep(self) -> None:
        """What the clock does about channels, and what follows from it."""
        self.world.runtime.invoke(self.world.functions["NotifySweep"], {"source": "aws.events"})
        self.world.settle()

    def told(self, order_id: str) -> list[str]:
        """What the log says that the channel was told of an order, by key."""
        with self.world.inside("NotifyTell"):
            order = load(order_log(), order_id)
        return [each.event.key for each in order.outward.told.values()]

    def waiting(self) -> list[dict[str, Any]]:
        """The orders of which something is still to be told, as the table has them."""
        return [item for item in self.world.items("OutboxTable") if item["pk"].startswith("update#")]
