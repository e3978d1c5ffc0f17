"""What carriers say of parcels: applied to the order if it is known, kept for it if it is not yet."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field

from oms.carriers.protocol import Scan
from oms.clock import Clock, from_text, to_text
from oms.fulfillment.decisions import track
from oms.fulfillment.labels import tracking_reference
from oms.fulfillment.ports import Ports
from oms.fulfillment.way_back import track_returns
from oms.ids import derived
from oms.orders.events import OrderEvent, TrackingStatus
from oms.orders.log import Caller, Reference, execute
from oms.orders.order import Order
from oms.orders.references import Lookup, Parked

SCANS_AT_ONCE = 200
"""Scans that one entry of the log takes on: an entry has 400 kB at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """How many scans of a webhook concern parcels that we know, and how many wait for theirs."""

    applied: int = 0
    parked: int = 0


@dataclass(slots=True)
class _News:
    """What there is to say to one order, and the parked notices that it answers."""

    scans: list[Scan] = field(default_factory=list)
    answered: list[tuple[Reference, Sequence[Parked]]] = field(default_factory=list)


def receive(ports: Ports, carrier: str, scans: Iterable[Scan], clock: Clock, *, told_by: str = "") -> Received:
    """Take in scans of a carrier's parcels: those of one order in one entry, those of unknown parcels parked for them.

    They may come from a webhook or from asking; `told_by` names who told them, when it was not the carrier itself.
    After parking, the parcel is looked for once more: its label may have been recorded in between, and then nobody
    else would look.
    """
    by_number: dict[str, list[Scan]] = {}
    for scan in scans:
        by_number.setdefault(scan.tracking_number, []).append(scan)
    news: dict[str, _News] = {}
    parked = 0
    for number, said in by_number.items():
        reference = tracking_reference(carrier, number)
        found = ports.references.look_up(reference)
        if found.order_id is None:
            for scan in said:
                ports.references.park(reference, _dump(scan), notice_id=derived("scan", scan.scan_id), at=clock())
            found = ports.references.look_up(reference)
        if found.order_id is None:
            parked += len(said)
            continue
        told = news.setdefault(found.order_id, _News())
        told.scans += [*said, *_waiting(found)]
        told.answered.append((reference, found.parked))
    for order_id, told in news.items():
        _apply(ports, carrier, order_id, told, clock, told_by or carrier)
    return Received(applied=sum(len(each) for each in by_number.values()) - parked, parked=parked)


def claim(ports: Ports, carrier: str, tracking_number: str, clock: Clock) -> int:
    """A parcel became known: apply what was parked for it, and say how many scans that were."""
    reference = tracking_reference(carrier, tracking_number)
    found = ports.references.look_up(reference)
    if found.order_id is None or not found.parked:
        return 0
    told = _News(scans=_waiting(found), answered=[(reference, found.parked)])
    _apply(ports, carrier, found.order_id, told, clock, carrier)
    return len(told.scans)


def _apply(ports: Ports, carrier: str, order_id: str, told: _News, clock: Clock, told_by: str) -> None:
    """Append what is new to the order, and only then let go of what was parked for it."""
    for start in range(0, len(told.scans), SCANS_AT_ONCE):
        some = told.scans[start : start + SCANS_AT_ONCE]
        # The cause is what was said, not the request that said it: another request may say the same and more.
        cause = "scans:" + derived(*sorted({f"{scan.tracking_number}/{scan.scan_id}" for scan in some}))
        caller = Caller(actor=f"carrier:{told_by}", cause=cause, clock=clock)
        execute(ports.log, order_id, lambda order, some=some: _said(order, carrier, some), caller)  # type: ignore[misc]
    for reference, parked in told.answered:
        ports.references.forget(reference, parked)


def _said(order: Order, carrier: str, scans: Sequence[Scan]) -> list[OrderEvent]:
    return [*track(order, carrier, scans), *track_returns(order, carrier, scans)]


def _waiting(found: Lookup) -> list[Scan]:
    return [_load(parked.body) for parked in found.parked]


def _dump(scan: Scan) -> str:
    return json.dumps({**asdict(scan), "at": to_text(scan.at)}, ensure_ascii=False)


def _load(text: str) -> Scan:
    body = json.loads(text)
    return Scan(**{**body, "at": from_text(body["at"]), "status": TrackingStatus(body["status"])})
