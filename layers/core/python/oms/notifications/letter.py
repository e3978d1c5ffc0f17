"""A message before it takes a form: headings, paragraphs and tables of finished text, the same for HTML and plain text.

What stands here is written out in the customer's language already; the templates only lay it out, so the two forms
cannot tell different things.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Pair:
    """A label and what it says: `Order number` and `1001`."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a list of items; `was` is the amount before a discount."""

    title: str
    amount: str = ""
    was: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Plain words."""

    form: ClassVar[str] = "paragraph"
    text: str


@dataclass(frozen=True, slots=True)
class Notice:
    """What the reader must not miss."""

    form: ClassVar[str] = "notice"
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Panel:
    """The figures of the matter at a glance."""

    form: ClassVar[str] = "panel"
    pairs: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class Button:
    """The one link of a message."""

    form: ClassVar[str] = "button"
    label: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """Items with their prices, what comes on top, and the total; `included` is contained in the total."""

    form: ClassVar[str] = "bill"
    title: str
    item: str
    amount: str
    rows: tuple[Row, ...]
    sums: tuple[Pair, ...]
    total: Pair
    included: Pair | None = None


@dataclass(frozen=True, slots=True)
class Items:
    """Items without prices, under a title."""

    form: ClassVar[str] = "items"
    title: str
    rows: tuple[Row, ...]
    lead: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A postal address, line by line."""

    form: ClassVar[str] = "place"
    title: str
    lines: tuple[str, ...]


Block = Paragraph | Notice | Panel | Button | Bill | Items | Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """All that a message says. `step` counts how many of `steps` are behind the parcel; 0 shows none."""

    language: str
    shop: str
    subject: str
    preheader: str
    headline: str
    greeting: str
    blocks: tuple[Block, ...]
    closing: tuple[str, ...]
    sms: str
    colon: str
    """How the language puts a colon between `{label}` and `{value}`."""
    steps: tuple[str, ...] = ()
    step: int = 0
