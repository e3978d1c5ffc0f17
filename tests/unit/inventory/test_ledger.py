"""The ledger: an entry for every movement, whatever comes twice, and a proof that finds whatever is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.errors import InvalidInput, NotFound
from oms.inventory.ledger import Balance, Checkpoint, LedgerEntry, changes, prove
from oms.orders.log import Caller
from oms.platform import aws, ledger_audit
from oms.platform.ledger import account_of, entries, page, post
from oms.platform.ledger_audit import accept, audit
from oms.platform.stock_counts import adjust
from oms.platform.stock_split import set_buckets
from oms.platform.stock_table import level
from oms.stock.levels import StockReason
from tests.support.functions import Context
from tests.unit.inventory.stockroom import AT, caller

DAY = timedelta(days=1)
CALL = Context("ledger", "call")


class Stream:
    """The stock table's stream, as far as it was not handed over yet."""

    def __init__(self) -> None:
        self.dynamodb: Any = aws.client("dynamodb")
        self.known: dict[tuple[str, str], Any] = {}
        self.records: list[dict[str, Any]] = []
        """All that was ever handed over."""

    def changes(self) -> list[dict[str, Any]]:
        """What changed since the last call; at most one change of each item."""
        found = []
        for item in self.dynamodb.scan(TableName="test-stock")["Items"]:
            key = item["sku"]["S"], item["location_id"]["S"]
            if self.known.get(key) != item:
                images = {"NewImage": item} | ({"OldImage": self.known[key]} if key in self.known else {})
                found.append({"eventID": str(key), "dynamodb": {"SequenceNumber": "1", **images}})
                self.known[key] = item
        self.records += found
        return found

    def post(self) -> None:
        assert post({"Records": self.changes()}, CALL) == {"batchItemFailures": []}


@pytest.fixture
def stream(tables: Any) -> Stream:
    del tables
    return Stream()


def move(quantity: int, cause: str, *, reason: StockReason = StockReason.RECEIVED) -> None:
    adjust(
        "mug", "north", quantity, Caller(actor="anna", cause=cause, clock=lambda: AT), reason=reason, reference=cause
    )


def all_of(account: str) -> list[LedgerEntry]:
    return list(entries(account, 0, 1000))


def test_each_movement_is_an_entry_with_its_balance_reason_and_maker(stream: Stream) -> None:
    move(5, "po-7")
    stream.post()
    move(-2, "broken", reason=StockReason.DAMAGED)
    stream.post()
    for _ in range(2):
        post({"Records": stream.records}, CALL)
    first, second = all_of("mug#north")
    assert (first.version, first.changes, first.balance) == (1, {"on_hand": 5, "available": 5}, first.changes)
    assert (second.version, second.changes["on_hand"], second.balance["on_hand"]) == (2, -2, 3)
    assert (second.reason, second.reference, second.actor, second.at) == (
        "damaged",
        "broken",
        "anna",
        "2026-03-02T09:00:00.000000Z",
    )


def test_the_newest_movements_come_first_page_by_page_over_all_buckets(stream: Stream) -> None:
    for number in range(3):
        move(10, f"r{number}")
        stream.post()
    set_buckets("mug", "north", 3, Caller(actor="anna", cause="split", clock=lambda: AT))
    stream.post()
    move(-4, "sold", reason=StockReason.CORRECTED)
    stream.post()
    pages = list(walk())
    told = [(entry.bucket, entry.version) for each in pages for entry in each]
    assert len(told) == len(set(told)) == sum(len(all_of(account_of("mug", "north", number))) for number in range(3))
    for number in range(3):
        versions = [version for bucket, version in told if bucket == number]
        assert versions == list(range(len(versions), 0, -1)), "no gap in any bucket"
    with pytest.raises(InvalidInput):
        page("jug", "north", cursor=page("mug", "north", limit=1)[1] or "")
    for wrong in ({"limit": 0}, {"cursor": "nonsense"}):
        with pytest.raises(InvalidInput):
            page("mug", "north", **wrong)  # type: ignore[arg-type]


