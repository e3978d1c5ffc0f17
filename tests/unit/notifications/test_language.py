"""Languages: which one a customer is written to in, and that all say the same."""

from __future__ import annotations

import string
from collections.abc import Iterator

import pytest
from babel import Locale

from oms.notifications.language import LANGUAGES, TEXTS, Language, choose, say, texts


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize(
    ("wishes", "expected"),
    [
        (("de",), Language("de", "de")),
        (("de-CH",), Language("de", "de_CH")),
        (("fr_CA.UTF-8",), Language("fr", "fr_CA")),
        (("es-419",), Language("es", "es_419")),
        (("EN-gb",), Language("en", "en_GB")),
        (("it-Latn-CH",), Language("it", "it_CH")),
        (("de-ZZ",), Language("de", "de")),
        (("pt-BR", "it"), Language("it", "it")),
        (("", "fr"), Language("fr", "fr")),
        (("zh-Hant-TW", "ja"), Language("en", "en")),
        (("",), Language("en", "en")),
        (("../../etc/passwd", "de"), Language("de", "de")),
    ],
)
def test_the_language_falls_back_to_its_base_then_to_the_channels_then_to_english(
    wishes: tuple[str, ...], expected: Language
) -> None:
    assert choose(*wishes) == expected


def test_the_tag_is_what_html_asks_for() -> None:
    assert choose("de_CH").tag == "de-CH"


def test_every_language_has_its_file_and_babel_knows_it() -> None:
    assert {path.stem for path in TEXTS.glob("*.toml")} == set(LANGUAGES)
    for code in LANGUAGES:
        assert Locale.parse(code).language == code


@pytest.mark.parametrize("code", LANGUAGES)
def test_all_languages_have_the_same_texts_with_the_same_places(code: str) -> None:
    assert texts(code).keys() == texts("en").keys()
    for key, text in texts(code).items():
        assert text.strip() == text != "", key
        assert places(text) == places(texts("en")[key]), key


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
def test_nothing_was_left_in_english(code: str) -> None:
    same_word = {"common.total", "common.subtotal", "common.colon", "common.charge"}
    left = {key for key, text in texts(code).items() if text == texts("en")[key]} - same_word
    assert left == set()


def sentences(code: str, marks: str) -> Iterator[tuple[str, int]]:
    for key, text in texts(code).items():
        yield from ((key, place) for place, character in enumerate(text) if character in marks)


def test_french_marks_stand_behind_a_space_that_does_not_break() -> None:
    for key, place in sentences("fr", "?!;"):
        assert texts("fr")[key][place - 1] == "\u202f", key
    for key, place in sentences("fr", ":"):
        assert texts("fr")[key][place - 1] in ("\u00a0" if not key.split(".")[1].startswith("sms") else " "), key


@pytest.mark.parametrize("code", LANGUAGES)
def test_an_sms_has_no_typographic_characters_that_would_halve_its_room(code: str) -> None:
    for key, text in texts(code).items():
        if key.split(".")[1].startswith("sms"):
            assert not set(text) & set("’‘“”«»„–—…\u00a0\u202f"), key


def test_values_are_not_read_as_texts_with_places_of_their_own() -> None:
    hello = say(Language("en", "en"), "common.greeting", name="{name} {0} {name.__class__} {{")
    assert hello == "Hello {name} {0} {name.__class__} {{,"
