"""The language of a message: which one, and its texts."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LANGUAGES = ("en", "de", "it", "fr", "es")
"""Every language that messages are written in; each has its texts in `texts/<code>.toml`."""

TEXTS = Path(__file__).parent / "texts"


@dataclass(frozen=True, slots=True)
class Language:
    """`code` says which texts, `locale` how dates, numbers and money are written in them: `de`, `de_CH`."""

    code: str
    locale: str

    @property
    def tag(self) -> str:
        """BCP 47, for the `lang` attribute and for the record: `de-CH`."""
        return self.locale.replace("_", "-")


def choose(*wishes: str) -> Language:
    """The first of the wishes (BCP 47 or POSIX, most important first) that has texts, or whose base language has.

    The region is kept for dates, numbers and money, where there are conventions for it. Without any, English.
    """
    for wish in wishes:
        base, *rest = re.split(r"[-_.@]", wish.strip())
        if base.lower() in LANGUAGES:
            region = next((part.upper() for part in rest if re.fullmatch(r"[A-Za-z]{2}|[0-9]{3}", part)), "")
            return Language(base.lower(), _locale(base.lower(), region))
    return Language("en", "en")


def _locale(code: str, region: str) -> str:
    from babel import localedata

    return f"{code}_{region}" if region and localedata.exists(f"{code}_{region}") else code


@cache
def texts(code: str) -> Mapping[str, str]:
    """All texts of a language by `section.key`; `{name}` in them is a place for a value."""
    sections = tomllib.loads((TEXTS / f"{code}.toml").read_text(encoding="utf-8"))
    return {f"{section}.{key}": text for section, entries in sections.items() for key, text in entries.items()}


def say(language: Language, key: str, **values: str) -> str:
    """A text with its values put in. Values are never read as text with places of their own."""
    return texts(language.code)[key].format(**values)
