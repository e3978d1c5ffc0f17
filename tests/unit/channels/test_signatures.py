from __future__ import annotations

import base64
import hashlib
import hmac
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.channels.protocol import ChannelPlatform, platform_of
from oms.channels.shopify import inbound as shopify
from oms.channels.woocommerce import inbound as woocommerce
from oms.errors import Conflict
from oms.setup import Channel, Platform

SECRET = "a secret"
HEADERS = {shopify: "X-Shopify-Hmac-Sha256", woocommerce: "X-WC-Webhook-Signature"}

each_platform = pytest.mark.parametrize("platform", [shopify, woocommerce], ids=["shopify", "woocommerce"])


def signed(platform: ChannelPlatform, raw: bytes, secret: str = SECRET) -> dict[str, str]:
    digest = hmac.new(secret.encode(), raw, hashlib.sha256).digest()
    return {HEADERS[platform]: base64.b64encode(digest).decode()}  # type: ignore[index]


@each_platform
@given(raw=st.binary(max_size=200))
def test_the_signature_is_that_of_the_raw_bytes(platform: ChannelPlatform, raw: bytes) -> None:
    assert platform.verify(raw, signed(platform, raw), SECRET)
    assert not platform.verify(raw + b" ", signed(platform, raw), SECRET)


@each_platform
def test_json_that_means_the_same_in_other_bytes_is_not_signed(platform: ChannelPlatform) -> None:
    headers = signed(platform, b'{"a": 1}')
    assert not platform.verify(b'{"a":1}', headers, SECRET)


@each_platform
def test_a_known_signature_is_accepted(platform: ChannelPlatform) -> None:
    # Computed by openssl: printf 'hello' | openssl dgst -sha256 -hmac 'a secret' -binary | base64
    expected = "cTC3zf9o89SzZI7q0GXkEIfcWm4SOaXbRgBjx+MZ2Vw="
    assert signed(platform, b"hello") == {HEADERS[platform]: expected}  # type: ignore[index]
    assert platform.verify(b"hello", {HEADERS[platform]: expected}, SECRET)  # type: ignore[index]


@each_platform
@pytest.mark.parametrize("signature", ["", "x", "AAAA", "ü", "=" * 44])
def test_a_wrong_signature_is_refused(platform: ChannelPlatform, signature: str) -> None:
    assert not platform.verify(b"{}", {HEADERS[platform]: signature}, SECRET)  # type: ignore[index]


@each_platform
def test_a_missing_signature_is_refused(platform: ChannelPlatform) -> None:
    assert not platform.verify(b"{}", {}, SECRET)


@each_platform
def test_another_secret_is_refused(platform: ChannelPlatform) -> None:
    assert not platform.verify(b"{}", signed(platform, b"{}", "another"), SECRET)


@each_platform
def test_nothing_is_signed_with_an_empty_secret(platform: ChannelPlatform) -> None:
    assert not platform.verify(b"{}", signed(platform, b"{}", ""), "")


def test_a_channel_without_webhooks_has_no_platform_code() -> None:
    with pytest.raises(Conflict):
        platform_of(Channel(channel_id="c", platform=Platform.CANONICAL, name="C"))


def test_no_platforms_code_is_imported_before_it_is_needed() -> None:
    code = (
        "import sys; from oms.channels.protocol import platform_of; from oms.setup import Channel, Platform;"
        "assert not {'oms.channels.shopify.inbound', 'oms.channels.woocommerce.inbound'} & set(sys.modules);"
        "platform_of(Channel(channel_id='c', platform=Platform.SHOPIFY, name='C'));"
        "assert 'oms.channels.shopify.inbound' in sys.modules and 'oms.channels.woocommerce.inbound' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603 - our own code in a fresh process
