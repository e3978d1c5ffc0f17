"""The figures of a Shopify order: what each line and charge costs, exact to the minor unit.

All in the shop's currency. Where a figure stands in two places (tax on the lines and on the order), the finer one
counts and the coarser one is only shared out when the finer one is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from oms.channels.figures import Sold, charge, exactly, minor, shared
from oms.channels.shopify.payload import LineItem, MoneyBag, ShippingLine, ShopifyOrder, Taxed, TaxLine
from oms.orders.events import Charge, ChargeKind, PriceMode, TaxRemitter


def sold(
    order: ShopifyOrder, items: Sequence[LineItem], shipping: Sequence[ShippingLine], channel_id: str
) -> list[Sold]:
    """The lines with their share of discounts and taxes."""
    currency = order.currency
    amounts = [minor(item.price * item.quantity, currency) for item in items]
    discounts = _discounts(order, items, shipping, amounts)
    taxes = _taxes(order, items, shipping, [a - d for a, d in zip(amounts, discounts, strict=True)])
    return [
        Sold(
            external_line_id=item.id,
            sku=item.sku.strip() or placeholder(channel_id, item),
            title=item.name or item.title,
            quantity=item.quantity,
            amount=amount,
            discount=discount,
            tax=tax,
            list_price=exactly(item.price, currency),
            requires_shipping=item.ships,
            grams=max(item.grams or 0, 0),
        )
        for item, amount, discount, tax in zip(items, amounts, discounts, taxes, strict=True)
    ]


def placeholder(channel_id: str, item: LineItem) -> str:
    """What stands for the sku of a variant that has none: the same for each order of it, so it can be set up."""
    return f"{channel_id}:{item.variant_id or f'line-{item.id}'}"


def charges(order: ShopifyOrder, shipping: Sequence[ShippingLine], prices: PriceMode) -> tuple[Charge, ...]:
    """Shipping, duties, additional fees and tips."""
    found = [
        charge(
            ChargeKind.SHIPPING,
            line.title or line.code,
            minor(line.price - line.discount, order.currency),
            minor(line.tax, order.currency),
            prices,
            line.code,
        )
        for line in shipping
    ]
    found += [*_duties(order), *_fees(order), *_tips(order)]
    return tuple(found)


def rounding(order: ShopifyOrder, missing: int) -> tuple[Charge, ...]:
    """The rounding of a cash payment, when the channel's total has it in it and so is `missing` just that much."""
    rounded = minor(_amount(order.total_cash_rounding_payment_adjustment_set), order.currency)
    return (Charge(kind=ChargeKind.ROUNDING, title="Cash rounding", net=rounded),) if rounded == missing != 0 else ()


def tax_remitter(order: ShopifyOrder, items: Sequence[LineItem], shipping: Sequence[ShippingLine]) -> TaxRemitter:
    """The channel, when it is liable for every tax of the order."""
    parts: list[Taxed] = [*items, *shipping]
    taxes: list[TaxLine] = [tax for part in parts for tax in part.tax_lines]
    due = [tax for tax in taxes or order.tax_lines if tax.price]
    return TaxRemitter.CHANNEL if due and all(tax.channel_liable for tax in due) else TaxRemitter.MERCHANT


def _discounts(
    order: ShopifyOrder, items: Sequence[LineItem], shipping: Sequence[ShippingLine], amounts: Sequence[int]
) -> list[int]:
    """Per line. Older documents name a discount on the whole order only: it is shared over the lines."""
    own = [minor(item.discount, order.currency) for item in items]
    if any(own) or any(line.discount for line in shipping):
        return own
    whole = order.total_discounts
    if whole is None:
        whole = sum((code.amount for code in order.discount_codes if code.type != "shipping"), Decimal(0))
    return shared(min(minor(whole, order.currency), sum(amounts)), amounts)


def _taxes(
    order: ShopifyOrder, items: Sequence[LineItem], shipping: Sequence[ShippingLine], amounts: Sequence[int]
) -> list[int]:
    """Per line. Older documents name the tax on the order only: it is shared over the lines that are taxable."""
    parts: list[Taxed] = [*items, *shipping]
    if any(part.tax_lines for part in parts):
        return [minor(item.tax, order.currency) for item in items]
    taxed = [0 if item.taxable is False else amount for item, amount in zip(items, amounts, strict=True)]
    return shared(minor(order.total_tax, order.currency), taxed)


def _duties(order: ShopifyOrder) -> list[Charge]:
    if order.duties_included:
        return []
    duties = [duty for item in order.line_items for duty in item.duties]
    amount = sum((duty.amount for duty in duties), Decimal(0)) or _amount(order.original_total_duties_set)
    tax = sum((line.price for duty in duties for line in duty.tax_lines), Decimal(0))
    return _beside(order, ChargeKind.DUTY, "Import duty", amount, tax)


def _fees(order: ShopifyOrder) -> list[Charge]:
    return _beside(order, ChargeKind.FEE, "Additional fees", _amount(order.original_total_additional_fees_set))


def _tips(order: ShopifyOrder) -> list[Charge]:
    """Tips stand as lines in newer documents, and in a figure of their own that counts the same money."""
    as_lines = sum((item.price * item.quantity for item in order.line_items if item.is_tip), Decimal(0))
    return _beside(order, ChargeKind.TIP, "Tip", as_lines or order.total_tip_received)


def _beside(
    order: ShopifyOrder, kind: ChargeKind, title: str, amount: Decimal, tax: Decimal = Decimal(0)
) -> list[Charge]:
    if not amount and not tax:
        return []
    return [Charge(kind=kind, title=title, net=minor(amount, order.currency), tax=minor(tax, order.currency))]


def _amount(bag: MoneyBag | None) -> Decimal:
    return bag.amount if bag else Decimal(0)
