"""The fourth act: the world outside. Orders of six platforms, and what each of these is told of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from infra.demo import outside
from infra.demo.goods import ARTICLES, Article
from infra.demo.sale import Form, Paid, Sale
from infra.demo.story import Act, Book, End, Episode, delivered, messages

MUG, CLAY, TOWEL, NOTEBOOK, CANDLE, TRAY, VASE, THROW, LAMP, KNIFE = ARTICLES

HOME = "DE"
"""Where the customers of these shops live: the platforms' own prices and taxes are those of their country."""

TAX = 1900

SOLD: Sequence[tuple[Form, str, Sequence[tuple[Article, int]]]] = (
    (Form.SHOPIFY_STORE, "a webhook has it all", ((MUG, 2), (NOTEBOOK, 1))),
    (Form.WOO_STORE, "a webhook has it all", ((TOWEL, 1),)),
    (Form.BIGCOMMERCE, "a webhook names it, it is fetched", ((VASE, 1), (CANDLE, 2))),
    (Form.AMAZON, "a notification names it; Amazon pays the tax", ((KNIFE, 1),)),
    (Form.EBAY, "asked for", ((CLAY, 3),)),
    (Form.ADOBE_COMMERCE, "asked for", ((TRAY, 1), (TOWEL, 2))),
)
"""What is sold where, and how we hear of it."""


BY_FEDEX = frozenset({Form.BIGCOMMERCE})
"""Shops whose parcels go with FedEx, which finds nobody at home at first."""


def fourth_act(book: Book) -> Iterator[Episode]:
    """Its episodes, each with how the order came."""
    for form, came, wish in SOLD:
        sale = _sale(book, form, wish)
        end = delivered(sale, also={"delivery_failed": 1} if form in BY_FEDEX else None)
        yield _episode(f"sold on {form}", came, outside.sold, (sale, end))
    yield _cancelled(book, Form.SHOPIFY_STORE, "cancelled here: the shop is told, and pays back", outside.cancelled)
    yield _cancelled(book, Form.AMAZON, "cancelled here: Amazon is told in a feed", outside.cancelled_in_time)


def _sale(book: Book, form: Form, wish: Sequence[tuple[Article, int]]) -> Sale:
    """A sale as its platform quotes it: Amazon and Adobe Commerce without the tax, eBay without telling of any."""
    sale = book.sale(form, wish, country=HOME, language="de", paid=Paid.IN_FULL)
    gross = form not in {Form.AMAZON, Form.EBAY, Form.ADOBE_COMMERCE}
    return replace(sale, gross=gross, tax=0 if form is Form.EBAY else TAX)


def _cancelled(book: Book, form: Form, came: str, act: Act) -> Episode:
    sale = _sale(book, form, ((LAMP, 1),))
    end = End(
        status="cancelled",
        parcels=0,
        charged=sale.total,
        refunded=sale.total,
        shipped={},
        told=messages(sale.customer, {"order_confirmed": 1, "order_cancelled": 1, "refund_made": 1}),
    )
    name = "cancelled here, told there" if form is Form.SHOPIFY_STORE else f"cancelled here, told {form}"
    return _episode(name, came, act, (sale, end), before_work=True)


def _episode(name: str, came: str, act: Act, *pairs: tuple[Sale, End], before_work: bool = False) -> Episode:
    sales, ends = tuple(sale for sale, _ in pairs), tuple(end for _, end in pairs)
    return Episode(name=name, came=came, sales=sales, ends=ends, act=act, before_work=before_work)
