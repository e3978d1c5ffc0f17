"""Buying a label once, from carriers that have no idempotency keys: written down before, and judged after.

A carrier that knows its calls by their key (`Ability.REPEAT`) is simply asked again. For the others each purchase has a
record under what it is for (a parcel, a return):

    wanted      about to be asked, or being asked. Whoever comes within a minute is told to come again
    bought      the carrier's answer; the same wish gets the same label for ever
    doubtful    no answer came, or whoever asked died: there may be a label at the carrier that nobody has
    refused     certainly not carried out: the carrier said why, to whoever asked
    voided      taken back

A wish is the parcel and all that is printed on its label: where it goes, from where, by which service, in which form.
Another weight is the same wish. A doubtful purchase does not stop the work: the next try buys again, and the doubtful
label is looked for at the carrier by the parcel's id and taken back, as far as the carrier can be asked that way, and
several times, as carriers list shipments late. What is not found then stays doubtful, counted and for a person.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from oms.carriers.names import LabelFormat
from oms.carriers.protocol import Ability, Carrier, Finds, InDoubt, Label, Shipment, Voids
from oms.clock import Clock
from oms.errors import NotAllowed, OmsError, Unavailable

PATIENCE = timedelta(minutes=1)
"""How long somebody may be asking. A call takes 20 seconds at most, and a process lives no longer than 60."""


class State(StrEnum):
    """See the module."""

    WANTED = "wanted"
    BOUGHT = "bought"
    DOUBTFUL = "doubtful"
    REFUSED = "refused"
    VOIDED = "voided"


GONE = frozenset({State.REFUSED, State.VOIDED})
UNKNOWN = frozenset({State.WANTED, State.DOUBTFUL})


@dataclass(frozen=True, slots=True, kw_only=True)
class Bought:
    """A label as it is recorded; `document` is its key in the documents bucket."""

    carrier: str
    service: str
    tracking_number: str
    tracking_url: str
    document: str
    cost: int = 0
    currency: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """One try to buy a label for something. `entry` is its key among those of `owner`."""

    owner: str
    entry: str
    carrier: str
    service: str
    """As it was asked for."""
    state: State
    at: datetime
    label: Bought | None = None


class Purchases(Protocol):
    """Keeps purchases; see `oms.platform.purchases`."""

    def of(self, owner: str) -> Sequence[Purchase]:
        """All tries for something, the earliest first; strongly consistent."""
        ...

    def begin(self, purchase: Purchase) -> bool:
        """Write a purchase down that is not there yet; False when it is."""
        ...

    def change(self, purchase: Purchase, *, before: State) -> bool:
        """Write over it, if it still is in this state; False when it is not."""
        ...


class Papers(Protocol):
    """Where labels are kept; see `oms.platform.documents`."""

    def put(self, key: str, content: bytes) -> None:
        """Store a document, over whatever stood under its key."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyer:
    """What buying needs of the world."""

    purchases: Purchases
    papers: Papers
    clock: Clock


