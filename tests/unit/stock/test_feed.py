"""A stock feed: cut always alike, carried out once, and told of row by row."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from oms.errors import Conflict, InvalidInput, NotFound
from oms.orders.log import Caller
from oms.platform import feed_work, setup
from oms.platform.aws import client
from oms.platform.config import settings
from oms.platform.feed_records import begin_chunk, feed_file, read_feed
from oms.platform.stock_counts import adjust, set_on_hand
from oms.platform.stock_feed import opened, rows_of, started, state
from oms.platform.stock_table import level
from oms.setup import Location, Product
from oms.stock import feed as cutting
from oms.stock.feed import CSV, JSON_LINES, FeedStatus, OpenFeed, Place, chunks
from oms.stock.levels import StockReason
from tests.support.memory_stack import START
from tests.support.tables import fresh
from tests.support.tables import started as moto_started

BUCKET = "test-documents"
PLACES = ("berlin", "milan")


def caller(cause: str = "c1") -> Caller:
    return Caller(actor="wms", cause=cause, clock=lambda: START)


@pytest.fixture(scope="module")
def moto() -> Iterator[mock_aws]:
    with moto_started() as cloud:
        yield cloud


@pytest.fixture(autouse=True)
def shop(moto: mock_aws, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two warehouses and fourteen articles."""
    fresh(moto, "stock", "setup", "references")
    client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    monkeypatch.setenv("OMS_DOCUMENTS_BUCKET", BUCKET)
    monkeypatch.setenv("OMS_FEED_QUEUE", client("sqs").create_queue(QueueName="feed")["QueueUrl"])
    settings.cache_clear()
    for place in PLACES:
        setup.put(Location(location_id=place, name=place, latitude=0, longitude=0))
    for number in range(14):
        setup.put(Product(sku=f"S{number}", title="Article"))
    yield
    settings.cache_clear()


def messages() -> list[dict[str, Any]]:
    """What waits in the queue, taken out of it."""
    found = client("sqs").receive_message(QueueUrl=settings().feed_queue, MaxNumberOfMessages=10).get("Messages", ())
    for each in found:
        client("sqs").delete_message(QueueUrl=settings().feed_queue, ReceiptHandle=each["ReceiptHandle"])
    return [json.loads(each["Body"]) for each in found]


def work() -> None:
    """Let the queue run empty."""
    while waiting := messages():
        for each in waiting:
            feed_work.handle(each, "m")


def sent(body: str, *, content_type: str = CSV, cause: str = "c1", reference: str = "") -> str:
    """A feed whose file is there."""
    feed = opened(OpenFeed.model_validate({"content_type": content_type, "reference": reference}), caller(cause))
    client("s3").put_object(Bucket=BUCKET, Key=feed_file(feed["feed_id"]), Body=body.encode())
    return feed["feed_id"]


def fed(body: str, **named: Any) -> str:
    """A feed that was carried out."""
    feed_id = sent(body, **named)
    started(feed_id)
    work()
    assert state(feed_id)["status"] is FeedStatus.DONE
    return feed_id


def csv(rows: Iterable[tuple[str, str, int]]) -> str:
    return "sku,location_id,on_hand\n" + "".join(f"{sku},{place},{units}\n" for sku, place, units in rows)


def figures(feed_id: str) -> tuple[int, int, int, int]:
    told = state(feed_id)
    return told["created"], told["updated"], told["unchanged"], told["refused"]


