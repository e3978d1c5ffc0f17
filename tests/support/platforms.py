"""Channels' platforms in process: the stand-ins behind the same protocol as the network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

from werkzeug.test import Client

from infra.standins.wsgi import Lost, StandIn
from oms.channels.connection import Connection, Http, Reply, Request
from oms.clock import Clock, now
from oms.errors import Unavailable
from oms.platform import connections
from oms.setup import Channel, Platform


class WsgiHttp:
    """`Http` that hands each request to a stand-in; what is lost on the way is `Unavailable`."""

    def __init__(self, app: StandIn) -> None:
        self.app = app

    def send(self, request: Request) -> Reply:
        client = Client(self.app)
        place = urlsplit(request.url)
        try:
            answer = client.open(
                request.url,
                base_url=f"{place.scheme}://{place.netloc}",
                method=request.method,
                headers=dict(request.headers),
                data=request.body or None,
            )
        except Lost as error:
            raise Unavailable(f"no answer: {error}") from None
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Reply(status=answer.status_code, headers=headers, body=answer.get_data())


def connection(
    platform: Platform, app: StandIn, *, secret: Mapping[str, str], clock: Clock = now, **settings: Any
) -> Connection:
    """A channel of a platform whose API is the stand-in."""
    channel = Channel(channel_id="c", platform=platform, name="C", **settings)
    http: Http = WsgiHttp(app)
    return Connection(channel=channel, secret=secret, http=http, clock=clock)


class Hand:
    """A clock that is moved by hand."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


@contextmanager
def answered_by(*apps: tuple[str, StandIn]) -> Iterator[None]:
    """Let the stack's own calls reach stand-ins, each by the beginning of its URLs: `("https://shop.example", app)`."""
    with patch.object(connections, "transport", lambda: _Network(apps)):
        yield


class _Network:
    def __init__(self, apps: tuple[tuple[str, StandIn], ...]) -> None:
        self._apps = apps

    def send(self, request: Request) -> Reply:
        app = next((app for base, app in self._apps if request.url.startswith(base)), None)
        if app is None:
            raise Unavailable(f"nobody answers at {request.url}")
        return WsgiHttp(app).send(request)
