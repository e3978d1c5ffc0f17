"""Connections to channels' platforms, made of what was set up: the channel, its secret, the network, its tokens."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from typing import TypeVar

from oms.channels.connection import Connection, Http, Reply, Request, Token
from oms.clock import Clock, now
from oms.errors import InvalidInput, NotFound, Refused
from oms.platform import secrets, setup
from oms.platform.cache import Cache
from oms.platform.channel_http import ChannelHttp
from oms.platform.open_internet import private_allowed
from oms.setup import Channel
from oms.webhooks.target import target

Result = TypeVar("Result")

_tokens: Cache[str, MutableMapping[str, Token]] = Cache(seconds=24 * 3600, size=1000)
"""Tokens of the process by channel; when each ends is known to itself."""

UNAUTHORIZED = 401


def transport() -> Http:
    """What sends requests. Tests put stand-ins of platforms in its place."""
    return ChannelHttp()


def check_api_url(channel: Channel) -> None:
    """See that a channel's API is at an address that is called: when it is set up, not when the first order is missed.

    Raises:
        InvalidInput: says what is wrong with it.
    """
    if not channel.api_url:
        return
    try:
        target(channel.api_url, private=private_allowed())
    except InvalidInput as error:
        raise InvalidInput(error.detail, path="api_url") from None


def connection(channel_id: str, *, fresh: bool = False, clock: Clock = now, http: Http | None = None) -> Connection:
    """A channel with all that is needed to call its platform; `fresh` reads its keys anew and forgets its tokens.

    Adapters that are refused should be called through `calling`, which knows when fresh keys are worth a try.

    Raises:
        NotFound: there is no such channel.
        Refused: it has no address to call, or no keys were set up.
    """
    channel = setup.channel(channel_id)
    if not channel.api_url:
        raise Refused(f"channel {channel_id} has no api_url: set it up")
    if fresh:
        _tokens.forget(channel_id)
    try:
        secret = secrets.secret(secrets.channel_secret(channel_id), fresh=fresh)
    except NotFound:
        raise Refused(f"channel {channel_id} has no keys: set its secret up") from None
    tokens = _tokens.get(channel_id)
    if tokens is None:
        tokens = _tokens.put(channel_id, {})
    return Connection(channel=channel, secret=secret, http=http or transport(), clock=clock, tokens=tokens)


def calling(channel_id: str, call: Callable[[Connection], Result], *, clock: Clock = now) -> Result:
    """Let an adapter call the platform, and once more with fresh keys when they were no longer accepted.

    Keys are changed while functions run and tokens are withdrawn: what is in memory may be a few minutes old. A second
    call is harmless, as adapters' calls are (they read, or look before they write).

    Raises:
        NotFound: there is no such channel.
        Unavailable: no answer; call again later.
        Refused: the platform will not do it, or does not let us in, with fresh keys either.
    """
    watched = _Watched(transport())
    try:
        return call(connection(channel_id, clock=clock, http=watched))
    except Refused:
        if not watched.unauthorized:
            raise
    return call(connection(channel_id, fresh=True, clock=clock))


@dataclass(slots=True)
class _Watched:
    """Sends requests and notes whether one was answered with 401."""

    http: Http
    unauthorized: bool = False

    def send(self, request: Request) -> Reply:
        reply = self.http.send(request)
        self.unauthorized = self.unauthorized or reply.status == UNAUTHORIZED
        return reply