def buy(buyer: Buyer, seller: Carrier, shipment: Shipment, *, key: str, folder: str) -> Bought:
    """The label for a shipment: bought now, or by an earlier call for the same.

    `key` is what it is for and its owner's id; the print is kept under `folder` before anybody hears of the label.

    Raises:
        InvalidInput, Refused, Unavailable: see `Carrier.buy_label`. Nothing was bought, or it is written down.
    """
    if Ability.REPEAT in seller.abilities:
        label = seller.buy_label(shipment, idempotency_key=key)
        return _kept(buyer, seller, label, f"{folder}/{shipment.parcel_id}-label")
    wish = _wish(seller, shipment, key)
    mine = [each for each in buyer.purchases.of(shipment.parcel_id) if each.entry.startswith(wish)]
    for each in mine:
        if each.state is State.BOUGHT and each.label is not None:
            return each.label
        if each.state is State.WANTED:
            _give_up(buyer, each)
    purchase = Purchase(
        owner=shipment.parcel_id,
        entry=f"{wish}#{len(mine) + 1:03d}",
        carrier=seller.name,
        service=shipment.service,
        state=State.WANTED,
        at=buyer.clock(),
    )
    if not buyer.purchases.begin(purchase):
        raise Unavailable("somebody else is buying this label: ask again in a moment")
    return _ask(buyer, seller, shipment, purchase, key, folder)


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Which label the log has for something; without one, the key under which the next may be bought just now."""

    number: str = ""
    key: str = ""


def tidy(buyer: Buyer, owner: str, use: Callable[[], Use], find: Iterable[Carrier]) -> list[Purchase]:
    """Take back what was bought for something and is not the label that is used; returns what stays doubtful.

    `use` reads the log, which is asked after the purchases: whatever else was bought by then is not used. While the log
    has no label, somebody may be buying it: what is under its key is left alone, and nobody is asked for strays.
    """
    sellers = {each.name: each for each in find}
    tries = buyer.purchases.of(owner)
    used = use()
    known = {each.label.tracking_number for each in tries if each.label is not None} | {used.number}
    doubtful = []
    for each in tries:
        seller = sellers.get(each.carrier)
        if each.state is State.BOUGHT and each.label is not None:
            number = each.label.tracking_number
            busy = bool(used.key) and each.entry.startswith(f"{used.key}#")
            if number == used.number or busy or not isinstance(seller, Voids):
                continue
            if not _take_back(buyer, seller, each, [number]):
                doubtful.append(each)
        elif each.state in UNKNOWN and used.number and not _found(buyer, seller, each, known, lambda: use() == used):
            doubtful.append(each)
    return doubtful


def may_be_found(purchase: Purchase, seller: Carrier) -> bool:
    """Whether looking for the label of a doubtful purchase once more may help: carriers list shipments late."""
    return purchase.state in UNKNOWN and isinstance(seller, Finds) and isinstance(seller, Voids)


def _ask(buyer: Buyer, seller: Carrier, shipment: Shipment, purchase: Purchase, key: str, folder: str) -> Bought:
    try:
        label = seller.buy_label(shipment, idempotency_key=key)
    except InDoubt as error:
        buyer.purchases.change(replace(purchase, state=State.DOUBTFUL), before=State.WANTED)
        raise Unavailable(
            f"{error.detail}. Whether there is a label is not known: the next try buys another, and this one is taken"
            " back if it is found"
        ) from None
    except OmsError:
        buyer.purchases.change(replace(purchase, state=State.REFUSED), before=State.WANTED)
        raise
    bought = _kept(buyer, seller, label, f"{folder}/{shipment.parcel_id}-label-{label.tracking_number}")
    done = replace(purchase, state=State.BOUGHT, label=bought)
    if not buyer.purchases.change(done, before=State.WANTED):
        # It took so long that somebody else gave it up, and bought another. The log decides which of them is used.
        buyer.purchases.change(done, before=State.DOUBTFUL)
    return bought


def chosen(tries: Iterable[Purchase]) -> tuple[str, str] | None:
    """The carrier and service that an earlier try for the same chose: prices change, and one label is enough."""
    return next(((each.carrier, each.service) for each in tries if each.state not in GONE), None)


def _give_up(buyer: Buyer, purchase: Purchase) -> None:
    """Take a purchase that nobody finished for doubtful, once nobody can be at it any more."""
    if buyer.clock() - purchase.at < PATIENCE:
        raise Unavailable("somebody else is buying this label: ask again in a minute")
    buyer.purchases.change(replace(purchase, state=State.DOUBTFUL), before=State.WANTED)


def _kept(buyer: Buyer, seller: Carrier, label: Label, name: str) -> Bought:
    document = f"{name}.{label.format.value}"
    buyer.papers.put(document, label.document)
    return Bought(
        carrier=seller.name,
        service=label.service,
        tracking_number=label.tracking_number,
        tracking_url=label.tracking_url,
        document=document,
        cost=label.cost,
        currency=label.currency,
    )


def _take_back(buyer: Buyer, seller: Voids, purchase: Purchase, numbers: Iterable[str]) -> bool:
    """Void all labels of a purchase, and only then say so: who dies in between voids them again, which harms nobody."""
    refused = False
    for number in numbers:
        try:
            seller.void(number)
        except NotAllowed:
            refused = True
    if not refused:
        buyer.purchases.change(replace(purchase, state=State.VOIDED), before=purchase.state)
    return not refused


def _found(
    buyer: Buyer, seller: Carrier | None, purchase: Purchase, known: set[str], still: Callable[[], bool]
) -> bool:
    """Whether the label of a doubtful purchase was found at the carrier, and taken back.

    The carrier may have named one that was bought only now, under a new key, after the label of the log was voided:
    the log says so, if that is `still` what it was after the answer.
    """
    if not isinstance(seller, Finds) or not isinstance(seller, Voids):
        return False
    strays = [each for each in seller.find(purchase.owner, day=purchase.at.date()) if each not in known]
    if not strays or not still():
        return False
    known |= set(strays)
    return _take_back(buyer, seller, purchase, strays)


def _wish(seller: Carrier, shipment: Shipment, key: str) -> str:
    printed = (
        seller.name,
        shipment.service,
        shipment.format.value,
        *asdict(shipment.sender).values(),
        *asdict(shipment.recipient).values(),
    )
    return f"{key}#{hashlib.sha256(repr(printed).encode()).hexdigest()[:16]}"


def extension(document: str) -> LabelFormat:
    """The form of a label, by the key of its document."""
    return LabelFormat.ZPL if document.endswith(".zpl") else LabelFormat.PDF
