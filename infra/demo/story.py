"""What the demonstration tells: every order with what happens to it and how it must end, declared before it begins."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from infra.demo import goods
from infra.demo.desk import Desk
from infra.demo.goods import Article
from infra.demo.people import HOMES, Customer, Home, customer
from infra.demo.sale import Form, Item, Paid, Sale

Act = Callable[[Desk, Sequence[Sale]], None]
"""What is done with the sales of an episode; everything else happens by itself."""

Told = Counter[tuple[str, str]]
"""Messages by kind and medium."""

SMS_TOO = frozenset({"parcel_shipped", "parcel_delivered", "pickup_ready", "out_for_delivery", "delivery_failed"})
"""Kinds that a customer with a telephone gets as SMS beside the mail."""

UNDER_WAY = frozenset({"out_for_delivery", "delivery_failed"})
"""Kinds that tell where a parcel is: perhaps. These parcels travel a day in seconds, and what is over is not told."""

ATTEMPTS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How an order must end: amounts in minor units, units by sku, `told` as the customer is.

    What was charged and neither refunded nor lost in a dispute must be what the units that the customer keeps are worth
    at the shop's own prices, with shipping and fees. The last three fields say what an edit or a return did to these.
    """

    status: str
    parcels: int
    charged: int
    shipped: Mapping[str, int]
    told: Told
    refunded: int = 0
    lost: int = 0
    """What the bank gave back to the customer, who keeps the goods."""
    restocked: Mapping[str, int] = field(default_factory=dict)
    """Units that came back and are on the shelf again."""
    added: tuple[Item, ...] = ()
    shipping: int | None = None
    """As quoted, when an edit changed it."""
    fees: int = 0
    """Kept from a refund."""
    perhaps: frozenset[str] = frozenset()
    """Kinds of message that the customer may get or not, by the calendar."""

    def hears(self, told: Told) -> bool:
        """Whether these messages are what the customer should be told."""
        return self.told == self.known(told)

    def known(self, told: Told) -> Told:
        """What of the messages was declared, leaving out what may be or not: of a parcel's way, once each."""
        declared = {kind for kind, _ in self.told}
        return Counter(
            {
                (kind, medium): count
                for (kind, medium), count in told.items()
                if kind not in self.perhaps and (kind not in UNDER_WAY or kind in declared or count > self.parcels)
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One thing that is shown, with the orders that show it. `before_work`: done before the warehouses open.

    Those of the second act say `what` happens, those of the third have a `scene`, those of the fourth tell how orders
    `came`, each in a few words.
    """

    name: str
    sales: tuple[Sale, ...]
    ends: tuple[End, ...]
    act: Act
    before_work: bool = False
    what: str = ""
    scene: str = ""
    came: str = ""

    @property
    def later(self) -> bool:
        """Whether it is of a later act."""
        return bool(self.what or self.scene or self.came)


@dataclass(slots=True)
class Book:
    """Makes sales with numbers of their own; the same seed and first number make the same sales."""

    dice: random.Random
    first: int
    now: datetime
    _count: int = field(default=0)

    @property
    def novelty(self) -> Article:
        """What is sold in this run before it is set up."""
        return goods.novelty(self.first)

    def sale(
        self,
        form: Form,
        wish: Iterable[tuple[Article, int]],
        *,
        country: str = "",
        city: str = "",
        language: str = "",
        mail: bool = True,
        paid: Paid = Paid.IN_FULL,
        instrument: str = "",
        misquoted: int = 0,
        discount: int = 0,
    ) -> Sale:
        """A sale to somebody at home in a country or city, or anywhere; `discount` is percent off each line."""
        home = self.dice.choice([each for each in HOMES if country in {"", each.country} and city in {"", each.city}])
        self._count += 1
        number = self.first + self._count
        return Sale(
            form=form,
            number=number,
            placed_at=self.now - timedelta(seconds=self.dice.randrange(30, 3 * 3600)),
            customer=customer(home, number, self.dice, language=language, mail=mail),
            currency=home.currency,
            tax=home.tax,
            gross=home.gross,
            items=tuple(_item(article, quantity, home, discount) for article, quantity in wish),
            shipping=goods.price(690, home.currency),
            paid=paid,
            instrument=instrument,
            misquoted=misquoted,
        )

    def plain(self, form: Form) -> Sale:
        """An order like most: a few common articles, paid in the shop or at our gateway, now and then discounted."""
        wish = [(article, self.dice.choice((1, 1, 1, 2, 3))) for article in self._basket()]
        ours = form is Form.CANONICAL and self.dice.random() < 0.7  # noqa: PLR2004 - most, but not all
        return self.sale(
            form,
            wish,
            paid=Paid.BY_US if ours else Paid.IN_FULL,
            instrument="sim_ok" if ours else "",
            discount=self.dice.choice((0, 0, 0, 10)),
        )

    def _basket(self) -> list[Article]:
        return self.dice.sample(goods.ARTICLES, self.dice.choice((1, 1, 2, 2, 3, 4)))


def _item(article: Article, quantity: int, home: Home, discount: int) -> Item:
    price = goods.price(article.cents, home.currency)
    return Item(
        sku=article.sku,
        title=article.title,
        quantity=quantity,
        price=price,
        discount=price * quantity * discount // 100,
        grams=article.grams,
        ships=article is not goods.VOUCHER,
    )


def new_book(seed: int, now: datetime | None = None) -> Book:
    """A book whose numbers no run of the last days has used: they follow from the time."""
    now = now or datetime.now(UTC)
    return Book(random.Random(seed), first=int(now.timestamp()) % 10**6 * 100, now=now)  # noqa: S311 - no secrets here


def delivered(
    sale: Sale, *, parcels: int = 1, also: Mapping[str, int] | None = None, charged: int | None = None
) -> End:
    """Everything reaches the door, in so many parcels; `also` counts messages beside the usual ones."""
    return End(
        status="delivered",
        parcels=parcels,
        charged=sale.total if charged is None else charged,
        shipped=Counter({item.sku: item.quantity for item in sale.items if item.ships}),
        told=told(sale.customer, parcels=parcels, also=also),
    )


def cancelled(sale: Sale, *, kinds: Mapping[str, int]) -> End:
    """Nothing is shipped and nothing is charged; the customer was told `kinds` before, and then of the cancellation."""
    heard = Counter(kinds) + Counter({"order_cancelled": 1})
    return End(status="cancelled", parcels=0, charged=0, shipped={}, told=messages(sale.customer, heard))


def told(buyer: Customer, *, parcels: int, also: Mapping[str, int] | None = None) -> Told:
    """What a customer hears of an order of which so many parcels arrive."""
    usual = Counter({"order_confirmed": 1, "parcel_shipped": parcels, "parcel_delivered": parcels})
    return messages(buyer, usual + Counter(also or {}))


def messages(buyer: Customer, kinds: Mapping[str, int]) -> Told:
    """Messages of these kinds by the media that reach the customer."""
    found: Told = Counter()
    for kind, count in kinds.items():
        if buyer.email:
            found[kind, "mail"] += count
        if buyer.phone and (not buyer.email or kind in SMS_TOO):
            found[kind, "sms"] += count
    return +found


def partly(sale: Sale, skus: Iterable[str], *, parcels: int) -> End:
    """Only these skus are there to be shipped; the rest waits. What left, with the shipping costs, is charged."""
    there = [item for item in sale.items if item.sku in set(skus)]
    value = sum(sale.with_tax(item.amount) for item in there) + sale.with_tax(sale.shipping)
    return End(
        status="partially_shipped" if there else "backordered",
        parcels=parcels,
        charged=value if there else 0,
        shipped=Counter({item.sku: item.quantity for item in there}),
        told=told(sale.customer, parcels=parcels),
    )


def without(sale: Sale, number: int, units: int) -> End:
    """Delivered, but for units of the line of this number (from 0) that were cancelled; its units cost the same."""
    item = sale.items[number]
    left = replace(item, quantity=item.quantity - units)
    rest = replace(sale, items=(*sale.items[:number], left, *sale.items[number + 1 :]))
    return delivered(rest, also={"order_cancelled": 1})
