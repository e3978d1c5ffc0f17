"""The audit of a hundred thousand levels: how many calls it takes, and how many of the clock's. Only with `OMS_FULL`.

Tables stand in memory here and know the calls that an audit makes; that the calls are right is shown by `test_ledger`,
on moto. Each call to a table takes `ANSWER` of a clock of our own, and what our code takes of a processor is added.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from oms.clock import to_text
from oms.platform import ledger_audit
from oms.platform.aws import client
from oms.platform.ledger_audit import audit
from tests.support.reports import tally
from tests.support.tables import fresh, started

pytestmark = pytest.mark.skipif(not os.environ.get("OMS_FULL"), reason="takes a minute: set OMS_FULL")

SKUS, PLACES = 10_000, 10
LEVELS = SKUS * PLACES
ANSWER = 0.008
"""Seconds that a table takes to answer. Not measured on AWS, where a hundred keys take longer than one."""

WORKING = 28.0 - ledger_audit.LEFT / 1000
"""Seconds after which a call of the clock begins no further part."""

NIGHT = datetime(2026, 3, 3, 1, 5, tzinfo=UTC)


class Tables:
    """Levels and their ledger, as far as an audit knows them; and what its calls take."""

    def __init__(self) -> None:
        self.levels: dict[str, Any] = {}
        self.ledger: dict[tuple[str, int], Any] = {}
        self.calls: Counter[str] = Counter()

    def move(self, number: int) -> None:
        """One more unit came in, and the ledger has the entry for it."""
        sku, location_id = f"ARTICLE-{number // PLACES:05}", f"place-{number % PLACES}"
        account = f"{sku}#{location_id}"
        version = int(self.levels.get(account, {"version": {"N": "0"}})["version"]["N"]) + 1
        balance = {"on_hand": {"N": str(version)}, "available": {"N": str(version)}}
        said = {name: {"S": name} for name in ("reason", "reference", "cause", "actor")}
        said["at"] = {"S": to_text(NIGHT - timedelta(hours=6))}
        key = {"sku": {"S": sku}, "location_id": {"S": location_id}}
        self.levels[account] = {**key, **balance, "version": {"N": str(version)}, "last": {"M": said}}
        self.ledger[account, version] = {
            "account": {"S": account},
            "version": {"N": str(version)},
            **key,
            **said,
            "changes": {"M": {"on_hand": {"N": "1"}, "available": {"N": "1"}}},
            "balance": {"M": balance},
        }

    def call(self, name: str, asked: dict[str, Any]) -> Any:
        """Carry one call of the client out."""
        self.calls[name] += 1
        return getattr(self, name)(**asked)

    def Scan(self, *, Limit: int, ExclusiveStartKey: Any = None, **_: Any) -> Any:  # noqa: N802, N803 - boto3's
        names = list(self.levels)
        first = int(ExclusiveStartKey["at"]["N"]) if ExclusiveStartKey else 0
        last = {"LastEvaluatedKey": {"at": {"N": str(first + Limit)}}} if first + Limit < len(names) else {}
        return {"Items": [self.levels[name] for name in names[first : first + Limit]], **last}

    def BatchGetItem(self, *, RequestItems: Any) -> Any:  # noqa: N802, N803
        ((table, asked),) = RequestItems.items()
        found = [self.ledger.get((key["account"]["S"], int(key["version"]["N"]))) for key in asked["Keys"]]
        return {"Responses": {table: [item for item in found if item]}}

    def Query(self, *, ExpressionAttributeValues: Any, **_: Any) -> Any:  # noqa: N802, N803
        account = ExpressionAttributeValues[":account"]["S"]
        first, last = (int(ExpressionAttributeValues[name]["N"]) for name in (":first", ":last"))
        return {"Items": [self.ledger[account, version] for version in range(first, last + 1)]}

    def GetItem(self, *, Key: Any, **_: Any) -> Any:  # noqa: N802, N803
        item = self.ledger.get((Key["account"]["S"], int(Key["version"]["N"])))
        return {"Item": item} if item else {}

    def PutItem(self, *, Item: Any, **_: Any) -> Any:  # noqa: N802, N803
        self.ledger[Item["account"]["S"], int(Item["version"]["N"])] = Item
        return {}

    def BatchWriteItem(self, *, RequestItems: Any) -> Any:  # noqa: N802, N803
        for puts in RequestItems.values():
            assert len(puts) <= 25
            for each in puts:
                self.PutItem(Item=each["PutRequest"]["Item"])
        return {}


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> Iterator[Tables]:
    known = Tables()
    with started() as moto:
        fresh(moto, "ledger")
        monkeypatch.setattr(client("dynamodb"), "_make_api_call", known.call)
        yield known


def night(tables: Tables, now: datetime) -> tuple[int, float]:
    """Call the audit as the clock does until it is done: how many calls, and seconds of a processor."""
    begun, calls = time.process_time(), 0
    while True:
        tables.calls.clear() if not calls else None
        calls, started_at, before = calls + 1, time.process_time(), tables.calls.total()

        def in_time(before: int = before, started_at: float = started_at) -> bool:
            took = ANSWER * (tables.calls.total() - before) + time.process_time() - started_at
            return took < WORKING

        if (done := audit(now, in_time)).finished_at:
            break
        assert calls < 300
    assert (done.levels, done.found, done.behind) == (LEVELS, 0, 0)
    return calls, time.process_time() - begun


def test_a_hundred_thousand_levels_are_proved_in_the_first_hours_of_a_night(tables: Tables) -> None:
    for number in range(LEVELS):
        tables.move(number)
    for day, moved in enumerate((LEVELS, 0, LEVELS // 10)):
        for number in range(moved if day else 0):
            tables.move(number)
        calls, seconds = night(tables, NIGHT + timedelta(days=day))
        tally(f"audit {day + 1}: {moved} of {LEVELS} levels moved, {{}} calls of the clock", calls)
        tally(f"audit {day + 1}: {{}} s of a processor", round(seconds))
        for name, count in sorted(tables.calls.items()):
            tally(f"audit {day + 1}: {{}} {name}", count)
