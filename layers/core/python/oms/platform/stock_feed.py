"""Stock feeds over HTTP: opened, sent to a presigned address, started, and asked how far they are.

The work is done by the stage's own queue: see `feed_work`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from oms.clock import from_text, now, to_text
from oms.errors import Conflict, InvalidInput
from oms.ids import derived
from oms.orders.log import Caller
from oms.platform.aws import client, code
from oms.platform.config import settings
from oms.platform.feed_records import (
    RESULTS,
    Feed,
    chunks_done,
    feed_file,
    note_feed,
    open_feed,
    read_feed,
    rows_file,
)
from oms.setup_forms import StockRow
from oms.setup_rows import rows
from oms.stock.feed import CSV, MAX_LINE, FeedResource, FeedRow, FeedRows, FeedStatus, OpenFeed, UploadResource

UPLOAD_LIFE = 3600
"""Seconds in which the file may be sent: a presigned address is made anew whenever the feed is read."""

MAX_LIMIT = 500
"""Rows on a page of results."""

MAX_FILES = 20
"""Files of results that are read for one page; a page of few rows ends early, with a cursor."""


def opened(wish: OpenFeed, caller: Caller) -> FeedResource:
    """Open a feed, and say where to send its file; the same one when the call is repeated under its key."""
    feed = Feed(
        feed_id="f" + derived("feed", caller.cause),
        content_type=wish.content_type,
        reference=wish.reference,
        actor=caller.actor,
        created_at=to_text(caller.clock()),
    )
    return _resource(open_feed(feed))


def started(feed_id: str) -> FeedResource:
    """Begin with the file, or go on with the chunks that are not done; harmless as often as anybody likes.

    Raises:
        NotFound: there is no such feed.
        Conflict: its file was not sent yet, or another one was sent after the start.
        InvalidInput: its header is wrong; send the file again.
    """
    feed = read_feed(feed_id)
    etag, header = _file_head(feed)
    if feed.etag and etag != feed.etag:
        raise Conflict(f"the file of {feed_id} is not the one that was started: open another feed for it")
    if not feed.started_at:
        note_feed(feed_id, started_at=to_text(now()), etag=etag, header=header)
    client("sqs").send_message(
        QueueUrl=settings().feed_queue,
        MessageBody=json.dumps({"feed_id": feed_id, "number": 1, "start": 0, "line": 1}),
    )
    return state(feed_id)


def state(feed_id: str) -> FeedResource:
    """How far a feed is.

    Raises:
        NotFound: there is no such feed.
    """
    return _resource(read_feed(feed_id))


def rows_of(feed_id: str, result: str = "", *, limit: int = 50, cursor: str = "") -> FeedRows:
    """What became of a feed's rows, of those with one result or all.

    Raises:
        NotFound: there is no such feed.
        InvalidInput: there is no such result, the limit is out of bounds, or the cursor is none.
    """
    read_feed(feed_id)
    if result and result not in RESULTS:
        raise InvalidInput(f"there is no result {result!r}; there are {', '.join(RESULTS)}", path="result")
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidInput(f"a page has 1 to {MAX_LIMIT} rows", path="limit")
    first, skip = _place(cursor)
    found: list[FeedRow] = []
    files = 0
    for number, _, tally in chunks_done(feed_id):
        if number < first or not any(tally[name] for name in ([result] if result else RESULTS)):
            continue
        if files == MAX_FILES:
            return {"rows": found, "cursor": f"{number}.0"}
        files += 1
        for place, row in enumerate(_results(feed_id, number)):
            if (number == first and place < skip) or (result and row["result"] != result):
                continue
            if len(found) == limit:
                return {"rows": found, "cursor": f"{number}.{place}"}
            found.append(row)
    return {"rows": found, "cursor": None}


def _place(cursor: str) -> tuple[int, int]:
    """Chunk, and row in it, where a page begins."""
    number, _, row = (cursor or "1.0").partition(".")
    if not (number.isascii() and number.isdigit() and row.isascii() and row.isdigit()):
        raise InvalidInput("the cursor is not one of this list: begin again without it", path="cursor")
    return int(number), int(row)


def _results(feed_id: str, number: int) -> Iterator[FeedRow]:
    answer = client("s3").get_object(Bucket=settings().documents_bucket, Key=rows_file(feed_id, number))
    yield from map(json.loads, answer["Body"].read().splitlines())


def _file_head(feed: Feed) -> tuple[str, str]:
    """The file's version, and the first line of CSV, checked."""
    from botocore.exceptions import ClientError

    try:
        answer = client("s3").get_object(
            Bucket=settings().documents_bucket, Key=feed_file(feed.feed_id), Range=f"bytes=0-{MAX_LINE - 1}"
        )
    except ClientError as error:
        if code(error) in {"NoSuchKey", "AccessDenied", "403", "404"}:
            raise Conflict(f"the file of {feed.feed_id} is not there: send it to its upload address first") from None
        if code(error) == "InvalidRange":
            raise InvalidInput("the file is empty", path="upload") from None
        raise
    head = answer["Body"].read().split(b"\n", 1)[0]
    if feed.content_type != CSV:
        return answer["ETag"], ""
    list(rows(head, CSV, StockRow.model_fields))
    return answer["ETag"], head.decode("utf-8-sig", errors="replace").rstrip("\r")


def _resource(feed: Feed) -> FeedResource:
    done = list(chunks_done(feed.feed_id)) if feed.started_at else []
    finished = bool(feed.chunks) and len(done) == feed.chunks
    status = FeedStatus.WAITING if not feed.started_at else FeedStatus.DONE if finished else FeedStatus.RUNNING
    sums: Mapping[str, int] = {name: sum(tally[name] for _, _, tally in done) for name in RESULTS}
    return {
        "feed_id": feed.feed_id,
        "status": status,
        "content_type": feed.content_type,
        "reference": feed.reference,
        "created_at": feed.created_at,
        "started_at": feed.started_at or None,
        "finished_at": max(at for _, at, _ in done) if finished else None,
        "chunks": feed.chunks or None,
        "chunks_done": len(done),
        "rows": sum(sums.values()),
        "created": sums["created"],
        "updated": sums["updated"],
        "unchanged": sums["unchanged"],
        "refused": sums["refused"],
        "upload": _upload(feed) if status is FeedStatus.WAITING else None,
    }


def _upload(feed: Feed) -> UploadResource:
    at = now()
    parameters: Any = {
        "Bucket": settings().documents_bucket,
        "Key": feed_file(feed.feed_id),
        "ContentType": feed.content_type,
    }
    url = client("s3").generate_presigned_url("put_object", Params=parameters, ExpiresIn=UPLOAD_LIFE)
    until = from_text(to_text(at)).timestamp() + UPLOAD_LIFE
    return {
        "method": "PUT",
        "url": url,
        "headers": {"Content-Type": feed.content_type},
        "expires_at": to_text(at.fromtimestamp(until, at.tzinfo)),
    }
