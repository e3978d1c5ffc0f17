"""Reads a rendered mail as a mail program does: its elements, its links, its visible text."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"meta", "br"})


@dataclass(slots=True)
class Page:
    """What a mail consists of. `shape` is the order of its elements, with their attributes' names."""

    shape: list[tuple[str, ...]] = field(default_factory=list)
    attributes: list[tuple[str, str, str]] = field(default_factory=list)
    text: str = ""

    def all(self, tag: str, name: str) -> list[str]:
        """The values of an attribute on all elements of a kind."""
        return [value for each, attribute, value in self.attributes if (each, attribute) == (tag, name)]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = Page()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.page.shape.append((tag, *(name for name, _ in attrs)))
        self.page.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)
        if tag == "br":
            self.page.text += "\n"

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.page.text += data


def read(html: str) -> Page:
    """The page.

    Raises:
        AssertionError: its elements are not properly nested.
    """
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == [], f"{reader.open} are never closed"
    return reader.page
