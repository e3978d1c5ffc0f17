"""The second act: what happens to orders after the sale, and where the money is in the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from infra.demo import aftermath, goods
from infra.demo.goods import ARTICLES
from infra.demo.opening import RETURN_FEE, THROWAWAY
from infra.demo.sale import Form, Item, Paid, Sale
from infra.demo.story import Act, Book, End, Episode, delivered, without

MUG, _, TOWEL, NOTEBOOK, CANDLE, TRAY, VASE, THROW, LAMP, KNIFE = ARTICLES


def second_act(book: Book) -> Iterator[Episode]:
    """Its episodes, each with what happens in a few words."""
    yield _cancelled_in_part(book)
    yield _edited(book)
    yield _held_for_fraud(book)
    yield _sent_back(book)
    yield _exchanged(book)
    yield _disputed(book)


def _ours(book: Book, *wish: tuple[goods.Article, int], country: str) -> Sale:
    """A sale over our own API and gateway, with its taxes in the prices: amounts are those of the price list."""
    return book.sale(Form.CANONICAL, wish, country=country, paid=Paid.BY_US, instrument="sim_ok")


def _episode(name: str, what: str, act: Act, *pairs: tuple[Sale, End], before_work: bool = False) -> Episode:
    sales, ends = tuple(sale for sale, _ in pairs), tuple(end for _, end in pairs)
    return Episode(name=name, what=what, sales=sales, ends=ends, act=act, before_work=before_work)


def _cancelled_in_part(book: Book) -> Episode:
    sale = _ours(book, (CANDLE, 3), (TOWEL, 1), country="KW")
    what = "one of three candles cancelled"
    return _episode(
        "cancelled in part", what, aftermath.part_cancelled(1), (sale, without(sale, 0, 1)), before_work=True
    )


def _edited(book: Book) -> Episode:
    sale = _ours(book, (TOWEL, 2), (NOTEBOOK, 1), country="DE")
    price, express = goods.price(TRAY.cents, sale.currency), goods.price(1490, sale.currency)
    less = sale.items[0].price
    end = replace(
        delivered(sale, also={"order_changed": 1}, charged=sale.total - less + price - sale.shipping + express),
        shipped=Counter({TOWEL.sku: 1, NOTEBOOK.sku: 1, TRAY.sku: 1}),
        added=(Item(sku=TRAY.sku, title=TRAY.title, quantity=1, price=price, grams=TRAY.grams),),
        shipping=express,
    )
    what = "a towel less, a tray more, and by express"
    return _episode("edited", what, aftermath.edited(TRAY, price, express), (sale, end), before_work=True)


def _held_for_fraud(book: Book) -> Episode:
    sale = _ours(book, (KNIFE, 1), country="FR")
    suspect = replace(sale, customer=replace(sale.customer, email=f"{sale.number}@{THROWAWAY}"))
    return _episode("held for fraud", "held for fraud, let go", aftermath.held_for_fraud, (suspect, delivered(suspect)))


def _sent_back(book: Book) -> Episode:
    sale = _ours(book, (MUG, 2), (NOTEBOOK, 1), country="IT")
    heard = {"return_approved": 1, "return_received": 1, "refund_made": 1}
    end = replace(
        delivered(sale, also=heard),
        refunded=sale.items[0].amount - RETURN_FEE,
        restocked=Counter({MUG.sku: 1}),
        fees=RETURN_FEE,
    )
    what = "two mugs sent back: one sold again, one scrapped"
    return _episode("sent back", what, aftermath.sent_back, (sale, end))


def _exchanged(book: Book) -> Episode:
    sale = _ours(book, (TOWEL, 1), country="FR")
    other = replace(_ours(book, (KNIFE, 1), country="FR"), customer=sale.customer, shipping=0, exchange_of=sale)
    first = replace(
        delivered(sale, also={"return_approved": 1, "return_received": 1}),
        restocked=Counter({TOWEL.sku: 1}),
        fees=RETURN_FEE,
    )
    what = "a towel exchanged for a knife"
    act = aftermath.exchanged(KNIFE, other.items[0].price)
    return _episode("exchanged", what, act, (sale, first), (other, delivered(other)))


def _disputed(book: Book) -> Episode:
    sale = _ours(book, (NOTEBOOK, 2), country="GB")
    what = "contested at the bank, and lost"
    return _episode("disputed", what, aftermath.disputed, (sale, replace(delivered(sale), lost=sale.total)))
