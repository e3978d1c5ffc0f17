"""Whatever customers and shops call themselves and their things, a message stays what it is."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.notifications.catalogue import Kind
from oms.notifications.language import choose
from oms.notifications.plain import NAME, clean
from oms.notifications.render import Message, render
from oms.notifications.way_back import WayBack
from oms.orders.after_sale import ReturnDeclined
from oms.orders.contact import Address, Contact
from oms.orders.events import OrderEvent, UnitsCancelled
from oms.orders.reasons import DeclineReason
from oms.payments.ledger import PaymentRefunded
from tests.unit.notifications.reader import read
from tests.unit.notifications.samples import HOME, PAGE, found, label, line, placed, sent, story

NASTY = (
    "<script>alert(1)</script>",
    "</td></tr></table><h1>x",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "x\r\nBcc: victim@example.com\r\n\r\n<b>",
    "\u202egpj.exe\u202c \u2066x\u2069 \u200f",
    "{{ 7 * 7 }}{% for x in y %}{# #}",
    "{name} {0} {shop.__class__} %s %(x)s $x",
    "x" * 10_000,
    "\ud800\udfff x \x00 \x1b[31m",
    "&lt;b&gt; &amp;amp; &#x3c;script&#x3e;",
    "-- \n>From x\n.\n",
    "م" * 200 + " محمد",
    "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘!͖̬̰̙̗̿̋ͥͥ̂ͣ̐́́͜͞",
    "https://evil.example",
    "<!--[if mso]>x",
    "--><b>",
)

anything = st.one_of(st.sampled_from(NASTY), st.text(st.characters(), max_size=60)).map(lambda text: "x" + text)


def message(kind: Kind, text: str) -> Message:
    """A message about an order in which every text from outside is this one."""
    address = Address(**{field.name: text for field in fields(Address)})
    contact = Contact(name=text, email="a@example.com", phone=text, shipping=address)
    order = placed(
        line(1, title=text, quantity=2),
        line(2, title=text),
        number=text,
        service=text,
    )
    entries = story(kind, order, contact)
    if kind in {Kind.PARCEL_SHIPPED, Kind.PARCEL_DELIVERED}:
        hostile = replace(label(), carrier=text, tracking_number=text)
        entries = [replace(each, events=tuple(hostile if e == label() else e for e in each.events)) for each in entries]
    entries = [replace(each, events=tuple(_spoilt(e, text) for e in each.events)) for each in entries]
    return render(kind, found(entries), choose("en"), text, WayBack(replace(HOME, name=text, address=address), PAGE))


def _spoilt(event: OrderEvent, text: str) -> OrderEvent:
    if isinstance(event, ReturnDeclined):
        return replace(event, reason=text, code=DeclineReason.FINAL_SALE, line_id="1")
    if isinstance(event, PaymentRefunded):
        return replace(event, reference=text)
    return replace(event, reason=text) if isinstance(event, UnitsCancelled) else event


@settings(deadline=None)
@given(anything, st.sampled_from(Kind))
def test_no_text_changes_the_elements_of_a_mail(text: str, kind: Kind) -> None:
    page = read(message(kind, text).html)
    assert page.shape == read(message(kind, "x").html).shape
    assert page.all("a", "href") == read(message(kind, "x").html).all("a", "href")


@settings(deadline=None)
@given(anything, st.sampled_from(Kind))
def test_no_text_gets_out_of_its_line(text: str, kind: Kind) -> None:
    told, plain = message(kind, text), message(kind, "x")
    assert "\n" not in told.subject + told.sms
    assert told.subject.isprintable() or {"\u200c", "\u200d"} & set(told.subject)
    assert told.text.count("\n") == plain.text.count("\n")
    for form in (told.subject, told.text, told.html, told.sms):
        assert form.encode().decode() == form
        assert not set(form) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\x00\x1b\r")


@pytest.mark.parametrize("text", NASTY)
@pytest.mark.parametrize("kind", Kind)
def test_what_somebody_is_called_is_shown_as_they_wrote_it(kind: Kind, text: str) -> None:
    told = message(kind, text)
    shown = clean(text, NAME)
    assert shown in read(told.html).text
    assert shown in told.text
    assert shown in told.subject


@pytest.mark.parametrize("kind", Kind)
def test_a_name_of_ten_thousand_characters_does_not_fill_the_mail(kind: Kind) -> None:
    told = message(kind, "x" * 10_000)
    assert len(told.subject) < 200
    assert len(told.sms) < 500
    assert len(told.html) < 2 * len(message(kind, "x").html)


def test_a_parcel_is_told_whatever_its_carrier_is_called() -> None:
    assert sent(("1", 1), bought=label())
    assert "x49" not in message(Kind.PARCEL_SHIPPED, "x{{7*7}}").html
