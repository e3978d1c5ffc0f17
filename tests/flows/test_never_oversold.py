"""Many buyers at once for ten units, as shirts and in sets, while orders are cancelled and shelves found empty.

Each buyer is a thread of its own, 64 of them or 20 in the short form, that places its order and has it routed; beside
them somebody cancels, a warehouse gives units back, and the streams are followed as the stack does it. Moto answers
over HTTP, one request at a time. Whatever happens: as many units are sold as there are, and every level balances at
every moment, also while it is held in buckets.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import pytest

from infra.fragments import load as fragments
from oms.clock import now
from oms.errors import ConcurrentAppend, NotAllowed, NotFound, ShortStock
from oms.fulfillment.rejection import Rejecting
from oms.fulfillment.work import reject
from oms.orders.commands import CancelOrder, cancel_order
from oms.orders.contact import Address, Contact
from oms.orders.decisions import place as decide_place
from oms.orders.events import UnitState
from oms.orders.log import Caller, load, place
from oms.orders.order import Entry
from oms.orders.rejecting import RejectReason
from oms.platform import fulfillment, routing
from oms.platform.event_log import order_log
from oms.platform.relay import _messages
from oms.platform.setup import put_many
from oms.platform.stock_counts import set_on_hand
from oms.platform.stock_split import set_buckets
from oms.platform.stock_table import sku_stock
from oms.setup import Channel, Component, Location, Product
from tests.support.orders import line, placed
from tests.support.served import Served, served
from tests.support.threads import in_threads

FULL = bool(os.environ.get("OMS_FULL"))
BUYERS = 64 if FULL else 20
UNITS = 10
NORTH, SOUTH = "north", "south"
SHIRTS = ("TEE", "SET", "BOX")
"""What is sold has one shirt in it. (Two in a set would have a right to the last one until a second comes.)"""

BASKETS = (("TEE",), ("SET",), ("TEE", "SET"), ("BOX", "BOX"))
ACTS = ("cancel", "too_busy", "not_in_stock", "cancel", "too_busy", "cancel", "not_in_stock", "cancel")
"""What happens to orders that have their units already, one after the other."""

TABLES = ("orders", "stock", "setup", "references", "views")


def caller(cause: str) -> Caller:
    return Caller(actor="test", cause=cause, clock=now)


def opened(buckets: int) -> None:
    """Ten shirts in two places, mugs in plenty, and two kits that share the shirts."""
    address = Address(line1="Kai 1", postal_code="10115", city="Berlin", country="DE")
    put_many(
        [
            *(
                Location(location_id=name, name=name, address=address, latitude=52.5 + at, longitude=13.4)
                for at, name in enumerate((NORTH, SOUTH))
            ),
            Channel(channel_id="shop", platform="canonical", name="Shop"),
            *(Product(sku=sku, title=sku, grams=200) for sku in ("TEE", "MUG")),
            Product(
                sku="SET", title="Set", components=(Component(sku="TEE", quantity=1), Component(sku="MUG", quantity=1))
            ),
            Product(
                sku="BOX", title="Box", components=(Component(sku="TEE", quantity=1), Component(sku="MUG", quantity=2))
            ),
        ]
    )
    for sku, location_id, units in (("TEE", NORTH, 7), ("TEE", SOUTH, 3), ("MUG", NORTH, 90), ("MUG", SOUTH, 90)):
        set_on_hand(sku, location_id, units, caller("count"))
    if buckets > 1:
        set_buckets("TEE", NORTH, buckets, caller("split"))


def insist(act: Callable[[], object]) -> None:
    """What a queue does with a message that fails: it comes again."""
    for attempt in range(50):
        try:
            act()
        except (ConcurrentAppend, ShortStock):
            time.sleep(0.01 * attempt)
        else:
            return
    raise AssertionError("tried too often")


class Followers:
    """The readers of the two streams, and the queue behind them: each record once, in its order."""

    def __init__(self, tables: Served) -> None:
        self._tables = tables
        self._seen = Counter[str]()
        self._wanted = set(fragments()["Queues"]["Route"]["Events"])

    def step(self) -> bool:
        """Handle what is new; False when nothing was."""
        return any([self._step("orders", self._of_entry), self._step("stock", self._of_level)])

    def _step(self, table: str, handle: Callable[[dict[str, Any]], None]) -> bool:
        records = self._tables.records(table)[self._seen[table] :]
        self._seen[table] += len(records)
        for record in records:
            handle(record)
        return bool(records)

    def _of_entry(self, record: dict[str, Any]) -> None:
        for each in _messages(record["dynamodb"]["NewImage"]):
            message = json.loads(each["Message"])
            # The buyers carry the news of their own orders themselves, all at the same time.
            if message["type"] in self._wanted and message["type"] != "OrderPlaced":
                insist(lambda message=message: routing.handle(message, message["id"]))  # type: ignore[misc]

    def _of_level(self, record: dict[str, Any]) -> None:
        if "on_hand" in record["dynamodb"].get("NewImage", {}):
            insist(lambda: routing.stock_arrived(record))


class Trouble:
    """Somebody who cancels orders, and a warehouse that finds its shelves empty or has no time."""

    def __init__(self) -> None:
        self.acts = Counter[str]()
        self.lost = 0

    def step(self) -> bool:
        """Take its units away from the first order that has some; False when there is none or it is enough."""
        number = sum(self.acts.values())
        if number >= len(ACTS):
            return False
        for order_id in order_ids():
            try:
                order = load(order_log(), order_id)
            except NotFound:
                continue
            shares = [each for each in order.fulfillment_orders.values() if each.counts.get(UnitState.ALLOCATED)]
            if shares and not order.rejections:
                self._act(order_id, shares[0].fulfillment_order_id, ACTS[number])
                return True
        return False

    def _act(self, order_id: str, share: str, what: str) -> None:
        who = caller(f"{what} {order_id}")
        try:
            if what == "cancel":
                cancel_order(order_log(), order_id, CancelOrder(), who)
            else:
                rejecting = Rejecting(reason=RejectReason(what))
                order = reject(fulfillment.ports(), share, who, rejecting=rejecting)
                if what == "not_in_stock":
                    self.lost += sum(order.rejections[-1].units.values())
        except (NotAllowed, ConcurrentAppend, ShortStock):
            return
        self.acts[what] += 1


def order_ids() -> Iterable[str]:
    return (f"o{number}" for number in range(BUYERS))


def buys(number: int, *bought: str) -> None:
    """Place an order and have it routed."""
    goods = bought or BASKETS[number % len(BASKETS)]
    order = placed(*(line(str(at), sku, 1, 1000) for at, sku in enumerate(goods, start=1)))
    contact = Contact(name="N. N.", shipping=Address(line1="Kai 2", postal_code="10115", city="Berlin", country="DE"))
    entry = Entry(
        order_id=f"o{number}",
        seq=1,
        at=datetime.now(UTC),
        actor="shop",
        cause=f"order {number}",
        events=tuple(decide_place(order)),
        contact=contact,
    )
    place(order_log(), entry)
    message = {"id": f"o{number}:1:0", "order_id": f"o{number}", "seq": 1, "index": 0, "type": "OrderPlaced"}
    insist(lambda: routing.handle(message, message["id"]))  # type: ignore[arg-type]


@pytest.mark.parametrize("buckets", [1, 4] if FULL else [4])
def test_exactly_what_is_there_is_sold(buckets: int) -> None:
    with served(*TABLES) as tables:
        opened(buckets)
        # What a process makes once for all its orders is made now: Python 3.11 compiles in one thread at a time only.
        buys(BUYERS, "MUG")
        followers, trouble, at_it = Followers(tables), Trouble(), threading.Event()
        left = [BUYERS]

        def buyer(number: int) -> Callable[[], None]:
            def work() -> None:
                try:
                    buys(number)
                finally:
                    left[0] -= 1
                    if not left[0]:
                        at_it.set()

            return work

        def beside(step: Callable[[], bool]) -> Callable[[], None]:
            def work() -> None:
                while not at_it.is_set():
                    if not step():
                        at_it.wait(0.05)

            return work

        works = [*(buyer(number) for number in range(BUYERS)), beside(followers.step), beside(trouble.step)]
        in_threads(len(works), lambda number: works[number]())
        while trouble.step() or followers.step():
            pass
        judge(tables, trouble)


def judge(tables: Served, trouble: Trouble) -> None:
    """As many shirts are sold as there are, and no item was ever out of balance."""
    assert trouble.acts.total() >= len(ACTS) // 2, "there was trouble"
    sold = 0
    for order_id in order_ids():
        for each in load(order_log(), order_id).lines.values():
            assert each.placed.sku in SHIRTS
            sold += each.counts.get(UnitState.ALLOCATED, 0)
    levels = sku_stock("TEE", consistent=True).levels
    assert (sold, sum(each.committed for each in levels)) == (UNITS - trouble.lost,) * 2, (levels, trouble.acts)
    assert sum(each.available for each in levels) == 0
    images = [record["dynamodb"].get("NewImage", {}) for record in tables.records("stock")]
    moved = [image for image in images if "on_hand" in image]
    assert len(moved) > UNITS
    for image in moved:
        units = {name: int(value["N"]) for name, value in image.items() if "N" in value}
        apart = sum(count for name, count in units.items() if name.startswith("unavailable_"))
        assert units["on_hand"] == units["available"] + units["committed"] + apart, image
        assert min(units["on_hand"], units["available"], units["committed"]) >= 0, image
