"""Reading what aggregators send: JSON field by field, and scans made of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from oms.carriers.aggregator import Report, carrier_called
from oms.carriers.protocol import MAX_DESCRIPTION, Scan
from oms.clock import from_text, to_text
from oms.errors import InvalidInput
from oms.ids import derived
from oms.orders.events import TrackingStatus

Json = Mapping[str, Any]

MAX_SCANS = 1000
"""Scans of one parcel in one webhook."""

MAX_NUMBER = 100
MAX_WORD = 60
YEARS = range(2000, 3000)

REPLAYS = timedelta(days=14)
"""How old a signed document may be that has no time in its signature. AfterShip tries for more than eleven days; what
comes twice within these days is known already, and tracking numbers are used again after months."""


def document(raw: bytes) -> Json:
    """The body of a webhook.

    Raises:
        InvalidInput: it is no JSON object.
    """
    try:
        body = json.loads(raw)
    except ValueError:
        raise InvalidInput("the body is not JSON") from None
    if not isinstance(body, dict):
        raise InvalidInput("the body is no object")
    return body


def part(body: Json, name: str) -> Json:
    """An object within another; empty when it is not there."""
    value = body.get(name)
    return value if isinstance(value, dict) else {}


def parts(body: Json, name: str, path: str) -> list[Json]:
    """A list of objects within another; empty when it is not there.

    Raises:
        InvalidInput: it is too long.
    """
    value = body.get(name)
    given: list[Json] = [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
    if len(given) > MAX_SCANS:
        raise InvalidInput(f"a parcel has at most {MAX_SCANS} scans", path=path)
    return given


def word(body: Json, name: str, *, most: int = MAX_WORD) -> str:
    """A short text; empty when it is not there. JSON can carry halves of surrogate pairs, which no table takes."""
    value = body.get(name)
    return value.encode(errors="replace").decode()[:most] if isinstance(value, str) else ""


def moment(body: Json, *names: str) -> datetime | None:
    """The first of these fields that is a time; one without a zone is taken as UTC."""
    for name in names:
        try:
            at = from_text(word(body, name))
        except (ValueError, OverflowError):
            continue
        if at.year in YEARS:
            return at
    return None


def recent(at: datetime | None, now: datetime) -> bool:
    """Whether a signed document may still be taken: what it says of its own time is not long ago."""
    return at is not None and abs(now - at) <= REPLAYS


def scan(
    number: str,
    status: TrackingStatus,
    at: datetime,
    *,
    text: str,
    place: str = "",
    code: str = "",
    guessed: bool = False,
) -> Scan:
    """A scan whose id follows from what it says, so that whoever says it again says the same.

    The place is told while the parcel travels, and not where it ends: there it would be the customer's.
    """
    shown = [text, place] if status is TrackingStatus.IN_TRANSIT else [text]
    return Scan(
        tracking_number=number,
        scan_id=derived("scan", number, status, to_text(at), code),
        status=status,
        at=at,
        description=", ".join(each for each in shown if each)[:MAX_DESCRIPTION],
        code=code,
        guessed=guessed,
    )


def place(body: Json, city: str = "city", country: str = "country") -> str:
    """City and country of a scan, as far as they are told."""
    return ", ".join(each for each in (word(body, city), word(body, country)) if each)


def report(carrier: str, number: str, scans: Iterable[Scan | None], summary: Scan | None) -> Report:
    """All that is told of a parcel. Its state as a whole counts where no scan tells it.

    Raises:
        InvalidInput: the parcel is not named.
    """
    if not number or not carrier_called(carrier):
        raise InvalidInput("the parcel is not named: carrier and tracking number are needed", path="tracking_number")
    told = [each for each in scans if each is not None]
    if summary is not None and summary.status not in {each.status for each in told}:
        told.append(summary)
    return Report(carrier=carrier_called(carrier), scans=tuple(told))


def number_of(body: Json, name: str) -> str:
    """A tracking number as labels bear it: without the spaces that people put into it."""
    return "".join(word(body, name, most=MAX_NUMBER).split())


def readable(code: str) -> str:
    """A word of a list as people read it: `arrived_at_facility` is "Arrived at facility"."""
    text = code.replace("_", " ").strip()
    return text[:1].upper() + text[1:]
