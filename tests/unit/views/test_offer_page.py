"""The page on which a customer answers an offer."""

from __future__ import annotations

import pytest

from oms.errors import InvalidInput, NotAllowed, Unauthenticated, Unavailable
from oms.orders.substituting import OfferStatus
from oms.views.offer_page import CustomersOffer, error_page, form_values, page
from oms.views.offer_texts import LANGUAGES


def offer(status: OfferStatus = OfferStatus.OPEN, *, before: int = 2400) -> CustomersOffer:
    return {
        "order_number": "1001",
        "status": status,
        "instead_of": "Mug <b>white</b>",
        "offered": "Cup & saucer",
        "quantity": 2,
        "price": {"amount": 2400, "currency": "EUR"},
        "price_before": {"amount": before, "currency": "EUR"},
        "expires_at": "2026-03-05T09:30:00.000000Z",
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_open_offer_can_be_answered_without_scripts(language: str) -> None:
    shown = page(offer(), language)
    assert f'<html lang="{language}">' in shown
    assert shown.count("<button") == 2
    assert "2 × Cup &amp; saucer" in shown
    assert "&lt;b&gt;white" in shown, "a title is text"
    assert "<script" not in shown
    assert "24.00" in shown


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("status", [each for each in OfferStatus if each is not OfferStatus.OPEN])
def test_one_that_does_not_stand_any_more_says_so_and_asks_nothing(language: str, status: OfferStatus) -> None:
    shown = page(offer(status), language)
    assert "<form" not in shown
    assert 'role="status"' in shown


def test_what_costs_less_says_what_it_cost() -> None:
    assert "30.00" in page(offer(before=3000), "en")
    assert "instead of" not in page(offer(), "en")


def test_a_refusal_is_told_in_the_customers_words() -> None:
    assert "not valid" in error_page(Unauthenticated("no valid link"), "en")
    assert "no longer needed" in error_page(NotAllowed("offer o1-s1 is over"), "en")
    assert "o1-s1" not in error_page(NotAllowed("offer o1-s1 is over"), "en")
    assert "try again later" in error_page(Unavailable("busy"), "en")


def test_the_form_is_read_like_the_calls_body() -> None:
    assert form_values(b"answer=accept") == {"answer": "accept"}
    with pytest.raises(InvalidInput):
        form_values(b"\xff\xfe")


def test_every_language_has_the_same_words_with_the_same_places() -> None:
    keys = {code: set(words) for code, words in LANGUAGES.items()}
    assert all(each == keys["en"] for each in keys.values())
    for words in LANGUAGES.values():
        assert "{amount}" in words["price"]
        assert "{before}" in words["price_less"]
