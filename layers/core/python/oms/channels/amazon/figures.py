"""The figures of an Amazon order: what each item and charge costs, exact to the minor unit.

Amazon tells amounts by category for each item; taxes and discounts say in their details what they fall on. Whether the
tax is in the prices is not told: it is where the total is reached without it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from oms.channels.amazon.payload import AmazonOrder, Breakdown, Cash, OrderItem
from oms.channels.figures import Sold, charge, exactly, minor, shared
from oms.orders.events import PriceMode
from oms.orders.sold import Charge, ChargeKind

ITEM, SHIPPING, TAX, DISCOUNT, TIP = "ITEM", "SHIPPING", "TAX", "DISCOUNT", "DELIVERY_TIP"
PENDING = "PENDING"

CHARGES: Mapping[str, tuple[ChargeKind, str]] = {
    SHIPPING: (ChargeKind.SHIPPING, "Shipping"),
    "GIFT_WRAP": (ChargeKind.FEE, "Gift wrap"),
    "COD_FEE": (ChargeKind.FEE, "Cash on delivery"),
    "OTHER": (ChargeKind.FEE, "Other charges"),
}
"""Categories beside the goods."""

CATEGORIES = (ITEM, *CHARGES)


@dataclass(frozen=True, slots=True)
class Costs:
    """One item's amounts by category, in minor units and for all its units; `known` when the document tells any."""

    known: bool
    amounts: Counter[str] = field(default_factory=Counter)
    discounts: Counter[str] = field(default_factory=Counter)
    taxes: Counter[str] = field(default_factory=Counter)

    @property
    def tax(self) -> int:
        """All its taxes."""
        return sum(self.taxes.values())

    @property
    def quoted(self) -> int:
        """What it comes to as it is quoted, without the taxes that are told beside."""
        return sum(self.amounts.values()) - sum(self.discounts.values())


@dataclass(frozen=True, slots=True)
class Figures:
    """The order's money. `total` is None when the document tells none; then it is what the parts add up to."""

    currency: str
    prices: PriceMode
    costs: Mapping[str, Costs]
    tip: int
    total: int | None

    @property
    def parts(self) -> int:
        """What all parts add up to, with tax."""
        quoted = sum(each.quoted for each in self.costs.values()) + self.tip
        return quoted + (_tax(self.costs.values()) if self.prices is PriceMode.NET else 0)


def currency_of(order: AmazonOrder, otherwise: str) -> str:
    """The currency of the first amount that names one."""
    found = (cash.currency_code for cash in _amounts(order) if cash.currency_code)
    return next(found, otherwise)


def figures(order: AmazonOrder, currency: str) -> Figures:
    """The order's amounts, and whether the taxes are in the prices."""
    costs = {item.order_item_id: _costs(item, currency) for item in order.order_items}
    whole = order.proceeds
    tip = sum(
        _minor(each.subtotal, currency)
        for each in (whole.breakdowns if whole else ())
        if each.type == TIP and each.status != PENDING
    )
    total = _minor(whole.grand_total, currency) if whole and whole.grand_total else None
    quoted = sum(each.quoted for each in costs.values()) + tip
    gross = _tax(costs.values()) > 0 and total == quoted
    return Figures(currency, PriceMode.GROSS if gross else PriceMode.NET, costs, tip, total)


def sold(items: Sequence[OrderItem], units: Sequence[int], found: Figures, channel_id: str) -> list[Sold]:
    """The lines, each of so many units."""
    return [_line(item, count, found, channel_id) for item, count in zip(items, units, strict=True)]


def charges(items: Sequence[OrderItem], found: Figures, service: str) -> tuple[Charge, ...]:
    """What is to be paid beside the goods, over all items."""
    costs = [found.costs[item.order_item_id] for item in items]
    beside = []
    for category, (kind, title) in CHARGES.items():
        quoted = sum(each.amounts[category] - each.discounts[category] for each in costs)
        tax = sum(each.taxes[category] for each in costs)
        if quoted or tax:
            code = service if kind is ChargeKind.SHIPPING else ""
            beside.append(charge(kind, title, quoted, tax, found.prices, code))
    if found.tip:
        beside.append(Charge(kind=ChargeKind.TIP, title="Delivery tip", net=found.tip))
    return tuple(beside)


