"""EasyPost's webhooks: `tracker.created` and `tracker.updated`, each with the whole history of a parcel.

    POST …/carriers/easypost/webhooks
    X-Hmac-Signature: hmac-sha256-hex=<hex HMAC-SHA256 of the body, keyed by the secret in form NFKD>

Sources: docs.easypost.com, "Webhooks Guide" and "Trackers"; the check of signatures as in EasyPost's client libraries.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from unicodedata import normalize

from oms.carriers.aggregator import Call, Report
from oms.carriers.protocol import Scan
from oms.carriers.reported import (
    Json,
    document,
    moment,
    number_of,
    part,
    parts,
    place,
    readable,
    recent,
    report,
    scan,
    word,
)
from oms.carriers.signed import digest, header, same
from oms.errors import InvalidInput
from oms.orders.events import TrackingStatus

SIGNATURE_HEADER = "X-Hmac-Signature"

STATUSES: Mapping[str, TrackingStatus] = {
    "pre_transit": TrackingStatus.LABEL_CREATED,
    "in_transit": TrackingStatus.IN_TRANSIT,
    "out_for_delivery": TrackingStatus.OUT_FOR_DELIVERY,
    "delivered": TrackingStatus.DELIVERED,
    "available_for_pickup": TrackingStatus.AVAILABLE_FOR_PICKUP,
    "return_to_sender": TrackingStatus.RETURNING,
    "failure": TrackingStatus.EXCEPTION,
    "cancelled": TrackingStatus.EXCEPTION,
    "error": TrackingStatus.EXCEPTION,
}
"""`status` of a detail. What is not here is an exception, too; `unknown` says nothing."""

DETAILS: Mapping[str, TrackingStatus] = {
    "arrived_at_pickup_location": TrackingStatus.AVAILABLE_FOR_PICKUP,
    "damaged": TrackingStatus.EXCEPTION,
    "delivery_exception": TrackingStatus.EXCEPTION,
    "lost": TrackingStatus.EXCEPTION,
    "refused": TrackingStatus.EXCEPTION,
    "return": TrackingStatus.RETURNING,
}
"""`status_detail`, where it says more than the status of which it is a detail."""


class EasyPost:
    """`Aggregator` of EasyPost."""

    name = "easypost"

    def verify(self, call: Call, secret: Mapping[str, str]) -> bool:
        """Whether the bytes were signed with `webhook_secret`, and the event is not older than a fortnight."""
        key = normalize("NFKD", secret.get("webhook_secret", ""))
        if not key:
            return False
        expected = sign(call.raw, key)
        if not same(header(call.headers, SIGNATURE_HEADER), expected):
            return False
        return recent(_told_at(call.raw), call.now)

    def parse(self, raw: bytes) -> Report | None:
        """See `Aggregator.parse`. What the carrier itself wrote (`message`, `signed_by`) is not read."""
        tracker = part(document(raw), "result")
        if tracker.get("object") != "Tracker":
            return None
        number = number_of(tracker, "tracking_code")
        details = parts(tracker, "tracking_details", "result.tracking_details")
        at = moment(tracker, "updated_at", "created_at")
        status = _status(tracker)
        return report(
            word(tracker, "carrier"),
            number,
            [_scan(number, each) for each in details],
            _made(number, status, at, tracker) if status and at else None,
        )


def sign(raw: bytes, secret: str) -> str:
    """The header that EasyPost sends with a body."""
    return f"hmac-sha256-hex={digest(raw, normalize('NFKD', secret).encode()).hex()}"


def _told_at(raw: bytes) -> datetime | None:
    try:
        return moment(document(raw), "updated_at", "created_at")
    except InvalidInput:
        return None


def _scan(number: str, detail: Json) -> Scan | None:
    status, at = _status(detail), moment(detail, "datetime")
    if status is None or at is None:
        return None
    where = place(part(detail, "tracking_location"))
    return _made(number, status, at, detail, place=where, code=word(detail, "carrier_code"))


def _made(number: str, status: TrackingStatus, at: datetime, said: Json, **more: str) -> Scan:
    return scan(number, status, at, text=_text(said), guessed=word(said, "status") not in STATUSES, **more)


def _status(body: Json) -> TrackingStatus | None:
    status = word(body, "status")
    if status in {"", "unknown"}:
        return None
    finer = DETAILS.get(word(body, "status_detail")) if status != "delivered" else None
    return finer or STATUSES.get(status, TrackingStatus.EXCEPTION)


def _text(body: Json) -> str:
    detail = word(body, "status_detail")
    return readable(detail if detail and detail != "unknown" else word(body, "status"))
