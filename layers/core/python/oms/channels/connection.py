"""How a channel's platform is called: requests and replies as values, and what sends them.

Adapters build requests and read replies; they open no connection themselves. `oms.platform` sends over the network,
tests hand the request to a stand-in of the platform.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from oms.clock import Clock
from oms.setup import Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP call; `url` is absolute, with its query."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What was answered, whatever its status; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Http(Protocol):
    """Sends requests to addresses that the merchant set up."""

    def send(self, request: Request) -> Reply:
        """Make the call, once: redirects are not followed, and nothing is tried again.

        Raises:
            Unavailable: there was no answer in time; whether the call was carried out is not known.
        """
        ...


@dataclass(frozen=True, slots=True)
class Token:
    """A short-lived key of a platform's API."""

    text: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A channel with all that is needed to call its platform.

    `secret` is what stands under `channels/<id>` (see `oms.platform.secrets`). `tokens` outlives the call, so that a
    token is fetched once per process and not once per order.
    """

    channel: Channel
    secret: Mapping[str, str]
    http: Http
    clock: Clock
    tokens: MutableMapping[str, Token] = field(default_factory=dict)
