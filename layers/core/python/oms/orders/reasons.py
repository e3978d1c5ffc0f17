"""Why something was refused or given up, as a code that every language has words for."""

from __future__ import annotations

from enum import StrEnum


class CancellationReason(StrEnum):
    """Why units are not to be shipped, as far as the customer is told."""

    CUSTOMER = "customer"
    """The customer asked for it."""
    MERCHANT = "merchant"
    """The merchant cannot or will not carry the order out."""
    UNPAID = "unpaid"
    """No payment came in time."""
    UNFILLABLE = "unfillable"
    """The goods cannot be had any more."""
    NOT_COLLECTED = "not_collected"
    """The customer did not fetch the goods in the store."""
    OTHER = "other"
    """Nobody said: the customer is told that it is cancelled, and not why."""


class DeclineReason(StrEnum):
    """Why goods may not come back."""

    WINDOW_OVER = "window_over"
    FINAL_SALE = "final_sale"
    HYGIENE = "hygiene"
    """Sealed goods that cannot be sold again once they are opened."""
    WORN = "worn"
    """Used beyond what trying takes, or damaged by the customer."""
    CONDITION = "condition"
    """Announced in a condition that the channel does not take back."""
    OTHER = "other"
    """What staff wrote says it."""
