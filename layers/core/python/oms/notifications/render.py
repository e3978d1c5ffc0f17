"""A letter in its forms: HTML mail, plain text mail, SMS."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from oms.notifications.catalogue import Kind
from oms.notifications.compose import compose
from oms.notifications.counter import NO_COUNTER, Counter
from oms.notifications.language import Language
from oms.notifications.occasion import Occasion
from oms.notifications.way_back import NOWHERE, WayBack

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Message:
    """A message in all the forms that it may be sent in."""

    subject: str
    html: str
    text: str
    sms: str


def render(
    kind: Kind,
    found: Occasion,
    language: Language,
    shop: str,
    way: WayBack = NOWHERE,
    counter: Counter = NO_COUNTER,
) -> Message:
    """The message of this kind about this occasion, signed by `shop`; the same for the same arguments.

    `way` is what customers need to know to send something back, `counter` to fetch something.
    """
    letter = compose(kind, found, language, shop, way, counter)
    html, text = (_environment().get_template(name).render(letter=letter) for name in ("mail.html", "mail.txt"))
    return Message(letter.subject, html, text, letter.sms)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
