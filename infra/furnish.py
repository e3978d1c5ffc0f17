"""What a fresh local cloud is given: keys of all scopes, a channel of each platform, webhook secrets."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

CHANNELS = {"shop": "canonical", "shopify": "shopify", "woo": "woocommerce"}
"""The channels of a fresh local cloud, by id, and their platforms."""

CARRIERS = ("simulated",)


def make_keys() -> dict[str, str]:
    """Issue a bearer key for each scope."""
    from oms.platform.keys import SCOPES, issue

    return {scope: issue(f"local {scope}", [scope])[0] for scope in SCOPES}


def make_channels() -> dict[str, dict[str, str]]:
    """Set up a channel of each platform, with a secret for its webhooks."""
    from oms.platform.secrets import channel_secret, put_secret
    from oms.platform.setup import put
    from oms.setup import Channel, Platform

    made = {}
    for channel_id, platform in CHANNELS.items():
        put(
            Channel(
                channel_id=channel_id, platform=Platform(platform), name=channel_id.capitalize(), gateway="simulated"
            )
        )
        secret = secrets.token_urlsafe(24)
        put_secret(channel_secret(channel_id), {"webhook_secret": secret})
        made[channel_id] = {"platform": platform, "webhook_secret": secret}
    return made


def make_carriers() -> dict[str, dict[str, str]]:
    """Store a secret for each carrier's webhooks."""
    from oms.platform.secrets import carrier_secret, put_secret

    made = {carrier: {"webhook_secret": secrets.token_urlsafe(24)} for carrier in CARRIERS}
    for carrier, secret in made.items():
        put_secret(carrier_secret(carrier), secret)
    return made


def make_links_secret() -> None:
    """Store the secret that signs customers' links."""
    from oms.platform.secrets import LINKS, put_secret

    put_secret(LINKS, {"signing_secret": secrets.token_urlsafe(32)})


@contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """Run our own AWS code in this process as if it were a function of the stack."""
    from oms.platform import config
    from oms.platform.aws import forget_clients

    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    config.settings.cache_clear()
    forget_clients()
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        config.settings.cache_clear()
        forget_clients()
