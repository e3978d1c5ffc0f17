"""Lists of what is due: nothing is lost or there twice, and one carrier in trouble keeps no other waiting."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from oms.carriers.protocol import Ability
from oms.errors import Refused, Unavailable
from oms.platform import carriers, due_list, parcel_watch
from oms.platform.due_list import Due

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
SOON = AT + timedelta(hours=1)
LATER = AT + timedelta(hours=2)

pytestmark = pytest.mark.usefixtures("tables")


def names(now: datetime, on: str = "list") -> list[tuple[str, datetime]]:
    return [(each.name, each.due) for each in due_list.due(on, now, most=10)]


def test_a_thing_is_due_when_its_time_has_come_and_moves_on() -> None:
    thing = Due(name="a#b", due=SOON, since=AT)
    due_list.put("list", thing)
    assert names(AT) == []
    assert due_list.due("list", LATER, most=10) == [thing]
    due_list.move("list", thing, LATER)
    assert names(LATER) == []
    assert names(LATER + timedelta(seconds=1)) == [("a#b", LATER)]


def test_who_moves_a_thing_that_another_has_moved_or_taken_off_changes_nothing() -> None:
    thing = Due(name="a", due=SOON, since=AT)
    due_list.put("list", thing)
    due_list.move("list", thing, LATER)
    due_list.move("list", thing, LATER + timedelta(hours=5))
    assert names(AT + timedelta(days=1)) == [("a", LATER)]
    due_list.drop("list", Due(name="a", due=LATER, since=AT))
    due_list.move("list", thing, LATER)
    assert names(AT + timedelta(days=1)) == []


def test_a_parcel_that_was_listed_twice_is_one_when_it_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(name: str) -> Any:
        raise Refused(f"the account {name!r} has no keys")

    monkeypatch.setattr(carriers, "carrier", refused)
    name, shard = "fedex#794", parcel_watch._shard("794")
    for due in (SOON, LATER):  # the second by a message that came again after the first had moved
        due_list.put(shard, Due(name=name, due=due, since=AT))
    due_list.put(parcel_watch._shard("1"), Due(name="other#1", due=SOON, since=AT))
    now = AT + timedelta(hours=2, minutes=30)
    assert parcel_watch.ask(lambda: now) == 3
    again = {each for shard in map(parcel_watch._shard, ("794", "1")) for each in names(AT + timedelta(days=1), shard)}
    assert again == {(name, AT + timedelta(hours=3)), ("other#1", AT + timedelta(hours=3))}


@pytest.mark.parametrize(("error", "asked", "left"), [(Unavailable("no answer"), 1, 2), (Refused("bad number"), 3, 0)])
def test_a_carrier_that_does_not_answer_is_asked_once_and_its_other_parcels_stay_due(
    error: Unavailable | Refused, asked: int, left: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[Any] = []

    class Silent:
        abilities = frozenset({Ability.TRACK})
        most_tracked = 1

        def track(self, tracking_numbers: Any) -> Any:
            calls.append(tracking_numbers)
            raise error

    monkeypatch.setattr(carriers, "carrier", lambda _name: Silent())
    shard = parcel_watch._shard("1")
    for minute in range(3):
        due_list.put(shard, Due(name="fedex#1", due=SOON + timedelta(minutes=minute), since=AT))
    assert parcel_watch.ask(lambda: LATER) == 3
    assert len(calls) == asked
    assert len(due_list.due(shard, LATER, most=10)) == left
