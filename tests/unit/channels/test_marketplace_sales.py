"""Orders as the stand-ins of the marketplaces make them for the demonstration: they are read like real ones."""

from __future__ import annotations

import pytest

from infra.standins.amazon import Amazon
from infra.standins.amazon_sale import sale as amazon_sale
from infra.standins.ebay import Ebay
from infra.standins.ebay_sale import sale as ebay_sale
from oms.channels.amazon import inbound as amazon
from oms.channels.changes import first_events
from oms.channels.ebay import inbound as ebay
from oms.channels.protocol import WHOLE
from oms.orders.events import OrderHeld, TaxRemitter
from oms.setup import Platform
from tests.support.clock import MONDAY_MORNING
from tests.support.platforms import Hand, connection
from tests.unit.channels.amazon_payloads import GERMANY
from tests.unit.channels.payloads import parts

LINES = [
    {"sku": "MUG", "price": "12.50", "quantity": 3, "discount": "2.50"},
    {"sku": "BOWL", "price": "9.99", "quantity": 1},
]


@pytest.mark.parametrize("collected", [False, True])
def test_a_sale_on_amazon_adds_up_and_is_held_for_nothing(collected: bool) -> None:  # noqa: FBT001 - one case or the other
    clock = Hand(MONDAY_MORNING)
    app = Amazon(clock=clock)
    app.sell(amazon_sale("302-1", LINES, marketplace=GERMANY, shipping="4.90", tax_percent="19", collected=collected))
    channel = connection(
        Platform.AMAZON, app, secret=app.keys, clock=clock, api_url="https://a.example", account=GERMANY
    )
    raw = amazon.hydrate(channel, "302-1")
    assert raw is not None
    document = amazon.parse(WHOLE, raw, channel.channel)
    assert document is not None
    # 35.00 and 6.65, 9.99 and 1.90, 4.90 and 0.93
    assert parts(document) == document.placed.total == 3500 + 665 + 999 + 190 + 490 + 93
    assert document.placed.tax_remitter is (TaxRemitter.CHANNEL if collected else TaxRemitter.MERCHANT)
    assert not [each for each in first_events(document, "o", MONDAY_MORNING) if isinstance(each, OrderHeld)]


def test_a_sale_on_ebay_adds_up_and_is_held_for_nothing() -> None:
    clock = Hand(MONDAY_MORNING)
    app = Ebay(clock=clock)
    app.sell(ebay_sale("12-1", LINES, shipping="4.90", tax_percent="19"))
    channel = connection(Platform.EBAY, app, secret=app.keys, clock=clock, api_url="https://e.example")
    raw = ebay.hydrate(channel, "12-1")
    assert raw is not None
    document = ebay.parse(WHOLE, raw, channel.channel)
    assert document is not None
    # 35.00 and 4.90 with 7.58 of tax, 9.99 with 1.90
    assert parts(document) == document.placed.total == 3500 + 490 + 758 + 999 + 190
    assert document.placed.tax_remitter is TaxRemitter.CHANNEL
    assert not [each for each in first_events(document, "o", MONDAY_MORNING) if isinstance(each, OrderHeld)]
