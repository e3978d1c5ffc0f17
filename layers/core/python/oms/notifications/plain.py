"""Text from outside made safe to stand in a line of a message: one line, of limited length, that shows what it is."""

from __future__ import annotations

import unicodedata
from urllib.parse import urlsplit

NAME = 80
"""Characters of a person's, shop's or order's name."""
TITLE = 160
"""Characters of a product's title or an address line."""
MAX_URL = 2000

_JOINERS = "\u200c\u200d"
"""Invisible, but part of Persian words and of emoji."""


def clean(text: str, limit: int) -> str:
    """The text on one line, at most `limit` characters, cut with an ellipsis.

    Line breaks and control characters become spaces, so that nothing can end a header. Invisible formatting goes:
    marks that turn the direction of writing could make a line read as something else. Lone surrogates go: they cannot
    be encoded.
    """
    kept = " ".join("".join(map(_shown, text[: 10 * limit])).split())
    return kept if len(kept) <= limit else kept[: limit - 1].rstrip() + "…"


def _shown(character: str) -> str:
    category = unicodedata.category(character)
    if category in {"Cc", "Zl", "Zp"}:
        return " "
    return "" if category[0] == "C" and character not in _JOINERS else character


def web_link(url: str) -> str:
    """The address if it is one that a mail may link to (http or https, no odd characters), or nothing."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    odd = any(not " " < character < "\x7f" or character in "\"'<>\\`" for character in url)
    return url if parts.scheme in {"http", "https"} and parts.netloc and not odd and len(url) <= MAX_URL else ""
