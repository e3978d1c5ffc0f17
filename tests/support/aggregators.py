"""Aggregators' webhooks in tests: bodies of their shape, with values of our own, and their signatures."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from oms.carriers import aftership, easypost
from oms.carriers.signed import digest
from oms.clock import to_text

Told = tuple[str, datetime]
"""A status in the aggregator's word, and when."""


def easypost_tracker(number: str, told: Iterable[Told], *, carrier: str = "UPS", at: datetime, **more: Any) -> bytes:
    details = [
        {
            "object": "TrackingDetail",
            "message": "LEFT WITH: MUSTERFRAU",
            "status": status,
            "datetime": to_text(when),
            "tracking_location": {"object": "TrackingLocation", "city": "VERONA", "country": "IT"},
        }
        for status, when in told
    ]
    result = {
        "object": "Tracker",
        "tracking_code": number,
        "carrier": carrier,
        "status": details[-1]["status"] if details else "unknown",
        "updated_at": to_text(at),
        "signed_by": "E. MUSTERFRAU",
        "tracking_details": details,
        **more,
    }
    event = {"object": "Event", "description": "tracker.updated", "updated_at": to_text(at), "result": result}
    return json.dumps(event).encode()


def aftership_update(number: str, told: Iterable[Told], *, slug: str = "ups", at: datetime) -> bytes:
    checkpoints = [
        {"tag": tag, "subtag": "", "checkpoint_time": to_text(when), "message": "signed by MUSTERFRAU", "slug": slug}
        for tag, when in told
    ]
    message = {
        "tracking_number": number,
        "slug": slug,
        "tag": checkpoints[-1]["tag"] if checkpoints else "Pending",
        "last_updated_at": to_text(at),
        "checkpoints": checkpoints,
    }
    return json.dumps({"event": "tracking_update", "msg": message, "ts": int(at.timestamp())}).encode()


def shippo_update(number: str, told: Iterable[Told], *, carrier: str = "ups") -> bytes:
    history = [
        {"status": status, "status_date": to_text(when), "status_details": "Left with MUSTERFRAU"}
        for status, when in told
    ]
    track = {
        "tracking_number": number,
        "carrier": carrier,
        "tracking_history": history,
        "tracking_status": history[-1] if history else None,
    }
    return json.dumps({"event": "track_updated", "data": track}).encode()


def easypost_headers(raw: bytes, secret: str) -> dict[str, str]:
    return {easypost.SIGNATURE_HEADER: easypost.sign(raw, secret)}


def aftership_headers(raw: bytes, secret: str) -> dict[str, str]:
    return {aftership.SIGNATURE_HEADER: aftership.sign(raw, secret)}


def shippo_headers(raw: bytes, secret: str, at: datetime) -> dict[str, str]:
    time = str(int(at.timestamp()))
    return {"Shippo-Auth-Signature": f"t={time},v1={digest(time.encode() + b'.' + raw, secret.encode()).hex()}"}
