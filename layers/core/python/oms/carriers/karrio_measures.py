"""Weights, sizes and money as carriers write them: exact, and where a unit forces rounding, never too little."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal
from typing import Any

from oms.carriers.protocol import Shipment
from oms.errors import InvalidInput
from oms.money import Money, exponent

GRAMS_IN_POUND = Decimal("453.59237")
MILLIMETRES_IN_INCH = Decimal("25.4")
"""Both by definition: international yard and pound agreement, 1959."""

HUNDREDTH = Decimal("0.01")


def kilograms(grams: int) -> Decimal:
    """Up to the next hundredth: carriers take no more digits."""
    return (Decimal(grams) / 1000).quantize(HUNDREDTH, ROUND_CEILING)


def pounds(grams: int) -> Decimal:
    """Up to the next hundredth."""
    return (Decimal(grams) / GRAMS_IN_POUND).quantize(HUNDREDTH, ROUND_CEILING)


def centimetres(millimetres: int) -> Decimal:
    """Exact."""
    return Decimal(millimetres) / 10


def inches(millimetres: int) -> Decimal:
    """Up to the next hundredth."""
    return (Decimal(millimetres) / MILLIMETRES_IN_INCH).quantize(HUNDREDTH, ROUND_CEILING)


def parcel(shipment: Shipment, *, imperial: bool) -> dict[str, Any]:
    """Weight and size of a parcel in the units that the carrier works in at the place that it leaves.

    Karrio's own conversion is never met: its pound has 453.6 g.

    Raises:
        InvalidInput: it was not weighed.
    """
    if shipment.grams <= 0:
        raise InvalidInput("the carrier needs the parcel's weight", path="grams")
    weigh, measure = (pounds, inches) if imperial else (kilograms, centimetres)
    sizes = {"length": shipment.length, "width": shipment.width, "height": shipment.height}
    return {
        "weight": float(weigh(shipment.grams)),
        "weight_unit": "LB" if imperial else "KG",
        "dimension_unit": "IN" if imperial else "CM",
        **({name: float(measure(size)) for name, size in sizes.items()} if all(sizes.values()) else {}),
    }


def major_units(amount: int, currency: str) -> float:
    """An amount as JSON and XML of carriers have it: a float prints the digits that it was made of."""
    return float(Money(amount, currency).decimal)


def minor_units(amount: object, currency: str) -> int:
    """A carrier's figure as minor units; to the nearest one, for carriers write 208.02000000000001.

    Raises:
        InvalidInput: this is no currency.
    """
    exact = Decimal(str(amount)).scaleb(exponent(currency))
    return int(exact.quantize(Decimal(1), ROUND_HALF_EVEN))
