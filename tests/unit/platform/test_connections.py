"""How a channel's platform is reached, and what happens when its keys were changed a moment ago."""

from __future__ import annotations

from datetime import timedelta

import pytest

from oms.channels.connection import Connection, Reply, Request, Token
from oms.clock import now
from oms.errors import InvalidInput, NotFound, Refused
from oms.platform import cache, connections, secrets, setup
from oms.platform.connections import calling, check_api_url, connection
from oms.setup import Channel, Platform

URL = "https://api.shop.example"
CHANNEL = Channel(channel_id="shop", platform=Platform.EBAY, name="Shop", api_url=URL)


class Door:
    """A platform that knows one key."""

    def __init__(self) -> None:
        self.key = "old"
        self.calls = 0

    def send(self, request: Request) -> Reply:
        self.calls += 1
        return Reply(status=200 if request.headers["key"] == self.key else 401)


def ask(connection: Connection) -> str:
    token = connection.tokens.setdefault("api", Token(connection.secret["key"], now() + timedelta(hours=1)))
    reply = connection.http.send(Request(method="GET", url=URL, headers={"key": token.text}))
    if reply.status != 200:
        raise Refused(f"answered {reply.status}")
    return token.text


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Door:
    cache.forget_all()
    door, read = Door(), ["old"]

    def secret(_name: str, *, fresh: bool = False) -> dict[str, str]:
        read[0] = door.key if fresh else read[0]
        return {"key": read[0]}

    monkeypatch.setattr(secrets, "secret", secret)
    monkeypatch.setattr(setup, "channel", lambda _: CHANNEL)
    monkeypatch.setattr(connections, "transport", lambda: door)
    return door


@pytest.mark.usefixtures("door")
def test_tokens_are_kept_between_calls() -> None:
    assert calling("shop", ask) == "old"
    assert connection("shop").tokens["api"].text == "old"


def test_keys_that_were_changed_are_read_anew_once(door: Door) -> None:
    calling("shop", ask)
    door.key = "new"
    assert calling("shop", ask) == "new"
    assert door.calls == 3


def test_keys_that_are_wrong_are_refused_after_the_second_try(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "secret", lambda _name, **_: {"key": "wrong"})
    with pytest.raises(Refused, match="401"):
        calling("shop", ask)
    assert door.calls == 2


def test_what_is_refused_for_another_reason_is_not_asked_again(door: Door) -> None:
    def refuse(_: Connection) -> None:
        raise Refused("no")

    with pytest.raises(Refused):
        calling("shop", refuse)
    assert door.calls == 0


@pytest.mark.usefixtures("door")
def test_a_channel_without_an_address_or_without_keys_is_a_matter_for_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(_name: str, **_: bool) -> dict[str, str]:
        raise NotFound("none")

    monkeypatch.setattr(secrets, "secret", nothing)
    with pytest.raises(Refused, match="keys"):
        connection("shop")
    monkeypatch.setattr(setup, "channel", lambda _: Channel(channel_id="shop", platform=Platform.EBAY, name="Shop"))
    with pytest.raises(Refused, match="api_url"):
        connection("shop")


def test_an_address_that_is_never_called_is_refused_at_set_up() -> None:
    check_api_url(CHANNEL)
    with pytest.raises(InvalidInput, match="open internet") as caught:
        check_api_url(Channel(channel_id="a", platform=Platform.EBAY, name="A", api_url="https://10.0.0.1"))
    assert caught.value.errors[0].path == "api_url"
