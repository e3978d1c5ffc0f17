"""Created, paid, updated, cancelled, refunded: in whatever order a platform's webhooks come, and however often.

Each sequence goes through the platform's own reading of its documents and through capture, and ends in one state: the
order as the API shows it, without times and versions, and the books of money and stock after routing.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import permutations
from random import Random
from typing import Any

import pytest

from oms.orders.order import Order
from oms.views.resource import order_resource
from tests.support import reports, truths
from tests.support.state import differences, without_times
from tests.support.trade import Trade
from tests.unit.channels.payloads import (
    SHOPIFY,
    WOO,
    Json,
    shopify_document,
    shopify_line,
    shopify_order,
    shopify_shipping,
    woo_document,
    woo_line,
    woo_order,
)

FULL = bool(os.environ.get("OMS_FULL"))

HISTORY = frozenset({"version", "released_holds"})
"""What tells how the state was reached, not what it is."""

OLD = {"name": "Erika", "address1": "Gasse 1", "city": "Wien", "zip": "1010", "country_code": "AT"}
NEW = {**OLD, "address1": "Gasse 2"}


def given_back(amount: str, *, kind: str = "refund", status: str = "success") -> Json:
    return {"id": 1, "transactions": [{"kind": kind, "status": status, "amount": amount, "currency": "EUR"}]}


def shopify_life(*changes: tuple[str, Json], one_second: bool = False) -> tuple[Any, ...]:
    """Documents a second apart, or all within one; what changed stays changed."""
    lines = [shopify_line(1, "2.00", 3), shopify_line(2, "3.50", 2)]
    order = shopify_order(lines, "17.90", shipping_address=OLD, shipping_lines=[shopify_shipping("4.90")])
    documents = []
    for second, (topic, change) in enumerate(changes):
        order |= change | {"updated_at": f"2026-03-02T10:00:{0 if one_second else second:02}+01:00"}
        documents.append(shopify_document(order, topic))
    return tuple(documents)


def woo_life(*changes: tuple[str, Json]) -> tuple[Any, ...]:
    order = woo_order([woo_line(1, "6.00", quantity=3), woo_line(2, "7.00", quantity=2)], "13.00")
    documents = []
    for second, (topic, change) in enumerate(changes):
        order |= change | {"date_modified_gmt": f"2026-03-02T09:00:{second:02}"}
        documents.append(woo_document(order, topic))
    return tuple(documents)


CREATED = ("orders/create", {"financial_status": "pending"})
PAID = ("orders/paid", {"financial_status": "paid"})
MOVED = ("orders/updated", {"shipping_address": NEW})
CANCELLED = ("orders/cancelled", {"cancelled_at": "2026-03-02T10:05:00+01:00"})
REFUNDED = ("orders/updated", {"financial_status": "refunded", "refunds": [given_back("17.90")]})
ONE_LESS = (
    "orders/updated",
    {"line_items": [shopify_line(1, "2.00", 3, current_quantity=2), shopify_line(2, "3.50", 2)]},
)
A_PART = {
    "financial_status": "partially_refunded",
    "refunds": [given_back("2.00"), given_back("9.00", status="failure"), given_back("5.00", kind="void")],
}
KINDNESS = {"financial_status": "partially_refunded", "refunds": [given_back("1.23")]}

LIVES: Mapping[str, tuple[Any, ...]] = {
    "shopify, all": shopify_life(CREATED, PAID, MOVED, CANCELLED, REFUNDED),
    "shopify, all within one second": shopify_life(CREATED, PAID, MOVED, CANCELLED, REFUNDED, one_second=True),
    "shopify, one unit": shopify_life(CREATED, PAID, MOVED, ONE_LESS, ("orders/updated", A_PART)),
    "shopify, a rebate after all": shopify_life(CREATED, PAID, MOVED, ONE_LESS, ("orders/updated", KINDNESS)),
    "woocommerce, all": woo_life(
        ("order.created", {"status": "pending"}),
        ("order.updated", {"status": "processing", "date_paid_gmt": "2026-03-02T09:00:01"}),
        ("order.updated", {"shipping": {**woo_order([], "0.00")["shipping"], "address_1": "Via Nuova 1"}}),
        ("order.updated", {"status": "cancelled"}),
        ("order.updated", {"status": "refunded", "refunds": [{"id": 9, "reason": "", "total": "-13.00"}]}),
    ),
    "woocommerce, a rebate": woo_life(
        ("order.created", {"status": "pending"}),
        ("order.updated", {"status": "processing", "date_paid_gmt": "2026-03-02T09:00:01"}),
        ("order.updated", {"shipping": {**woo_order([], "0.00")["shipping"], "address_1": "Via Nuova 1"}}),
        ("order.updated", {"refunds": [{"id": 9, "reason": "", "total": "-2.50"}]}),
        ("order.updated", {"refunds": [{"id": 9, "total": "-2.50"}, {"id": 10, "total": "-1.25"}]}),
    ),
}


def lived(documents: Iterable[Any], *, routed_between: bool) -> tuple[Trade, Order]:
    """The order after these documents, and after all that follows from them."""
    trade = Trade()
    trade.open_channel(SHOPIFY)
    trade.open_channel(WOO)
    for sku in ("CUP-1", "CUP-2", "TAZZA-1", "TAZZA-2"):
        trade.arrive(sku, "wien", 10)
    for document in documents:
        assert trade.take(document) is not None
        if routed_between:
            trade.settle()
    trade.settle()
    (order_id,) = trade.log
    order = trade.order(order_id)
    truths.always(trade, [order])
    return trade, order


def shown(order: Order) -> Json:
    """The order as the API shows it, without what tells how it came to be so."""
    resource: Json = without_times(order_resource(order, contact=True))
    return {name: value for name, value in resource.items() if name not in HISTORY}


def books(trade: Trade, order: Order) -> Json:
    """Units, money and stock, which do not depend on what was done in between, either."""
    return {
        "status": order.status,
        "units": {line_id: {s: n for s, n in line.counts.items() if n} for line_id, line in order.lines.items()},
        "money": (order.total, order.due, order.charged, order.refunded),
        "holds": sorted((hold.reason, hold.note) for hold in order.holds.values()),
        "contact": order.contact,
        "stock": {key: (each.on_hand, each.available, each.committed) for key, each in trade.levels.items()},
    }


@cache
def expected(life: str) -> tuple[Json, Json]:
    """The end of a life whose documents come once and in their order."""
    trade, order = lived(LIVES[life], routed_between=False)
    return shown(order), books(trade, order)


def sequences(documents: Sequence[Any], life: str) -> Iterator[list[Any]]:
    """All orders, and orders with repetitions: drawn with a seed, or each one with one repetition in the full form."""
    yield from map(list, permutations(documents))
    if FULL:
        for repeated in documents:
            seen = set()
            for sequence in permutations([*documents, repeated]):
                if (key := tuple(map(id, sequence))) not in seen:
                    seen.add(key)
                    yield list(sequence)
    random = Random(life)  # noqa: S311 - to be repeated, not to be secret
    for _ in range(1000 if FULL else 15):
        twice = [*documents, *random.choices(documents, k=random.randint(1, 5))]
        random.shuffle(twice)
        yield twice


@pytest.mark.parametrize("life", LIVES)
def test_webhooks_in_any_order_and_number_end_in_one_state(life: str) -> None:
    state, _ = expected(life)
    for sequence in sequences(LIVES[life], life):
        _, order = lived(sequence, routed_between=False)
        assert differences(state, shown(order)) == [], order_of(sequence, life)
        reports.tally("webhooks in any order: {} sequences ended in one state")


@pytest.mark.parametrize("life", LIVES)
def test_routing_between_the_webhooks_changes_neither_units_nor_money_nor_stock(life: str) -> None:
    _, state = expected(life)
    for sequence in sequences(LIVES[life], life):
        found = books(*lived(sequence, routed_between=True))
        assert differences(state, found) == [], order_of(sequence, life)


def order_of(sequence: Sequence[Any], life: str) -> list[int]:
    """The sequence by the documents' numbers."""
    return [LIVES[life].index(document) for document in sequence]


def test_the_lives_end_with_the_money_that_the_channel_says() -> None:
    """What all sequences are compared with is itself what it should be."""
    money = {life: expected(life)[1]["money"] for life in LIVES}
    assert money == {
        "shopify, all": (1790, 0, 1790, 1790),
        "shopify, all within one second": (1790, 0, 1790, 1790),
        "shopify, one unit": (1790, 1590, 1790, 200),
        "shopify, a rebate after all": (1790, 1590, 1790, 123),
        "woocommerce, all": (1300, 0, 1300, 1300),
        "woocommerce, a rebate": (1300, 925, 1300, 375),
    }
