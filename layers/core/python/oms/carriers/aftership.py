"""AfterShip's webhooks: `tracking_update`, with the checkpoints of a parcel.

    POST …/carriers/aftership/webhooks
    aftership-hmac-sha256: <base64 HMAC-SHA256 of the body>

Sources: aftership.com/docs/tracking, "Webhook Signature", "Delivery Statuses" and "Delivery Sub-statuses".
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime

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

SIGNATURE_HEADER = "aftership-hmac-sha256"

TAGS: Mapping[str, TrackingStatus] = {
    "InfoReceived": TrackingStatus.LABEL_CREATED,
    "InTransit": TrackingStatus.IN_TRANSIT,
    "OutForDelivery": TrackingStatus.OUT_FOR_DELIVERY,
    "AttemptFail": TrackingStatus.ATTEMPT_FAILED,
    "AvailableForPickup": TrackingStatus.AVAILABLE_FOR_PICKUP,
    "Delivered": TrackingStatus.DELIVERED,
    "Exception": TrackingStatus.EXCEPTION,
    "Expired": TrackingStatus.EXCEPTION,
}
"""What is not here is an exception, too; `Pending` says nothing."""

SUBTAGS: Mapping[str, TrackingStatus] = {
    "Exception_004": TrackingStatus.IN_TRANSIT,
    "Exception_005": TrackingStatus.IN_TRANSIT,
    "Exception_010": TrackingStatus.RETURNING,
    "Exception_011": TrackingStatus.RETURNED,
}
"""Where the subtag says another thing than its tag: delays at customs or by weather, and the way back."""

LATEST = datetime(2999, 1, 1, tzinfo=UTC).timestamp()


class AfterShip:
    """`Aggregator` of AfterShip."""

    name = "aftership"

    def verify(self, call: Call, secret: Mapping[str, str]) -> bool:
        """Whether the bytes were signed with `webhook_secret`, and their `ts` is not older than a fortnight."""
        key = secret.get("webhook_secret", "")
        if not key or not same(header(call.headers, SIGNATURE_HEADER), sign(call.raw, key)):
            return False
        return recent(_told_at(call.raw), call.now)

    def parse(self, raw: bytes) -> Report | None:
        """See `Aggregator.parse`. What couriers and people wrote (`message`, `note`, `signed_by`) is not read."""
        body = document(raw)
        tracking = part(body, "msg")
        if body.get("event") != "tracking_update" or not tracking:
            return None
        number = number_of(tracking, "tracking_number")
        checkpoints = parts(tracking, "checkpoints", "msg.checkpoints")
        status = _status(tracking)
        at = moment(tracking, "shipment_delivery_date") if status is TrackingStatus.DELIVERED else None
        at = at or moment(tracking, "last_updated_at", "updated_at", "created_at")
        return report(
            word(tracking, "slug"),
            number,
            [_scan(number, each) for each in checkpoints],
            _made(number, status, at, tracking) if status and at else None,
        )


def sign(raw: bytes, secret: str) -> str:
    """The header that AfterShip sends with a body."""
    return base64.b64encode(digest(raw, secret.encode())).decode()


def _told_at(raw: bytes) -> datetime | None:
    try:
        at = document(raw).get("ts")
    except InvalidInput:
        return None
    known = isinstance(at, int) and not isinstance(at, bool) and 0 <= at < LATEST
    return datetime.fromtimestamp(at, UTC) if known and isinstance(at, int) else None


def _scan(number: str, checkpoint: Json) -> Scan | None:
    status, at = _status(checkpoint), moment(checkpoint, "checkpoint_time", "created_at")
    if status is None or at is None:
        return None
    where = place(checkpoint, country="country_iso3")
    return _made(number, status, at, checkpoint, place=where, code=word(checkpoint, "raw_tag"))


def _made(number: str, status: TrackingStatus, at: datetime, said: Json, **more: str) -> Scan:
    return scan(number, status, at, text=_text(said), guessed=word(said, "tag") not in TAGS, **more)


def _status(body: Json) -> TrackingStatus | None:
    tag = word(body, "tag")
    if tag in {"", "Pending"}:
        return None
    return SUBTAGS.get(word(body, "subtag")) or TAGS.get(tag, TrackingStatus.EXCEPTION)


def _text(body: Json) -> str:
    return word(body, "subtag_message") or readable(word(body, "tag"))
