"""Real events of Stripe, which lie beside the project: each is read, or passed over for a reason."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from oms.errors import InvalidInput
from oms.payments.notices import Told, dump, load
from oms.payments.stripe_notices import StripeWebhook

SHARED = Path(os.environ.get("OMS_SHARED") or Path(__file__).parents[3] / "shared")
SAMPLES = sorted((SHARED / "samples").glob("stripe_*.json"))

TOLD = {
    "charge.captured": (Told.CHARGED, 100),
    "charge.refunded": (Told.GIVEN_BACK, 100),
    "payment_intent.amount_capturable_updated": (Told.DECIDED, 0),
    "payment_intent.payment_failed": (Told.DECIDED, 0),
    "payment_intent.succeeded": (Told.CHARGED, 2000),
}


@pytest.mark.skipif(not SAMPLES, reason=f"no samples in {SHARED}: set OMS_SHARED to the folder that has `samples`")
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_is_read_as_what_it_tells(path: Path) -> None:
    event: dict[str, Any] = json.loads(path.read_text())
    thing = event["data"]["object"]
    if thing["object"] == "charge":
        assert StripeWebhook().notice(path.read_bytes()) is None, "a charge without a PaymentIntent is none of ours"
        thing["payment_intent"] = "pi_1"
    notice = StripeWebhook().notice(json.dumps(event).encode())
    assert notice is not None
    assert (notice.told, notice.amount) == TOLD[event["type"]]
    assert notice.reference.startswith("pi_")
    assert load(dump(notice)) == notice


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"{}", b'{"id":"e","type":"payment_intent.succeeded","data":{"object":3}}']
)
def test_what_is_no_event_is_refused(raw: bytes) -> None:
    with pytest.raises(InvalidInput):
        StripeWebhook().notice(raw)