def test_a_level_that_is_split_and_put_together_again_and_again_is_proved(stream: Stream) -> None:
    move(30, "r1")
    stream.post()
    for number, buckets in enumerate((3, 1, 4)):
        set_buckets("mug", "north", buckets, caller(f"split {number}"))
        stream.post()
        move(-4, f"sold {number}", reason=StockReason.CORRECTED)
        stream.post()
    done = audit(AT + DAY, lambda: True)
    assert (done.levels, done.found, done.behind) == (4, 0, 0)
    told = [entry for each in walk() for entry in each]
    assert sum(entry.changes.get("on_hand", 0) for entry in told) == level("mug", "north").on_hand == 18


def walk() -> Iterator[list[LedgerEntry]]:
    cursor: str | None = ""
    while cursor is not None:
        shown, cursor = page("mug", "north", limit=2, cursor=cursor)
        yield shown


def test_a_batch_that_the_table_refuses_is_written_one_by_one_and_stops_at_what_fails(
    stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("north", "south", "west"):
        adjust("mug", place, 5, caller("came"), reason=StockReason.RECEIVED)
    real, records = stream.dynamodb.batch_write_item, stream.changes()
    for number, record in enumerate(records):
        record["dynamodb"]["SequenceNumber"] = str(number)

    def full(**asked: Any) -> Any:
        items = asked["RequestItems"]["test-ledger"]
        late = len(items) > 1 or items[0]["PutRequest"]["Item"]["location_id"]["S"] == "south"
        return {"UnprocessedItems": asked["RequestItems"]} if late else real(**asked)

    monkeypatch.setattr(stream.dynamodb, "batch_write_item", full)
    monkeypatch.setattr("oms.platform.ledger.ATTEMPTS", 1)
    south = next(each for each in records if each["dynamodb"]["NewImage"]["location_id"]["S"] == "south")
    failed = [{"itemIdentifier": south["dynamodb"]["SequenceNumber"]}]
    assert post({"Records": records}, CALL) == {"batchItemFailures": failed}
    monkeypatch.setattr(stream.dynamodb, "batch_write_item", real)
    assert post({"Records": records[records.index(south) :]}, CALL) == {"batchItemFailures": []}
    assert [len(all_of(f"mug#{place}")) for place in ("north", "south", "west")] == [1, 1, 1]


def test_the_audit_proves_every_level_and_reads_only_what_is_new(stream: Stream) -> None:
    move(5, "r1")
    adjust("jug", "south", 1, caller("r"), reason=StockReason.FOUND)
    stream.post()
    done = audit(AT + DAY, lambda: True)
    assert (done.levels, done.found, done.behind) == (2, 0, 0)
    assert done.finished_at
    assert audit(AT + DAY, lambda: True) == done == ledger_audit.last()
    move(-1, "s1", reason=StockReason.LOST)
    stream.post()
    # What was proved is not read again: it could not even be found any more.
    stream.dynamodb.delete_item(TableName="test-ledger", Key={"account": {"S": "mug#north"}, "version": {"N": "1"}})
    assert audit(AT + 2 * DAY, lambda: True).found == 0


def test_the_audit_finds_what_was_lost_or_changed_behind_its_back(stream: Stream) -> None:
    for number in range(4):
        move(5, f"r{number}")
        if number == 1:
            stream.changes()  # comes out of the stream, and gets lost
        else:
            stream.post()
    adjust("jug", "south", 9, caller("r"), reason=StockReason.FOUND)
    stream.post()
    stream.dynamodb.update_item(
        TableName="test-stock",
        Key={"sku": {"S": "jug"}, "location_id": {"S": "south"}},
        UpdateExpression="SET on_hand = :wrong",
        ExpressionAttributeValues={":wrong": {"N": "12"}},
    )
    told = {(each.account, each.problem) for each in audit(AT + DAY, lambda: True).differences}
    assert told == {("mug#north", "missing"), ("jug#south", "level"), ("jug#south", "sum")}
    assert audit(AT + 2 * DAY, lambda: True).found == 3, "it is told until it is mended"
    later = Caller(actor="anna", cause="known", clock=lambda: AT + 2 * DAY)
    assert [each.problem for each in accept("mug", "north", "counted", later)] == ["missing"]
    assert accept("mug", "north", "again", later) == []
    adjust("jug", "south", 1, caller("more"), reason=StockReason.FOUND)
    stream.post()
    assert {each.account for each in audit(AT + 3 * DAY, lambda: True).differences} == {"jug#south"}
    with pytest.raises(NotFound):
        accept("jug", "north", "counted", later)


def test_what_is_still_on_its_way_is_no_difference_until_it_should_be_there(stream: Stream) -> None:
    move(5, "r1")
    stream.post()
    move(5, "r2")
    soon = audit(AT + timedelta(minutes=59), lambda: True)
    assert (soon.found, soon.behind) == (0, 1)
    late = audit(AT + DAY, lambda: True)
    assert [each.detail for each in late.differences] == ["no entries of versions 2"]
    stream.post()
    assert audit(AT + 2 * DAY, lambda: True).found == 0


def test_an_audit_that_runs_out_of_time_goes_on_where_it_stopped(
    stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_audit, "PAGE", 2)
    for number in range(3):
        adjust(f"sku{number}", "north", 1, caller(f"r{number}"), reason=StockReason.FOUND)
    stream.post()
    calls = 0
    while not (done := audit(AT + DAY, iter([True, False]).__next__)).finished_at:
        calls += 1
        assert calls < 10
    assert (done.levels, done.found) == (3, 0)
    assert calls >= 2
    assert level("sku0", "north").on_hand == 1


moves = st.lists(
    st.dictionaries(st.sampled_from(["available", "committed", "unavailable_damaged"]), st.integers(-3, 3)), max_size=12
)


@given(moves, st.data())
def test_a_ledger_with_any_entry_lost_or_changed_is_not_proved(history: list[dict[str, int]], data: Any) -> None:
    book, balance = [], dict[str, int]()
    for version, change in enumerate(history, start=1):
        whole = {**change, "on_hand": sum(change.values())}
        after = {name: balance.get(name, 0) + whole.get(name, 0) for name in {*balance, *whole}}
        book.append(_entry(version, balance, after))
        balance = after
    now = Balance(account="a", version=len(book), units=balance, moved_at=AT)
    cut = data.draw(st.integers(0, len(book)))
    known = Checkpoint(version=cut, balance=book[cut - 1].balance) if cut else Checkpoint()
    proof = prove(now, known, book[cut:], AT + DAY)
    assert not proof.differences
    assert proof.checkpoint.version == len(book)
    assert not changes(proof.checkpoint.balance, balance)
    if cut < len(book):
        lost = data.draw(st.integers(cut, len(book) - 1))
        rest = [entry for entry in book[cut:] if entry.version != lost + 1]
        found = prove(now, known, rest, AT + DAY)
        assert [each.problem for each in found.differences] == ["missing"]
        assert found.checkpoint == known
        wrong = {**book[lost].changes, "available": book[lost].changes.get("available", 0) + 1}
        forged = [entry if entry.version != lost + 1 else _with(entry, wrong) for entry in book[cut:]]
        assert prove(now, known, forged, AT + DAY).differences


def _entry(version: int, before: dict[str, int], after: dict[str, int]) -> LedgerEntry:
    return LedgerEntry(
        account="a",
        version=version,
        sku="mug",
        location_id="north",
        at="",
        reason="",
        reference="",
        cause="",
        actor="",
        changes=changes(before, after),
        balance=after,
    )


def _with(entry: LedgerEntry, wrong: dict[str, int]) -> LedgerEntry:
    from dataclasses import replace

    return replace(entry, changes=wrong)
