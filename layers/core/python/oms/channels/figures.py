"""Exact figures of a sale: decimal amounts to minor units, discounts and taxes shared over lines, lines over units."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from oms.money import allocate, exponent
from oms.orders.sold import MAX_TITLE, Charge, ChargeKind, PlacedLine, PriceMode, short, unit_runs


def scaled(amount: Decimal, currency: str) -> Decimal:
    """An amount of major units in minor units, with whatever fraction of one it has.

    Raises:
        InvalidInput: not a currency.
    """
    return amount.scaleb(exponent(currency))


def minor(amount: Decimal, currency: str) -> int:
    """An amount of major units in minor units. A fraction that nobody can pay is rounded, half of one away from zero.

    Raises:
        InvalidInput: not a currency.
    """
    return int(scaled(amount, currency).to_integral_value(ROUND_HALF_UP))


def exactly(amount: Decimal, currency: str) -> int | None:
    """An amount in minor units, or None when it is no whole number of them."""
    value = scaled(amount, currency)
    return int(value) if value == value.to_integral_value() else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold:
    """A line as a channel quotes it: `amount` is for all its units before `discount`, in the channel's price mode."""

    external_line_id: str
    sku: str
    title: str
    quantity: int
    amount: int
    discount: int = 0
    tax: int = 0
    list_price: int | None = None
    requires_shipping: bool = True
    grams: int = 0


def placed_lines(sold: Iterable[Sold], prices: PriceMode) -> tuple[PlacedLine, ...]:
    """Lines numbered from 1, with net and tax apart and shared over the units."""
    lines = []
    for number, line in enumerate(sold, 1):
        net = line.amount - line.discount - (line.tax if prices is PriceMode.GROSS else 0)
        lines.append(
            PlacedLine(
                line_id=str(number),
                sku=line.sku,
                title=short(line.title),
                quantity=line.quantity,
                net=net,
                tax=line.tax,
                units=unit_runs(line.quantity, net, line.tax),
                discount=line.discount,
                list_price=line.list_price,
                external_line_id=line.external_line_id,
                requires_shipping=line.requires_shipping,
                grams=line.grams,
            )
        )
    return tuple(lines)


def charge(kind: ChargeKind, title: str, quoted: int, tax: int, prices: PriceMode, code: str = "") -> Charge:
    """A charge from its quoted amount, which has the tax in it when the prices are gross."""
    net = quoted - tax if prices is PriceMode.GROSS else quoted
    return Charge(kind=kind, title=short(title), net=net, tax=tax, code=code[:MAX_TITLE])


def sum_of(lines: Iterable[PlacedLine], charges: Iterable[Charge]) -> int:
    """What lines and charges add up to, with tax."""
    return sum(line.net + line.tax for line in lines) + sum(each.net + each.tax for each in charges)


def shared(total: int, amounts: Sequence[int]) -> list[int]:
    """A discount or tax of the whole order shared over its lines in proportion to their amounts.

    Lines below zero take no share; without any amount the shares are equal, without lines there are none.
    """
    return allocate(total, [max(amount, 0) for amount in amounts]) if amounts else []


def fitting(amounts: Sequence[Decimal], whole: int, currency: str) -> list[int]:
    """Amounts of major units in minor units: each rounded, or shared so that they add up to `whole`.

    They are shared when the exact amounts add up to it but for less than one minor unit: the platform rounded their
    sum, and not each of them.
    """
    rounded = [minor(amount, currency) for amount in amounts]
    if sum(rounded) == whole:
        return rounded
    return apportioned([scaled(amount, currency) for amount in amounts], whole) or rounded


def apportioned(exact: Sequence[Decimal], whole: int) -> list[int]:
    """Exact parts of minor units rounded down or up so that they add up to a whole that is less than one away.

    Those with the largest fractions go up (the method of largest remainders). Nothing if a part is below zero, or their
    sum too far from the whole.
    """
    if not exact or min(exact) < 0 or abs(sum(exact, Decimal(0)) - whole) >= 1:
        return []
    down = [int(each) for each in exact]
    largest = sorted(range(len(exact)), key=lambda at: down[at] - exact[at])
    up = set(largest[: whole - sum(down)])
    return [each + (at in up) for at, each in enumerate(down)]
