"""What the pages on connecting BigCommerce and Adobe Commerce say is what the code does."""

from __future__ import annotations

from pathlib import Path

from oms.channels.adobe_commerce.signing import KEYS
from oms.channels.bigcommerce import inbound as bigcommerce
from oms.channels.keys import CREDENTIALS
from oms.setup import Platform

CONNECT = Path(__file__).parents[3] / "docs" / "connect"


def test_the_page_names_the_header_that_bigcommerce_is_to_send_and_what_its_statuses_mean() -> None:
    page = (CONNECT / "bigcommerce.md").read_text()
    assert f'"headers": {{"{bigcommerce.HEADER}": ' in page
    assert f"{', '.join(str(each) for each in sorted(bigcommerce.PAID))} are paid" in page
    told = bigcommerce.HAS_IT | bigcommerce.RESERVED | bigcommerce.WITHOUT - {"void pending"}
    assert {each for each in told if f"`{each}`" not in page} == set()


def test_the_page_names_the_keys_by_which_adobe_commerce_knows_us() -> None:
    page = (CONNECT / "adobe-commerce.md").read_text()
    assert {name for name in KEYS if f'"{name}"' not in page} == set()
    assert set(KEYS) == set(CREDENTIALS[Platform.ADOBE_COMMERCE])
