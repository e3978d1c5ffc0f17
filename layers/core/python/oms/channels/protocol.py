"""What a sales platform has to provide so that what it sells becomes orders, and where each one's code is found."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from importlib import import_module
from typing import Protocol, cast

from oms.channels.connection import Connection
from oms.channels.document import ChannelDocument
from oms.errors import Conflict
from oms.orders.original import pack
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


class Hydrates(Protocol):
    """A platform whose webhooks or notifications only name the order that they are about."""

    # Topics that name an order which is also sent whole may stand in `NAMED`: without an API they are passed over.

    def reference(self, topic: str, raw: bytes) -> str:
        """The platform's id of the order to fetch; empty when the document is whole, or about something else.

        Raises:
            InvalidInput: the document cannot be read.
        """
        ...

    def hydrate(self, connection: Connection, reference: str) -> bytes | None:
        """The order as the platform has it now, as `parse` reads it under the topic `WHOLE`; None when it has none.

        Raises:
            Unavailable: no answer; ask again.
            Refused: the platform does not let us see it.
        """
        ...


class Deletes(Protocol):
    """A platform whose webhooks tell that an order was deleted, without the order."""

    def deleted(self, topic: str, raw: bytes) -> str:
        """The platform's id of the order that is no more; empty when the document is about something else.

        Raises:
            InvalidInput: the document cannot be read.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One order of a page: `changed_at` is the platform's text, `raw` the document for `parse` under `WHOLE`."""

    external_id: str
    changed_at: str
    raw: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Orders that changed, the longest ago first, and where to go on. Without `more` the period has been read."""

    orders: tuple[Listed, ...]
    cursor: str = ""
    more: bool = False


class Polls(Protocol):
    """A platform that is asked what has changed."""

    def poll(self, connection: Connection, since: datetime, until: datetime, cursor: str) -> Page:
        """A page of the orders that were created or changed between two instants; `cursor` is of the page before.

        A page holds a document for each order, also for one that `parse` will refuse: one bad document stops nothing.

        Raises:
            Unavailable: no answer; ask again.
            Refused: the platform does not let us in.
        """
        ...


WHOLE = ""
"""The topic of a document that was fetched: the order as it is, whatever happened to it."""

UNKNOWN = "unknown"
"""The topic of a webhook that names none: nothing is read of it."""


def platform_of(channel: Channel) -> ChannelPlatform:
    """The code for what a channel sends, imported now if this process has not needed it before.

    What the platform can beside (`Hydrates`, `Deletes`, `Polls`) is asked of the module: `hasattr(module, "poll")`.

    Raises:
        Conflict: the channel has no platform.
    """
    if channel.platform is Platform.CANONICAL:
        raise Conflict(f"channel {channel.channel_id} has no webhooks: post its orders to /orders")
    return cast("ChannelPlatform", import_module(f"oms.channels.{channel.platform}.inbound"))


def read_document(platform: ChannelPlatform, topic: str, raw: bytes, channel: Channel) -> ChannelDocument | None:
    """The order in a document, with the document itself: see `ChannelPlatform.parse`."""
    found = platform.parse(topic, raw, channel)
    return replace(found, original=pack(raw)) if found is not None else None


def signed_base64(raw: bytes, signature: str, secret: str) -> bool:
    """Whether `signature` is the base64 HMAC-SHA256 of the bytes. Nothing is signed with an empty secret."""
    expected = base64.b64encode(hmac.new(secret.encode(), raw, hashlib.sha256).digest())
    return bool(secret) and hmac.compare_digest(expected, signature.strip().encode())


def body_hash(raw: bytes) -> str:
    """A short hash of the bytes, for telling one delivery from another."""
    return hashlib.sha256(raw).hexdigest()[:24]
