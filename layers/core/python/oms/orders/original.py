"""A channel's document as it was sent, kept beside what was read of it: nothing of it is lost that is not read today.

It has personal data in it, so it stands where the contact stands (see `Entry`), and goes with it.
"""

from __future__ import annotations

import zlib


def pack(raw: bytes) -> bytes:
    """The document for the log: compressed, as JSON of a platform shrinks to a quarter or less."""
    return zlib.compress(raw, 6)


def unpack(packed: bytes) -> bytes:
    """The document, byte for byte as it came."""
    return zlib.decompress(packed)
