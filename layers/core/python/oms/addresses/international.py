"""Numbers that can be dialled from everywhere as they stand, recognised without a library."""

from __future__ import annotations

import re
from collections.abc import Mapping

_PUNCTUATION: Mapping[int, None] = dict.fromkeys(map(ord, " \t\u00a0-./()"))
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


def plain(text: str) -> str:
    """A number that has its country's code, in E.164 (`+390471123456`); empty for what has none or is no number."""
    digits = text.translate(_PUNCTUATION)
    return digits if _E164.fullmatch(digits) else ""
