"""A carrier for laptops, demos and tests: labels, tracking numbers and signed webhooks, with no memory of its own.

A tracking number follows from the idempotency key alone, so a label bought twice is one label. Its webhook:

    POST …/carriers/simulated/webhooks
    X-Sim-Signature: t=1767225600,v1=<hex HMAC-SHA256 of "<t>.<body>">
    {"id": "…", "scans": [{"id": "…", "tracking_number": "SIM…", "code": "DP", "time": "…", "text": "…"}]}
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from oms.carriers.protocol import MAX_DESCRIPTION, Ability, Label, Quote, Scan, Shipment
from oms.clock import from_text, to_text
from oms.errors import InvalidInput
from oms.ids import derived
from oms.orders.events import TrackingStatus

NAME = "simulated"
SIGNATURE_HEADER = "X-Sim-Signature"
TOLERANCE = 300
"""Seconds that a signature is good for, either way: clocks differ, and a captured request must not work tomorrow."""

MAX_SCANS = 200
"""Scans in one webhook."""

CODES: Mapping[str, TrackingStatus] = {
    "AN": TrackingStatus.LABEL_CREATED,
    "RC": TrackingStatus.IN_TRANSIT,
    "AR": TrackingStatus.IN_TRANSIT,
    "DP": TrackingStatus.IN_TRANSIT,
    "OD": TrackingStatus.OUT_FOR_DELIVERY,
    "DL": TrackingStatus.DELIVERED,
    "NH": TrackingStatus.ATTEMPT_FAILED,
    "PU": TrackingStatus.AVAILABLE_FOR_PICKUP,
    "EX": TrackingStatus.EXCEPTION,
    "RS": TrackingStatus.RETURNING,
    "RT": TrackingStatus.RETURNED,
}
"""Announced, received, arrived at and departed from a hub, out for delivery, delivered, nobody home, waits in a shop,
an exception, on its way back, back with the sender. A code that is not here is an exception too: somebody must look at
what nobody knows."""

SERVICES: Mapping[str, tuple[int, int]] = {"standard": (390, 60), "express": (890, 140)}
"""Service to base price and price per started kilogram, in minor units. Another service is carried as standard."""

DAYS: Mapping[str, int] = {"standard": 3, "express": 1}
"""Working days that a service is on the way."""

CURRENCY = "EUR"

MAX_GRAMS = 31_500

MAX_TEXT = {"tracking_number": 100, "id": 200, "code": 20, "time": 50, "text": 2000}
"""Characters of each part of a scan."""

YEARS = range(2000, 3000)

_NUMBER = re.compile(r"SIM[0-9]{18}")


class SimulatedCarrier:
    """`Carrier` that answers from its arguments."""

    name = NAME
    abilities = frozenset({Ability.RATE, Ability.VOID, Ability.NOTIFY, Ability.REPEAT})

    def rate(self, shipment: Shipment) -> tuple[Quote, ...]:
        """What each service costs; it promises no day."""
        return tuple(
            Quote(service=service, cost=_price(service, shipment.grams), currency=CURRENCY, days=DAYS[service])
            for service in SERVICES
        )

    def void(self, tracking_number: str) -> None:
        """Nothing: it has no memory, and charges nobody."""

    def buy_label(self, shipment: Shipment, *, idempotency_key: str) -> Label:
        """A label whose number, and print, depend on the key, the service and the addresses.

        Weight and size only make the price: were they printed, two people packing at the same moment could leave the
        other's weight on a label.
        """
        from oms.carriers.simulated_label import draw_label

        if shipment.grams > MAX_GRAMS:
            raise InvalidInput(f"a parcel may weigh {MAX_GRAMS} g, not {shipment.grams}", path="grams")
        service = shipment.service if shipment.service in SERVICES else "standard"
        number = tracking_number(idempotency_key)
        return Label(
            service=service,
            tracking_number=number,
            tracking_url=f"https://track.simulated.example/{number}",
            document=draw_label(shipment, service=service, tracking_number=number),
            cost=_price(service, shipment.grams),
            currency=CURRENCY,
        )

    def verify(self, raw: bytes, headers: Mapping[str, str], secret: str, *, now: datetime) -> bool:
        """Whether one of the header's signatures fits, compared in constant time. Several `v1` allow a new secret."""
        given = {name.lower(): value for name, value in headers.items()}.get(SIGNATURE_HEADER.lower(), "")
        fields = [part.strip().partition("=") for part in given.split(",")]
        times = [value for name, _, value in fields if name == "t"]
        if len(times) != 1 or not re.fullmatch(r"[0-9]{1,12}", times[0]) or not secret:
            return False
        if abs(now.timestamp() - int(times[0])) > TOLERANCE:
            return False
        expected = _digest(raw, secret, times[0])
        fits = [hmac.compare_digest(value.encode(), expected.encode()) for name, _, value in fields if name == "v1"]
        return any(fits)

    def parse(self, raw: bytes) -> tuple[Scan, ...]:
        """The scans of a webhook, with the carrier's codes mapped to ours.

        Raises:
            InvalidInput: it is not one; names the field.
        """
        try:
            body = json.loads(raw)
        except ValueError:
            raise InvalidInput("the body is not JSON") from None
        scans = body.get("scans") if isinstance(body, dict) else None
        if not isinstance(scans, list) or len(scans) > MAX_SCANS:
            raise InvalidInput(f"a list of at most {MAX_SCANS} scans is needed", path="scans")
        return tuple(_scan(each, f"scans[{index}]") for index, each in enumerate(scans))


