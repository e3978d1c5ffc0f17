"""Mail addresses and phone numbers in the one form in which they can be reached and compared."""

from __future__ import annotations

import re
from collections.abc import Mapping

_LOCAL_PART = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}")
_DOMAIN = re.compile(r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]", re.IGNORECASE)
_PUNCTUATION: Mapping[int, None] = dict.fromkeys(map(ord, " \t\u00a0-./()"))


def mail_address(text: str) -> str:
    """A single address that SES can deliver to, its domain in ASCII; empty when it is none.

    Quoted and non-ASCII local parts are refused: SES does not send to them.
    """
    local, _, domain = text.strip().rpartition("@")
    try:
        domain = domain.encode("idna").decode()
    except UnicodeError:
        return ""
    return f"{local}@{domain}" if _LOCAL_PART.fullmatch(local) and _DOMAIN.fullmatch(domain) else ""


def phone_number(text: str) -> str:
    """A number in E.164 (`+390471123456`), punctuation taken out; empty without its country's code.

    A number as it is dialled at home is not guessed at: a wrong guess tells a stranger.
    """
    digits = text.translate(_PUNCTUATION)
    return digits if re.fullmatch(r"\+[1-9][0-9]{6,14}", digits) else ""
