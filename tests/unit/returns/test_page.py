"""The customer's link and page: nobody else's order, every language whole, no text of a shop taken for markup."""

from __future__ import annotations

import string
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.errors import InvalidInput, NotAllowed, Unauthenticated, Unavailable
from oms.returns.links import order_behind, token
from oms.returns.texts import LANGUAGES, texts
from oms.setup import Location
from oms.views.after_sale import customers_order
from oms.views.return_page import REASONS, error_page, form_values, page, wants_page
from tests.support.orders import line
from tests.unit.returns.shop import Shop, wants

KEY = "a key of thirty-two random bytes"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
END = NOW + timedelta(days=1)


def test_a_link_opens_its_order_until_it_ends() -> None:
    assert order_behind(token("o1", END, KEY), KEY, NOW) == "o1"
    with pytest.raises(Unauthenticated):
        order_behind(token("o1", END, KEY), KEY, END)


def test_a_link_of_another_key_opens_nothing_and_an_empty_key_signs_nothing() -> None:
    with pytest.raises(Unauthenticated):
        order_behind(token("o1", END, "another key"), KEY, NOW)
    with pytest.raises(ValueError, match="no key"):
        token("o1", END, "")


@given(at=st.integers(0, 60), letter=st.sampled_from(string.ascii_letters + string.digits + "-_."))
def test_a_link_of_which_one_letter_is_changed_opens_nothing(at: int, letter: str) -> None:
    good = token("oabcdefghij2345klmnop", END, KEY)
    changed = good[:at] + letter + good[at + 1 :]
    if changed != good:
        with pytest.raises(Unauthenticated):
            order_behind(changed, KEY, NOW)


@given(st.text(max_size=80))
def test_whatever_stands_in_a_link_it_is_refused_politely(text: str) -> None:
    with pytest.raises(Unauthenticated):
        order_behind(text, KEY, NOW)


def fields(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)


def test_every_language_says_everything_with_the_same_gaps() -> None:
    english = LANGUAGES["en"]
    for code, words in LANGUAGES.items():
        assert words.keys() == english.keys(), code
        assert {name: fields(text) for name, text in words.items()} == {n: fields(t) for n, t in english.items()}
    assert {reason.value for reason in REASONS} <= english.keys()
    assert [texts(wish)[0] for wish in ("de-CH", "FR_fr", "pt-BR", "")] == ["de", "fr", "en", "en"]


class Tags(HTMLParser):
    """The tags of a page, the targets of its labels, and the ids that are there."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.labels: set[str] = set()
        self.ids: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        known = dict(attrs)
        if tag == "label":
            self.labels.add(known["for"] or "")
        if tag in {"input", "select"} and known.get("type") != "hidden":
            self.ids.add(known["id"] or "")


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_shop_calls_its_goods_is_text_and_every_field_has_its_label(shop: Shop, language: str) -> None:
    evil = '<script>alert("1")</script>'
    shop.delivered(line('1"><b', evil, 2, 2000), line("2", "cap", 1, 500))
    order = shop.approved(wants("2", 1), shipping_fee=100)
    shown = customers_order(
        order, "token", lambda _: Location(location_id="n", name="<i>North", latitude=0, longitude=0)
    )
    tags = Tags(page(shown, language))
    assert not {"script", "b", "i"} & set(tags.tags)
    assert tags.labels == tags.ids == {"q0", "r0"}


def test_the_form_of_the_page_says_what_the_call_takes() -> None:
    raw = b"number=2&quantity%3A1=3&reason%3A1=damaged&quantity%3A2=0&reason%3A2=other&quantity%3A3="
    assert form_values(raw) == {
        "number": "2",
        "units": [{"line_id": "1", "quantity": "3", "reason": "damaged"}],
    }
    for broken in (b"\xff", b"nothing"):
        with pytest.raises(InvalidInput):
            form_values(broken)


def test_a_refusal_is_told_in_words_and_a_defect_of_ours_is_not_told() -> None:
    assert "because" in error_page(NotAllowed("because"), "en")
    assert "table" not in error_page(Unavailable("the table is down"), "en")


@pytest.mark.parametrize(
    ("accept", "browser"),
    [
        ("text/html,application/xhtml+xml,*/*;q=0.8", True),
        ("application/json, text/html", False),
        ("*/*", False),
        ("", False),
    ],
)
def test_a_page_is_for_those_who_ask_for_one(accept: str, browser: bool) -> None:  # noqa: FBT001 - a parameter of the test
    assert wants_page(accept) is browser
