"""Documents of BigCommerce and Adobe Commerce in which any part may be anything: each is read or refused."""

from __future__ import annotations

import json

import pytest

from infra.standins.adobe_commerce import AdobeCommerce
from infra.standins.bigcommerce import BigCommerce
from oms.channels.adobe_commerce import inbound as adobe_commerce
from oms.channels.bigcommerce import inbound as bigcommerce
from oms.channels.changes import first_events
from oms.channels.protocol import WHOLE, ChannelPlatform, read_document
from oms.errors import InvalidInput
from oms.setup import Channel, Platform
from tests.support.clock import MONDAY_MORNING
from tests.unit.channels.test_marketplace_nonsense import ANYTHING, EVERY, Json, changed, places

BIG = Channel(channel_id="big", platform=Platform.BIGCOMMERCE, name="Big", currency="EUR")
ADOBE = Channel(channel_id="adobe", platform=Platform.ADOBE_COMMERCE, name="Adobe", currency="EUR")


def sold_in_bigcommerce() -> Json:
    store = BigCommerce(clock=lambda: MONDAY_MORNING)
    lines = [{"sku": "A", "price": "10", "quantity": 3, "discount": "1"}, {"sku": "B", "price": "5", "quantity": 1}]
    fee = {"id": 1, "display_name_customer": "Fee", "cost_inc_tax": "1.00", "cost_tax": "0.00"}
    number = store.sell(lines, shipping="5", tax_percent="19", fees=[fee])
    refund = {"id": 1, "total_amount": 1.0, "payments": [{"amount": 1.0, "is_declined": False}]}
    return store.order(number) | {"refunds": [refund]}


def sold_in_adobe_commerce() -> Json:
    shop = AdobeCommerce(clock=lambda: MONDAY_MORNING)
    priced = {"sku": "TEA", "type": "bundle", "price": "9", "quantity": 1, "parts": [{"sku": "CUP"}, {"sku": "POT"}]}
    lines = [{"sku": "A", "price": "10", "quantity": 3, "discount": "1", "type": "configurable"}, priced]
    return shop.order(shop.sell(lines, shipping="5", tax_percent="19"))


@pytest.mark.parametrize(
    ("platform", "channel", "document"),
    [(bigcommerce, BIG, sold_in_bigcommerce()), (adobe_commerce, ADOBE, sold_in_adobe_commerce())],
    ids=["bigcommerce", "adobe commerce"],
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
