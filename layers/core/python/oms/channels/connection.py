"""How a channel's platform is called: the channel with its keys, and what sends requests (see `oms.wire`).

Adapters build requests and read replies; they open no connection themselves. `oms.platform` sends over the network,
tests hand the request to a stand-in of the platform.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field

from oms.clock import Clock
from oms.setup import Channel
from oms.wire import Http, Reply, Request, Token

__all__ = ["Connection", "Http", "Reply", "Request", "Token"]


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
