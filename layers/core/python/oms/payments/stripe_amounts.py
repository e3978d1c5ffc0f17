"""Amounts as Stripe counts them, which is not always ISO 4217's minor unit.

Source: "Supported currencies" in Stripe's documentation. UGX and ISK have no minor unit, but Stripe counts them in
hundredths and takes whole units only; MGA has one, and Stripe counts it in whole units. Of the currencies with
thousandths, Stripe takes amounts whose last digit is zero. The others are the same.
"""

from __future__ import annotations

from oms.errors import InvalidInput
from oms.money import Money, exponent

_DIGITS = {"ISK": 2, "UGX": 2, "MGA": 0}
"""Decimal digits of Stripe's unit, where they are not those of ISO 4217."""

_THOUSANDTHS = 3


def to_stripe(money: Money) -> int:
    """An amount in Stripe's unit.

    Raises:
        InvalidInput: Stripe cannot charge it: a tenth of a smallest coin.
    """
    ours, theirs = exponent(money.currency), _DIGITS.get(money.currency, exponent(money.currency))
    if ours > theirs:
        amount, rest = divmod(money.amount, _power(ours - theirs))
        if rest:
            raise InvalidInput(f"Stripe cannot charge {money}", path="amount")
        return amount
    amount = money.amount * _power(theirs - ours)
    if theirs == _THOUSANDTHS and amount % 10:
        raise InvalidInput(f"Stripe cannot charge {money}: the last digit must be zero", path="amount")
    return amount


def chargeable(money: Money) -> bool:
    """Whether Stripe has a unit for it."""
    try:
        to_stripe(money)
    except InvalidInput:
        return False
    return True


def from_stripe(amount: int, currency: str) -> Money:
    """What an amount of Stripe's is worth; a fraction that we cannot count is left out."""
    ours, theirs = exponent(currency), _DIGITS.get(currency, exponent(currency))
    return Money(amount * _power(ours - theirs) if ours >= theirs else amount // _power(theirs - ours), currency)


def _power(digits: int) -> int:
    return int(10**digits)
