"""The programme: which episodes are shown, with which orders, and how each must end."""

from __future__ import annotations

from collections.abc import Iterator

from infra.demo import goods, incidents
from infra.demo.fourth_act import fourth_act
from infra.demo.goods import ARTICLES, PRINT, STOOL, VOUCHER
from infra.demo.sale import Form, Paid, Sale
from infra.demo.second_act import second_act
from infra.demo.story import Act, Book, End, Episode, cancelled, delivered, partly
from infra.demo.third_act import third_act

MUG, _, TOWEL, NOTEBOOK, CANDLE, TRAY, VASE, THROW, LAMP, KNIFE = ARTICLES

SHOP, SHOPIFY, WOO = Form.CANONICAL, Form.SHOPIFY, Form.WOOCOMMERCE


def programme(book: Book, orders: int) -> list[Episode]:
    """All episodes, filled up with plain orders to the number wanted; never fewer than the episodes have."""
    special = [*_before_work(book), *_payments(book), *_waiting(book), *_held(book), *_odd(book)]
    special += [*second_act(book), *third_act(book), *fourth_act(book)]
    left = max(0, orders - sum(len(each.sales) for each in special))
    return [*special, *_plain(book, left)]


def _episode(name: str, act: Act, *pairs: tuple[Sale, End], before_work: bool = False) -> Episode:
    sales, ends = tuple(sale for sale, _ in pairs), tuple(end for _, end in pairs)
    return Episode(name=name, sales=sales, ends=ends, act=act, before_work=before_work)


def _ours(
    book: Book, *wish: tuple[goods.Article, int], instrument: str = "sim_ok", country: str = "", language: str = ""
) -> Sale:
    """A sale over our own API, which our gateway is to authorise."""
    return book.sale(SHOP, wish, country=country, language=language, paid=Paid.BY_US, instrument=instrument)


def _before_work(book: Book) -> Iterator[Episode]:
    """What has to happen while nobody has begun to pick."""
    gone = _ours(book, (LAMP, 1), (TRAY, 1), country="FR")
    there = book.sale(SHOPIFY, [(VASE, 1)], country="GB", paid=Paid.RESERVED)
    unpaid = book.sale(WOO, [(THROW, 1)], country="ES", paid=Paid.NOT_YET)
    told = {"order_confirmed": 1}
    yield _episode(
        "cancelled by service", incidents.cancelled_here, (gone, cancelled(gone, kinds=told)), before_work=True
    )
    yield _episode(
        "cancelled in the shop",
        incidents.cancelled_there,
        (there, cancelled(there, kinds=told)),
        (unpaid, cancelled(unpaid, kinds={"action_needed": 1})),
        before_work=True,
    )


def _waiting(book: Book) -> Iterator[Episode]:
    """Orders for what is sold out: a delivery comes for one article, and none for the other."""
    first = _ours(book, (STOOL, 2), country="DE")
    second = book.sale(WOO, [(STOOL, 1)], country="IT")
    third = book.sale(SHOPIFY, [(STOOL, 1), (MUG, 2)], city="Nantes")
    yield _episode(
        "backorder filled by a delivery",
        incidents.stock_arrives,
        (first, delivered(first)),
        (second, delivered(second)),
        (third, delivered(third, parcels=2)),
    )
    whole, part = _ours(book, (PRINT, 1), country="US"), _ours(book, (PRINT, 1), (NOTEBOOK, 2), country="JP")
    yield _episode(
        "no delivery comes",
        incidents.just_post,
        (whole, partly(whole, [], parcels=0)),
        (part, partly(part, [NOTEBOOK.sku], parcels=1)),
    )


