"""What a sales platform has to provide so that its webhooks become orders, and where each one's code is found."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from importlib import import_module
from typing import Protocol, cast

from oms.channels.document import ChannelDocument
from oms.errors import Conflict
from oms.setup import Channel, Platform

Headers = Mapping[str, str]
"""Request headers; names are looked up whatever their case."""


class ChannelPlatform(Protocol):
    """The dialect of one platform, as a module of these functions."""

    def verify(self, raw: bytes, headers: Headers, secret: str) -> bool:
        """Whether the signature in the headers is that of exactly these bytes; compared in constant time."""
        ...

    def is_ping(self, raw: bytes, headers: Headers) -> bool:
        """Whether this is the platform's unsigned trial call, which says nothing and changes nothing."""
        ...

    def topic(self, headers: Headers) -> str:
        """What the platform calls the thing that happened."""
        ...

    def cause(self, raw: bytes, headers: Headers) -> str:
        """The id of what happened, the same for each delivery of it."""
        ...

    def parse(self, topic: str, raw: bytes, channel: Channel) -> ChannelDocument | None:
        """The order in a signed document; None when the topic is about something else.

        Raises:
            InvalidInput: the document cannot be read as an order; names each field.
        """
        ...


_MODULES: Mapping[Platform, str] = {
    Platform.SHOPIFY: "oms.channels.shopify",
    Platform.WOOCOMMERCE: "oms.channels.woocommerce",
}


def platform_of(channel: Channel) -> ChannelPlatform:
    """The code for a channel's webhooks, imported now if this process has not needed it before.

    Raises:
        Conflict: the channel has no webhooks.
    """
    name = _MODULES.get(channel.platform)
    if name is None:
        raise Conflict(f"channel {channel.channel_id} has no webhooks: post its orders to /orders")
    return cast("ChannelPlatform", import_module(name))


def signed_base64(raw: bytes, signature: str, secret: str) -> bool:
    """Whether `signature` is the base64 HMAC-SHA256 of the bytes. Nothing is signed with an empty secret."""
    expected = base64.b64encode(hmac.new(secret.encode(), raw, hashlib.sha256).digest())
    return bool(secret) and hmac.compare_digest(expected, signature.strip().encode())


def body_hash(raw: bytes) -> str:
    """A short hash of the bytes, for telling one delivery from another."""
    return hashlib.sha256(raw).hexdigest()[:24]
