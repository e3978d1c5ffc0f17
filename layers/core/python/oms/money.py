"""Money as integers in minor units of an ISO 4217 currency, and its division without loss.

The exponents are those of ISO 4217 (list one, edition 2024): two digits unless listed here. CLDR's digits, which
say how prices are *written*, differ for some currencies and are never used to compute.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from oms.errors import InvalidInput

_AMOUNT = re.compile(r"([+-]?)([0-9]{1,15})(?:\.([0-9]{0,30}))?")
"""An amount as platforms write it; the bounds keep a hostile one from growing into a number of a million digits."""

_WITHOUT_MINOR_UNIT = frozenset("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split())
_THREE_DIGITS = frozenset("BHD IQD JOD KWD LYD OMR TND".split())
_FOUR_DIGITS = frozenset("CLF UYW".split())
_TWO_DIGITS = frozenset(
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW"
    " CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF"
    " IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK"
    " MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP"
    " SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER"
    " ZAR ZMW ZWG".split()
)


def exponent(currency: str) -> int:
    """How many decimal digits the currency's minor unit stands for: 2 for EUR, 0 for JPY, 3 for KWD.

    Raises:
        InvalidInput: the code is not an active ISO 4217 currency.
    """
    if currency in _TWO_DIGITS:
        return 2
    if currency in _WITHOUT_MINOR_UNIT:
        return 0
    if currency in _THREE_DIGITS:
        return 3
    if currency in _FOUR_DIGITS:
        return 4
    raise InvalidInput(f"{currency!r} is not an ISO 4217 currency code", path="currency")


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units of one currency: `Money(1999, "EUR")` is 19.99 euro."""

    amount: int
    currency: str

    @classmethod
    def parse(cls, text: str, currency: str, *, path: str = "amount") -> Self:
        """Read a decimal string such as "19.99" exactly; trailing zeros beyond the minor unit are accepted.

        Raises:
            InvalidInput: not a number, or a fraction of a minor unit, which no one can pay.
        """
        return cls(minor_units(text, currency, path=path), currency)

    @property
    def decimal(self) -> Decimal:
        """The amount in major units, exact: `Decimal("19.99")`."""
        return Decimal(self.amount).scaleb(-exponent(self.currency))

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __str__(self) -> str:
        return f"{self.decimal:f} {self.currency}"

    def _same(self, other: Money) -> int:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} cannot be added: convert first")
        return other.amount


def minor_units(text: str | None, currency: str, *, path: str = "amount") -> int:
    """The integer of minor units that a decimal string stands for; see `Money.parse`.

    Raises:
        InvalidInput: not a number, or a fraction of a minor unit.
    """
    digits = exponent(currency)
    found = _AMOUNT.fullmatch(text) if text is not None else None
    if not found:
        raise InvalidInput(f"{text!r} is not an amount of money", path=path)
    sign, whole, fraction = found[1], found[2], (found[3] or "").rstrip("0")
    if len(fraction) > digits:
        raise InvalidInput(f"{text} has more decimals than {currency} can pay", path=path)
    amount = int(whole + fraction.ljust(digits, "0"))
    return -amount if sign == "-" else amount


def allocate(total: int, weights: Sequence[int]) -> list[int]:
    """Share `total` minor units in proportion to `weights`, by largest remainder: the shares add up to `total`.

    Ties go to the earlier share, so the result depends on nothing but its arguments. Without any weight the shares are
    equal. A negative total is shared as its positive and negated.

    Raises:
        ValueError: there is nobody to share with, or a weight is negative.
    """
    if not weights or min(weights) < 0:
        raise ValueError("allocate() needs at least one weight, and none below zero")
    if total < 0:
        return [-share for share in allocate(-total, weights)]
    whole = sum(weights)
    if whole == 0:
        weights, whole = [1] * len(weights), len(weights)
    shares = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in by_remainder[: total - sum(shares)]:
        shares[i] += 1
    return shares
