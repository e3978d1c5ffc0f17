"""What customers read while they wait."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from oms.notifications.catalogue import Kind, kind_of, still_true
from oms.notifications.language import LANGUAGES, Language
from oms.notifications.render import Message, render
from oms.notifications.way_back import NOWHERE, WayBack
from oms.orders import events as ev
from oms.orders.events import UnitState
from oms.orders.order import Entry
from oms.orders.substituting import OfferEnd, SubstituteRefused
from tests.unit.notifications.samples import another_day, found, history, short, substitute, usual

CONFIRMED_WITHOUT = ev.OrderConfirmed()
LINK = WayBack(None, "https://api.shop.example/v1/offer/o1-s1.1.s")


def told(kind: Kind, entries: list[Entry], language: str = "en", way: WayBack = NOWHERE) -> Message:
    return render(kind, found(entries), Language(language, language), "Nordlicht", way)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_later_day_no_day_and_a_first_day_are_three_different_news(language: str) -> None:
    before = short(usual())
    first = [*before[:-1], [*before[-1][:-1], CONFIRMED_WITHOUT]]
    texts = [
        told(Kind.DELIVERY_CHANGED, history(*entries), language).text
        for entries in ([*before, [another_day()]], [*before, [another_day(None)]], [*first, [another_day()]])
    ]
    assert len(set(texts)) == 3


def test_a_later_day_says_which_what_for_and_when_it_is_given_up() -> None:
    message = told(Kind.DELIVERY_CHANGED, history(*short(usual()), [another_day(date(2026, 12, 4))]))
    assert "longer than we told you" in message.text
    assert "4 December 2026" in message.text or "December 4, 2026" in message.text
    assert "1 × Cutting board, olive wood" in message.text
    assert "Linen tea towel" not in message.text, "what has a place is not what they wait for"
    assert "we will cancel them" in message.text, "the channel waits for two weeks"
    patient = replace(usual(), backorder_days=0)
    endless = [[patient, *short(usual())[0][1:]], *short(usual())[1:]]
    assert "we will cancel them" not in told(Kind.DELIVERY_CHANGED, history(*endless, [another_day()])).text


def test_a_day_that_wiggles_is_told_to_nobody() -> None:
    quiet = replace(another_day(), tell=False)
    assert kind_of(found(history(*short(usual()), [quiet]))) is None


def test_nobody_is_told_what_is_not_so_any_more() -> None:
    entries = history(*short(usual()), [another_day()])
    about = found(entries)
    assert still_true(about)
    last = usual().lines[-1]
    came = ev.UnitsAllocated(
        allocations=(
            ev.Allocation(
                fulfillment_order_id=f"{entries[0].order_id}-2",
                location_id="bz",
                line_id=last.line_id,
                sku=last.sku,
                quantity=last.quantity,
                source=UnitState.BACKORDERED,
            ),
        )
    )
    today = found(history(*short(usual()), [another_day()], [came])).today
    assert still_true(replace(about, today=today)), "it has a place, and comes as late as that"
    unknown = found(history(*short(usual()), [another_day(None)]))
    today = found(history(*short(usual()), [another_day(None)], [came])).today
    assert still_true(unknown)
    assert not still_true(replace(unknown, today=today))
    later = found(history(*short(usual()), [another_day()], [another_day(date(2026, 12, 20))])).today
    assert not still_true(replace(about, today=later)), "the later message says it"


def test_an_offer_names_both_articles_the_price_and_the_way_to_answer() -> None:
    entries = history(*short(usual()), [substitute(usual().lines[-1])])
    message = told(Kind.SUBSTITUTE_OFFERED, entries, way=LINK)
    for words in ("Cutting board, olive wood", "Cutting board, walnut", "1,299.00", LINK.page):
        assert words in message.text
    assert LINK.page in message.html
    without = told(Kind.SUBSTITUTE_OFFERED, entries)
    assert "reply to this e-mail" in without.text
    assert "offer/" not in without.html


def test_an_offer_that_was_answered_is_not_sent() -> None:
    entries = history(*short(usual()), [substitute(usual().lines[-1])])
    about = found(entries)
    assert still_true(about)
    refused = [SubstituteRefused(offer_id=f"{entries[0].order_id}-s1", why=OfferEnd.WITHDRAWN)]
    today = found(history(*short(usual()), [substitute(usual().lines[-1])], refused)).today
    assert not still_true(replace(about, today=today))
