"""Orders that platforms do not send: read by the clock, asked for when a notice names them, filed when all fails."""

from __future__ import annotations

import json
from collections.abc import Iterator
from unittest.mock import patch

import pytest

from infra.standins.wsgi import Fault
from oms.ids import order_id as derive_order_id
from oms.platform import fetching
from oms.setup import Platform
from tests.support import plain_shop
from tests.support.gateway_api import Answer
from tests.support.plain_shop import KEY, PlainShop
from tests.support.world import World

MARKET = "market"
SECRET = "a-secret-of-the-plain-shop"


@pytest.fixture
def shop(world: World) -> Iterator[PlainShop]:
    """A plain shop that is connected. What becomes of its orders is not this file's matter: only captures run."""
    world.pumps = [each for each in world.pumps if each.settings.function.stage == "capture"]
    shop = PlainShop(world.clock)
    connect(world)
    with plain_shop.installed((plain_shop.URL, shop)):
        yield shop


def connect(world: World, *, secret: str = KEY, channel: str = MARKET, url: str = plain_shop.URL) -> None:
    body = {"platform": plain_shop.PLATFORM, "name": "Plain", "api_url": url, "account": "PLAIN"}
    answer = world.http("PUT", f"/channels/{channel}", body, key="setup")
    assert answer.status in {200, 201}, answer
    keys(world, secret, channel)


def keys(world: World, api_key: str = KEY, channel: str = MARKET) -> None:
    """Set the channel's keys, where the merchant keeps them."""
    secrets = world.cloud.client("secretsmanager")
    name = f"{world.template.parameters['Stack']}/channels/{channel}"
    value = json.dumps({"webhook_secret": SECRET, "api_key": api_key})
    try:
        secrets.create_secret(Name=name, SecretString=value)
    except secrets.exceptions.ResourceExistsException:
        secrets.put_secret_value(SecretId=name, SecretString=value)


def told(world: World, external_id: str) -> Answer:
    """The shop's notice that something happened to an order."""
    raw = json.dumps({"id": external_id}).encode()
    headers = {"X-Topic": "changed", "X-Signature": plain_shop.signature(raw, SECRET)}
    return world.http("POST", f"/channels/{MARKET}/webhooks", raw, headers=headers)


def order(world: World, external_id: str) -> Answer:
    return world.http("GET", f"/orders/{derive_order_id(MARKET, external_id)}", key="orders:read")


def work(world: World, channel: str = MARKET) -> list[tuple[str, str]]:
    answer = world.http("GET", f"/channels/{channel}/work", key="orders:read")
    return [(each["kind"], each["external_id"]) for each in answer.json["work"]]


def minutes(world: World, number: int) -> None:
    for _ in range(number):
        wait(world, 60)


def wait(world: World, seconds: int) -> None:
    """Let time pass, and the clock of the intake look once."""
    world.clock.wait(seconds)
    world.runtime.invoke(world.functions["CaptureClock"], {})
    world.settle()


# Reading


def test_a_channel_is_read_page_by_page_and_on_from_where_it_was_read_to(shop: PlainShop, world: World) -> None:
    first = [shop.sell(number) for number in range(4)]
    minutes(world, 1)
    assert [order(world, each).status for each in first] == [200] * 4
    assert shop.calls == ["GET /orders", "GET /orders"]
    world.clock.wait(3600)
    later = shop.sell(9)
    shop.cancel(first[0])
    minutes(world, 2)
    assert order(world, later).status == 200
    assert order(world, first[0]).json["status"] == "cancelled"
    assert len(shop.calls) == 4
    assert work(world) == []


def test_an_order_that_the_platform_lists_late_is_read_all_the_same(shop: PlainShop, world: World) -> None:
    late = shop.sell(1)
    shop.hidden.add(late)
    minutes(world, 1)
    shop.hidden.clear()
    minutes(world, 6)
    assert order(world, late).status == 200


def test_one_bad_document_stops_nothing_and_is_filed_once(shop: PlainShop, world: World) -> None:
    ids = [shop.sell(number) for number in range(3)]
    shop.orders[ids[1]]["currency"] = "not a currency"
    shop.orders[ids[2]]["line_items"] = "nothing that can be read"
    minutes(world, 7)
    assert order(world, ids[0]).status == 200
    assert sorted(work(world)) == [("unreadable", ids[1]), ("unreadable", ids[2])]
    shop.change(ids[1], currency="EUR")
    minutes(world, 6)
    assert order(world, ids[1]).status == 200
    assert work(world) == [("unreadable", ids[2])], "what was mended closes itself"


def test_a_platform_that_does_not_answer_is_read_later_and_loses_nothing(shop: PlainShop, world: World) -> None:
    sold = [shop.sell(number) for number in range(5)]
    shop.faults.extend([None, Fault.ANSWER_LOST, Fault.SERVER_ERROR])
    for _ in range(3):
        wait(world, 301)
    assert [order(world, each).status for each in sold] == [200] * 5
    assert work(world) == []


def test_a_platform_that_lets_nobody_in_is_filed_and_the_work_closes_itself(shop: PlainShop, world: World) -> None:
    sold = shop.sell(1)
    shop.key = "another"
    minutes(world, 1)
    assert work(world) == [("refused", "")]
    keys(world, "another")
    wait(world, 3660)
    assert order(world, sold).status == 200
    assert work(world) == []


