"""Files of orders that are put into the bucket under `orders/<channel_id>/`: taken in piece by piece, row by row.

A message takes some orders, writes what became of each row beside the file, and sends the next message: it names the
byte where the next order begins, so memory holds one order at a time. A piece that is taken twice captures nothing
twice, and writes the same results: the log knows by which row of which file an order came. The same file put again is
repetitions.

Names and addresses stand in a file, and an erasure looks for nobody in it: so it is deleted when its last row was read,
and the results name nobody. What cannot be read is a row that is refused, and never the end of the file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from oms.channels.canonical import canonical_document
from oms.channels.canonical_model import CanonicalOrder
from oms.channels.intake import Outcome, capture
from oms.channels.order_rows import TableRow, grouped, order_of
from oms.channels.patience import with_deadlines
from oms.channels.work import Finding, WorkKind
from oms.clock import now
from oms.errors import Conflict, FieldError, InvalidInput, NotFound, OmsError
from oms.orders.log import Caller
from oms.platform import channel_work, setup
from oms.platform.aws import client, code
from oms.platform.config import settings
from oms.platform.event_log import order_log
from oms.platform.http import read
from oms.platform.intake import report
from oms.platform.observability import logger
from oms.platform.order_file_rows import BROKEN, Lines, Place, rows, with_header
from oms.platform.queues import read_channel
from oms.setup import Channel, Platform

if TYPE_CHECKING:
    from botocore.response import StreamingBody

ORDERS_AT_ONCE = 100
"""Orders that one message takes: a few seconds' work."""

GONE = frozenset({"NoSuchKey", "AccessDenied", "PreconditionFailed"})
"""What S3 says of a file that is not there any more, or has been replaced, of which it tells by itself."""


def arrived(event: Mapping[str, Any]) -> None:
    """What S3 tells: files that were put into the bucket."""
    for record in event["Records"]:
        told = record["s3"]["object"]
        put = told.get("sequencer", "")
        read_channel({"file": {"key": unquote_plus(told["key"]), "etag": told["eTag"], "put": put}})


def handle(message: Mapping[str, Any]) -> None:
    """A message of the polls queue that names a file: take some of its orders."""
    place = Place(**{**message["file"], "header": tuple(message["file"].get("header", ()))})
    try:
        channel = _channel(place)
        body = _open(place)
        if body is not None:
            _take(place, channel, body)
    except (InvalidInput, Conflict, NotFound) as error:
        _file(place, error.detail)


def _channel(place: Place) -> Channel:
    channel = setup.channel(place.channel_id)
    if channel.platform is not Platform.CANONICAL:
        raise Conflict(f"channel {channel.channel_id} sends its orders as {channel.platform} does, not as files")
    if not channel.active:
        raise Conflict(f"channel {channel.channel_id} is not active: its orders are refused")
    return channel


def _open(place: Place) -> StreamingBody | None:
    from botocore.exceptions import ClientError

    try:
        answer = client("s3").get_object(
            Bucket=settings().documents_bucket, Key=place.key, IfMatch=place.etag, Range=f"bytes={place.offset}-"
        )
    except ClientError as error:
        if code(error) in GONE:
            logger().info("order_file_gone", channel_id=place.channel_id)
            return None
        if code(error) == "InvalidRange":  # an empty file
            raise InvalidInput("the file is empty") from None
        raise
    return answer["Body"]


def _take(place: Place, channel: Channel, body: StreamingBody) -> None:
    """Take some orders, write down what became of their rows, and send a message for the rest."""
    lines = Lines(body, place)
    if not place.header:
        place = with_header(place, lines)
    orders = grouped(rows(place, lines))
    results: list[dict[str, Any]] = []
    for group in islice(orders, ORDERS_AT_ONCE):
        results += _captured(place, channel, group)
    rest = next(orders, None)
    if results:
        _keep(place, results)
    refused = sum(each["result"] == "refused" for each in results)
    if refused:
        _file(place, f"{refused} rows from line {results[0]['line']} on were refused; see {_results(place, results)}")
    logger().info("order_file_taken", channel_id=channel.channel_id, rows=len(results), refused=refused)
    if rest is None:
        _delete(place)
    else:
        read_channel(
            {
                "file": {
                    "key": place.key,
                    "etag": place.etag,
                    "put": place.put,
                    "offset": rest[0].offset,
                    "line": rest[0].line,
                    "header": list(place.header),
                    "delimiter": place.delimiter,
                }
            }
        )


def _captured(place: Place, channel: Channel, group: Sequence[TableRow]) -> list[dict[str, Any]]:
    """Capture the order of some rows; what became of each of them."""
    errors: Sequence[FieldError] = ()
    order_id, result = "", "refused"
    moment = now()
    try:
        for row in group:
            _check(row)
        order = read(CanonicalOrder, json.dumps(order_of(group, channel.currency)).encode())
        document = with_deadlines(canonical_document(order, channel), channel, moment)
        who = Caller(actor=f"channel:{channel.channel_id}", cause=place.cause(group[0]), clock=now)
        captured = capture(order_log(), document, who)
        result = "ignored"
        if captured:
            order_id = captured.order.order_id
            # This very row may have brought it before we stopped: then it is still new.
            result = Outcome.NEW if who.cause in captured.order.causes else captured.outcome
            report(captured)
    except OmsError as error:
        if error.status >= 500:  # noqa: PLR2004 - ours, or one that passes: the piece is taken again
            raise
        errors = error.errors or (FieldError("", error.detail),)
    return [
        {
            "line": row.line,
            "external_id": row.external_id,
            "result": result,
            "order_id": order_id,
            "errors": [{"path": each.path, "message": each.message} for each in errors],
        }
        for row in group
    ]


def _check(row: TableRow) -> None:
    if BROKEN in row.values:
        raise InvalidInput(row.values[BROKEN], path=f"line {row.line}")
    if any("\ufffd" in value for value in row.values.values()):
        raise InvalidInput("it is not in UTF-8", path=f"line {row.line}")


def _keep(place: Place, results: Sequence[Mapping[str, Any]]) -> None:
    body = "".join(json.dumps(each, ensure_ascii=False, separators=(",", ":")) + "\n" for each in results)
    client("s3").put_object(
        Bucket=settings().documents_bucket,
        Key=_results(place, results),
        Body=body.encode(),
        ContentType="application/x-ndjson",
    )


def _delete(place: Place) -> None:
    """Delete a file that was read to its end, unless another has been put in its place."""
    from botocore.exceptions import ClientError

    try:
        client("s3").delete_object(Bucket=settings().documents_bucket, Key=place.key, IfMatch=place.etag)
    except ClientError as error:
        if code(error) not in GONE:
            raise


def _results(place: Place, results: Sequence[Mapping[str, Any]]) -> str:
    return f"{place.key}.results-{results[0]['line']:09}.jsonl"


def _file(place: Place, problem: str) -> None:
    finding = Finding(
        channel_id=place.channel_id, kind=WorkKind.UNREADABLE, external_id=place.name[:200], problem=problem
    )
    channel_work.file(finding, now())
