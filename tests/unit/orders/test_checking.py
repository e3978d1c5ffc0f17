"""A contact is checked when it is written down, and stays what the customer wrote."""

from __future__ import annotations

from dataclasses import replace

from oms.channels.document import DocumentKind, document
from oms.orders.checking import checked
from oms.orders.codec import dump_contact, load_contact
from oms.orders.contact import Address, Contact
from oms.orders.reach import phone_of, shipping_phone_of, verified_phone_of
from tests.support.orders import line, placed

HOME = Address(
    name="Jo",
    line1="1 Main St",
    city="Toronto",
    region="Ontario",
    postal_code="m5v2t6",
    country="CA",
    phone="416 555 0123",
)
CONTACT = Contact(name="Jo", email="jo@example.com", phone="(416) 555-0199", shipping=HOME, verified_phone="4165550199")


def test_the_normal_form_stands_beside_what_was_written() -> None:
    contact = checked(CONTACT)
    assert contact.shipping == HOME
    assert contact.destination == replace(HOME, region="ON", postal_code="M5V 2T6", phone="+14165550123")
    assert (phone_of(contact), shipping_phone_of(contact)) == ("+14165550199", "+14165550123")
    assert verified_phone_of(contact) == "+14165550199"


def test_a_contact_of_before_is_read_as_it_was() -> None:
    assert CONTACT.destination == HOME
    assert (phone_of(CONTACT), shipping_phone_of(CONTACT), verified_phone_of(CONTACT)) == ("", "", "")
    assert checked(Contact()) == Contact()
    assert "normal" not in dump_contact(Contact(name="Jo"))


def test_it_is_kept_with_the_contact_and_read_back() -> None:
    contact = checked(CONTACT)
    read = load_contact(dump_contact(contact))
    assert read.normal == contact.normal
    assert read.normal is not None


def test_the_normal_form_makes_no_other_contact_and_no_other_document() -> None:
    assert checked(CONTACT) == CONTACT
    before, now = (
        document(DocumentKind.PLACED, placed(line("1", "mug", 1, 100)), each) for each in (CONTACT, checked(CONTACT))
    )
    assert before.placed.fingerprint == now.placed.fingerprint


def test_a_contact_that_changes_is_checked_anew() -> None:
    moved = checked(replace(checked(CONTACT), shipping=replace(HOME, city="Ottawa", postal_code="k1a0b1")))
    assert moved.destination is not None
    assert moved.destination.postal_code == "K1A 0B1"


def test_numbers_of_a_customer_with_addresses_in_two_countries_are_no_guess() -> None:
    contact = checked(replace(CONTACT, billing=Address(country="IT", line1="Via 1")))
    assert (phone_of(contact), shipping_phone_of(contact)) == ("", "+14165550123")