def _held(book: Book) -> Iterator[Episode]:
    """Orders that somebody has to look at."""
    act = {"action_needed": 1}
    novel = book.sale(SHOPIFY, [(book.novelty, 2), (MUG, 1)], country="FR", language="es")
    yield _episode("unknown sku", incidents.unknown_sku, (novel, delivered(novel)))
    here, there = _ours(book, (VASE, 1), country="DE"), book.sale(SHOPIFY, [(KNIFE, 1)], country="US", language="es")
    yield _episode("bad address, edited here", incidents.bad_address, (here, delivered(here, also=act)))
    yield _episode(
        "bad address, mended in the shop", incidents.bad_address_mended_there, (there, delivered(there, also=act))
    )
    more = book.sale(SHOP, [(TRAY, 1)], country="CH", paid=Paid.BY_US, instrument="sim_ok", misquoted=100)
    less = book.sale(WOO, [(TOWEL, 2)], country="DE", language="it", misquoted=-1)
    yield _episode("total mismatch", incidents.total_mismatch, (more, delivered(more)), (less, delivered(less)))
    waits = book.sale(SHOP, [(LAMP, 1)], country="ES")
    yield _episode("held by hand", incidents.held_by_hand, (waits, delivered(waits)), before_work=True)


def _payments(book: Book) -> Iterator[Episode]:
    """Money that does not come at once."""
    act = {"action_needed": 1}
    refused = _ours(book, (THROW, 1), instrument="sim_decline:insufficient_funds", country="GB", language="fr")
    later = _ours(book, (CANDLE, 2), instrument="sim_late_decline:2", country="FR")
    yield _episode(
        "payment declined",
        incidents.declined,
        (refused, delivered(refused, also=act)),
        (later, delivered(later, also=act)),
    )
    late = _ours(book, (NOTEBOOK, 5), instrument="sim_late:3", country="JP")
    yield _episode("gateway answers late", incidents.just_post, (late, delivered(late)))
    silent = _ours(book, (KNIFE, 1), (TRAY, 1), instrument="sim_timeout:2", country="DE")
    yield _episode("gateway does not answer", incidents.just_post, (silent, delivered(silent)))
    paid = act | {"payment_received": 1}
    transfer = book.sale(WOO, [(MUG, 4)], country="IT", paid=Paid.NOT_YET)
    pending = book.sale(SHOPIFY, [(LAMP, 1)], country="KW", paid=Paid.NOT_YET)
    yield _episode(
        "paid later in the shop",
        incidents.paid_later,
        (transfer, delivered(transfer, also=paid)),
        (pending, delivered(pending, also=paid)),
    )
    reserved = book.sale(SHOPIFY, [(VASE, 2)], country="CH", paid=Paid.RESERVED)
    yield _episode("captured in the shop", incidents.captured_there, (reserved, delivered(reserved)))


def _odd(book: Book) -> Iterator[Episode]:
    """Orders that are unlike the others, and deliveries of webhooks that are."""
    voucher = _ours(book, (VOUCHER, 1), (NOTEBOOK, 1), country="GB")
    yield _episode("voucher beside goods", incidents.just_post, (voucher, delivered(voucher)))
    quiet = book.sale(SHOPIFY, [(TOWEL, 1)], country="GB", mail=False)
    yield _episode("customer without mail", incidents.just_post, (quiet, delivered(quiet)))
    forged = book.sale(WOO, [(MUG, 1)], country="US")
    yield _episode("forged webhook", incidents.forged_first, (forged, delivered(forged)))
    racing = [book.plain(SHOPIFY), book.plain(WOO)]
    yield _episode("eight deliveries at once", incidents.posted_at_once, *((sale, delivered(sale)) for sale in racing))


def _plain(book: Book, count: int) -> Iterator[Episode]:
    """Orders like most; every fourth is delivered twice."""
    for number in range(count):
        sale = book.plain((SHOP, SHOPIFY, WOO)[number % 3])
        twice = number % 4 == 3  # noqa: PLR2004 - every fourth
        act = incidents.posted_twice if twice else incidents.just_post
        yield _episode("plain, delivered twice" if twice else "plain", act, (sale, delivered(sale)))
