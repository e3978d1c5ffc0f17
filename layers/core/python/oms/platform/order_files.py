"""Files of orders that are put into the bucket under `orders/<channel_id>/`: taken in piece by piece, row by row.

A message takes some orders, writes what became of each row beside the file, and sends the next message: it names the
byte where the next order begins, so memory holds one order at a time. A piece that is taken twice captures nothing
twice, and writes the same results: the log knows by which row of which file an order came. The same file put again is
repetitions.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from oms.channels.canonical import canonical_document
from oms.channels.canonical_model import CanonicalOrder
from oms.channels.intake import Outcome, capture
from oms.channels.order_rows import TableRow, check_header, grouped, order_of
from oms.channels.patience import with_deadlines
from oms.channels.work import Finding, WorkKind
from oms.clock import now
from oms.errors import Conflict, FieldError, InvalidInput, NotFound, OmsError
from oms.ids import derived
from oms.orders.log import Caller
from oms.platform import channel_work, setup
from oms.platform.aws import client, code
from oms.platform.config import settings
from oms.platform.event_log import order_log
from oms.platform.http import read
from oms.platform.intake import report
from oms.platform.observability import logger
from oms.platform.queues import read_channel
from oms.setup import Channel, Platform

if TYPE_CHECKING:
    from botocore.response import StreamingBody

PREFIX = "orders/"

ORDERS_AT_ONCE = 100
"""Orders that one message takes: a few seconds' work."""

LONGEST_LINE = 1024 * 1024
"""Bytes of one line of a file."""

BLOCK = 64 * 1024

GONE = frozenset({"NoSuchKey", "AccessDenied", "PreconditionFailed"})
"""What S3 says of a file that is not there any more, or has been replaced, of which it tells by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a message goes on in a file."""

    key: str
    etag: str
    put: str = ""
    """Which time it is that a file was put under this key, as S3 numbers them; in messages of before, nothing."""
    offset: int = 0
    line: int = 1
    header: tuple[str, ...] = ()
    delimiter: str = ","

    @property
    def channel_id(self) -> str:
        """The channel whose orders these are."""
        return self.key.removeprefix(PREFIX).partition("/")[0]

    @property
    def name(self) -> str:
        """The file's name within the channel's folder."""
        return self.key.removeprefix(PREFIX).partition("/")[2]

    def cause(self, row: TableRow) -> str:
        """What brings an order into the log: a row of a file that was put at one time."""
        return f"file:{derived(self.key, self.etag, self.put, length=16)}:{row.line}"


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
    lines = _Lines(body, place)
    if not place.header:
        place = _with_header(place, lines)
    orders = grouped(_rows(place, lines))
    results: list[dict[str, Any]] = []
    for group in islice(orders, ORDERS_AT_ONCE):
        results += _captured(place, channel, group)
    if not results:
        return
    rest = next(orders, None)
    _keep(place, results)
    refused = sum(each["result"] == "refused" for each in results)
    if refused:
        _file(place, f"{refused} rows from line {results[0]['line']} on were refused; see {_results(place, results)}")
    logger().info("order_file_taken", channel_id=channel.channel_id, rows=len(results), refused=refused)
    if rest is not None:
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


class _Lines:
    """The lines of a file as text, and how far they have been given out."""

    def __init__(self, body: StreamingBody, place: Place) -> None:
        self._blocks = iter(lambda: body.read(BLOCK), b"")
        self._texts = self._all()
        self.offset = place.offset
        self.line = place.line

    def __iter__(self) -> Iterator[str]:
        return self._texts

    def _all(self) -> Iterator[str]:
        left = b""
        for block in self._blocks:
            left += block
            *whole, left = left.split(b"\n")
            for raw in whole:
                yield self._given(raw + b"\n")
            if len(left) > LONGEST_LINE:
                raise InvalidInput(f"line {self.line} has more than {LONGEST_LINE} bytes")
        if left:
            yield self._given(left)

    def _given(self, raw: bytes) -> str:
        self.offset += len(raw)
        self.line += 1
        return raw.decode(errors="replace")


def _with_header(place: Place, lines: _Lines) -> Place:
    text = next(iter(lines), "").removeprefix("\ufeff")
    delimiter = ";" if ";" in text and "," not in text else ","
    names = tuple(name.strip() for name in next(csv.reader([text], delimiter=delimiter), ()))
    check_header(names)
    return Place(
        key=place.key,
        etag=place.etag,
        put=place.put,
        offset=lines.offset,
        line=lines.line,
        header=names,
        delimiter=delimiter,
    )


def _rows(place: Place, lines: _Lines) -> Iterator[TableRow]:
    reader = csv.reader(lines, delimiter=place.delimiter)
    while True:
        line, offset = lines.line, lines.offset
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise InvalidInput(f"line {line}: {error}") from None
        if cells:
            values = dict(zip(place.header, (cell.strip() for cell in cells), strict=False))
            yield TableRow(line, offset, values if len(cells) <= len(place.header) else {**values, "": "too many"})


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
    if "" in row.values:
        raise InvalidInput("it has more cells than the header has columns", path=f"line {row.line}")
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


def _results(place: Place, results: Sequence[Mapping[str, Any]]) -> str:
    return f"{place.key}.results-{results[0]['line']:09}.jsonl"


def _file(place: Place, problem: str) -> None:
    finding = Finding(
        channel_id=place.channel_id, kind=WorkKind.UNREADABLE, external_id=place.name[:200], problem=problem
    )
    channel_work.file(finding, now())
