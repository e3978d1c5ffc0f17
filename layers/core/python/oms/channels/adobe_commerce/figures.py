"""The figures of an Adobe Commerce order: what each line and charge costs, exact to the minor unit.

The order's `grand_total` is what is left to pay after gift cards, store credit and reward points; here these are means
of payment, so the total has them in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from oms.channels.adobe_commerce.goods import Good
from oms.channels.adobe_commerce.payload import AdobeOrder
from oms.channels.figures import Sold, exactly, fitting, minor
from oms.orders.sold import Charge, ChargeKind, short

VIRTUAL = frozenset({"virtual", "downloadable"})


def vouchers(order: AdobeOrder, currency: str) -> tuple[tuple[str, int], ...]:
    """What was paid with gift cards, store credit and reward points, each that was used."""
    more = order.more
    told = (
        ("gift-cards", more.gift_cards_amount),
        ("store-credit", more.customer_balance_amount),
        ("reward-points", more.reward_currency_amount),
    )
    return tuple((name, amount) for name, text in told if (amount := minor(text, currency)) > 0)


def total(order: AdobeOrder, currency: str) -> int:
    """What the order costs, however it is paid."""
    return minor(order.grand_total, currency) + sum(amount for _, amount in vouchers(order, currency))


def sold(order: AdobeOrder, goods: Sequence[Good], currency: str, channel_id: str) -> list[Sold]:
    """The lines, quoted without tax: the order does not say how the shop shows its prices."""
    beside = charges(order, currency)
    whole = total(order, currency) - sum(each.net + each.tax for each in beside)
    paid = fitting([good.item.net + good.item.tax_amount for good in goods], whole, currency)
    tax = minor(order.tax_amount, currency) - sum(each.tax for each in beside)
    taxes = fitting([good.item.tax_amount for good in goods], tax, currency)
    return [_line(*each, currency, channel_id) for each in zip(goods, paid, taxes, strict=True)]


def charges(order: AdobeOrder, currency: str) -> tuple[Charge, ...]:
    """Shipping after its discount, gift wrapping and the fees of extensions, those that cost something."""
    more = order.more
    sent = next((each.shipping for each in more.shipping_assignments if each.shipping), None)
    shipping = order.shipping_amount - order.shipping_discount_amount + order.shipping_discount_tax_compensation_amount
    found = [
        _charge(
            ChargeKind.SHIPPING,
            order.shipping_description,
            shipping,
            order.shipping_tax_amount,
            currency,
            sent.method if sent else "",
        )
    ]
    wrapping = (
        ("Gift wrapping", more.gw_price, more.gw_tax_amount),
        ("Gift wrapping of items", more.gw_items_price, more.gw_items_tax_amount),
        ("Gift card", more.gw_card_price, more.gw_card_tax_amount),
    )
    found += [_charge(ChargeKind.FEE, title, net, tax, currency, "wrapping") for title, net, tax in wrapping]
    found += [
        _charge(ChargeKind.FEE, fee.custom_fee_label, fee.custom_fee_amount, Decimal(0), currency, fee.custom_fee_code)
        for fee in more.custom_fees
    ]
    return tuple(each for each in found if each.net or each.tax)


def _charge(kind: ChargeKind, title: str, net: Decimal, tax: Decimal, currency: str, code: str) -> Charge:
    """A charge; its sum is rounded, so that net and tax that are each half a unit do not become one too many."""
    part = minor(tax, currency)
    return Charge(kind=kind, title=short(title), net=minor(net + tax, currency) - part, tax=part, code=code)


def _line(good: Good, paid: int, tax: int, currency: str, channel_id: str) -> Sold:
    item, net = good.item, paid - tax
    off = max(minor(item.discount_amount - item.discount_tax_compensation_amount, currency), 0)
    return Sold(
        external_line_id=item.item_id,
        sku=item.sku.strip() or f"{channel_id}:{item.product_id or f'line-{item.item_id}'}",
        title=item.name,
        quantity=good.units,
        amount=net + off,
        discount=off,
        tax=tax,
        list_price=None if item.price is None else exactly(item.price, currency),
        requires_shipping=not item.is_virtual and item.product_type not in VIRTUAL,
    )
