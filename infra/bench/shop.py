"""A small shop on tables in memory: the real routing, with nothing that takes time but the tables."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import MISSING, fields
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

from infra.bench.dynamo import Dynamo
from oms.orders.contact import Address, Contact
from oms.orders.decisions import place
from oms.orders.events import OrderPlaced, PaymentMethod, PaymentTerms, PlacedLine, UnitRun
from oms.orders.order import Entry
from oms.platform import aws, cache, config
from oms.platform.event_log import order_log
from oms.platform.stock_buckets import glance
from oms.platform.stock_table import sku_stock
from oms.routing.ports import Ports
from oms.setup import Location, Product
from oms.sourcing.distance import Coordinates

AT = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
PRICE = 1990


@contextmanager
def tables() -> Iterator[Dynamo]:
    """The platform on tables in memory, with the environment of a function."""
    dynamo = Dynamo()
    names = [each.name for each in fields(config.Settings) if each.default is MISSING]
    environment = {f"OMS_{name.upper()}": f"bench-{name.removesuffix('_table')}" for name in names}
    with (
        patch.dict(os.environ, environment | {"POWERTOOLS_SERVICE_NAME": "bench"}),
        patch.object(aws, "_client", lambda _service: dynamo),
    ):
        config.settings.cache_clear()
        cache.forget_all()
        yield dynamo
    config.settings.cache_clear()
    cache.forget_all()


def entry(order_id: str, skus: Sequence[str]) -> Entry:
    """A paid order of one unit each."""
    lines = tuple(
        PlacedLine(
            line_id=str(number),
            sku=sku,
            title=sku,
            quantity=1,
            net=PRICE,
            tax=0,
            units=(UnitRun(count=1, net=PRICE, tax=0),),
            requires_shipping=True,
        )
        for number, sku in enumerate(skus, start=1)
    )
    total = PRICE * len(lines)
    placed = OrderPlaced(
        channel_id="web",
        external_id=order_id,
        number=order_id,
        currency="EUR",
        placed_at=AT,
        language="en",
        lines=lines,
        total=total,
        payment=PaymentTerms(method=PaymentMethod.PREPAID, amount=total),
    )
    contact = Contact(name="N. N.", shipping=Address(line1="Kai 1", postal_code="10115", city="Berlin", country="DE"))
    return Entry(
        order_id=order_id,
        seq=1,
        at=AT,
        actor="web",
        cause=order_id,
        events=tuple(place(placed)),
        contact=contact,
    )


def ports_of(skus: Sequence[str], places: Sequence[str]) -> Ports:
    """What routing needs: the log and stock from the tables, goods and places as they are given."""
    here = Coordinates(latitude=52.5, longitude=13.4)
    locations = tuple(
        Location(location_id=name, name=name, latitude=30 + number % 30, longitude=number % 50)
        for number, name in enumerate(places)
    )
    products = {sku: Product(sku=sku, title=sku, grams=200) for sku in skus}
    nobody: Callable[..., Any] = lambda *_: None  # noqa: E731
    return Ports(
        log=order_log(),
        clock=lambda: AT,
        products=lambda wanted: {sku: products[sku] for sku in wanted if sku in products},
        locations=lambda: locations,
        sku_stock=lambda sku: sku_stock(sku, consistent=True),
        glance=glance,
        waiters=lambda _: (),
        locate=lambda _: here,
        address_problem=nobody,
        gateway=nobody,
        look_again=nobody,
        screen=nobody,
    )
