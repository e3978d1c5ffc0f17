"""Events and contacts to JSON and back; old versions of an event are lifted to the newest when read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, get_args

from pydantic import TypeAdapter
from pydantic_core import from_json, to_json

from oms.orders.contact import Contact
from oms.orders.events import OrderEvent

EVENT_TYPES: dict[str, type[Any]] = {event.__name__: event for event in get_args(OrderEvent)}
"""Every event by the name it has in the log and on the topic."""

VERSIONS: dict[str, int] = {}
"""The present version of each event that is no longer at its first."""

LIFTS: dict[tuple[str, int], Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""(type, version) to the function that makes the next version's data of this one's."""


@cache
def _adapter_named(name: str) -> TypeAdapter[Any]:
    return TypeAdapter(Contact if name == "Contact" else EVENT_TYPES[name])


def _adapter(of: type[object]) -> TypeAdapter[Any]:
    """The reader and writer of one type, built when it is first needed: building all of them costs a cold start."""
    return _adapter_named(of.__name__)


def event_type(event: OrderEvent) -> str:
    """The event's name in the log: `OrderPlaced`."""
    return type(event).__name__


def version_of(name: str) -> int:
    """The version that an event of this type is written in today."""
    return VERSIONS.get(name, 1)


def to_data(event: OrderEvent) -> dict[str, Any]:
    """The event's data as JSON values, defaults left out."""
    data: dict[str, Any] = _adapter(type(event)).dump_python(event, mode="json", exclude_defaults=True)
    return data


def from_data(name: str, version: int, data: dict[str, Any]) -> OrderEvent:
    """Read one event, lifting it from the version that it was written in.

    Raises:
        KeyError: the type, or a lift from that version, is unknown.
    """
    while version < version_of(name):
        data, version = LIFTS[name, version](data), version + 1
    event: OrderEvent = _adapter(EVENT_TYPES[name]).validate_python(data)
    return event


def dump_events(events: Sequence[OrderEvent]) -> str:
    """The events of one entry as the JSON text that the log keeps: `[{"type", "v", "data"}, …]`."""
    return to_json(
        [{"type": event_type(event), "v": version_of(event_type(event)), "data": to_data(event)} for event in events]
    ).decode()


def load_events(text: str) -> tuple[OrderEvent, ...]:
    """Read what `dump_events` wrote, in this or an older version."""
    return tuple(from_data(item["type"], item["v"], item["data"]) for item in from_json(text))


def dump_contact(contact: Contact) -> str:
    """Contact as JSON text."""
    return _adapter(Contact).dump_json(contact, exclude_defaults=True).decode()


def load_contact(text: str) -> Contact:
    """Read what `dump_contact` wrote."""
    contact: Contact = _adapter(Contact).validate_json(text)
    return contact
