"""Counters of orders of one hand: a set under a digest, bounded, and gone by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from oms.errors import NotFound, Unavailable
from oms.fraud.protocol import ScreeningRequest
from oms.fraud.rules import Counted, FraudRules
from oms.fraud.screener import Sighting
from oms.orders.contact import Contact
from oms.orders.events import PaymentMethod
from oms.platform import cache, screening, secrets, setup
from tests.support import tables

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
MAIL = "kim@example.org"


@pytest.fixture(scope="module")
def cloud() -> Iterator[Any]:
    with tables.started() as mock:
        yield mock


@pytest.fixture
def world(cloud: Any) -> Any:
    return tables.fresh(cloud, "references", "setup")


def others(order_id: str, hours: float = 0, *, value: str = MAIL, limit: int = 5) -> list[datetime]:
    sighting = Sighting(order_id=order_id, placed_at=NOON + timedelta(hours=hours))
    return list(screening.DynamoCounters().others(Counted.MAIL, value, sighting, within=DAY, limit=limit))


@pytest.mark.usefixtures("world")
def test_an_order_counted_again_is_the_same_order() -> None:
    assert [others("o1") for _ in range(3)] == [[], [], []]
    assert others("o2", 1) == [NOON]
    assert others("o1") == [NOON + timedelta(hours=1)]


@pytest.mark.usefixtures("world")
def test_orders_are_counted_within_the_window_the_newest_first_and_no_more_than_asked_for() -> None:
    for number in range(6):
        others(f"o{number}", number * 10)
    assert others("o6", 60) == [NOON + timedelta(hours=hours) for hours in (50, 40)]
    assert others("o6", 60, limit=1) == [NOON + timedelta(hours=50)]
    assert others("o7", value="toni@example.org") == []


def test_a_counter_names_nobody_and_ends_after_its_window(world: Any) -> None:
    others("o1")
    (item,) = world.scan(TableName="test-references")["Items"]
    assert "kim" not in str(item)
    assert int(item["expires"]["N"]) == int((NOON + DAY + screening.MARGIN).timestamp())


@pytest.mark.usefixtures("world")
def test_every_process_has_the_same_key_and_another_stack_another(cloud: Any) -> None:
    others("o1")
    key = secrets.secret(screening.DIGESTS)
    cache.forget_all()
    assert others("o2") == [NOON]
    assert secrets.made_secret(screening.DIGESTS) == key
    tables.fresh(cloud, "references")
    assert secrets.made_secret(screening.DIGESTS) != key


@pytest.mark.usefixtures("world")
def test_two_who_need_the_key_first_at_one_moment_get_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = {"key": "theirs"}
    secrets.put_secret(screening.DIGESTS, theirs)
    cache.forget_all()
    read, found = secrets.secret, iter([False, True])

    def early(name: str, *, fresh: bool = False) -> dict[str, str]:
        if not next(found):
            raise NotFound(name)
        return read(name, fresh=fresh)

    monkeypatch.setattr(secrets, "secret", early)
    assert secrets.made_secret(screening.DIGESTS) == theirs


@pytest.mark.usefixtures("world")
def test_rules_of_a_channel_go_before_those_of_all_and_those_before_the_houses() -> None:
    assert setup.fraud_rules("web").rules
    setup.put(FraudRules(rules_id="default", review_from=70))
    setup.put(FraudRules(rules_id="kiosk", review_from=20))
    assert [setup.fraud_rules(each).review_from for each in ("web", "kiosk")] == [70, 20]
    assert setup.fraud_rules("web").rules == ()


@pytest.mark.usefixtures("world")
def test_a_provider_that_the_code_does_not_know_any_more_is_one_that_does_not_answer() -> None:
    setup.put(FraudRules(rules_id="default", provider="bygone"))
    asked = ScreeningRequest(
        order_id="o1",
        channel_id="web",
        placed_at=NOON,
        currency="EUR",
        amount=1,
        units={},
        method=PaymentMethod.GATEWAY,
        contact=Contact(),
    )
    with pytest.raises(Unavailable):
        screening.screen(asked)
