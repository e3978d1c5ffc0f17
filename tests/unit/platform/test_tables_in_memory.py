"""The tables in memory that bench and proofs run on: the same calls leave the same items as on moto."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from infra.bench.expressions import change, condition
from oms.errors import OmsError
from oms.orders.log import Caller
from oms.platform.stock_counts import adjust, set_on_hand
from oms.platform.stock_moves import Note
from oms.platform.stock_split import set_buckets
from oms.platform.stock_table import sku_stock
from oms.platform.stock_transaction import Refused, transact
from oms.stock.levels import StockReason
from oms.stock.movements import Movement
from tests.support import moto_fixes
from tests.support.interleaved import in_memory
from tests.support.tables import fresh, started

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def a_day(chance: random.Random) -> list[str]:
    """What a busy level goes through; answers of the use cases, in words."""
    told = []
    for number in range(40):
        who = Caller(actor="test", cause=f"c{number}", clock=lambda: AT)
        note = Note(at="2026-03-02T09:00:00.000000Z", cause=f"c{number}")
        units = chance.randint(1, 5)
        deltas: list[dict[str, int]] = [
            {"available": -units, "committed": units},
            {"available": units, "committed": -units},
            {"on_hand": -units, "committed": -units},
        ]
        moved = Movement(
            sku="mug", location_id="north", reason=StockReason.ALLOCATED, reference="r", **chance.choice(deltas)
        )
        acts: list[Callable[[], object]] = [
            lambda moved=moved, note=note: transact([], [moved], note, key=note.cause),  # type: ignore[misc]
            lambda moved=moved, note=note: transact([], [moved], note, key="one"),  # type: ignore[misc]
            lambda who=who, units=units: adjust("mug", "north", units * 3, who, reason=StockReason.RECEIVED),  # type: ignore[misc]
            lambda who=who, units=units: adjust("mug", "north", -units, who, reason=StockReason.DAMAGED),  # type: ignore[misc]
            lambda who=who, units=units: set_on_hand("mug", "north", units * 4, who),  # type: ignore[misc]
            lambda who=who, units=units: set_buckets("mug", "north", units, who),  # type: ignore[misc]
        ]
        try:
            told.append(str(chance.choice(acts)()))
        except (OmsError, Refused) as error:
            told.append(repr(error))
        told.append(str(sku_stock("mug")))
    return told


@contextmanager
def on_moto() -> Iterator[Any]:
    with started() as mock:
        moto_fixes.install()
        yield fresh(mock, "stock")


def items_after(world: AbstractContextManager[Any], seed: int) -> tuple[list[str], list[str]]:
    with world as dynamo:
        told = a_day(random.Random(seed))  # noqa: S311 - the same day each time
        items = [dict(sorted(item.items())) for item in dynamo.scan(TableName="test-stock")["Items"]]
    return told, sorted(map(str, items))


@pytest.mark.parametrize("seed", [1])
def test_tables_in_memory_are_as_those_of_moto(seed: int) -> None:
    assert items_after(in_memory(), seed) == items_after(on_moto(), seed)


@pytest.mark.parametrize("text", ["size(x) > :n", "a = b c", "a BETWEEN :x AND :y", "contains(a, :b)"])
def test_a_condition_that_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        condition(text)
    with pytest.raises(ValueError, match="not understood"):
        change(f"LIST {text}")
