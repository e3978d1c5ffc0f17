"""Signed links by which a customer reaches what is theirs, without an account: an order's returns, an offer."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

from oms.errors import Unauthenticated

LIFE = timedelta(days=90)
"""How long a link is good: the window of most shops, and time for the parcel."""

PURPOSE = b"return"
"""Signed with the rest, so that a link for something else opens no return."""

OFFER = b"offer"
"""The purpose of a link to an offer of other goods."""


def token(order_id: str, expires_at: datetime, key: str, purpose: bytes = PURPOSE) -> str:
    """What stands in the link: the order (or offer), the end in seconds since 1970, and the signature over both."""
    claim = f"{order_id}.{int(expires_at.timestamp())}"
    return f"{claim}.{_signature(claim, key, purpose)}"


def order_behind(text: str, key: str, now: datetime, purpose: bytes = PURPOSE) -> str:
    """The order (or offer) that a link was made for.

    Raises:
        Unauthenticated: the link is not ours, or no longer good. Which of these is not told.
    """
    claim, _, signature = text.rpartition(".")
    order_id, _, end = claim.partition(".")
    genuine = hmac.compare_digest(_signature(claim, key, purpose).encode(), signature.encode())
    if not genuine or now >= datetime.fromtimestamp(int(end), UTC):
        raise Unauthenticated("no valid link")
    return order_id


def _signature(claim: str, key: str, purpose: bytes) -> str:
    if not key:
        # An empty key would make everybody's signature a good one.
        raise ValueError("there is no key to sign with")
    digest = hmac.digest(key.encode(), purpose + b"\n" + claim.encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
