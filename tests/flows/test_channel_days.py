"""The plain shop's day in disorder, and death at each call while a channel is read and an order is asked for."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence

import pytest

from infra.standins.wsgi import Fault
from tests.flows.test_intake import MARKET, connect, told, wait
from tests.support import plain_shop
from tests.support.channel_day import Delivery, day
from tests.support.plain_shop import PlainShop
from tests.support.recorder import Moment, ProcessDied
from tests.support.shops import Sale
from tests.support.state import logs
from tests.support.world import World

FULL = bool(os.environ.get("OMS_FULL"))


class PlainKeeper:
    """What happens in the plain shop."""

    channel_id = MARKET

    def __init__(self, world: World, shop: PlainShop) -> None:
        self.world = world
        self.shop = shop
        self.sold = 0
        self._news: list[str] = []

    def moves(self) -> Sequence[Callable[[], None]]:
        """A sale twice as often as anything else; a notice about an order that does not exist is among them."""
        open_orders = [each for each, order in self.shop.orders.items() if not order["cancelled_at"]]
        changes = [self._pay, self._cancel] if open_orders else []
        return [self._sell, self._sell, *changes]

    def _sell(self) -> None:
        self.sold += 1
        self._news.append(self.shop.sell(self.sold, Sale("TEE", 1 + self.sold % 3, "19.90"), status="pending"))

    def _some(self) -> str:
        alive = [each for each, order in self.shop.orders.items() if not order["cancelled_at"]]
        return alive[self.sold % len(alive)]

    def _pay(self) -> None:
        self.shop.change(some := self._some(), financial_status="paid")
        self._news.append(some)

    def _cancel(self) -> None:
        self.shop.cancel(some := self._some())
        self._news.append(some)

    def deliveries(self) -> list[Delivery]:
        """Each change is told by a notice that names the order."""
        news, self._news = self._news, []
        return [lambda each=each: told(self.world, each) for each in news]  # type: ignore[misc]

    def documents(self) -> dict[str, bytes]:
        """The orders as they are."""
        return {each: json.dumps(order).encode() for each, order in self.shop.orders.items()}

    def disturb(self, fault: Fault) -> None:
        """The next call goes wrong."""
        self.shop.faults.append(fault)


@pytest.mark.parametrize("seed", range(20) if FULL else [3])
def test_a_day_in_disorder_ends_as_the_platform_has_it(world: World, seed: int) -> None:
    world.pumps = [each for each in world.pumps if each.settings.function.stage in {"capture", "insight"}]
    shop = PlainShop(world.clock)
    connect(world)
    with plain_shop.installed((plain_shop.URL, shop)):
        keeper = PlainKeeper(world, shop)
        day(world, keeper, seed=seed, steps=60 if FULL else 20)
        assert keeper.sold > 5


def test_whoever_dies_while_a_channel_is_read_or_an_order_asked_for_loses_nothing() -> None:
    """At every call to AWS of this life, before it and after it, in one world after the other."""
    calls = _live(None)
    assert len(calls) > 25
    tried = [(number, moment) for number in range(len(calls)) for moment in Moment]
    for number, moment in tried if FULL else tried[::17]:
        _live((number, moment))


def _live(death: tuple[int, Moment] | None) -> list[str]:
    """Four orders are read, over two pages; one is told of and asked for. Whatever dies, all are here at the end."""
    with World() as world:
        world.pumps = [each for each in world.pumps if each.settings.function.stage == "capture"]
        shop = PlainShop(world.clock)
        connect(world)
        with plain_shop.installed((plain_shop.URL, shop)):
            world.recorder.clear()
            if death:
                world.recorder.die_at(*death)
            sold = [shop.sell(number) for number in range(4)]
            shop.hidden.add(late := shop.sell(9))
            for _ in range(2):
                if told(world, late).status == 200:  # as platforms do, it tells again until it is heard
                    break
            for seconds in (60, 60, 200, 700):
                _tick(world, seconds)
            assert not world.recorder.death_is_due, f"nobody died at {death}"
            calls = [f"{each.function} {each.name}" for each in world.recorder.calls]
            orders = logs(world)
            assert len(orders) == len(sold) + 1, f"died at {death}: {calls[death[0]] if death else ''}"
            assert all(len(entries) == 1 for entries in orders.values())
            left = [each for each in world.items("IntakeTable") if each["sk"].startswith(("wish#", "work#"))]
            assert left == [], f"died at {death}"
        return calls


def _tick(world: World, seconds: int) -> None:
    try:
        wait(world, seconds)
    except ProcessDied:  # a dead clock comes again in a minute
        world.settle()
