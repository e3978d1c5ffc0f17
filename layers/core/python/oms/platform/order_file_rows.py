"""Files of orders as rows, each with the byte where it begins, so that a file can be read on from there.

What cannot be read is a row by itself, and never the end of the file.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from oms.channels.order_rows import TableRow, check_header
from oms.errors import InvalidInput
from oms.ids import derived

if TYPE_CHECKING:
    from botocore.response import StreamingBody

PREFIX = "orders/"

LONGEST_LINE = 1024 * 1024
"""Bytes of one line of a file."""

BLOCK = 64 * 1024

BROKEN = ""
"""In the place of a column's name: why a row cannot be read."""


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


class Lines:
    """The lines of a file as text, and how far they have been given out. One that is too long is passed over."""

    def __init__(self, body: StreamingBody, place: Place) -> None:
        self._blocks = iter(lambda: body.read(BLOCK), b"")
        self._parts = self._all()
        self.offset = place.offset
        self.line = place.line

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        """The next line.

        Raises:
            InvalidInput: it is too long; the one behind it is next.
        """
        raw, size = next(self._parts)
        self.offset += size
        self.line += 1
        if size > LONGEST_LINE:
            raise InvalidInput(f"line {self.line - 1} has more than {LONGEST_LINE} bytes")
        return raw.decode(errors="replace")

    def _all(self) -> Iterator[tuple[bytes, int]]:
        """Each line with its size in bytes; of one that is too long only the size."""
        left, passed = b"", 0
        for block in self._blocks:
            left += block
            *whole, left = left.split(b"\n")
            for raw in whole:
                yield raw + b"\n", passed + len(raw) + 1
                passed = 0
            if passed + len(left) > LONGEST_LINE:
                left, passed = b"", passed + len(left)
        if left or passed:
            yield left, passed + len(left)


def with_header(place: Place, lines: Lines) -> Place:
    """The place behind the header, with the columns that it names.

    Raises:
        InvalidInput: it is no header of a file of orders.
    """
    text = next(lines, "").removeprefix("\ufeff")
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


def rows(place: Place, lines: Lines) -> Iterator[TableRow]:
    """The rows of a file from a place on; one that cannot be read says so under `BROKEN`."""
    reader = csv.reader(lines, delimiter=place.delimiter)
    while True:
        line, offset = lines.line, lines.offset
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, InvalidInput) as error:
            yield TableRow(line, offset, {BROKEN: error.detail if isinstance(error, InvalidInput) else str(error)})
            continue
        if cells:
            values = dict(zip(place.header, (cell.strip() for cell in cells), strict=False))
            more = {BROKEN: "it has more cells than the header has columns"} if len(cells) > len(place.header) else {}
            yield TableRow(line, offset, values | more)
