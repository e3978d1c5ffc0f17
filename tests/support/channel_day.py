"""A day of one channel in disorder: what happens there reaches us late, twice, in any order, or not at all.

At its end the channel is read and compared, and then everything here must be as it is there. Use it with a platform's
stand-in by saying what can happen in it (`Shopkeeper`):

    with World() as world, answered_by(("https://shop.example", standin)):
        ...set the channel up, with its api_url and keys...
        day(world, MyKeeper(standin, world), seed=7)

`day` asserts by itself:

* the orders of the channel here are exactly those that the platform has;
* of each, the newest document of the platform is the last that was followed (`fingerprint`), nothing is alive here that
  is cancelled there or the other way round, and totals agree (`oms.channels.comparing.differences`);
* another poll and another comparison change nothing, and nothing is left as unreadable, missing or refused.

`seed` chooses the disorder. What happens during the day comes from the keeper's `moves`, in an order by the seed.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Protocol

from infra.standins.wsgi import Fault
from oms.channels.comparing import differences
from oms.channels.document import ChannelDocument
from oms.channels.protocol import WHOLE, platform_of
from oms.channels.work import WorkKind
from oms.orders.evolve import fold
from oms.orders.order import Order
from oms.platform import channel_work, reconciling, setup
from tests.support.state import logs
from tests.support.world import World

Delivery = Callable[[], object]
"""Sends one webhook or notification to the stack; sent twice, it is the same one delivered twice."""


class Shopkeeper(Protocol):
    """What a platform's test brings: a stand-in that things happen in, and what it tells of them."""

    channel_id: str

    def moves(self) -> Sequence[Callable[[], None]]:
        """What can happen next, as things to do: somebody buys, pays, changes an order, cancels it."""
        ...

    def deliveries(self) -> list[Delivery]:
        """The notices of what has happened since this was last asked; none on a platform that is only read."""
        ...

    def documents(self) -> dict[str, bytes]:
        """All orders as the platform has them now, by id, as `parse` reads them under `WHOLE`."""
        ...

    def disturb(self, fault: Fault) -> None:
        """Let the next call to the platform's API suffer this."""
        ...


def day(world: World, keeper: Shopkeeper, *, seed: int, steps: int = 40, lost: float = 0.25) -> None:
    """Live through a day, and compare the end with the platform. `lost` is the share of notices that never arrive."""
    chance = random.Random(seed)  # noqa: S311 - the same disorder for the same seed
    under_way: list[Delivery] = []
    for _ in range(steps):
        chance.choice(keeper.moves())()
        told = [each for each in keeper.deliveries() if chance.random() >= lost]
        under_way += [*told, *(each for each in told if chance.random() < 0.3)]
        chance.shuffle(under_way)
        for _ in range(chance.randint(0, min(3, len(under_way)))):
            under_way.pop()()
        if chance.random() < 0.2:
            keeper.disturb(chance.choice([Fault.QUESTION_LOST, Fault.ANSWER_LOST, Fault.SERVER_ERROR]))
        _pass(world, chance.choice([1, 20, 90, 400]))
    for each in under_way:
        each()
    _evening(world, keeper)
    _as_there(world, keeper)


def _pass(world: World, seconds: float) -> None:
    world.clock.wait(seconds)
    world.runtime.invoke(world.functions["CaptureClock"], {})
    world.settle()


def _evening(world: World, keeper: Shopkeeper) -> None:
    """The channel is read to its end, what waits is asked for, and the day compared, which must change nothing."""
    for _ in range(3):
        _pass(world, 7300)
    before = {name: order.version for name, order in _orders(world, keeper.channel_id).items()}
    for name in ("evening", "night"):
        at = world.clock()
        with world.inside("CapturePoll"):
            reconciling.ask(keeper.channel_id, name, at - timedelta(days=3), at)
        world.settle()
        _pass(world, 400)
    after = {name: order.version for name, order in _orders(world, keeper.channel_id).items()}
    assert after == before, "a comparison found what reading had missed"


def _as_there(world: World, keeper: Shopkeeper) -> None:
    with world.inside("CapturePoll"):
        here = _orders(world, keeper.channel_id)
        channel = setup.channel(keeper.channel_id)
        read = {name: platform_of(channel).parse(WHOLE, raw, channel) for name, raw in keeper.documents().items()}
        there = {name: document for name, document in read.items() if document is not None}
        work, _ = channel_work.listed(keeper.channel_id, closed=False, limit=100, cursor="")
    assert set(here) == set(there), "the orders here are not those of the platform"
    wrong = [f"{name}: {each}" for name in there for each in _contradictions(here[name], there[name])]
    # A missed order was captured when it was found: it is only news.
    wrong += [f"{each.external_id}: {each.kind}, {each.problem}" for each in work if each.kind is not WorkKind.MISSED]
    assert wrong == [], "; ".join(wrong)


def _contradictions(order: Order, document: ChannelDocument) -> list[str]:
    found = list(differences(order, document))
    if order.fingerprint != document.placed.fingerprint:
        found.append("the platform's newest document was not followed")
    return found


def _orders(world: World, channel_id: str) -> dict[str, Order]:
    """The channel's orders here, by its own ids."""
    found = {}
    for entries in logs(world).values():
        order = fold(entries)
        assert order is not None
        if order.placed.channel_id == channel_id:
            found[order.placed.external_id] = order
    return found
