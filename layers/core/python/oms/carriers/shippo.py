"""Shippo's webhooks: `track_updated`, with the history of a parcel.

    POST …/carriers/shippo/webhooks[?token=<a token of your own>]
    Shippo-Auth-Signature: t=<seconds>,v1=<hex HMAC-SHA256 of "<seconds>.<body>">      when Shippo has set it up for you

Shippo signs nothing unless asked to, and takes days to set it up. Until then the address carries a token that nobody
can guess. Once a `webhook_secret` is kept, only signatures count: a token that leaked opens nothing any more.

Sources: docs.goshippo.com, "Webhook security" and "Tracking".
"""

from __future__ import annotations

from collections.abc import Mapping

from oms.carriers.aggregator import Call, Report
from oms.carriers.protocol import Scan
from oms.carriers.reported import Json, document, moment, number_of, part, parts, place, readable, report, scan, word
from oms.carriers.signed import header, same, stamped
from oms.orders.events import TrackingStatus

SIGNATURE_HEADER = "Shippo-Auth-Signature"
MIN_TOKEN = 20
"""Characters of a token that counts as one which nobody can guess."""

STATUSES: Mapping[str, TrackingStatus] = {
    "PRE_TRANSIT": TrackingStatus.LABEL_CREATED,
    "TRANSIT": TrackingStatus.IN_TRANSIT,
    "DELIVERED": TrackingStatus.DELIVERED,
    "RETURNED": TrackingStatus.RETURNING,
    "FAILURE": TrackingStatus.EXCEPTION,
}
"""What is not here is an exception, too; `UNKNOWN` says nothing. `RETURNED` is already said while a parcel is on its
way back."""

SUBSTATUSES: Mapping[str, TrackingStatus] = {
    "out_for_delivery": TrackingStatus.OUT_FOR_DELIVERY,
    "delivery_attempted": TrackingStatus.ATTEMPT_FAILED,
    "location_inaccessible": TrackingStatus.ATTEMPT_FAILED,
    "notice_left": TrackingStatus.ATTEMPT_FAILED,
    "pickup_available": TrackingStatus.AVAILABLE_FOR_PICKUP,
    "address_issue": TrackingStatus.EXCEPTION,
    "contact_carrier": TrackingStatus.EXCEPTION,
    "package_damaged": TrackingStatus.EXCEPTION,
    "package_held": TrackingStatus.EXCEPTION,
}
"""`substatus.code` of `TRANSIT`, where it says more."""


class Shippo:
    """`Aggregator` of Shippo."""

    name = "shippo"

    def verify(self, call: Call, secret: Mapping[str, str]) -> bool:
        """Whether the bytes are signed with `webhook_secret`; without one, whether the address has `webhook_token`."""
        key, token = secret.get("webhook_secret", ""), secret.get("webhook_token", "")
        if key:
            return stamped(call.raw, header(call.headers, SIGNATURE_HEADER), key, call.now)
        return len(token) >= MIN_TOKEN and same(call.query.get("token", ""), token)

    def parse(self, raw: bytes) -> Report | None:
        """See `Aggregator.parse`. What carriers wrote (`status_details`, `messages`) and addresses are not read."""
        body = document(raw)
        track = part(body, "data")
        if body.get("event") != "track_updated" or not track:
            return None
        number = number_of(track, "tracking_number")
        history = parts(track, "tracking_history", "data.tracking_history")
        return report(
            word(track, "carrier"),
            number,
            [_scan(number, each) for each in history],
            _scan(number, part(track, "tracking_status")),
        )


def _scan(number: str, said: Json) -> Scan | None:
    status, at = _status(said), moment(said, "status_date", "object_created")
    if status is None or at is None:
        return None
    text = readable(_code(said) or word(said, "status").lower())
    guessed = word(said, "status") not in STATUSES
    return scan(number, status, at, text=text, place=place(part(said, "location")), guessed=guessed)


def _status(said: Json) -> TrackingStatus | None:
    status = word(said, "status")
    if status in {"", "UNKNOWN"}:
        return None
    finer = SUBSTATUSES.get(_code(said)) if status == "TRANSIT" else None
    return finer or STATUSES.get(status, TrackingStatus.EXCEPTION)


def _code(said: Json) -> str:
    substatus = said.get("substatus")
    if isinstance(substatus, str):  # so older versions of the API
        return word(said, "substatus")
    return word(part(said, "substatus"), "code")
