"""Signatures of aggregators' webhooks, compared in constant time over the bytes that came."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime

TOLERANCE = 300
"""Seconds that a signature with a time in it is good for, either way."""


def digest(raw: bytes, key: bytes) -> bytes:
    """HMAC-SHA256."""
    return hmac.new(key, raw, hashlib.sha256).digest()


def same(given: str, expected: str) -> bool:
    """Whether two texts are equal, without telling by the time it takes where they differ. Empty ones never are."""
    return bool(expected) and hmac.compare_digest(given.encode(errors="replace"), expected.encode())


def header(headers: Mapping[str, str], name: str) -> str:
    """A header, however its name is written; empty when it is not there."""
    return {key.lower(): value for key, value in headers.items()}.get(name.lower(), "")


def stamped(raw: bytes, given: str, key: str, now: datetime) -> bool:
    """Whether `t=<seconds>,v1=<hex>` signs `<seconds>.<body>`, not long ago. One of several `v1` is enough."""
    fields = [field.strip().partition("=") for field in given.split(",")]
    times = [value for name, _, value in fields if name == "t"]
    if len(times) != 1 or not re.fullmatch(r"[0-9]{1,12}", times[0]) or not key:
        return False
    if abs(now.timestamp() - int(times[0])) > TOLERANCE:
        return False
    expected = digest(times[0].encode() + b"." + raw, key.encode()).hex()
    return any([same(value.lower(), expected) for name, _, value in fields if name == "v1"])  # noqa: C419 - all of them
