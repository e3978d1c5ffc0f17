from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from oms.orders.order import Order
from oms.routing.news import refresh
from oms.routing.ports import Ports
from oms.routing.process import advance
from oms.setup import Channel, Platform, Product
from oms.stock.expected import Expected
from tests.support.memory_stack import MemoryStack
from tests.support.orders import line, placed


class Shop(MemoryStack):
    """A stack whose channel offers substitutes by rule."""

    hours = 48

    def ports(self) -> Ports:
        shop = Channel(channel_id="shop", platform=Platform.CANONICAL, name="Shop", substitute_offer_hours=self.hours)
        return replace(super().ports(), channel=lambda _: shop)


@pytest.fixture
def stack() -> Shop:
    shop = Shop()
    for sku, units in (("mug", 0), ("cup", 1), ("pot", 5)):
        shop.stock(sku, "north", units)
    shop.products["mug"] = Product(sku="mug", title="Mug", substitutes=("cup", "pot"))
    return shop


def sold(stack: Shop) -> Order:
    stack.captured(placed(line("1", "mug", 2, 2000)), "o1")
    return advance(stack.ports(), "o1", "routed")


def test_the_best_substitute_of_which_there_is_enough_is_offered_once(stack: Shop) -> None:
    order = sold(stack)
    (offer,) = order.offers.values()
    assert (offer.offered.sku, offer.offered.quantity, offer.offered.net) == ("pot", 2, 2000)
    assert offer.offered.expires_at == order.updated_at + timedelta(hours=48)
    assert len(refresh(stack.ports(), "o1", "again").offers) == 1
    stack.now = offer.offered.expires_at
    assert len(advance(stack.ports(), "o1", "nobody answered").offers) == 1


def test_nothing_is_offered_for_what_has_a_day_until_that_is_lost(stack: Shop) -> None:
    comes = stack.now.date() + timedelta(days=5)
    stack.coming.append(Expected(sku="mug", location_id="north", quantity=2, expected=comes, purchase_order_id="po-1"))
    assert not sold(stack).offers
    stack.coming.clear()
    assert refresh(stack.ports(), "o1", "the supplier gave up").offers


def test_nothing_is_offered_where_the_channel_does_not_want_it_or_nothing_is_there(stack: Shop) -> None:
    stack.hours = 0
    assert not sold(stack).offers
    stack.hours = 48
    stack.products["mug"] = Product(sku="mug", title="Mug", substitutes=("cup", "spoon"))
    assert not refresh(stack.ports(), "o1", "now").offers
