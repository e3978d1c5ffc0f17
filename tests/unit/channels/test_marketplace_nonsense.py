"""Documents of marketplaces in which any part may be anything: each is read or refused, and breaks nothing."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Iterator
from typing import Any

import pytest

from oms.channels.amazon import inbound as amazon
from oms.channels.changes import first_events
from oms.channels.ebay import inbound as ebay
from oms.channels.protocol import WHOLE, ChannelPlatform, read_document
from oms.errors import InvalidInput
from oms.setup import Channel
from tests.support.clock import MONDAY_MORNING
from tests.unit.channels.amazon_payloads import AMAZON, Json, amazon_item, amazon_order, breakdown
from tests.unit.channels.ebay_payloads import EBAY, cash, collected, ebay_line, ebay_order

EVERY = 1 if os.environ.get("OMS_FULL") == "1" else 9
"""Of so many pairs of a place and a thing, one is tried."""

GONE = object()
ANYTHING = [None, "", 0, -1, "-5", "1e9", "NaN", "Infinity", 1e300, 10**15, "x", "9" * 40, "0.005", True, [], ["x"]]
ANYTHING += [{}, {"a": 1}, "JPY", "KWD", "XXX", "2026", "\0", GONE]

Path = tuple[str | int, ...]


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Every place in a document."""
    if path:
        yield path
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        yield from places(part, (*path, name))


def changed(document: Json, path: Path, thing: Any) -> Json:
    """The document with something else in one place, or without it."""
    made: Any = copy.deepcopy(document)
    inner = made
    for name in path[:-1]:
        inner = inner[name]
    if thing is GONE:
        del inner[path[-1]]
    else:
        inner[path[-1]] = thing
    return made  # type: ignore[no-any-return] - a document


def sold_on_amazon() -> Json:
    told = [breakdown("ITEM", "20.00"), breakdown("TAX", "3.80", ("ITEM", "3.80")), breakdown("DISCOUNT", "-2.00")]
    items = [amazon_item("1", *told, quantity=2), amazon_item("2", breakdown("SHIPPING", "5.00"))]
    return amazon_order(items, "26.80")


def sold_on_ebay() -> Json:
    line = ebay_line("1", "20.00", 2, "3.00", ebayCollectAndRemitTaxes=[collected("2.00")])
    refunds = [{"amount": cash("3.00"), "refundStatus": "REFUNDED"}]
    return ebay_order([line], "23.00", paymentSummary={"refunds": refunds})


@pytest.mark.parametrize(
    ("platform", "channel", "document"),
    [(amazon, AMAZON, sold_on_amazon()), (ebay, EBAY, sold_on_ebay())],
    ids=["amazon", "ebay"],
)
def test_any_part_of_a_document_may_be_anything(platform: ChannelPlatform, channel: Channel, document: Json) -> None:
    read = refused = 0
    pairs = [(path, thing) for path in places(document) for thing in ANYTHING]
    for path, thing in pairs[::EVERY]:
        raw = json.dumps(changed(document, path, thing)).encode()
        try:
            found = read_document(platform, WHOLE, raw, channel)
        except InvalidInput:
            refused += 1
            continue
        read += 1
        if found is not None and found.placed.lines:
            first_events(found, "o1", MONDAY_MORNING)
    assert min(read, refused) > 0
