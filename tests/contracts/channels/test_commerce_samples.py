"""Real payloads of BigCommerce and Adobe Commerce, which lie beside the project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from oms.channels.bigcommerce import inbound as bigcommerce

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
