"""The figures of a BigCommerce order: what each line and charge costs, exact to the minor unit.

BigCommerce counts with four decimals and rounds the order's total. Where the rounded lines do not add up to it for
that reason alone, it is shared anew from the exact figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from oms.channels.bigcommerce.payload import BigOrder, LineItem
from oms.channels.figures import Sold, exactly, fitting, minor
from oms.orders.sold import Charge, ChargeKind, short


def sold(order: BigOrder, items: Sequence[LineItem], currency: str, channel_id: str) -> list[Sold]:
    """The lines, quoted in the order's price mode."""
    beside = charges(order, currency)
    total, tax = minor(order.total_inc_tax, currency), minor(order.total_tax, currency)
    gross = bool(order.is_tax_inclusive_pricing)
    paid = fitting([_paid(item, gross=gross) for item in items], total - sum(c.net + c.tax for c in beside), currency)
    taxes = fitting([item.total_tax for item in items], tax - sum(c.tax for c in beside), currency)
    return [
        _line(item, amount, part, currency, channel_id, gross=gross)
        for item, amount, part in zip(items, paid, taxes, strict=True)
    ]


def charges(order: BigOrder, currency: str) -> tuple[Charge, ...]:
    """Shipping, handling, gift wrapping and the merchant's own fees, those that cost something."""
    parts = order.consignments.shipping if order.consignments else ()
    ways = list(dict.fromkeys(part.shipping_method for part in parts if part.shipping_method))
    wrapping = _charge(
        ChargeKind.FEE, "Gift wrapping", order.wrapping_cost_inc_tax, order.wrapping_cost_tax, currency, "wrapping"
    )
    handling = _charge(
        ChargeKind.FEE, "Handling", order.handling_cost_inc_tax, order.handling_cost_tax, currency, "handling"
    )
    shipping = _charge(
        ChargeKind.SHIPPING,
        ", ".join(ways),
        order.shipping_cost_inc_tax,
        order.shipping_cost_tax,
        currency,
        ways[0] if ways else "",
    )
    fees = [
        _charge(
            ChargeKind.FEE,
            fee.display_name_customer or fee.display_name_merchant,
            fee.cost_inc_tax,
            fee.cost_tax,
            currency,
            f"fee-{fee.id}",
        )
        for fee in order.fees
    ]
    return tuple(each for each in (shipping, handling, wrapping, *fees) if each.net or each.tax)


def _charge(kind: ChargeKind, title: str, with_tax: Decimal, tax: Decimal, currency: str, code: str) -> Charge:
    part = minor(tax, currency)
    return Charge(kind=kind, title=short(title), net=minor(with_tax, currency) - part, tax=part, code=code)


def _paid(item: LineItem, *, gross: bool) -> Decimal:
    """What the customer pays for a line, with tax and after all discounts.

    Older orders do not tell it (the field is absent or zero): there it follows from the discounts, which are quoted as
    the prices are.
    """
    if item.discounted_total_inc_tax:
        return item.discounted_total_inc_tax
    off = sum((each.amount for each in item.applied_discounts), Decimal(0))
    left = item.total_inc_tax - off if gross else item.total_ex_tax - off + item.total_tax
    return max(left, Decimal(0))


def _line(item: LineItem, paid: int, tax: int, currency: str, channel_id: str, *, gross: bool) -> Sold:
    quoted = minor(item.total_inc_tax if gross else item.total_ex_tax, currency)
    left = paid if gross else paid - tax
    return Sold(
        external_line_id=item.id,
        sku=item.sku.strip() or f"{channel_id}:{item.product or f'line-{item.id}'}",
        title=item.name,
        quantity=item.quantity,
        amount=max(quoted, left),
        discount=max(quoted - left, 0),
        tax=tax,
        list_price=exactly(item.price_inc_tax if gross else item.price_ex_tax, currency),
        requires_shipping=item.physical,
    )
