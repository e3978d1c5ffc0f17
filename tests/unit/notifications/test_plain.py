"""Text from outside: one line, of limited length, without what could deceive."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.notifications.plain import clean, web_link

anything = st.text(st.characters(), max_size=300)  # every code point, lone surrogates included


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Maria  Rossi", "Maria Rossi"),
        ("a\r\nBcc: b@example.com", "a Bcc: b@example.com"),
        ("a\u2028b\u0085c\x00d", "a b c d"),
        ("\u202egnp.exe\u202c", "gnp.exe"),
        ("\u200fמרים\u200e", "מרים"),
        ("a\ud800b", "ab"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("\u200b\ufeff \u00a0", ""),
    ],
)
def test_a_text_becomes_one_line_that_shows_what_it_is(text: str, line: str) -> None:
    assert clean(text, 80) == line


@given(anything, st.integers(1, 100))
def test_whatever_comes_fits_has_one_line_and_can_be_encoded(text: str, limit: int) -> None:
    line = clean(text, limit)
    assert len(line) <= limit
    assert line == " ".join(line.split())
    assert line.encode().decode() == line
    assert not {c for c in line if unicodedata.category(c)[0] == "C"} - {"\u200c", "\u200d"}


@given(anything)
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert clean(clean(text, 40), 40) == clean(text, 40)


def test_a_long_text_is_cut_with_an_ellipsis() -> None:
    assert clean("x" * 10_000, 80) == "x" * 79 + "…"


@pytest.mark.parametrize("url", ["https://track.example/1?a=b&c=d#e", "http://track.example"])
def test_a_web_address_is_linked(url: str) -> None:
    assert web_link(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        "data:text/html,x",
        "//track.example",
        "https://",
        "https://a b",
        'https://a"onclick=x',
        "https://a\nb",
        "https://[",
        "https://ex\u0430mple.com",
        "https://track.example/" + "x" * 3000,
    ],
)
def test_anything_else_is_not(url: str) -> None:
    assert web_link(url) == ""
