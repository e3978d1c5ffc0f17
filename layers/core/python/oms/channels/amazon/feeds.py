"""Handing something in to Amazon as a feed, step by step, and hearing what became of it.

    uploaded <document> <when> <amount>     what it shall say lies there; nothing follows from that by itself
    sending <document> <when> <amount>      is about to be handed in, or was: who reads this later does not know
    feed <feed> <when> 0                    Amazon has it
    order - <when> 0                        nothing is handed in: Amazon is to cancel the order first

Amazon takes no key against doing it twice, and `getFeeds` does not say of what document a feed was made (Feeds
2021-06-30, type `Feed`). So after a call whose answer is missing it is looked whether any feed of the kind was created
in those minutes. If there is none, ours was not taken. If there is one, nobody can tell whose it is, and a person
looks: money is not given back twice.

Source: Selling Partner API, Feeds 2021-06-30 (`createFeedDocument`, `createFeed`, `getFeed`, `getFeeds`,
`getFeedDocument`) and "Submit a feed". A document may be used for two days, its address for five minutes; reports are
kept for 28 days.
"""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from oms.channels.amazon import api
from oms.channels.amazon.feed_paper import CONTENT_TYPE, Report, report
from oms.channels.connection import Connection, Request
from oms.channels.outbound import HandedIn
from oms.channels.rest import content
from oms.clock import from_text, to_text
from oms.errors import Refused, Throttled, Unavailable

UPLOADED, SENDING, FEED, ORDER = "uploaded", "sending", "feed", "order"

KEEPS = timedelta(days=1)
"""A document that is older is not used any more, and a feed that is not done after this is for a person."""

SETTLES = timedelta(minutes=5)
"""Not before this it is looked for a feed whose answer is missing: lists follow late."""

AROUND = timedelta(minutes=1)
"""Time before and after the call in which a feed that was made by it has been created: clocks differ."""

LISTED = timedelta(days=60)
"""Amazon lists feeds for 90 days; what is nearly as old is not looked for."""

SOONEST, LATEST = timedelta(minutes=1), timedelta(minutes=30)
"""Between questions about one feed."""

PACKED = b"\x1f\x8b"
"""How a file begins that was packed with gzip."""

UNDER_WAY = frozenset({"IN_QUEUE", "IN_PROGRESS"})


@dataclass(frozen=True, slots=True)
class Step:
    """Where something stands: see the module."""

    name: str
    subject: str
    at: datetime
    amount: int = 0

    @property
    def text(self) -> str:
        """As the outbox keeps it."""
        return f"{self.name} {self.subject} {to_text(self.at)} {self.amount}"


def step(reference: str) -> Step:
    """Read what the outbox kept."""
    name, subject, at, amount = reference.split(" ")
    return Step(name, subject, from_text(at), int(amount))


def then(
    connection: Connection, name: str, subject: str, *, amount: int = 0, wait: timedelta = timedelta()
) -> HandedIn:
    """The next step, from now."""
    return HandedIn(reference=Step(name, subject, connection.clock(), amount).text, wait=wait)


def upload(connection: Connection, paper: bytes, amount: int) -> HandedIn:
    """Lay down what a feed shall say.

    Raises:
        Unavailable: no answer; begin again. What lies there already is of no consequence.
    """
    made = _body(connection, api.create_feed_document(CONTENT_TYPE))
    url, document_id = str(made.get("url", "")), str(made.get("feedDocumentId", ""))
    if not url or not document_id:
        raise Unavailable("Amazon made no feed document")
    put = Request(method="PUT", url=url, headers={"Content-Type": CONTENT_TYPE}, body=paper)
    status = connection.http.send(put).status
    if status >= HTTPStatus.MULTIPLE_CHOICES:
        raise Unavailable(f"the feed's document was not taken ({status})")
    return then(connection, UPLOADED, document_id, amount=amount)


