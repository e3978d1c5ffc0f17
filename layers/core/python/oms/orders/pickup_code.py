"""The code by which a customer fetches their goods: told to them alone, and kept nowhere.

It is made of the fulfillment order and the key that signs links, so that neither log, topic nor API shows it to staff.
"""

from __future__ import annotations

import hashlib
import hmac

DIGITS = 6
PURPOSE = b"pickup"
"""Signed with the rest, so that no link is a code."""


def pickup_code(fulfillment_order_id: str, key: str) -> str:
    """The code of a fulfillment order: six digits.

    Raises:
        ValueError: there is no key.
    """
    if not key:
        raise ValueError("there is no key to sign with")
    digest = hmac.digest(key.encode(), PURPOSE + b"\n" + fulfillment_order_id.encode(), hashlib.sha256)
    return f"{int.from_bytes(digest[:8], 'big') % 10**DIGITS:0{DIGITS}}"


def is_pickup_code(text: str, fulfillment_order_id: str, key: str) -> bool:
    """Whether the text is the code, however it is spaced; compared in constant time."""
    given = "".join(text.split()).replace("-", "")
    return hmac.compare_digest(given.encode(), pickup_code(fulfillment_order_id, key).encode())
