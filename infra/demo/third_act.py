"""The third act: stock. Where orders are sent from and why, and what happens when it is not as it should be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from infra.demo import incidents, stockroom
from infra.demo.goods import ARTICLES, BAUBLE, BOWL, BY_COST, CLOCK, LANTERN, LOW, RADIO, Article
from infra.demo.sale import Form, Paid, Sale
from infra.demo.story import Act, Book, End, Episode, delivered, messages

CLAY, LAMP, KNIFE = ARTICLES[1], *ARTICLES[-2:]

REJECTED = "rejected, and sourced again"
"""The name of the episode whose routing is explained at the end."""

SUPPLIER_DAYS = 12
"""Until the purchase order of the third act is expected."""


def third_act(book: Book) -> Iterator[Episode]:
    """Its episodes, each with what happens in a few words."""
    lines = _ours(book, (CLOCK, 1), (RADIO, 1), country="IT")
    units = book.sale(Form.SHOPIFY, [(BOWL, 6)], country="AT")
    yield _episode(
        "split over two places",
        "no place has it all: two parcels",
        incidents.just_post,
        (lines, delivered(lines, parcels=2)),
        (units, delivered(units, parcels=2)),
    )
    yield _fetched(book)
    yield _rejected(book)
    yield _preordered(book)
    yield _runs_low(book)


def _ours(book: Book, *wish: tuple[Article, int], country: str = "", city: str = "", language: str = "") -> Sale:
    """A sale over our own API, which our gateway is to authorise."""
    return book.sale(
        Form.CANONICAL,
        wish,
        country=country,
        city=city,
        language=language,
        paid=Paid.BY_US,
        instrument="sim_ok",
    )


def _episode(name: str, scene: str, act: Act, *pairs: tuple[Sale, End], before_work: bool = False) -> Episode:
    sales, ends = tuple(sale for sale, _ in pairs), tuple(end for _, end in pairs)
    return Episode(name=name, scene=scene, sales=sales, ends=ends, act=act, before_work=before_work)


def _fetched(book: Book) -> Episode:
    sale = replace(_ours(book, (CLAY, 2), (KNIFE, 1), city="Nantes", language="fr"), fetched=True)
    end = replace(
        delivered(sale),
        told=messages(sale.customer, {"order_confirmed": 1, "pickup_ready": 1, "picked_up": 1}),
    )
    return _episode("fetched in the store", "fetched in Lyon with the code of the mail", stockroom.fetched, (sale, end))


def _rejected(book: Book) -> Episode:
    sale = replace(_ours(book, (LAMP, 1), country="DE"), tags=(BY_COST,))
    # Where public holidays make the day slip, the customer is told.
    end = replace(delivered(sale), perhaps=frozenset({"delivery_changed"}))
    scene = "not on the shelf: another place sends it"
    return _episode(REJECTED, scene, stockroom.rejected, (sale, end), before_work=True)


def _preordered(book: Book) -> Episode:
    day = (book.now + timedelta(days=SUPPLIER_DAYS)).date()
    first, second = (_ours(book, (BAUBLE, units), country=country) for units, country in ((3, "AT"), (1, "DE")))
    scene = "bought before it was there, filled by a purchase order"
    act = stockroom.preordered(BAUBLE.sku, "hamburg", day)
    return _episode(
        "preorder filled by a purchase order", scene, act, (first, delivered(first)), (second, delivered(second))
    )


def _runs_low(book: Book) -> Episode:
    first, second = _ours(book, (LANTERN, 4), country="GB"), _ours(book, (LANTERN, 1), country="FR")
    scene = f"stock falls to {LOW}: one alert, and no second below it"
    act = stockroom.runs_low(LANTERN.sku, LOW)
    return _episode("stock runs low", scene, act, (first, delivered(first)), (second, delivered(second)))
