"""A hot level in buckets: the same level for whoever reads it, and every unit of it can be had."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from oms.errors import Conflict, NotFound, VersionMismatch
from oms.orders.log import Caller
from oms.platform import aws, stock_buckets
from oms.platform.stock_counts import adjust, set_on_hand
from oms.platform.stock_items import owner
from oms.platform.stock_moves import Note
from oms.platform.stock_split import set_buckets
from oms.platform.stock_table import level, sku_stock
from oms.platform.stock_transaction import Refused, transact
from oms.stock.levels import Level, StockReason
from oms.stock.movements import Movement
from tests.support.interleaved import in_memory

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NOTE = Note(at="2026-03-02T09:00:00.000000Z", cause="test")


@pytest.fixture
def tables() -> Iterator[Any]:
    """Tables in memory, which are faster; the flows try the same on moto."""
    with in_memory() as dynamo:
        yield dynamo


def caller(cause: str = "c", at: datetime = AT) -> Caller:
    return Caller(actor="test", cause=cause, clock=lambda: at)


def moved(**units: Any) -> Movement:
    return Movement(sku="mug", location_id="north", reason=StockReason.ALLOCATED, reference="o1-1", **units)


def reserve(units: int, order: str, note: Note = NOTE) -> None:
    transact([], [moved(available=-units, committed=units)], note, key=order)


def ship(units: int, order: str) -> None:
    transact([], [moved(on_hand=-units, committed=-units)], NOTE, key=order)


def stocked(units: int, buckets: int = 1) -> None:
    adjust("mug", "north", units, caller("in"), reason=StockReason.RECEIVED)
    if buckets > 1:
        set_buckets("mug", "north", buckets, caller("split"))


def items(tables: Any) -> dict[int, dict[str, int]]:
    """The items of the level, by bucket."""
    return {
        owner(item)[2]: {name: int(item[name]["N"]) for name in ("on_hand", "available", "committed", "version")}
        for item in tables.scan(TableName="test-stock")["Items"]
        if "version" in item
    }


def test_a_split_level_reads_as_one_and_each_bucket_balances(tables: Any) -> None:
    stocked(10, buckets=4)
    whole = Level(sku="mug", location_id="north", on_hand=10, available=10, version=5, buckets=4)
    assert level("mug", "north") == whole
    assert sku_stock("mug").levels == (whole,)
    assert [each["available"] for each in items(tables).values()] == [3, 3, 2, 2]
    for order in "abcdef":
        reserve(1, order)
    assert level("mug", "north").available == 4
    assert all(each["on_hand"] == each["available"] + each["committed"] for each in items(tables).values())


def test_buckets_stand_in_partitions_of_their_own(tables: Any) -> None:
    stocked(10, buckets=4)
    keys = {item["sku"]["S"] for item in tables.scan(TableName="test-stock")["Items"] if "version" in item}
    assert len(keys) == 4


@pytest.mark.usefixtures("tables")
def test_every_unit_can_be_had_and_not_one_more() -> None:
    stocked(10, buckets=4)
    for number in range(3):
        reserve(3, f"o{number}")
    with pytest.raises(Refused) as refused:
        reserve(2, "o9")
    assert refused.value.short == ("mug at north",)
    reserve(1, "o9")
    stock_buckets.forget_split("mug", "north")
    with pytest.raises(Refused):
        reserve(1, "o10")
    assert level("mug", "north").available == 0


@pytest.mark.usefixtures("tables")
def test_what_was_reserved_before_a_split_is_shipped_after_it_and_after_another() -> None:
    stocked(10)
    reserve(5, "o1")
    for buckets, shipped in ((8, 2), (3, 1), (1, 2)):
        set_buckets("mug", "north", buckets, caller(f"to {buckets}"))
        stock_buckets.forget_split("mug", "north")
        ship(shipped, "o1")
    assert level("mug", "north") == Level(
        sku="mug", location_id="north", on_hand=5, available=5, version=level("mug", "north").version
    )


@pytest.mark.usefixtures("tables")
def test_a_writer_who_knows_nothing_of_a_split_or_of_its_end_finds_the_units() -> None:
    stocked(8, buckets=4)
    known = stock_buckets.known_split("mug", "north")
    stock_buckets.forget_split("mug", "north")
    reserve(7, "o1")
    assert known is not None
    set_buckets("mug", "north", 1, caller("whole"))
    stock_buckets._known.put(("mug", "north"), known)
    ship(7, "o1")
    assert level("mug", "north").on_hand == 1


@pytest.mark.usefixtures("tables")
def test_a_level_s_version_grows_with_each_change_whatever_its_buckets_are() -> None:
    stocked(12)
    seen = [level("mug", "north").version]
    for buckets in (4, 2, 8, 1, 3):
        set_buckets("mug", "north", buckets, caller(f"{buckets}"))
        seen.append(level("mug", "north").version)
        reserve(1, f"o{buckets}")
        seen.append(level("mug", "north").version)
    assert seen == sorted(set(seen))


def test_the_versions_of_each_bucket_have_no_gap(tables: Any) -> None:
    stocked(12)
    before: dict[int, int] = {}
    for buckets in (4, 2, 8, 1, 3):
        set_buckets("mug", "north", buckets, caller(f"{buckets}"))
        now = {number: each["version"] for number, each in items(tables).items()}
        assert {now[number] - before.get(number, now[number] - 1) for number in now} <= {0, 1}
        before = now


@pytest.mark.usefixtures("tables")
def test_a_level_split_by_itself_is_whole_again_after_a_while_and_one_split_by_setting_is_not() -> None:
    stocked(12, buckets=4)
    later = Note(at="2026-03-02T11:00:00.000000Z", cause="later")
    reserve(1, "o1", later)
    assert level("mug", "north").buckets == 4
    stock_buckets.forget_split("mug", "north")
    set_buckets("mug", "north", 1, caller("whole"))
    from oms.platform.stock_split import heat

    heat("mug", "north", NOTE)
    assert level("mug", "north").buckets == 4
    reserve(1, "o2")
    assert level("mug", "north").buckets == 4
    reserve(1, "o3", later)
    assert level("mug", "north").buckets == 1


@pytest.mark.usefixtures("tables")
def test_what_is_not_there_or_below_zero_is_not_split() -> None:
    with pytest.raises(NotFound):
        set_buckets("mug", "north", 4, caller())
    stocked(3)
    reserve(2, "o1")
    adjust("mug", "north", -2, caller("gone"), reason=StockReason.DAMAGED)
    with pytest.raises(Conflict, match="short of what is committed"):
        set_buckets("mug", "north", 4, caller("again"))


@pytest.mark.usefixtures("tables")
def test_a_sku_that_is_named_like_a_bucket_is_another_sku() -> None:
    stocked(8, buckets=4)
    adjust("mug~1", "north", 5, caller("other"), reason=StockReason.RECEIVED)
    assert level("mug~1", "north").available == 5
    assert [each.available for each in sku_stock("mug~1").levels] == [5]
    assert level("mug", "north").available == 8


@pytest.mark.usefixtures("tables")
def test_a_large_delivery_fills_all_buckets(tables: Any) -> None:
    stocked(4, buckets=4)
    for _ in range(2):
        reserve(1, "o1")
    transact([], [moved(on_hand=30, available=30)], NOTE, key="o1")
    available = [each["available"] for each in items(tables).values()]
    assert max(available) - min(available) <= 1


@pytest.mark.usefixtures("tables")
def test_a_split_level_is_counted_as_one() -> None:
    stocked(10, buckets=4)
    reserve(3, "o1")
    counted = set_on_hand("mug", "north", 8, caller("count"))
    assert (counted.on_hand, counted.available, counted.committed) == (8, 5, 3)
    assert set_on_hand("mug", "north", 8, caller("again")) == counted
    with pytest.raises(VersionMismatch):
        set_on_hand("mug", "north", 30, caller("late"), expected_version=counted.version - 1)
    more = set_on_hand("mug", "north", 30, caller("now"), expected_version=counted.version)
    assert (more.on_hand, more.available, more.buckets) == (30, 27, 4)


@pytest.mark.usefixtures("tables")
def test_a_count_or_adjustment_that_leaves_less_than_is_committed_is_told_by_one_item() -> None:
    stocked(10, buckets=4)
    reserve(8, "o1")
    counted = set_on_hand("mug", "north", 6, caller("count"))
    assert (counted.on_hand, counted.available, counted.committed, counted.buckets) == (6, -2, 8, 1)
    adjust("mug", "north", 4, caller("found"), reason=StockReason.CORRECTED)
    set_buckets("mug", "north", 4, caller("again"))
    for _ in range(2):
        found = adjust("mug", "north", -5, caller("stolen"), reason=StockReason.STOLEN)
        assert (found.on_hand, found.available, found.buckets) == (5, -3, 1)


@pytest.mark.usefixtures("tables")
def test_an_adjustment_of_a_split_level_is_made_once_and_takes_what_is_there() -> None:
    stocked(10, buckets=4)
    for known in (True, False):
        if not known:
            stock_buckets.forget_split("mug", "north")
        for _ in range(2):
            adjust("mug", "north", -3, caller(f"damaged {known}"), reason=StockReason.DAMAGED)
    assert level("mug", "north").on_hand == 4
    with pytest.raises(Conflict, match="4 are on hand"):
        adjust("mug", "north", -5, caller("more"), reason=StockReason.DAMAGED)
    assert adjust("mug", "north", 8, caller("came"), reason=StockReason.RECEIVED).on_hand == 12


@pytest.mark.usefixtures("tables")
def test_a_level_that_others_want_at_once_is_split_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    stocked(100)
    real, met = aws.client("dynamodb").transact_write_items, 0

    def crowded(*, TransactItems: Any) -> Any:  # noqa: N803 - boto3's
        nonlocal met
        if met < 3:
            met += 1
            reasons = [{"Code": "TransactionConflict"}]
            raise ClientError(
                {"Error": {"Code": "TransactionCanceledException", "Message": ""}, "CancellationReasons": reasons},  # type: ignore[typeddict-unknown-key]
                "TransactWriteItems",
            )
        return real(TransactItems=TransactItems)

    monkeypatch.setattr(aws.client("dynamodb"), "transact_write_items", crowded)
    reserve(1, "o1")
    whole = level("mug", "north")
    assert (whole.buckets, whole.available, whole.committed) == (4, 99, 1)
