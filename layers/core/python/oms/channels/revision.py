"""The order of a platform's documents: when they were written, and within one second, how far the order had come."""

from __future__ import annotations

from datetime import datetime

from oms.clock import from_text, to_text
from oms.errors import InvalidInput
from oms.orders.events import PaymentMethod

_PROGRESS = {
    PaymentMethod.UNPAID: 0,
    PaymentMethod.GATEWAY: 0,
    PaymentMethod.CHANNEL_AUTHORISED: 1,
    PaymentMethod.PREPAID: 2,
    PaymentMethod.MARKETPLACE: 2,
}
_GONE = 3

FETCHED_AT = "_fetched_at"
"""Where adapters that fetch an order leave in its document when they did, as `oms.clock.to_text` writes it."""


def instant(text: str, path: str) -> datetime:
    """A time of a document; without an offset it is UTC.

    Raises:
        InvalidInput: names the field.
    """
    try:
        return from_text(text)
    except ValueError:
        raise InvalidInput("not a time", path=path) from None


def revision(
    changed_at: datetime, method: PaymentMethod, *, gone: bool, given_back: int = 0, fetched_at: str = ""
) -> str:
    """Text whose order is that of the documents.

    Platforms tell times to the second, and an order is often placed and paid within one. Money and cancellation only
    go forward, so of two documents of the same second the one that is further along is the newer: what is cancelled,
    and of those, the one in which more has been given back (minor units). Of two that are equally far, the one that was
    fetched later is the newer (`FETCHED_AT`); where documents are sent, nobody can tell.
    """
    progress = _GONE if gone else _PROGRESS[method]
    return (
        f"{to_text(changed_at)}/{progress}"
        + (f".{given_back:015}" if given_back > 0 else "")
        + (
            # A comma sorts before the point: what was given back counts for more than when it was seen.
            f",{fetched_at}" if fetched_at else ""
        )
    )
