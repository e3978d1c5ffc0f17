"""What was sold and for how much: lines whose amounts are shared over their units, and charges beside them.

Amounts are minor units of the order's currency. These values stand in events, so they change as events do.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

MAX_TITLE = 150
"""Characters of a title that are kept: so an order of 500 lines fits into the log in any script."""

MAX_TAGS, MAX_TAG = 50, 100
"""Words by which a channel marks an order, and how long one may be."""

MAX_UNITS = 1_000_000
"""Units that one line may have."""


class ChargeKind(StrEnum):
    """What an amount beside the lines is for."""

    SHIPPING = "shipping"
    FEE = "fee"
    TIP = "tip"
    DUTY = "duty"
    ROUNDING = "rounding"


class PriceMode(StrEnum):
    """How the channel quoted its prices: with the tax in them, or without."""

    GROSS = "gross"
    NET = "net"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRun:
    """`count` units of a line that each carry the same net amount and tax."""

    count: int
    net: int
    tax: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedLine:
    """One line as it was sold. `net` and `tax` are for the whole line, after its `discount`; `units` share them out."""

    line_id: str
    sku: str
    title: str
    quantity: int
    net: int
    tax: int
    units: tuple[UnitRun, ...]
    discount: int = 0
    list_price: int | None = None
    """Per unit before discount, as quoted; None when the channel's price is no whole number of minor units."""
    external_line_id: str = ""
    requires_shipping: bool = True
    grams: int = 0
    """Weight of one unit as the channel says it; 0 when it does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """An amount beside the lines: shipping, a fee, a tip, duties, cash rounding (which may be negative)."""

    kind: ChargeKind
    title: str
    net: int
    tax: int = 0
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineUnits:
    """A number of units of a line."""

    line_id: str
    sku: str
    quantity: int


def unit_runs(quantity: int, net: int, tax: int) -> tuple[UnitRun, ...]:
    """A line's amounts shared over its units: equal shares, and the units that come first have what is left over.

    The same shares as `allocate` gives with equal weights, without counting out a million units.
    """
    cuts = sorted({0, net % quantity, tax % quantity, quantity})
    return tuple(
        UnitRun(
            count=end - start,
            net=net // quantity + (start < net % quantity),
            tax=tax // quantity + (start < tax % quantity),
        )
        for start, end in pairwise(cuts)
    )


def short(title: str) -> str:
    """A title on one line, cut when it is too long for the log."""
    one_line = " ".join(title.split())
    return one_line if len(one_line) <= MAX_TITLE else one_line[: MAX_TITLE - 1] + "…"
