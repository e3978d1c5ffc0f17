"""The figures of a WooCommerce order: what each line and charge costs, exact to the minor unit.

WooCommerce rounds the tax of each line for display, and the order's tax once over all of them, when the shop is set
to. Where the lines do not add up to the order's tax for that reason, the tax is shared anew from the exact figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import unescape

from oms.channels.figures import Sold, apportioned, exactly, minor, scaled, shared
from oms.channels.woocommerce.payload import LineItem, TaxedLine, WooOrder
from oms.orders.sold import Charge, ChargeKind, short


def sold(
    order: WooOrder, items: Sequence[LineItem], units: Sequence[int], currency: str, channel_id: str
) -> list[Sold]:
    """The lines, each of so many units, quoted in the order's price mode."""
    taxes = _cart_taxes(order, items, currency)[: len(items)]
    return [
        _line(order, item, count, tax, currency, channel_id)
        for item, count, tax in zip(items, units, taxes, strict=True)
    ]


def charges(order: WooOrder, items: Sequence[LineItem], currency: str) -> tuple[Charge, ...]:
    """Shipping and fees; a fee below zero is a rebate."""
    shipping_taxes = _taxes(order.shipping_lines, minor(order.shipping_tax, currency), currency)
    fee_taxes = _cart_taxes(order, items, currency)[len(items) :]
    shipping = [
        Charge(
            kind=ChargeKind.SHIPPING,
            title=short(unescape(line.method_title)),
            net=minor(line.total, currency),
            tax=tax,
            code=line.method_id,
        )
        for line, tax in zip(order.shipping_lines, shipping_taxes, strict=True)
    ]
    fees = [
        Charge(kind=ChargeKind.FEE, title=short(unescape(line.name)), net=minor(line.total, currency), tax=tax)
        for line, tax in zip(order.fee_lines, fee_taxes, strict=True)
    ]
    return (*shipping, *fees)


def _line(order: WooOrder, item: LineItem, units: int, tax: int, currency: str, channel_id: str) -> Sold:
    gross = bool(order.prices_include_tax)
    before, before_tax = (item.total, item.total_tax) if item.subtotal is None else (item.subtotal, item.subtotal_tax)
    quoted = before + before_tax if gross else before
    discount = minor(quoted - item.total - (item.total_tax if gross else 0), currency)
    return Sold(
        external_line_id=item.id,
        sku=item.sku.strip() or f"{channel_id}:{item.product or f'line-{item.id}'}",
        title=unescape(item.name),
        quantity=units,
        amount=minor(item.total, currency) + (tax if gross else 0) + discount,
        discount=discount,
        tax=tax,
        list_price=exactly(quoted / units, currency),
        requires_shipping=order.needs_processing is not False,
    )


def _cart_taxes(order: WooOrder, items: Sequence[LineItem], currency: str) -> list[int]:
    """The tax of each line and then of each fee, which WooCommerce adds up in one figure."""
    whole = order.total_tax - order.shipping_tax if order.cart_tax is None else order.cart_tax
    return _taxes([*items, *order.fee_lines], minor(whole, currency), currency)


def _taxes(lines: Sequence[TaxedLine], whole: int, currency: str) -> list[int]:
    rounded = [minor(line.total_tax, currency) for line in lines]
    if sum(rounded) == whole:
        return rounded
    if not any(rounded) and whole > 0:
        return shared(whole, [minor(line.total, currency) for line in lines])
    return apportioned([scaled(line.exact_tax, currency) for line in lines], whole) or rounded