def hand_in(connection: Connection, kind: str, marketplace_id: str, known: Step) -> HandedIn:
    """Hand it in: the one call that must not be made twice.

    Raises:
        Unavailable: no answer; whether it was handed in is to be looked for.
    """
    try:
        made = _body(connection, api.create_feed(kind, marketplace_id, known.subject))
    except Throttled as error:
        # It was not looked at: the document lies there as before.
        return HandedIn(reference=Step(UPLOADED, known.subject, known.at, known.amount).text, wait=_pause(error))
    feed_id = str(made.get("feedId", ""))
    if not feed_id:
        raise Unavailable("Amazon did not say which feed it made")
    return then(connection, FEED, feed_id, wait=SOONEST)


def doubtful(connection: Connection, known: Step) -> HandedIn | None:
    """To be asked again later, while a feed whose answer is missing may not be listed yet."""
    left = known.at + SETTLES - connection.clock()
    return HandedIn(reference=known.text, wait=left) if left > timedelta(0) else None


def candidates(connection: Connection, kind: str, known: Step) -> list[str]:
    """Feeds that may be the one whose answer is missing.

    Raises:
        Throttled: the usage plan is used up.
        Refused: it is so long ago that Amazon may have forgotten it: that none is listed would prove nothing.
    """
    if connection.clock() - known.at > LISTED:
        raise Refused("whether Amazon took it is not known, and too long ago to be looked up")
    told = _body(connection, api.get_feeds(kind, known.at - AROUND, known.at + AROUND))
    return [str(each.get("feedId", "")) for each in told.get("feeds") or () if isinstance(each, dict)]


def outcome(connection: Connection, known: Step) -> Report | HandedIn | str:
    """What became of a feed: its report, to be asked again later, or the status with which it ended without one.

    Raises:
        Throttled: the usage plan is used up.
        Refused: Amazon has no such feed any more, or does not come to an end with it.
    """
    reply = api.ask(connection, api.get_feed(known.subject))
    if reply.status == HTTPStatus.NOT_FOUND:
        raise Refused(f"Amazon does not know feed {known.subject} any more: look at the order in Seller Central")
    told = content(reply)
    feed: dict[str, Any] = told if isinstance(told, dict) else {}
    status = str(feed.get("processingStatus", ""))
    if status in UNDER_WAY:
        age = connection.clock() - known.at
        if age > KEEPS:
            raise Refused(f"Amazon has not come to an end with feed {known.subject} ({status}) for a day")
        return HandedIn(reference=known.text, wait=min(max(age / 2, SOONEST), LATEST))
    document_id = str(feed.get("resultFeedDocumentId") or "")
    if status != "DONE" or not document_id:
        return status or "UNKNOWN"
    return _report(connection, document_id)


def put_off(known: Step, error: Throttled) -> HandedIn:
    """Go on from here when the usage plan has room again. Those of feeds are small; no other call waits for them."""
    return HandedIn(reference=known.text, wait=_pause(error))


def _report(connection: Connection, document_id: str) -> Report:
    told = _body(connection, api.get_feed_document(document_id))
    reply = connection.http.send(Request(method="GET", url=str(told.get("url", "")), headers={}, body=b""))
    if reply.status != HTTPStatus.OK:
        raise Unavailable(f"the feed's report is not to be had ({reply.status})")
    # The transport may have unpacked it already, if the storage says that it is packed; so the bytes decide.
    return report(unpacked(reply.body) if reply.body.startswith(PACKED) else reply.body)


def unpacked(raw: bytes) -> bytes:
    """What was packed with gzip.

    Raises:
        Unavailable: it is broken.
    """
    try:
        return gzip.decompress(raw)
    except (OSError, EOFError, zlib.error):
        raise Unavailable("the feed's report cannot be unpacked") from None


def _body(connection: Connection, call: api.Call) -> dict[str, Any]:
    reply = api.ask(connection, call)
    if reply.status == HTTPStatus.NOT_FOUND:
        raise Refused(f"Amazon has nothing at {call.path}")
    told = content(reply)
    return told if isinstance(told, dict) else {}


def _pause(error: Throttled) -> timedelta:
    return max(timedelta(seconds=error.seconds), SOONEST)
