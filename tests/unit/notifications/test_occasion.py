"""What a message is about: the order as it stood at the event, and the contact of today."""

from __future__ import annotations

from dataclasses import replace

import pytest

from oms.errors import NotFound
from oms.notifications.catalogue import Kind
from oms.notifications.occasion import occasion
from oms.orders import events as ev
from oms.orders.contact import Contact
from oms.orders.events import UnitState
from tests.unit.notifications.samples import CONFIRMED, CONTACT, ORDER_ID, history, story, usual


def test_the_figures_are_those_of_then_however_late_the_message_is() -> None:
    entries = story(Kind.PARCEL_DELIVERED)
    found = occasion(ORDER_ID, entries, 2, 2)
    assert found.event == CONFIRMED
    assert found.then.counts[UnitState.BACKORDERED] == 1
    assert found.then.parcels == {}
    assert found.today.parcels


def test_the_contact_is_that_of_today() -> None:
    moved = replace(CONTACT, email="new@example.com")
    entries = history([usual()], [CONFIRMED], [ev.ContactChanged(fields=("email",))])
    entries[2] = replace(entries[2], contact=moved)
    assert occasion(ORDER_ID, entries, 2, 0).then.contact == moved


def test_an_erased_contact_is_not_used_again() -> None:
    entries = [replace(each, contact=Contact()) if each.contact else each for each in story(Kind.ORDER_CONFIRMED)]
    assert occasion(ORDER_ID, entries, 2, 2).then.contact == Contact()


@pytest.mark.parametrize(("seq", "index"), [(0, 0), (3, 0), (1, 2), (1, -1)])
def test_an_event_that_is_not_in_the_log_is_not_found(seq: int, index: int) -> None:
    with pytest.raises(NotFound):
        occasion(ORDER_ID, story(Kind.ORDER_CONFIRMED), seq, index)
    with pytest.raises(NotFound):
        occasion(ORDER_ID, [], seq, index)
