"""Amazon's own examples, beside the project: the order is read to the penny, the confirmation has the same shape."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from infra.standins.amazon import Amazon
from oms.channels.amazon import inbound, outbound
from oms.channels.changes import first_events
from oms.channels.outbound import Sale, Shipped, UnitsOf
from oms.channels.protocol import WHOLE
from oms.clock import from_text
from oms.orders.events import ChargeKind, HoldReason, OrderHeld, PaymentMethod, PriceMode
from oms.setup import Channel, Platform
from tests.support.platforms import Hand, connection

SHARED = Path(os.environ.get("OMS_SHARED") or Path(__file__).parents[4] / "shared")
SAMPLES = SHARED / "samples"

pytestmark = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason=f"no samples at {SAMPLES}: set OMS_SHARED to the folder that has `samples`"
)

AMAZON = Channel(channel_id="amazon", platform=Platform.AMAZON, name="Shop", account="A1F83G8C2ARO7P")


def sample(name: str) -> Any:
    return json.loads((SAMPLES / name).read_text())


def test_the_order_of_the_published_model_is_read_to_the_penny() -> None:
    order = sample("amazon_spapi_2026-01-01_getOrder.json")["application/json"]["order"]
    document = inbound.parse(WHOLE, json.dumps(order).encode(), AMAZON)
    assert document is not None
    placed = document.placed
    line = placed.lines[0]
    assert (placed.external_id, placed.currency, placed.total) == ("202-1234567-8901234", "GBP", 10397)
    assert (line.sku, line.quantity, line.net, line.tax, line.discount, line.list_price) == (
        "ECHO-DOT-4-UK-CHARCOAL-3PACK",
        3,
        8997,
        300,
        0,
        2999,
    )
    assert [(each.kind, each.net, each.tax) for each in placed.charges] == [(ChargeKind.SHIPPING, 1000, 100)]
    assert sum(run.count * (run.net + run.tax) for run in line.units) + 1100 == placed.total
    assert (placed.prices, placed.payment.method, placed.payment.amount) == (
        PriceMode.NET,
        PaymentMethod.MARKETPLACE,
        10397,
    )
    assert placed.placed_at == from_text("2024-12-25T09:15:00Z")
    assert placed.tags == ("PRIME", "ship by 2024-12-26T23:59:59Z")
    assert document.contact.shipping is not None
    assert (document.contact.shipping.company, document.contact.shipping.postal_code) == (
        "Wilson Electronics Ltd",
        "M1 2AB",
    )
    events = first_events(document, "o1", from_text("2026-03-02T09:00:00Z"))
    assert [event.reason for event in events if isinstance(event, OrderHeld)] == [HoldReason.CHANNEL_DOCUMENT]


def test_a_confirmation_has_the_shape_of_the_published_one() -> None:
    wanted = sample("amazon_spapi_v0_confirmShipment.json")["static"][0]["request"]["parameters"]["body"]["value"]
    at = datetime(2022, 2, 11, 1, 0, tzinfo=UTC)
    app = Amazon(clock=Hand(at))
    app.sell(
        {
            "orderId": "902-1106328-1059050",
            "salesChannel": {"marketplaceId": "ATVPDKIKX0DER"},
            "orderItems": [{"orderItemId": "79039765272157", "quantityOrdered": 1}],
            "fulfillment": {"fulfillmentStatus": "UNSHIPPED", "fulfilledBy": "MERCHANT"},
        }
    )
    keys = connection(
        Platform.AMAZON, app, secret=app.keys, clock=Hand(at), api_url="https://sp.example", account="ATVPDKIKX0DER"
    )
    parcel = Shipped(
        key="p",
        at=at,
        lines=(UnitsOf(external_line_id="79039765272157", sku="S", quantity=1),),
        carrier="fedex",
        service="FedEx Ground",
        tracking_number="112345678",
        tracking_url="",
    )
    sale = Sale(order_id="o", external_id="902-1106328-1059050", number="9", currency="USD", total=1)
    number = outbound.confirm_shipment(keys, sale, parcel)
    told, meant = app.packages["902-1106328-1059050"][number], wanted["packageDetail"]
    assert number.isdigit()
    ours = {name: value for name, value in told.items() if name not in {"packageReferenceId", "orderItems"}}
    assert ours == {name: meant[name] for name in ours}
    assert told["orderItems"] == [{name: meant["orderItems"][0][name] for name in ("orderItemId", "quantity")}]
