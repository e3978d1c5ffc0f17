"""A page of orders from eBay's sandbox, which lies beside the project: each adds up, or is held for what is missing."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from oms.channels.changes import first_events
from oms.channels.document import ChannelDocument
from oms.channels.ebay import inbound
from oms.channels.protocol import WHOLE, read_document
from oms.clock import from_text
from oms.orders.events import HoldReason, OrderHeld, PaymentMethod, TaxRemitter
from oms.orders.original import unpack
from oms.setup import Channel, Platform

SHARED = Path(os.environ.get("OMS_SHARED") or Path(__file__).parents[4] / "shared")
SAMPLES = SHARED / "samples"

pytestmark = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason=f"no samples at {SAMPLES}: set OMS_SHARED to the folder that has `samples`"
)

EBAY = Channel(channel_id="ebay", platform=Platform.EBAY, name="Shop", account="EBAY_DE")


def raw(number: int) -> bytes:
    return json.dumps(json.loads((SAMPLES / "ebay_fulfillment_getOrders.json").read_text())["orders"][number]).encode()


def sample(number: int) -> ChannelDocument:
    document = read_document(inbound, WHOLE, raw(number), EBAY)
    assert document is not None
    return document


def held(document: ChannelDocument) -> dict[HoldReason, str]:
    events = first_events(document, "o1", from_text("2026-03-02T09:00:00Z"))
    return {event.reason: event.note for event in events if isinstance(event, OrderHeld)}


def test_the_tax_that_ebay_collected_is_read_to_the_cent_and_the_seller_does_not_pay_it() -> None:
    document = sample(1)
    placed = document.placed
    line = placed.lines[0]
    assert (placed.currency, line.quantity, line.net, line.tax) == ("USD", 1, 20000, 3270)
    assert [(each.net, each.tax, each.code) for each in placed.charges] == [
        (1800, 0, "USPSFirstClassMailInternational")
    ]
    # The page has no breakdown of taxes: its total is the seller's 218.00, and what the buyer paid its basis for fees.
    assert placed.total == placed.payment.amount == 21800 + 3270 == 25070
    assert (placed.tax_remitter, placed.payment.method) == (TaxRemitter.CHANNEL, PaymentMethod.MARKETPLACE)
    assert held(document) == {}
    assert document.contact.shipping is not None
    assert document.contact.shipping.country == "NZ"


def test_the_order_to_which_its_source_added_a_line_is_held_for_exactly_that_line() -> None:
    document = sample(0)
    assert [(line.net, line.tax) for line in document.placed.lines] == [(10000, 2441)] * 2
    assert document.placed.total == 11626 + 2 * 2441
    assert held(document) == {
        HoldReason.TOTAL_MISMATCH: "the channel's total is 165.08 EUR,"
        " lines and charges add up to 281.34 EUR: difference -116.26 EUR"
    }


def test_what_is_not_read_is_kept() -> None:
    kept = json.loads(unpack(sample(1).original))
    assert (kept["totalMarketplaceFee"]["value"], kept["lineItems"][0]["itemLocation"]["countryCode"]) == (
        "28.82",
        "US",
    )
