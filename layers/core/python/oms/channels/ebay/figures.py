"""The figures of an eBay order: what each line and charge costs, exact to the minor unit, and what of it is eBay's tax.

Taxes that eBay collects and pays to the state stand twice in a document with the breakdown of taxes: by themselves, and
among all taxes. The order's total has them in it only in such a document; here it always has, because the buyer paid
them. What eBay says of refunds never has them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from oms.channels.ebay.payload import Cash, DeliveryCost, EbayOrder, LineItem, Tax
from oms.channels.figures import Sold, exactly, minor, shared
from oms.orders.events import TaxRemitter
from oms.orders.sold import Charge, ChargeKind

FEE = "_FEE"
"""How the types of fees end that stand among the taxes."""


@dataclass(frozen=True, slots=True)
class Costs:
    """One line's amounts in minor units: `collected` is the tax that eBay takes, `tax` that of the merchant."""

    amount: int
    discount: int
    collected: int
    tax: int
    fees: int


@dataclass(frozen=True, slots=True)
class Figures:
    """The order's money in minor units; `total` is what the buyer pays, with the tax that eBay collects."""

    currency: str
    lines: tuple[Costs, ...]
    charges: tuple[Charge, ...]
    total: int

    @property
    def collected(self) -> int:
        """The tax that eBay takes and pays to the state."""
        return sum(line.collected for line in self.lines)

    @property
    def sellers(self) -> int:
        """The part of the total that is the seller's."""
        return self.total - self.collected

    @property
    def remitter(self) -> TaxRemitter:
        """Who pays the taxes to the state: eBay, where it collects all that there are."""
        theirs = any(line.tax for line in self.lines)
        return TaxRemitter.CHANNEL if self.collected and not theirs else TaxRemitter.MERCHANT

    def with_tax(self, amount: int) -> int:
        """What the buyer gets when the seller gives back so much: eBay adds its tax in proportion."""
        return (2 * amount * self.total + self.sellers) // (2 * self.sellers) if self.sellers > 0 else amount

    def without_tax(self, amount: int) -> int:
        """The least that the seller has to give back so that the buyer gets so much, all of it at the most."""
        if amount >= self.total or self.sellers <= 0:
            return max(self.sellers, 0)
        least = max(0, amount * self.sellers // self.total - 1)
        return next(each for each in range(least, amount + 1) if self.with_tax(each) >= amount)


def figures(order: EbayOrder) -> Figures:
    """The order's amounts."""
    currency = order.pricing_summary.total.currency
    lines = _lines(order, currency)
    charges = tuple(_charges(order, lines, currency))
    told = _minor(order.pricing_summary.total, currency)
    ours = sum(each.amount - each.discount + each.tax for each in lines) + sum(each.net for each in charges)
    collected = sum(each.collected for each in lines)
    # Without the breakdown of taxes the total is the seller's part only; what fits neither way is held.
    return Figures(currency, lines, charges, told if told == ours + collected else told + collected)


def sold(order: EbayOrder, found: Figures, channel_id: str, *, shipped: bool) -> list[Sold]:
    """The lines."""
    return [
        Sold(
            external_line_id=item.line_item_id,
            sku=item.sku.strip() or f"{channel_id}:{item.legacy_variation_id or item.legacy_item_id}",
            title=item.title,
            quantity=item.quantity,
            amount=costs.amount,
            discount=costs.discount,
            tax=costs.collected + costs.tax,
            list_price=exactly(item.line_item_cost.of(found.currency) / item.quantity, found.currency),
            requires_shipping=shipped,
        )
        for item, costs in zip(order.line_items, found.lines, strict=True)
    ]


def given_back(order: EbayOrder, found: Figures) -> int:
    """What the buyer has got back in all, with the tax that eBay adds to it."""
    if order.order_payment_status == "FULLY_REFUNDED":
        return found.total
    done = [each for each in order.payment_summary.refunds if each.refund_status in {"", "REFUNDED"}]
    whole = sum(_minor(each.amount, found.currency) for each in done)
    return min(found.with_tax(whole), found.total)


def _lines(order: EbayOrder, currency: str) -> tuple[Costs, ...]:
    amounts = [_minor(item.line_item_cost, currency) for item in order.line_items]
    discounts = [_discount(item, amount, currency) for item, amount in zip(order.line_items, amounts, strict=True)]
    whole = abs(_minor(order.pricing_summary.price_discount, currency))
    if whole and not any(discounts):
        discounts = shared(whole, amounts)
    return tuple(
        _costs(item, amount, discount, currency)
        for item, amount, discount in zip(order.line_items, amounts, discounts, strict=True)
    )


def _discount(item: LineItem, amount: int, currency: str) -> int:
    after = item.discounted_line_item_cost
    return amount - _minor(after, currency) if after else 0


def _costs(item: LineItem, amount: int, discount: int, currency: str) -> Costs:
    collected = _by_type(item.ebay_collect_and_remit_taxes, currency)
    # What eBay collects is listed again among all taxes, under the same type.
    own = Counter({kind: max(0, tax - collected[kind]) for kind, tax in _by_type(item.taxes, currency).items()})
    fees = sum(tax for kind, tax in own.items() if kind.endswith(FEE))
    return Costs(amount, discount, collected.total(), own.total() - fees, fees)


def _by_type(taxes: Iterable[Tax], currency: str) -> Counter[str]:
    found = Counter[str]()
    for each in taxes:
        found[each.tax_type] += _minor(each.amount, currency)
    return found


def _charges(order: EbayOrder, lines: Iterable[Costs], currency: str) -> Iterable[Charge]:
    summary = order.pricing_summary
    parts = [item.delivery_cost or DeliveryCost() for item in order.line_items]
    shipping = sum(_minor(each.shipping_cost, currency) + _minor(each.handling_cost, currency) for each in parts)
    shipping -= sum(abs(_minor(each.discount_amount, currency)) for each in parts)
    if not any(item.delivery_cost for item in order.line_items):
        shipping = _minor(summary.delivery_cost, currency) - abs(_minor(summary.delivery_discount, currency))
    if shipping:
        service = service_of(order)
        yield Charge(kind=ChargeKind.SHIPPING, title=service or "Shipping", net=shipping, code=service)
    duties = sum(_minor(each.import_charges, currency) for each in parts)
    if duties:
        yield Charge(kind=ChargeKind.DUTY, title="Import charges", net=duties)
    passing = sum(_minor(each.shipping_intermediation_fee, currency) for each in parts)
    fees = sum(each.fees for each in lines) or _minor(summary.fee, currency)
    if passing + fees:
        yield Charge(kind=ChargeKind.FEE, title="Fees", net=passing + fees)
    if adjusted := _minor(summary.adjustment, currency):
        yield Charge(kind=ChargeKind.FEE, title="Adjustment", net=adjusted)


def service_of(order: EbayOrder) -> str:
    """The way of shipping that the buyer chose."""
    steps = [each.shipping_step for each in order.fulfillment_start_instructions if each.shipping_step]
    return next((step.shipping_service_code for step in steps if step.shipping_service_code), "")


def _minor(cash: Cash | None, currency: str) -> int:
    return minor(cash.of(currency) if cash else Decimal(0), currency)