def writes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the calls that change the stock table, from now on."""
    found: list[str] = []
    dynamodb = client("dynamodb")
    real = dynamodb._make_api_call  # type: ignore[attr-defined]

    def call(name: str, arguments: dict[str, Any]) -> Any:
        if arguments.get("TableName") == "test-stock" and name not in {"GetItem", "Query"}:
            found.append(name)
        return real(name, arguments)

    monkeypatch.setattr(dynamodb, "_make_api_call", call)
    return found


LINES = st.lists(st.integers(min_value=0, max_value=40), max_size=60)


@given(LINES, st.sampled_from([b"", b"\n"]), st.integers(min_value=1, max_value=50), st.data())
def test_wherever_cutting_is_taken_up_again_the_chunks_are_the_same(
    lengths: list[int], end: bytes, block: int, data: st.DataObject
) -> None:
    text = b"\n".join(b"x" * length for length in lengths) + end
    with pytest.MonkeyPatch.context() as smaller:
        smaller.setattr(cutting, "CHUNK_ROWS", 4)
        smaller.setattr(cutting, "CHUNK_BYTES", 64)

        def cut(at: Place) -> list[cutting.Chunk]:
            rest = text[at.start :]
            return list(chunks((rest[i : i + block] for i in range(0, len(rest), block)), at, last=True))

        found = cut(Place())
        assert b"".join(text[each.start : each.end] for each in found) == text
        assert [each.line for each in found] == [1 + text[: each.start].count(b"\n") for each in found]
        assert all(text[each.end - 1 : each.end] == b"\n" for each in found[:-1])
        if found:
            middle = data.draw(st.sampled_from(found))
            assert cut(middle.following) == found[middle.number :]


def test_every_row_is_counted_and_told_of_and_bad_rows_stop_nothing() -> None:
    bad = "S2;berlin;many;\nGHOST;berlin;1;\nS3;moon;1;\n"
    body = f"sku;location_id;on_hand;reference\nS1;berlin;5;a\n{bad}\nS4;milan;0;\n"
    feed_id = fed(body, reference="night")
    assert figures(feed_id) == (2, 0, 0, 3)
    rows = rows_of(feed_id)["rows"]
    assert [(row["line"], row["id"], row["result"]) for row in rows] == [
        (2, "S1/berlin", "created"),
        (3, "S2/berlin", "refused"),
        (4, "GHOST/berlin", "refused"),
        (5, "S3/moon", "refused"),
        (7, "S4/milan", "created"),
    ]
    assert [row["errors"][0]["path"] for row in rows if row["errors"]] == ["on_hand", "sku", "location_id"]
    assert (level("S1", "berlin").on_hand, level("S4", "milan").version) == (5, 1)


def test_one_write_for_each_level_that_changes_and_none_for_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "CHUNK_ROWS", 10)
    rows = [(f"S{number}", place, number) for number in range(14) for place in PLACES]
    assert figures(fed(csv(rows))) == (28, 0, 0, 0)
    made = writes(monkeypatch)
    assert figures(fed(csv(rows), cause="c2")) == (0, 0, 28, 0)
    assert made == []
    rows[::20] = [(sku, place, units + 1) for sku, place, units in rows[::20]]
    assert figures(fed(csv(rows), cause="c3")) == (0, 2, 26, 0)
    assert made == ["UpdateItem"] * 2
    assert level("S10", "berlin").on_hand == 11


def test_what_was_sold_stays_sold_when_its_level_is_counted() -> None:
    fed(csv([("S1", "berlin", 5)]))
    fed(csv([("S1", "berlin", 9)]), cause="c2")
    known = level("S1", "berlin")
    assert (known.on_hand, known.available, known.version) == (9, 9, 2)


def test_lines_of_json_are_a_feed_as_well() -> None:
    lines = [json.dumps({"sku": "S1", "location_id": "berlin", "on_hand": 3}), "{broken", ""]
    feed_id = fed("\n".join(lines), content_type=JSON_LINES)
    assert [(row["line"], row["result"]) for row in rows_of(feed_id)["rows"]] == [(1, "created"), (2, "refused")]


def test_a_message_that_comes_twice_changes_nothing_even_after_stock_has_moved() -> None:
    feed_id = sent(csv([("S1", "berlin", 5)]))
    started(feed_id)
    (cut,) = messages()
    feed_work.handle(cut, "m")
    (chunk,) = messages()
    feed_work.handle(chunk, "m")
    adjust("S1", "berlin", -2, caller("sold"), reason=StockReason.CORRECTED)
    for again in (chunk, cut, chunk):
        feed_work.handle(again, "m")
    assert messages() == []
    assert level("S1", "berlin").on_hand == 3
    assert figures(feed_id) == (1, 0, 0, 0)


def test_a_chunk_that_broke_off_goes_on_and_leaves_alone_what_moved_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    for sku in ("S2", "S3"):
        set_on_hand(sku, "berlin", 5, caller())
    feed_id = sent(csv([("S1", "berlin", 1), ("S2", "berlin", 2), ("S3", "berlin", 3), ("S4", "berlin", 4)]))
    started(feed_id)
    (cut,) = messages()
    feed_work.handle(cut, "m")
    (chunk,) = messages()
    monkeypatch.setattr(feed_work, "now", lambda: START)
    real, left = feed_work.level_update, iter([True, True])

    def dies(*arguments: Any, **named: Any) -> Any:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return real(*arguments, **named)

    monkeypatch.setattr(feed_work, "level_update", dies)
    with pytest.raises(KeyboardInterrupt):
        feed_work.handle(chunk, "m")
    monkeypatch.setattr(feed_work, "level_update", real)
    # Two rows are counted; then one of those moves, and one that was not reached.
    later = Caller(actor="till", cause="x", clock=lambda: START + timedelta(seconds=1))
    adjust("S1", "berlin", 10, later, reason=StockReason.RECEIVED)
    adjust("S3", "berlin", 10, later, reason=StockReason.RECEIVED)
    feed_work.handle(chunk, "m")
    rows = rows_of(feed_id)["rows"]
    assert [(row["id"], row["result"]) for row in rows] == [
        ("S1/berlin", "updated"),
        ("S2/berlin", "updated"),
        ("S3/berlin", "refused"),
        ("S4/berlin", "created"),
    ]
    assert "moved while" in rows[2]["errors"][0]["message"]
    assert [level(sku, "berlin").on_hand for sku in ("S1", "S2", "S3", "S4")] == [11, 2, 15, 4]


def test_of_two_rows_about_one_level_the_later_counts_whichever_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "CHUNK_ROWS", 1)
    feed_id = sent(csv([("S1", "berlin", 5), ("S1", "berlin", 7)]))
    started(feed_id)
    (cut,) = messages()
    feed_work.handle(cut, "m")
    for chunk in sorted(messages(), key=lambda each: -each["number"]):
        feed_work.handle(chunk, "m")
    assert level("S1", "berlin").on_hand == 7
    assert [row["result"] for row in rows_of(feed_id)["rows"]] == ["refused", "created"]


def test_a_feed_goes_on_with_what_is_not_done_when_it_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "CHUNK_ROWS", 3)
    feed_id = sent(csv((f"S{number}", "berlin", 1) for number in range(8)))
    started(feed_id)
    (cut,) = messages()
    feed_work.handle(cut, "m")
    first, *lost = messages()
    feed_work.handle(first, "m")
    told = state(feed_id)
    assert (told["status"], told["chunks"], told["chunks_done"], told["rows"]) == (FeedStatus.RUNNING, 3, 1, 2)
    started(feed_id)
    (again,) = messages()
    feed_work.handle(again, "m")
    assert messages() == lost
    for each in lost:
        feed_work.handle(each, "m")
    assert (state(feed_id)["status"], figures(feed_id)) == (FeedStatus.DONE, (8, 0, 0, 0))


def test_a_file_is_cut_in_as_many_goes_as_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "CHUNK_ROWS", 3)
    monkeypatch.setattr(feed_work, "CUT_AT_ONCE", 120)
    feed_id = fed(csv((f"S{number}", place, 1) for number in range(14) for place in PLACES))
    assert figures(feed_id) == (28, 0, 0, 0)


def test_rows_are_read_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "CHUNK_ROWS", 4)
    feed_id = fed(csv((f"S{number % 14}" if number % 7 else "GHOST", "berlin", 1) for number in range(22)))
    found, cursor = [], ""
    while True:
        page = rows_of(feed_id, "refused", limit=2, cursor=cursor)
        found += page["rows"]
        if page["cursor"] is None:
            break
        cursor = page["cursor"]
    assert [row["line"] for row in found] == [2, 9, 16, 23]
    with pytest.raises(InvalidInput):
        rows_of(feed_id, "lost")
    with pytest.raises(InvalidInput):
        rows_of(feed_id, cursor="here")


def test_a_feed_begins_when_its_file_is_there_and_its_header_right() -> None:
    with pytest.raises(NotFound):
        started("f1")
    feed = opened(OpenFeed(), caller())
    assert feed["upload"] is not None
    assert feed["upload"]["url"].startswith("https://")
    assert opened(OpenFeed(), caller())["feed_id"] == feed["feed_id"]
    with pytest.raises(Conflict):
        started(feed["feed_id"])
    client("s3").put_object(Bucket=BUCKET, Key=feed_file(feed["feed_id"]), Body=b"sku,where,units\n")
    with pytest.raises(InvalidInput):
        started(feed["feed_id"])
    assert state(feed["feed_id"])["status"] is FeedStatus.WAITING


def test_another_file_in_the_place_of_the_one_that_was_started_is_not_read() -> None:
    feed_id = sent(csv([("S1", "berlin", 1)]))
    started(feed_id)
    client("s3").put_object(Bucket=BUCKET, Key=feed_file(feed_id), Body=csv([("S1", "berlin", 2)]).encode())
    with pytest.raises(Conflict):
        started(feed_id)
    with pytest.raises(ClientError):
        feed_work.handle(messages()[0], "m")


def test_a_kit_has_no_stock_to_be_counted() -> None:
    from oms.orders.kits import Component

    setup.put(Product(sku="SET", title="Set", components=(Component(sku="S1", quantity=2),)))
    feed_id = fed(csv([("SET", "berlin", 1)]))
    assert "is a kit" in rows_of(feed_id)["rows"][0]["errors"][0]["message"]


def test_a_chunk_that_is_done_is_not_begun_again() -> None:
    feed_id = fed(csv([("S1", "berlin", 1)]))
    assert begin_chunk(read_feed(feed_id), 1, START) is None
