"""Orders of all kinds while queues and streams do everything that AWS allows them: the same end as in calm.

Messages in another order, in smaller batches, twice, long after they were handled; streams in several shards; whole
batches again; webhooks twice and in another order. What must not depend on any of it: where each unit is, what was
charged, what is in stock, and what customers were told.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from random import Random
from typing import Any

import pytest

from oms.ids import order_id as derive_order_id
from tests.support import reports
from tests.support.chaos import Chaos
from tests.support.clock import MONDAY_MORNING
from tests.support.merchant import BERLIN, MILAN, SHOPIFY, WEB, WOO, Merchant
from tests.support.pumps import CALM
from tests.support.shops import GERMAN, ITALIAN, NOWHERE, Sale, canonical_order, shopify_order, woo_order
from tests.support.state import differences, state
from tests.support.world import World

FULL = bool(os.environ.get("OMS_FULL"))
SEEDS = range(12 if FULL else 1)

ORDERS = 30 if FULL else 15
"""The first fifteen have each of the troubles below once."""

INSTRUMENTS = ("sim_ok", "sim_ok", "sim_late:20", "sim_decline", "sim_timeout:15")

GOODS = ("TEE", "MUG", "CAP", "SCARCE")


def sales(number: int) -> list[Sale]:
    """What an order is about: one to three articles; every sixth wants some that is not there yet."""
    wanted = [Sale(GOODS[(number + place) % 3], 1 + (number + place) % 2, "12.50") for place in range(1 + number % 3)]
    return [*wanted, Sale("SCARCE", 1, "99.00")] if number % 6 == 5 else wanted


def deliveries() -> list[tuple[str, str, dict[str, Any]]]:
    """Channel, topic and document of all that the shops send, in the order in which things happened there."""
    sent: list[tuple[str, str, dict[str, Any]]] = []
    for number in range(ORDERS):
        at = MONDAY_MORNING + timedelta(seconds=number)
        if number % 3 == 0:
            buyer = NOWHERE if number == 9 else (GERMAN, ITALIAN)[number % 2]
            instrument = INSTRUMENTS[number // 3 % len(INSTRUMENTS)]
            order = canonical_order(f"C-{number}", sales(number), buyer=buyer, instrument=instrument, placed_at=at)
            sent.append((WEB, "", order))
        elif number % 3 == 1:
            status = "pending" if number == 7 else "paid"
            sent.append((SHOPIFY, "orders/create", shopify_order(number, sales(number), status=status, placed_at=at)))
            if number == 7:
                paid = shopify_order(number, sales(number), placed_at=at, updated=timedelta(minutes=1))
                sent.append((SHOPIFY, "orders/updated", paid))
            if number == 13:
                gone = "2026-03-02T09:30:00Z"
                late = timedelta(minutes=2)
                document = shopify_order(number, sales(number), placed_at=at, updated=late, cancelled_at=gone)
                sent.append((SHOPIFY, "orders/cancelled", document))
        else:
            sent.append((WOO, "order.created", woo_order(number, sales(number), placed_at=at)))
    return sent


def deliver(merchant: Merchant, delivery: tuple[str, str, dict[str, Any]]) -> None:
    channel, topic, document = delivery
    if channel == WEB:
        answer = merchant.place(document)
    elif channel == SHOPIFY:
        answer = merchant.shopify(document, topic=topic)
    else:
        answer = merchant.woo(document, topic=topic)
    assert answer.status in {200, 201}, answer


def order_ids() -> list[str]:
    found = {}
    for channel, _, document in deliveries():
        external_id = document["external_id"] if channel == WEB else str(document["id"])
        found[derive_order_id(channel, external_id)] = None
    return list(found)


def run(world: World, sent: Sequence[tuple[str, str, dict[str, Any]]]) -> dict[str, Any]:
    """Sell, mend what is held, receive what is short, ship and deliver all of it; what there is at the end."""
    stock = {(sku, place): 200 for sku in GOODS[:3] for place in (BERLIN, MILAN)}
    merchant = Merchant(world).open(stock, goods=GOODS)
    for number, delivery in enumerate(sent):
        deliver(merchant, delivery)
        if number % 7 == 0:
            world.step()
    world.settle()
    # Twice: what had a bad address is charged only then, and may be declined.
    for _ in range(2):
        for order_id in order_ids():
            _mend(merchant, order_id)
        world.settle()
    merchant.receive("SCARCE", 50, location=MILAN)
    for order_id in order_ids():
        merchant.ship(order_id)
    for code in ("DL", "DP"):
        for order_id in order_ids():
            for parcel in merchant.order(order_id)["parcels"]:
                merchant.carrier_says([merchant.scanned(parcel["tracking_number"], code)])
    world.settle()
    return _outcome(state(world))


def _mend(merchant: Merchant, order_id: str) -> None:
    reasons = merchant.holds(order_id)
    if "bad_address" in reasons:
        contact = canonical_order("any", [])["contact"]
        assert merchant.post(f"/orders/{order_id}/edits", {"contact": contact}, key="ops").status == 200
    if "payment_declined" in reasons:
        paid = merchant.post(f"/orders/{order_id}/payments", {"instrument": "sim_ok"}, key="ops")
        assert paid.status == 200, paid


def _outcome(end: dict[str, Any]) -> dict[str, Any]:
    """What may not depend on the order of things: no versions, and no counts of what was tried."""
    orders = {order_id: _settled(order["resource"]) for order_id, order in end["orders"].items()}
    levels = ("on_hand", "available", "committed")
    stock = {
        f"{item['sku']} {item['location_id']}": {name: item.get(name) for name in levels}
        for item in end["stock"]
        if "on_hand" in item
    }
    return {
        "orders": orders,
        "stock": stock,
        "mails": end["mails"],
        "texts": end["texts"],
        "charges": Counter(end["charges"].values()),
        "left in queues": end["left in queues"],
    }


def _settled(order: dict[str, Any]) -> dict[str, Any]:
    parcels = [{**parcel, "scans": sorted(parcel["scans"], key=str)} for parcel in order["parcels"]]
    return {**{name: value for name, value in order.items() if name != "version"}, "parcels": parcels}


@contextmanager
def _world(chaos: Chaos) -> Iterator[World]:
    with World(chaos=chaos) as world:
        yield world
        timeouts = sum("RouteAdvance" not in str(failure.function) for failure in world.failures if failure.error)
        assert timeouts == 0, world.failures
        assert not world.crashes


@cache
def calm() -> dict[str, Any]:
    """The end of a day on which everything comes once and in order: every order is where it should be."""
    with _world(CALM) as world:
        ended = run(world, deliveries())
    statuses = Counter(order["status"] for order in ended["orders"].values())
    assert statuses == {"delivered": ORDERS - 1, "cancelled": 1}
    assert ended["left in queues"] == {}
    return ended


@pytest.mark.parametrize("seed", SEEDS)
def test_chaos_changes_nothing(seed: int) -> None:
    expected = calm()
    sent = deliveries()
    random = Random(seed)  # noqa: S311 - to be repeated, not to be secret
    random.shuffle(sent)
    again = random.sample(sent, len(sent) // 3)
    with _world(Chaos(seed)) as world:
        found = run(world, [*sent, *again])
        reports.tally("chaos: {} batches handed out in disorder, with the same end", len(world.runtime.invocations))
    assert differences(expected, found) == []