def test_a_changed_key_is_used_at_once(shop: PlainShop, world: World) -> None:
    shop.sell(1)
    minutes(world, 1)
    shop.key = "another"
    keys(world, "another")
    world.clock.wait(300)
    sold = shop.sell(2)
    minutes(world, 1)
    assert order(world, sold).status == 200
    assert work(world) == []


# Notices


def test_a_notice_is_acknowledged_before_the_order_is_asked_for_and_a_burst_is_one_question(
    shop: PlainShop, world: World
) -> None:
    sold = shop.sell(1)
    answers = [told(world, sold) for _ in range(5)]
    assert [(each.status, each.json["status"]) for each in answers] == [(200, "accepted")] * 5
    assert shop.calls == []
    world.settle()
    assert shop.calls == [f"GET /orders/{sold}"]
    assert order(world, sold).status == 200


def test_a_notice_that_comes_before_its_order_waits_for_it(shop: PlainShop, world: World) -> None:
    sold = shop.sell(1)
    shop.late[sold] = 2
    told(world, sold)
    world.settle()
    assert order(world, sold).status == 200
    assert len(shop.calls) == 3
    assert work(world) == []


@pytest.mark.usefixtures("shop")
def test_an_order_that_never_comes_is_filed_after_two_days(world: World) -> None:
    told(world, "404")
    world.settle()
    wait(world, 47 * 3600)
    assert work(world) == []
    wait(world, 2 * 3600)
    assert work(world) == [("gave_up", "404")]


def test_an_order_that_the_platform_no_longer_has_is_filed(shop: PlainShop, world: World) -> None:
    sold = shop.sell(1)
    told(world, sold)
    world.settle()
    del shop.orders[sold]
    told(world, sold)
    world.settle()
    assert work(world) == [("missing_there", sold)]


def test_a_refused_order_is_filed_at_once_and_still_asked_for(shop: PlainShop, world: World) -> None:
    sold = shop.sell(1)
    shop.key = "another"
    told(world, sold)
    world.settle()
    assert work(world) == [("refused", sold)]
    keys(world, "another")
    told(world, sold)
    world.settle()
    assert order(world, sold).status == 200
    assert work(world) == []


def test_a_channel_that_cannot_be_asked_says_so(world: World) -> None:
    connect(world, url="")
    with plain_shop.installed():
        told(world, "7")
        told(world, "7")
    assert work(world) == [("cannot_ask", "7")]


def test_a_message_that_was_lost_is_made_up_for_by_the_clock(shop: PlainShop, world: World) -> None:
    sold = shop.sell(1)
    told(world, sold)
    world.cloud.client("sqs").purge_queue(QueueUrl=world.template.ref("FetchQueue"))
    world.settle()
    assert shop.calls == []
    wait(world, 660)
    assert order(world, sold).status == 200


# Deletions


def deleted(world: World, external_id: str) -> None:
    raw = json.dumps({"id": external_id}).encode()
    headers = {"X-Topic": "deleted", "X-Signature": plain_shop.signature(raw, SECRET)}
    assert world.http("POST", f"/channels/{MARKET}/webhooks", raw, headers=headers).json == {"status": "accepted"}
    world.settle()


def test_an_order_that_was_deleted_is_held_and_one_in_the_bin_is_cancelled(shop: PlainShop, world: World) -> None:
    ids = [shop.sell(number) for number in range(2)]
    for each in ids:
        told(world, each)
    world.settle()
    del shop.orders[ids[0]]
    shop.cancel(ids[1])
    for each in ids:
        deleted(world, each)
    assert [hold["reason"] for hold in order(world, ids[0]).json["holds"]] == ["channel_change"]
    assert order(world, ids[1]).json["status"] == "cancelled"
    assert work(world) == []


def test_a_deletion_that_comes_before_its_order_is_applied_when_that_comes(world: World) -> None:
    """Also where nobody can be asked: the order comes by a webhook that has it all."""
    connect(world, url="")
    shop = PlainShop(world.clock)
    sold = shop.sell(1)
    world.pumps = [each for each in world.pumps if each.settings.function.stage == "capture"]
    with plain_shop.installed():
        deleted(world, sold)
        raw = shop.document(sold)
        headers = {"X-Topic": "order", "X-Signature": plain_shop.signature(raw, SECRET)}
        assert world.http("POST", f"/channels/{MARKET}/webhooks", raw, headers=headers).status == 201
        wait(world, 2 * 3600 + 60)
    assert [hold["reason"] for hold in order(world, sold).json["holds"]] == ["channel_change"]
    assert work(world) == []


# A marketplace's queue


def test_a_notification_of_a_marketplace_is_the_wish_to_see_its_order(shop: PlainShop, world: World) -> None:
    sold = shop.sell(1)
    queue = world.template.ref("NotificationsQueue")
    with patch.object(fetching, "MARKETPLACE", Platform(plain_shop.PLATFORM)):
        for account in ("PLAIN", "ANOTHER"):
            text = json.dumps({"id": sold, "marketplace": account})
            world.cloud.client("sqs").send_message(QueueUrl=queue, MessageBody=text)
        world.failures_expected = True
        world.settle()
    assert shop.calls == [f"GET /orders/{sold}"]
    assert order(world, sold).status == 200
    assert world.depth("NotificationsDeadLetters") == 1, "what is about no channel is not lost"
