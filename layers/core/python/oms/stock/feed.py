"""A stock feed: very many counts in one file, carried out chunk by chunk, with progress and a result for each row.

A file is cut at the ends of lines, always at the same ones, so a feed that broke off is cut again and goes on with
the chunks that are not done. Nothing of it is ever held in memory but one chunk.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:  # pydantic, which makes the API document of these, asks for the newer one
    from typing_extensions import TypedDict

CHUNK_ROWS = 500
"""Lines that are carried out by one message: a few seconds when every one of them changes something."""

CHUNK_BYTES = 256 * 1024
"""A chunk of longer lines ends sooner."""

MAX_LINE = 16 * 1024
"""Bytes of a line; a longer one is no count."""

CSV: Final = "text/csv"
JSON_LINES: Final = "application/x-ndjson"

Result = Literal["created", "updated", "unchanged", "refused"]


class FeedStatus(StrEnum):
    """How far a feed is."""

    WAITING = "waiting"
    """For its file, and for somebody to start it."""
    RUNNING = "running"
    DONE = "done"


class OpenFeed(BaseModel):
    """A feed that is about to be sent."""

    model_config = ConfigDict(extra="forbid")

    content_type: Literal["text/csv", "application/x-ndjson"] = CSV
    """CSV with a header (`sku`, `location_id`, `on_hand`, `reference`), or one JSON object a line."""
    reference: Annotated[str, Field(max_length=200)] = ""
    """For the stock ledger, of rows that have none of their own."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes `start` to `end` (without) of a file, which begin with line number `line`; the first line is 1."""

    number: int
    start: int
    end: int
    line: int
    lines: int

    @property
    def following(self) -> Place:
        """Where the next one begins."""
        return Place(self.number + 1, self.end, self.line + self.lines)


@dataclass(frozen=True, slots=True)
class Place:
    """Where cutting goes on: what lies before it is cut."""

    number: int = 1
    start: int = 0
    line: int = 1


def chunks(blocks: Iterable[bytes], at: Place, *, last: bool) -> Iterator[Chunk]:
    """The chunks of a file from `at` on, whose bytes come in blocks; what has no end yet is left out unless `last`."""
    number, start, line = at.number, at.start, at.line
    position, lines, ended = start, 0, start
    for block in blocks:
        found = -1
        while (found := block.find(b"\n", found + 1)) >= 0:
            lines, ended = lines + 1, position + found + 1
            if lines == CHUNK_ROWS or ended - start >= CHUNK_BYTES:
                yield Chunk(number, start, ended, line, lines)
                number, start, line, lines = number + 1, ended, line + lines, 0
        position += len(block)
        if position - ended > CHUNK_BYTES + MAX_LINE:
            # A line without an end: what there is of it is refused as one row, and reading goes on behind it.
            yield Chunk(number, start, position, line, lines)
            number, start, line, lines, ended = number + 1, position, line + lines, 0, position
    if last and position > start:
        yield Chunk(number, start, position, line, lines)


class UploadResource(TypedDict):
    """How to send the file: `curl -T file -H "Content-Type: …" url`."""

    method: str
    url: str
    headers: dict[str, str]
    expires_at: str


class FeedResource(TypedDict):
    """A feed and how far it is; the figures are rows."""

    feed_id: str
    status: FeedStatus
    content_type: str
    reference: str
    created_at: str
    started_at: str | None
    finished_at: str | None
    chunks: int | None
    """Null until the file is cut."""
    chunks_done: int
    rows: int
    created: int
    updated: int
    unchanged: int
    refused: int
    upload: UploadResource | None
    """While its file is waited for."""


class FeedProblem(TypedDict):
    """What is wrong with a row, or with one of its fields."""

    path: str
    message: str


class FeedRow(TypedDict):
    """What became of one row."""

    line: int
    id: str
    """`<sku>/<location_id>`, as far as it could be read."""
    result: Result
    errors: list[FeedProblem]


class FeedRows(TypedDict):
    """Rows of a feed in the order of the file, of the chunks that are done; `cursor` is null on the last page."""

    rows: list[FeedRow]
    cursor: str | None