def _price(service: str, grams: int) -> int:
    base, per_kilogram = SERVICES[service]
    return base + per_kilogram * -(-grams // 1000)


def sign(raw: bytes, secret: str, *, at: datetime) -> str:
    """The header that the carrier sends with a body."""
    time = str(int(at.timestamp()))
    return f"t={time},v1={_digest(raw, secret, time)}"


def webhook(scans: Iterable[Mapping[str, str]]) -> bytes:
    """The body that the carrier sends for scans in its own words: `id`, `tracking_number`, `code`, `time`, `text`."""
    sent = list(scans)
    event_id = derived("webhook", *(f"{scan['tracking_number']}/{scan['id']}" for scan in sent))
    return json.dumps({"id": f"evt_{event_id}", "scans": sent}).encode()


def tracking_number(key: str) -> str:
    """`SIM`, 17 digits from the key's hash, and the check digit that GS1 numbers end in."""
    digits = f"{int.from_bytes(hashlib.sha256(key.encode()).digest()) % 10**17:017d}"
    return f"SIM{digits}{_check_digit(digits)}"


def is_tracking_number(text: str) -> bool:
    """Whether it may be one of ours: the check digit finds every wrong digit and most swapped neighbours."""
    return bool(_NUMBER.fullmatch(text)) and _check_digit(text[3:-1]) == int(text[-1])


def _check_digit(digits: str) -> int:
    weighted = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return -weighted % 10


def _digest(raw: bytes, secret: str, time: str) -> str:
    return hmac.new(secret.encode(), time.encode() + b"." + raw, hashlib.sha256).hexdigest()


def _scan(given: Any, path: str) -> Scan:
    if not isinstance(given, dict):
        raise InvalidInput("a scan is an object", path=path)
    number, code, time, text, scan_id = (
        _text(given, name, path) for name in ("tracking_number", "code", "time", "text", "id")
    )
    if not number:
        raise InvalidInput("the parcel is not named", path=f"{path}.tracking_number")
    at = _time(time, f"{path}.time")
    status = CODES.get(code, TrackingStatus.EXCEPTION)
    description = text if code in CODES else f"{code} {text}".strip()
    return Scan(
        tracking_number=number,
        scan_id=scan_id or derived("scan", number, code, to_text(at)),
        status=status,
        at=at,
        description=description[:MAX_DESCRIPTION],
        code=code if code in CODES else "",
        guessed=code not in CODES,
    )


def _time(text: str, path: str) -> datetime:
    try:
        at = from_text(text)
    except (ValueError, OverflowError):
        raise InvalidInput("not a time in RFC 3339", path=path) from None
    if at.year not in YEARS:
        raise InvalidInput("not a time at which a parcel can be on its way", path=path)
    return at


def _text(given: Mapping[str, Any], name: str, path: str) -> str:
    value = given.get(name, "")
    if not isinstance(value, str) or len(value) > MAX_TEXT[name]:
        raise InvalidInput(f"a text of at most {MAX_TEXT[name]} characters is needed", path=f"{path}.{name}")
    # JSON can carry halves of surrogate pairs, which no table and no other JSON takes.
    return value.encode(errors="replace").decode()