def _line(item: OrderItem, units: int, found: Figures, channel_id: str) -> Sold:
    costs, product = found.costs[item.order_item_id], item.product
    price = product.price.unit_price if product.price else None
    return Sold(
        external_line_id=item.order_item_id,
        sku=product.seller_sku.strip() or f"{channel_id}:{product.asin or f'item-{item.order_item_id}'}",
        title=product.title,
        quantity=units,
        amount=costs.amounts[ITEM],
        discount=costs.discounts[ITEM],
        tax=costs.taxes[ITEM],
        list_price=exactly(price.amount, found.currency) if price else None,
    )


def _costs(item: OrderItem, currency: str) -> Costs:
    told = item.proceeds.breakdowns if item.proceeds else ()
    amounts, discounts, taxes = Counter[str](), Counter[str](), Counter[str]()
    for each in told:
        if each.type == TAX:
            taxes.update(_tax_shares(each, currency))
        elif each.type == DISCOUNT:
            discounts.update(_discount_shares(each, currency))
        else:
            # A category that is new to us is money all the same.
            amounts[each.type if each.type in CATEGORIES else "OTHER"] += _minor(each.subtotal, currency)
    if amounts[ITEM] == 0 and not told:
        return _undivided(item, currency)
    if list(taxes) == [""]:
        taxes = _spread(taxes[""], amounts, discounts)
    return Costs(bool(told), amounts, discounts, taxes)


def _undivided(item: OrderItem, currency: str) -> Costs:
    """An item whose amounts are not told by category: its total, or the price of its units."""
    if item.proceeds and item.proceeds.proceeds_total:
        return Costs(True, Counter({ITEM: _minor(item.proceeds.proceeds_total, currency)}))
    price = item.product.price.unit_price if item.product.price else None
    if price is None:
        return Costs(known=False)
    return Costs(True, Counter({ITEM: minor(price.amount * item.quantity_ordered, currency)}))


def _tax_shares(told: Breakdown, currency: str) -> Counter[str]:
    """A tax by what it falls on, under "" when nothing says so; what a discount takes from it belongs to the goods."""
    shares = Counter[str]()
    for each in told.detailed_breakdowns:
        shares[each.subtype if each.subtype in CATEGORIES else ITEM] += _minor(each.value, currency)
    rest = _minor(told.subtotal, currency) - sum(shares.values())
    if rest:
        shares[ITEM if shares else ""] += rest
    return shares


def _discount_shares(told: Breakdown, currency: str) -> Counter[str]:
    """A discount by what it is taken from, above zero however it is written."""
    shares = Counter[str]()
    for each in told.detailed_breakdowns:
        shares[each.subtype if each.subtype in CATEGORIES else ITEM] += abs(_minor(each.value, currency))
    rest = abs(_minor(told.subtotal, currency)) - sum(shares.values())
    if rest:
        shares[ITEM] += rest
    return shares


def _spread(tax: int, amounts: Counter[str], discounts: Counter[str]) -> Counter[str]:
    """A tax without details, shared over what it can fall on."""
    shares = shared(tax, [amounts[category] - discounts[category] for category in CATEGORIES])
    return Counter(dict(zip(CATEGORIES, shares, strict=True)))


def _tax(costs: Iterable[Costs]) -> int:
    return sum(each.tax for each in costs)


def _minor(cash: Cash | None, currency: str) -> int:
    return minor(cash.amount if cash else Decimal(0), currency)


def _amounts(order: AmazonOrder) -> Iterable[Cash]:
    if order.proceeds and order.proceeds.grand_total:
        yield order.proceeds.grand_total
    for item in order.order_items:
        if item.proceeds and item.proceeds.proceeds_total:
            yield item.proceeds.proceeds_total
        yield from (each.subtotal for each in (item.proceeds.breakdowns if item.proceeds else ()) if each.subtotal)
        if item.product.price and item.product.price.unit_price:
            yield item.product.price.unit_price
