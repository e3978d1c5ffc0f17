"""Real payloads of BigCommerce and Adobe Commerce, which lie beside the project."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from oms.channels.adobe_commerce import inbound as adobe_commerce
from oms.channels.bigcommerce import inbound as bigcommerce
from oms.channels.figures import sum_of
from oms.channels.protocol import WHOLE
from oms.setup import Channel, Platform

SHARED = Path(os.environ.get("OMS_SHARED") or Path(__file__).parents[4] / "shared")
SAMPLES = SHARED / "samples"

pytestmark = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason=f"no samples at {SAMPLES}: set OMS_SHARED to the folder that has `samples`"
)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("bigcommerce_store_order_created.json", "dd70c0976e06b67aaf671e73f49dcb79230ebf9d"),
        ("bigcommerce_store_order_statusUpdated.json", "7ee67cd1cf2ca60bc1aa9e5fe957d2de373be4ca"),
    ],
)
def test_bigcommerces_webhooks_name_their_order_and_their_cause(name: str, told: str) -> None:
    raw = (SAMPLES / name).read_bytes()
    assert bigcommerce.reference(bigcommerce.topic({}), raw) == "250"
    assert bigcommerce.cause(raw, {}) == f"bigcommerce:{told}"


def test_adobe_commerces_invoice_adds_up_as_the_order_that_it_is_of() -> None:
    """An invoice has the order's figures; its items count by `qty` and name the order's by `order_item_id`."""
    body = json.loads((SAMPLES / "adobe_commerce_create-invoice_0.json").read_bytes())
    items = [item | {"item_id": item["order_item_id"], "qty_ordered": item["qty"]} for item in body["items"]]
    order = body | {"items": items, "state": "processing", "total_paid": body["grand_total"]}
    channel = Channel(channel_id="c", platform=Platform.ADOBE_COMMERCE, name="C")
    document = adobe_commerce.parse(WHOLE, json.dumps(order).encode(), channel)
    assert document is not None
    placed = document.placed
    assert sum_of(placed.lines, placed.charges) == placed.total == 191760
    assert [(line.sku, line.quantity, line.net, line.tax, line.discount) for line in placed.lines] == [
        ("24-WB03", 20, 57600, 0, 14400),
        ("24-WB01", 40, 102400, 0, 25600),
        ("240-LV06", 1, 1760, 0, 440),
    ]
    assert [charge.net for charge in placed.charges] == [30000]
    assert (placed.external_id, placed.number, placed.currency) == ("3", "000000003", "USD")
