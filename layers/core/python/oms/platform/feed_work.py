"""The work on a stock feed, message by message: its file is cut into chunks, and each chunk carried out by itself.

Every message may come twice, late, or after a crash:

* Cutting is told by the file alone, so it gives the same chunks each time; those that are done are not sent again.
* A level carries the feed and the line that counted it last (`feed`). A row that has been carried out is known by it.
* In a chunk that was begun before, a level that has moved since is left alone and refused: it cannot be known whether
  the count or the movement came first.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any

from oms.clock import from_text, now, to_text
from oms.errors import Conflict, FieldError
from oms.orders.log import Caller
from oms.platform import setup
from oms.platform.aws import client, code
from oms.platform.batch_read import MAX_KEYS, read_items
from oms.platform.config import settings
from oms.platform.feed_records import (
    Feed,
    begin_chunk,
    chunks_done,
    end_chunk,
    feed_file,
    note_feed,
    read_feed,
    rows_file,
)
from oms.platform.imports import check_row, id_of
from oms.platform.stock_counts import set_on_hand
from oms.platform.stock_items import level_of, number_in, stock_key
from oms.platform.stock_moves import level_update
from oms.platform.stock_table import level
from oms.setup_forms import StockRow
from oms.setup_rows import Row, rows
from oms.stock.feed import CSV, Chunk, FeedRow, Place, Result, chunks
from oms.stock.levels import StockReason
from oms.stock.movements import Movement

CUT_AT_ONCE = 16 * 1024 * 1024
"""Bytes of a file that one message cuts; the rest is cut by the next one."""

BLOCK = 64 * 1024
"""Bytes that are read at once while cutting."""

MESSAGES = 10
"""The most that SQS takes in one call."""

ATTEMPTS = 5

Refusal = Sequence[FieldError]
Outcome = Result | Refusal


def handle(message: Mapping[str, Any], _message_id: str) -> None:
    """A message of the feed queue: cut a file from a place on, or carry out a chunk."""
    feed = read_feed(message["feed_id"])
    if "end" in message:
        names = ("number", "start", "end", "line", "lines")
        _carry_out(feed, Chunk(*(message[name] for name in names)))
    else:
        _cut(feed, Place(message["number"], message["start"], message["line"]))


def _cut(feed: Feed, at: Place) -> None:
    """Send a message for each chunk that is not done, and one to cut on if the file is longer."""
    answer = _read(feed, f"bytes={at.start}-{at.start + CUT_AT_ONCE - 1}")
    whole = int(answer["ContentRange"].rpartition("/")[2])
    last = at.start + CUT_AT_ONCE >= whole
    done = {number for number, _, _ in chunks_done(feed.feed_id)}
    blocks = iter(lambda: answer["Body"].read(BLOCK), b"")
    following = at
    messages: list[dict[str, Any]] = []
    for chunk in chunks(blocks, at, last=last):
        following = chunk.following
        if chunk.number in done:
            continue
        messages.append(
            {
                "number": chunk.number,
                "start": chunk.start,
                "end": chunk.end,
                "line": chunk.line,
                "lines": chunk.lines,
            }
        )
        if len(messages) == MESSAGES:
            _send(feed, messages)
            messages = []
    if last:
        note_feed(feed.feed_id, chunks=following.number - 1)
    else:
        messages.append({"number": following.number, "start": following.start, "line": following.line})
    _send(feed, messages[:MESSAGES])
    _send(feed, messages[MESSAGES:])


def _send(feed: Feed, messages: Sequence[Mapping[str, Any]]) -> None:
    if not messages:
        return
    entries: Any = [
        {"Id": str(place), "MessageBody": json.dumps({"feed_id": feed.feed_id, **each})}
        for place, each in enumerate(messages)
    ]
    answer = client("sqs").send_message_batch(QueueUrl=settings().feed_queue, Entries=entries)
    if answer.get("Failed"):
        raise Conflict(f"{len(answer['Failed'])} of {len(entries)} messages of feed {feed.feed_id} were not taken")


def _read(feed: Feed, span: str) -> Any:
    return client("s3").get_object(
        Bucket=settings().documents_bucket, Key=feed_file(feed.feed_id), Range=span, IfMatch=feed.etag
    )


def _carry_out(feed: Feed, chunk: Chunk) -> None:
    """Count what the rows of a chunk say, write down what became of each, then that it is done."""
    begun = begin_chunk(feed, chunk.number, now())
    if begun is None:
        return
    since, first = begun
    counting = _Counting(feed, None if first else since)
    results: list[FeedRow] = []
    remaining = _rows(feed, chunk)
    while some := list(islice(remaining, MAX_KEYS)):
        results += counting.of(some)
    body = "".join(json.dumps(each, ensure_ascii=False, separators=(",", ":")) + "\n" for each in results)
    client("s3").put_object(
        Bucket=settings().documents_bucket,
        Key=rows_file(feed.feed_id, chunk.number),
        Body=body.encode(),
        ContentType="application/x-ndjson",
    )
    end_chunk(feed.feed_id, chunk.number, Counter(each["result"] for each in results), now())


def _rows(feed: Feed, chunk: Chunk) -> Iterator[Row]:
    """The rows of a chunk, each with its line in the file."""
    raw = _read(feed, f"bytes={chunk.start}-{chunk.end - 1}")["Body"].read()
    before = chunk.line - 1
    if feed.content_type == CSV and chunk.start:
        raw = feed.header.encode() + b"\n" + raw
        before -= 1
    for row in rows(raw, feed.content_type, StockRow.model_fields):
        yield replace(row, line=row.line + before)


@dataclass(frozen=True, slots=True)
class _Counting:
    """Counts rows, a hundred at a time: two reads of many items, and a write for each level that is not as counted."""

    feed: Feed
    again_since: datetime | None
    """When this chunk was begun before; None when it is begun now."""

    def of(self, some: Sequence[Row]) -> Iterator[FeedRow]:
        checked = [check_row(StockRow, row) for row in some]
        forms = [each for each in checked if isinstance(each, StockRow)]
        keys = [stock_key(form.sku, form.location_id) for form in forms]
        levels = {_name(item): item for item in read_items(settings().stock_table, keys)}
        fresh = [form for form in forms if (form.sku, form.location_id) not in levels]
        products = setup.products({form.sku for form in fresh})
        places = _places({form.location_id for form in fresh})
        for row, form in zip(some, checked, strict=True):
            outcome: Outcome
            if not isinstance(form, StockRow):
                outcome = form
            elif wrong := _misplaced(form, levels, products, places):
                outcome = wrong
            else:
                outcome = self._count(form, row.line, levels)
            errors = [] if isinstance(outcome, str) else outcome
            yield {
                "line": row.line,
                "id": id_of(StockRow, row),
                "result": outcome if isinstance(outcome, str) else "refused",
                "errors": [{"path": each.path, "message": each.message} for each in errors],
            }

    def _count(self, form: StockRow, line: int, levels: dict[tuple[str, str], Any]) -> Outcome:
        """Make a level as a row says it is, with at most one write; `levels` are as they were read."""
        key = form.sku, form.location_id
        for _ in range(ATTEMPTS):
            item = levels.get(key)
            if item is not None and (known := self._known(item, form, line)):
                return known
            if item is not None and "buckets" in item:
                return self._count_hot(form)
            written = self._write(form, line, item)
            if written is not None:
                levels[key] = written
                return "updated" if item is not None else "created"
            found = read_items(settings().stock_table, [stock_key(*key)])
            levels.update((key, each) for each in found)
        return [FieldError("", "the level moves too fast to be counted: send the row again")]

    def _known(self, item: Any, form: StockRow, line: int) -> Outcome | None:
        """What is to be said of a row without counting it; None when it has to be counted."""
        marked = item.get("feed", {}).get("M")
        if marked and marked["id"]["S"] == self.feed.feed_id:
            by = int(marked["line"]["N"])
            if by == line:
                return "updated" if number_in(item, "version") > 1 else "created"
            if by > line:
                return [FieldError("", f"line {by} counts the same level, and comes after it")]
        if "buckets" not in item and number_in(item, "on_hand") == form.on_hand:
            return "unchanged"
        if self.again_since is not None and _moved_at(item) >= self.again_since:
            return [FieldError("", "the level moved while the feed was broken off: count it again")]
        return None

    def _write(self, form: StockRow, line: int, item: Any | None) -> Any | None:
        """Write a count if the level is still as it was read; None when it is not."""
        from botocore.exceptions import ClientError

        difference = form.on_hand - (level_of(item).on_hand if item else 0)
        moved = Movement(
            sku=form.sku,
            location_id=form.location_id,
            reason=StockReason.COUNTED,
            reference=form.reference or self.feed.reference,
            on_hand=difference,
            available=difference,
        )
        cause = f"feed:{self.feed.feed_id}"
        update = level_update(moved, to_text(now()), cause, {}, actor=self.feed.actor)
        update["UpdateExpression"] += ", feed = :feed"
        values = update["ExpressionAttributeValues"]
        values[":feed"] = {"M": {"id": {"S": self.feed.feed_id}, "line": {"N": str(line)}}}
        update["ConditionExpression"] = "attribute_not_exists(version)"
        if item is not None:
            update["ConditionExpression"] = "version = :known AND attribute_not_exists(layout)"
            values[":known"] = {"N": str(number_in(item, "version"))}
        try:
            return client("dynamodb").update_item(**update, ReturnValues="ALL_NEW")["Attributes"]
        except ClientError as error:
            if code(error) == "ConditionalCheckFailedException":
                return None
            raise

    def _count_hot(self, form: StockRow) -> Outcome:
        """Count a level that is held in buckets, the way people do."""
        caller = Caller(actor=self.feed.actor, cause=f"feed:{self.feed.feed_id}", clock=now)
        if level(form.sku, form.location_id).on_hand == form.on_hand:
            return "unchanged"
        try:
            set_on_hand(
                form.sku,
                form.location_id,
                form.on_hand,
                caller,
                reference=form.reference or self.feed.reference,
            )
        except Conflict as error:
            return [FieldError("", error.detail)]
        return "updated"


def _places(wanted: set[str]) -> set[str]:
    """Which of these locations there are, also those that were set up a moment ago."""
    known = {each.location_id for each in setup.locations()} if wanted else set()
    return wanted & (known if wanted <= known else {each.location_id for each in setup.locations(fresh=True)})


def _misplaced(
    form: StockRow, levels: Mapping[tuple[str, str], Any], products: Mapping[str, Any], places: set[str]
) -> Refusal:
    """What is wrong with a count of a level that does not exist yet: others were looked at when they were made."""
    if (form.sku, form.location_id) in levels:
        return []
    if form.sku not in products:
        return [FieldError("sku", f"there is no product {form.sku!r}")]
    if products[form.sku].components:
        return [FieldError("sku", f"{form.sku} is a kit and has no stock of its own: count its components")]
    if form.location_id not in places:
        return [FieldError("location_id", f"there is no location {form.location_id!r}")]
    return []


def _name(item: Mapping[str, Any]) -> tuple[str, str]:
    return item["sku"]["S"], item["location_id"]["S"]


def _moved_at(item: Mapping[str, Any]) -> datetime:
    return from_text(item["last"]["M"]["at"]["S"])
