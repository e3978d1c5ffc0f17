"""All that a run leaves behind, in a form in which two runs can be compared: without the times, which always differ."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from oms.orders.evolve import fold
from oms.orders.order import Entry
from oms.platform.event_log import entry_of
from oms.views.resource import order_resource
from tests.support import cloud
from tests.support.world import World

State = dict[str, Any]

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")

_LINK = re.compile(r"/(return|offer)/[\w.-]+")
"""A customer's link, which carries the moment at which it ends."""

_DIFFERENT_EACH_TIME = frozenset({"expires", "cause", "provider_id"})
"""Attributes that name the moment or the delivery that led to an item."""


def state(world: World) -> State:
    """Orders with their quantities, payments and parcels; stock; views; what came in and went out; what is left."""
    found: State = {
        "orders": {order_id: _order(entries) for order_id, entries in logs(world).items()},
        "stock": _rows(world, "StockTable"),
        "views": _rows(world, "ViewsTable"),
        "messages": _rows(world, "MessagesTable"),
        "references": _rows(world, "ReferencesTable"),
        "intake": _rows(world, "IntakeTable"),
        # A row says from which version it was made, which a repeated notice may raise: what it says is the same.
        "customers": [{name: row[name] for name in row if name != "as_of"} for row in _rows(world, "CustomersTable")],
        "documents": {
            key: hashlib.sha256(content).hexdigest()
            for key, content in cloud.documents(world.name("DocumentsBucket")).items()
        },
        "published": sorted({f"{each['id']} {each['type']}" for each in published(world)}),
        "mails": Counter(
            f"{mail.destinations} {mail.subject} {hashlib.sha256(_lasting(mail.body).encode()).hexdigest()[:8]}"
            for mail in cloud.mails()
        ),
        "texts": Counter(f"{number} {text}" for number, text in cloud.texts()),
        "charges": dict(sorted(world.charges.items())),
        "labels": dict(sorted(world.labels.items())),
        "left in queues": {
            logical_id: len(cloud.messages(world.name(logical_id)))
            for logical_id in world.template.of_type("AWS::SQS::Queue")
            if cloud.messages(world.name(logical_id))
        },
    }
    return without_times(found)


def _lasting(body: str) -> str:
    """A mail's text without what depends on the moment."""
    return _LINK.sub(r"/\1/<link>", body)


def logs(world: World) -> dict[str, list[Entry]]:
    """The entries of each order."""
    found: dict[str, list[Entry]] = {}
    for item in cloud.typed_items(world.name("OrdersTable")):
        found.setdefault(item["order_id"]["S"], []).append(entry_of(item))
    return found


def published(world: World) -> list[dict[str, Any]]:
    """Each message on the events topic, repetitions too."""
    return cloud.published(world.template.ref("EventsTopic"))


def _order(entries: list[Entry]) -> State:
    order = fold(entries)
    assert order is not None
    return {
        "resource": json.loads(json.dumps(order_resource(order, contact=True), default=str)),
        "events": [[type(event).__name__ for event in entry.events] for entry in entries],
    }


def _rows(world: World, table: str) -> list[Any]:
    return [_opened(item) for item in world.items(table)]


def _opened(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item with its JSON read, and without what differs each time."""
    return {
        name: json.loads(value) if name == "body" else _opened(value) if isinstance(value, Mapping) else value
        for name, value in item.items()
        if name not in _DIFFERENT_EACH_TIME
    }


def without_times(value: Any) -> Any:
    """The same value with `<time>` for each time."""
    if isinstance(value, str):
        return _TIME.sub("<time>", value)
    if isinstance(value, Mapping):
        return {without_times(key): without_times(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [without_times(each) for each in value]
    return value


def differences(expected: Any, found: Any, path: str = "") -> list[str]:
    """Where two states differ, one line each."""
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        return [
            line
            for key in sorted({*expected, *found}, key=str)
            for line in (
                differences(expected[key], found[key], f"{path}/{key}")
                if key in expected and key in found
                else [f"{path}/{key}: {'is missing' if key in expected else f'is new: {found[key]!r}'}"]
            )
        ]
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        pairs = enumerate(zip(expected, found, strict=True))
        return [line for index, (a, b) in pairs for line in differences(a, b, f"{path}[{index}]")]
    return [] if expected == found else [f"{path}: {expected!r} became {found!r}"]
