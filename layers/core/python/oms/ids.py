"""Ids that are derived, so that doing something twice names the same thing twice."""

from __future__ import annotations

import base64
import hashlib

MAX_SKU = 128
"""Characters that a sku may have."""


def derived(*parts: str, length: int = 20) -> str:
    """A lower-case base32 id of 5 bits a character, the same for the same parts on every machine.

    Parts are length-prefixed before hashing: ("ab", "c") and ("a", "bc") differ.
    """
    digest = hashlib.sha256()
    for part in parts:
        raw = part.encode()
        digest.update(len(raw).to_bytes(4, "big") + raw)
    return base64.b32encode(digest.digest()).decode().lower().rstrip("=")[:length]


def order_id(channel_id: str, external_id: str) -> str:
    """The id of the order that a channel knows as `external_id`: 100 bits of hash behind an `o`."""
    return "o" + derived("order", channel_id, external_id)


def fulfillment_order_id(order: str, number: int) -> str:
    """The id of an order's n-th fulfillment order, from 1; it carries the order's id: see `order_of`."""
    return f"{order}-{number}"


def parcel_id(fulfillment_order: str, number: int) -> str:
    """The id of a fulfillment order's n-th parcel, from 1."""
    return f"{fulfillment_order}-p{number}"


def order_of(any_id: str) -> str:
    """The order that a fulfillment order or parcel id belongs to."""
    return any_id.split("-", 1)[0]


def fulfillment_order_of(parcel: str) -> str:
    """The fulfillment order that a parcel belongs to."""
    return parcel.rsplit("-p", 1)[0]
