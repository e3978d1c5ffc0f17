"""Whole messages: every kind in every language and currency, with the same facts in HTML and plain text."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime

import pytest

from oms.notifications.catalogue import UNDER_WAY, Kind
from oms.notifications.compose import compose
from oms.notifications.journey import carrier_name
from oms.notifications.language import LANGUAGES, choose, texts
from oms.notifications.letter import Bill, Block, Pair, Row
from oms.notifications.render import Message, render
from oms.orders import events as ev
from oms.orders.contact import Address, Contact
from oms.orders.events import HoldReason, OrderEvent
from oms.orders.order import Entry
from tests.unit.notifications.reader import read
from tests.unit.notifications.samples import (
    CONFIRMED,
    CONTACT,
    COUNTER,
    WAY,
    allocated,
    backordered,
    delivered,
    found,
    held,
    history,
    label,
    line,
    paid,
    placed,
    sent,
    story,
    usual,
)

CURRENCIES = ("EUR", "GBP", "JPY", "KWD")
SHOP = "Nordlicht & Söhne"


def told(kind: Kind, entries: list[Entry], language: str = "en") -> Message:
    return render(kind, found(entries), choose(language), SHOP, WAY, COUNTER)


@pytest.mark.parametrize("currency", CURRENCIES)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", Kind)
def test_every_message_is_whole_in_every_language_and_currency(kind: Kind, language: str, currency: str) -> None:
    message = told(kind, story(kind, usual(currency, language)), language)
    page = read(message.html)
    for form in (message.subject, page.text, message.text, message.sms):
        assert "1001" in form
        assert not {"{", "}", "None"} & set(form.split())
        assert "{" not in form
    assert SHOP in page.text
    assert SHOP in message.text
    assert "Maria Rossi" in page.text
    assert "Maria Rossi" in message.text
    assert message.sms.startswith(SHOP)
    assert page.all("html", "lang") == [language]


JOURNEY = {Kind.ORDER_CONFIRMED, Kind.PARCEL_SHIPPED, Kind.PARCEL_DELIVERED, *UNDER_WAY.values()} - {
    Kind.PARCEL_RETURNING
}


def facts(block: Block) -> set[str]:
    """Every text of a block, but the headings of its columns and prices of before."""
    said: set[str] = set()
    for field in fields(block):
        value = getattr(block, field.name)
        if isinstance(block, Bill) and field.name in {"item", "amount"}:
            continue
        for each in value if isinstance(value, tuple) else (value,):
            if isinstance(each, Row):
                said |= {each.title, each.amount, *each.notes}
            elif isinstance(each, Pair):
                said |= {each.label, each.value}
            elif each:
                said.add(each)
    return said


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", Kind)
def test_html_and_plain_text_tell_the_same_facts(kind: Kind, language: str) -> None:
    entries = story(kind, usual(language=language))
    letter = compose(kind, found(entries), choose(language), SHOP, WAY, COUNTER)
    message = told(kind, entries, language)
    page = read(message.html)
    said = {letter.headline, letter.greeting, *letter.closing}.union(*map(facts, letter.blocks))
    assert len(said) > (15 if kind in JOURNEY else 8)
    shown = page.text + " ".join(page.all("a", "href"))
    assert {fact for fact in said if fact not in shown} == set()
    assert {fact for fact in said if fact not in message.text} == set()


def test_a_confirmation_tells_number_items_prices_total_date_and_address() -> None:
    message = told(Kind.ORDER_CONFIRMED, story(Kind.ORDER_CONFIRMED), "de")
    assert message.subject == "Ihre Bestellung 1001 ist bestätigt"
    for fact in (
        "Bestellnummer: 1001",
        "Bestellt am: Freitag, 20. November 2026",
        "Voraussichtliche Lieferung: Mittwoch, 25. November 2026",
        "Versandart: Standard",
        "- 2 × Espresso cup “Alba”, set of two: 64,80\u00a0€ (34,90\u00a0€ pro Stück; Rabatt -5,00\u00a0€)",
        "Zwischensumme: 1.401,30\u00a0€",
        "Versand (Standard): 5,90\u00a0€",
        "Gesamtbetrag: 1.407,20\u00a0€",
        "Darin enthaltene MwSt.: 253,74\u00a0€",
        "Maria Rossi\nVia Portici 12\n39100 Bolzano BZ\nItalien",
    ):
        assert fact in message.text
    assert message.sms == (
        "Nordlicht & Söhne: Vielen Dank für Ihre Bestellung 1001. Gesamtbetrag: 1.407,20 €."
        " Voraussichtliche Lieferung: Mittwoch, 25. November 2026."
    )


def test_a_confirmation_names_what_is_out_of_stock() -> None:
    entries = story(Kind.ORDER_CONFIRMED)
    out = "Currently out of stock\nWe will send you these items as soon as they are available again.\n- 1 × Cutting"
    assert out in told(Kind.ORDER_CONFIRMED, entries).text
    order = usual()
    complete = history([order, paid(order)], [allocated(("1", 2), ("2", 3), ("3", 1)), CONFIRMED])
    assert "out of stock" not in told(Kind.ORDER_CONFIRMED, complete).text


def test_an_order_without_a_parcel_promises_none() -> None:
    order = placed(line(1, title="Gift card", requires_shipping=False), service="")
    entries = history(
        [order, paid(order)],
        [ev.UnitsProvided(units=(ev.LineUnits(line_id="1", sku="SKU-1", quantity=1),)), ev.OrderConfirmed()],
    )
    message = told(Kind.ORDER_CONFIRMED, entries)
    assert "on its way" not in message.text
    assert "Delivery address" not in message.text
    assert "Shipped" not in message.html


def test_a_dispatch_tells_carrier_number_link_contents_and_what_is_still_to_come() -> None:
    message = told(Kind.PARCEL_SHIPPED, story(Kind.PARCEL_SHIPPED), "fr")
    assert message.subject == "Une partie de votre commande 1001 est en route"
    for fact in (
        "Nous avons remis votre colis à DHL.",
        "Transporteur\u00a0: DHL",
        "Numéro de suivi\u00a0: SIM123456789",
        "Livraison prévue\u00a0: mercredi 25 novembre 2026",
        "Suivre mon colis\u00a0: https://track.example/SIM123456789",
        "Dans ce colis\n- 2 × Espresso cup “Alba”, set of two\n- 3 × Linen tea towel\n\nÀ venir",
        "- 1 × Cutting board, olive wood",
    ):
        assert fact in message.text
    assert read(message.html).all("a", "href") == ["https://track.example/SIM123456789"]
    assert message.sms.endswith("Numéro de suivi : SIM123456789. https://track.example/SIM123456789")


def test_a_parcel_that_is_the_whole_order_is_not_called_a_part() -> None:
    order = placed(line(1, quantity=2), line(2, title="Gift card", requires_shipping=False))
    provided = ev.UnitsProvided(units=(ev.LineUnits(line_id="2", sku="SKU-2", quantity=1),))
    before: list[list[OrderEvent]] = [
        [order, paid(order)],
        [allocated(("1", 2)), provided, CONFIRMED],
        *sent(("1", 2), bought=label()),
    ]
    assert told(Kind.PARCEL_SHIPPED, history(*before)).subject == "Your order 1001 is on its way"
    assert told(Kind.PARCEL_DELIVERED, history(*before, [delivered()])).subject == "Your order 1001 has been delivered"


def test_a_date_that_has_passed_at_dispatch_is_not_promised_again() -> None:
    order = usual()
    late = ev.OrderConfirmed(expected_delivery=datetime(2026, 11, 19, tzinfo=UTC).date())
    entries = history([order, paid(order)], [allocated(("1", 2)), late], *sent(("1", 2), bought=label()))
    assert "Expected delivery" not in told(Kind.PARCEL_SHIPPED, entries).text


def test_a_parcel_that_was_handed_over_without_a_label_names_no_carrier() -> None:
    order = usual()
    entries = history([order, paid(order)], [allocated(("1", 2)), CONFIRMED], *sent(("1", 2)))
    message = told(Kind.PARCEL_SHIPPED, entries)
    assert "Your parcel has been dispatched." in message.text
    assert read(message.html).all("a", "href") == []
    assert message.sms == "Nordlicht & Söhne: a parcel of your order 1001 is on its way."


def test_a_tracking_address_that_is_no_web_address_is_not_linked() -> None:
    order = usual()
    tricky = label(url="javascript:alert(document.cookie)")
    entries = history([order, paid(order)], [allocated(("1", 2)), CONFIRMED], *sent(("1", 2), bought=tricky))
    message = told(Kind.PARCEL_SHIPPED, entries)
    assert "javascript" not in message.html + message.text + message.sms
    assert "SIM123456789" in message.text


def test_a_delivery_tells_the_day_at_the_customers_door() -> None:
    tokyo = replace(CONTACT, shipping=Address(name="Ai", line1="1-2-3", city="Tokyo", postal_code="100", country="JP"))
    order = usual("JPY")
    entries = history(
        [order, paid(order)],
        [allocated(("1", 2)), CONFIRMED],
        *sent(("1", 2), bought=label(carrier="yamato")),
        [delivered(datetime(2026, 11, 24, 23, 30, tzinfo=UTC))],
        contact=tokyo,
    )
    message = told(Kind.PARCEL_DELIVERED, entries)
    assert "Delivered on: Wednesday, November 25, 2026" in message.text
    assert "Yamato has delivered your parcel." in message.text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", [HoldReason.BAD_ADDRESS, HoldReason.PAYMENT_DECLINED, HoldReason.PAYMENT_PENDING])
def test_a_call_to_act_says_what_to_do_and_nothing_of_what_staff_noted(reason: HoldReason, language: str) -> None:
    message = told(Kind.ACTION_NEEDED, history([usual()], [held(reason)]), language)
    section = {key.split(".")[1]: text for key, text in texts(language).items() if key.startswith(reason.value)}
    assert section["subject"].format(number="1001") == message.subject
    assert section["to_do"].format(number="1001") in message.text
    assert section["to_do"].format(number="1001") in read(message.html).text
    assert "said by staff" not in message.html + message.text + message.sms


def test_a_call_to_pay_names_what_is_missing_and_one_for_an_address_shows_the_one_we_have() -> None:
    declined = told(Kind.ACTION_NEEDED, history([usual()], [held(HoldReason.PAYMENT_DECLINED)])).text
    assert "Amount due: €1,407.20" in declined
    address = told(Kind.ACTION_NEEDED, history([usual()], [held(HoldReason.BAD_ADDRESS)])).text
    assert "The address we have\nMaria Rossi\nVia Portici 12" in address
    assert "Amount due" not in address


def test_a_customer_without_a_name_is_greeted_all_the_same() -> None:
    message = told(Kind.ORDER_CONFIRMED, story(Kind.ORDER_CONFIRMED, contact=Contact(email="a@example.com")), "it")
    assert "Gentile cliente," in message.text


def test_who_gets_the_parcel_is_greeted_when_nobody_said_who_ordered() -> None:
    message = told(Kind.ORDER_CONFIRMED, story(Kind.ORDER_CONFIRMED, contact=replace(CONTACT, name="")))
    assert "Hello Maria Rossi," in message.text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", Kind)
def test_a_mail_can_be_read_aloud(kind: Kind, language: str) -> None:
    page = read(told(kind, story(kind, usual(language=language)), language).html)
    for name, attributes in ((tag, rest) for tag, *rest in page.shape if tag in {"table", "img", "th"}):
        if name == "img":
            assert "alt" in attributes
        if name == "th":
            assert "scope" in attributes
    layout = [shape for shape in page.shape if shape[0] == "table" and "role" not in shape]
    assert len(layout) == (2 if kind in {Kind.ORDER_CONFIRMED, Kind.ORDER_CANCELLED, Kind.ORDER_CHANGED} else 0), (
        "only tables of figures are tables to a reader"
    )
    assert [shape[0] for shape in page.shape].count("h1") == 1
    assert set(page.all("div", "lang")) == {language}
    assert page.all("td", "aria-current") == (["step"] if kind in JOURNEY else [])


@pytest.mark.parametrize("kind", Kind)
def test_a_mail_asks_nothing_of_the_network(kind: Kind) -> None:
    html = told(kind, story(kind)).html
    tags = {shape[0] for shape in read(html).shape}
    assert not tags & {"img", "link", "script", "iframe", "object"}
    assert "url(" not in html
    assert "@import" not in html


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", Kind)
def test_an_sms_fits_into_two(kind: Kind, language: str) -> None:
    assert len(told(kind, story(kind, usual(language=language)), language).sms) <= 160


def test_a_long_order_stays_below_what_mail_programs_cut_off() -> None:
    order = placed(*(line(n, title=f"{n} " + "x" * 150, quantity=2, discount=1) for n in range(1, 501)))
    everything = [(each.line_id, each.quantity) for each in order.lines]
    confirmed = history([order, paid(order)], [backordered(*everything), CONFIRMED])
    assert len(told(Kind.ORDER_CONFIRMED, confirmed).html.encode()) < 102_000


def test_the_same_is_said_every_time() -> None:
    for kind in Kind:
        assert told(kind, story(kind)) == told(kind, story(kind))


def test_an_event_is_not_told_as_something_else() -> None:
    with pytest.raises(ValueError, match="OrderPlaced"):
        render(Kind.PARCEL_SHIPPED, found(history([usual()])), choose("en"), SHOP)


@pytest.mark.parametrize(
    ("identifier", "name"),
    [("dhl", "DHL"), ("poste_italiane", "Poste Italiane"), ("dhl_express", "DHL Express"), ("simulated", "Simulated")],
)
def test_a_carrier_goes_by_its_name(identifier: str, name: str) -> None:
    assert carrier_name(identifier) == name
