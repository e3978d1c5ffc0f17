"""What a channel is told of its orders and of what it sells, as values, and what a platform provides to be told.

Each call says how things shall be, not what to add to them: told twice, the platform has it once. Where a platform
takes no key for that, its adapter looks first at what is there.

Most platforms answer when they have done it. One that does it in its own time is told in steps: its adapter answers
each with `HandedIn`, which is written down before the next (`InSteps`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from typing import Protocol, cast

from oms.channels.connection import Connection
from oms.errors import Conflict
from oms.orders.reasons import CancellationReason
from oms.setup import Channel, ChannelUpdate, Platform


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """The order that something is said about, as the channel knows it. `total` in minor units of `currency`."""

    order_id: str
    external_id: str
    number: str
    currency: str
    total: int
    given_back: int = 0
    """What went back through the channel so far, as far as we know. A refund whose answer was lost is not in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsOf:
    """Units of one of the channel's lines. `amount` in minor units with tax, where money is spoken of."""

    external_line_id: str
    sku: str
    quantity: int
    amount: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipped:
    """A parcel has left. `key` is the same whenever it is told."""

    key: str
    at: datetime
    lines: tuple[UnitsOf, ...]
    carrier: str
    service: str
    tracking_number: str
    tracking_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """Units will not be sent; `everything` when nothing of the order will be."""

    key: str
    at: datetime
    lines: tuple[UnitsOf, ...]
    everything: bool
    code: CancellationReason = CancellationReason.OTHER


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyBack:
    """Money that the channel took is to go back to the customer through the channel: `amount` in minor units.

    `lines` are the units that came back, `cancelled` those that will not be sent and why (`code`), each with what they
    cost; `shipping` is what of it is shipping. None of it need add up: money may go back for no unit at all.
    """

    key: str
    at: datetime
    amount: int
    lines: tuple[UnitsOf, ...] = ()
    shipping: int = 0
    note: str = ""
    cancelled: tuple[UnitsOf, ...] = ()
    code: CancellationReason = CancellationReason.OTHER
    everything: bool = False
    """Whether nothing of the order was wanted any more."""

    @property
    def units(self) -> dict[str, int]:
        """Units by the channel's line, for whichever reason money goes back for them."""
        units: dict[str, int] = {}
        for each in (*self.lines, *self.cancelled):
            units[each.external_line_id] = units.get(each.external_line_id, 0) + each.quantity
        return units


@dataclass(frozen=True, slots=True, kw_only=True)
class StockLevel:
    """How many units of a sku the channel may sell now; never below zero."""

    sku: str
    available: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StockAnswer:
    """What became of a level: `problem` is empty when the platform has it, else it says why not, for people."""

    sku: str
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedIn:
    """A step on the way to something that a platform does in its own time; the next one follows after `wait`.

    `reference` has all that the next step has to know: at most 500 characters, and nothing about the customer.
    """

    reference: str
    wait: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """Where something stands that is told in steps.

    `fresh`: the reference was written down a moment ago by who has it in hand. Otherwise somebody may have made the
    step that follows, and have died or heard no answer.
    """

    reference: str
    fresh: bool


@dataclass(frozen=True, slots=True)
class Undone:
    """What was handed in came to nothing, for certain: tried again, it is begun anew. The reason is for people."""

    reason: str


Told = str | HandedIn | Undone
"""The platform's reference of what it has done (empty when it names none), or how far it is, or why it is not done."""


class ToldPlatform(Protocol):
    """The part of a platform's dialect in which it is told things, as a module of these functions.

    Each returns the platform's reference of what it made (empty when it names none), or `HandedIn` where the platform
    is `InSteps`. All raise `Unavailable` (or `Throttled`) when the same call may be made again, and `Refused` when a
    person has to look.
    """

    TAKES: frozenset[ChannelUpdate]
    """What this platform can be told at all."""
    STOCK_BATCH: int
    """Levels that `set_stock` takes at once."""

    def confirm_shipment(self, connection: Connection, sale: Sale, parcel: Shipped) -> str:
        """Say that a parcel has left, with its tracking number."""
        ...

    def cancel(self, connection: Connection, sale: Sale, cancelled: Cancelled) -> Told:
        """Say that units will not be sent. Money is not moved with it."""
        ...

    def refund(self, connection: Connection, sale: Sale, refund: MoneyBack) -> Told:
        """Have the platform give money back."""
        ...

    def set_stock(self, connection: Connection, levels: Sequence[StockLevel]) -> Sequence[StockAnswer]:
        """Set levels, at most `STOCK_BATCH`; one that the platform refuses stops no other."""
        ...


class InSteps(Protocol):
    """What a platform provides beside `ToldPlatform` whose calls answer with `HandedIn`."""

    def proceed(self, connection: Connection, sale: Sale, what: Cancelled | MoneyBack, handed: Handed) -> Told:
        """The next step of what was begun.

        Raises:
            Refused: a person has to look; tried again, it goes on from where it stands, unlike what is `Undone`.
        """
        ...


def told_platform(channel: Channel) -> ToldPlatform:
    """The code that tells a channel's platform, imported now if this process has not needed it before.

    Raises:
        Conflict: the channel has no platform.
    """
    if channel.platform is Platform.CANONICAL:
        raise Conflict(f"channel {channel.channel_id} has no platform: it hears of its orders by webhooks or the topic")
    return cast("ToldPlatform", import_module(f"oms.channels.{channel.platform}.outbound"))
