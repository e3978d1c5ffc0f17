"""What carriers say of parcels: applied to the order if it is known, kept for it if it is not yet."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime

from oms.carriers.account import CarrierAccount
from oms.carriers.names import DEFAULT
from oms.carriers.protocol import Scan
from oms.clock import Clock, from_text, to_text
from oms.fulfillment.labels import tracking_reference
from oms.fulfillment.ports import Ports
from oms.fulfillment.scanned import track
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
    `carrier` is the account that sold the label or, for those who know of no accounts, the carrier's own name.
    After parking, the parcel is looked for once more: its label may have been recorded in between, and then nobody
    else would look.
    """
    by_number: dict[str, list[Scan]] = {}
    for scan in scans:
        by_number.setdefault(scan.tracking_number, []).append(scan)
    news: dict[tuple[str, str], _News] = {}
    parked = 0
    for number, said in by_number.items():
        seller, found = _look_up(ports, carrier, number)
        if found[seller].order_id is None:
            reference = tracking_reference(carrier, number)
            for scan in said:
                ports.references.park(reference, _dump(scan), notice_id=derived("scan", scan.scan_id), at=clock())
            seller, found = _look_up(ports, carrier, number)
        order_id = found[seller].order_id
        if order_id is None:
            parked += len(said)
            continue
        told = news.setdefault((order_id, seller), _News())
        told.scans += said
        _answer(told, found, number)
    for (order_id, seller), told in news.items():
        _apply(ports, seller, order_id, told, clock, told_by or carrier)
    return Received(applied=sum(len(each) for each in by_number.values()) - parked, parked=parked)


def claim(ports: Ports, carrier: str, tracking_number: str, clock: Clock) -> int:
    """A parcel became known: apply what was parked for it, and say how many scans that were.

    Those who know of no accounts parked it under the carrier's own name.
    """
    found = {carrier: ports.references.look_up(tracking_reference(carrier, tracking_number))}
    order_id = found[carrier].order_id
    if order_id is None:
        return 0
    account = next((each for each in _accounts(ports, carrier) if each.carrier == carrier), None)
    if account is not None and account.platform != carrier:
        found[account.platform] = ports.references.look_up(tracking_reference(account.platform, tracking_number))
    told = _News()
    _answer(told, found, tracking_number)
    if told.scans:
        _apply(ports, carrier, order_id, told, clock, carrier)
    return len(told.scans)


def _look_up(ports: Ports, carrier: str, number: str) -> tuple[str, dict[str, Lookup]]:
    """Who sold the parcel's label, by the name given or as an account with that carrier, and what was looked up."""
    found = {carrier: ports.references.look_up(tracking_reference(carrier, number))}
    if found[carrier].order_id is None:
        for account in _accounts(ports, carrier):
            if account.platform == carrier and account.carrier not in found:
                found[account.carrier] = ports.references.look_up(tracking_reference(account.carrier, number))
                if found[account.carrier].order_id is not None:
                    return account.carrier, found
    return carrier, found


def _accounts(ports: Ports, carrier: str) -> Sequence[CarrierAccount]:
    return () if carrier == DEFAULT else ports.accounts()


def _answer(told: _News, found: Mapping[str, Lookup], number: str) -> None:
    """Take along what was parked for a parcel, under whichever name."""
    for name, each in found.items():
        told.scans += _waiting(each)
        if each.parked:
            told.answered.append((tracking_reference(name, number), each.parked))


def _apply(ports: Ports, carrier: str, order_id: str, told: _News, clock: Clock, told_by: str) -> None:
    """Append what is new to the order, and only then let go of what was parked for it."""
    for start in range(0, len(told.scans), SCANS_AT_ONCE):
        some = told.scans[start : start + SCANS_AT_ONCE]
        # The cause is what was said, not the request that said it: another request may say the same and more.
        cause = "scans:" + derived(*sorted({f"{scan.tracking_number}/{scan.scan_id}" for scan in some}))
        caller = Caller(actor=f"carrier:{told_by}", cause=cause, clock=clock)
        execute(ports.log, order_id, lambda order, some=some: _said(order, carrier, some, clock()), caller)  # type: ignore[misc]
    for reference, parked in told.answered:
        ports.references.forget(reference, parked)


def _said(order: Order, carrier: str, scans: Sequence[Scan], now: datetime) -> list[OrderEvent]:
    return [*track(order, carrier, scans, now=now), *track_returns(order, carrier, scans)]


def _waiting(found: Lookup) -> list[Scan]:
    return [_load(parked.body) for parked in found.parked]


def _dump(scan: Scan) -> str:
    until = scan.until.isoformat() if scan.until else None
    return json.dumps({**asdict(scan), "at": to_text(scan.at), "until": until}, ensure_ascii=False)


def _load(text: str) -> Scan:
    body = json.loads(text)
    until = date.fromisoformat(body["until"]) if body.get("until") else None
    return Scan(**{**body, "at": from_text(body["at"]), "status": TrackingStatus(body["status"]), "until": until})
