"""What routing needs of the world, as one value that `functions/route` fills in and tests replace."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from oms.clock import Clock
from oms.fraud.protocol import Screening, ScreeningRequest
from oms.orders.contact import Address
from oms.orders.log import OrderLog
from oms.payments.gateway import Gateway
from oms.setup import Channel, Location, Product
from oms.sourcing.capacity import Used
from oms.sourcing.distance import Coordinates
from oms.sourcing.rates import RateCard
from oms.sourcing.rules import SourcingRule
from oms.stock.expected import Expected
from oms.stock.levels import SkuStock, Waiter
from oms.stock.reservations import Reservation


def _nobody_asks(gateway: str, reference: str, order_id: str) -> None:
    """Where nobody tells anything about payments, no reference has to lead to its order."""


class Rooms(Protocol):
    """What locations have taken on for their days."""

    def used(self, location_id: str, first: date, last: date) -> Used:
        """Units by day and slot, strongly consistent."""
        ...

    def seen_full(self, location_id: str) -> date | None:
        """The first day on which a location had room a moment ago; None when nobody looked."""
        ...

    def note_full(self, location_id: str, day: date) -> None:
        """Remember for a moment that a location has no room before a day."""
        ...


def _no_cards() -> Mapping[str, RateCard]:
    """Where nothing is charged by weight and zone, there are no rate cards."""
    return {}


def _nothing_comes(_sku: str) -> tuple[Expected, ...]:
    """Where nobody orders goods, none are on their way."""
    return ()


def _unknown(_id: str) -> None:
    """Where nothing of the kind is set up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The order log, and functions that read what routing decides on."""

    log: OrderLog
    clock: Clock
    products: Callable[[Iterable[str]], Mapping[str, Product]]
    """Products by sku; an unknown sku is left out."""
    locations: Callable[[], Iterable[Location]]
    sku_stock: Callable[[str], SkuStock]
    """Levels of a sku, strongly consistent, of which what stays at each location is not `available`."""
    waiters: Callable[[str], Iterable[Waiter]]
    """The first orders in the line for a sku."""
    locate: Callable[[Address], Coordinates | None]
    address_problem: Callable[[Address], str | None]
    gateway: Callable[[str], Gateway]
    look_again: Callable[[str, int], None]
    """Send (order id, attempt) to the routing queue once more, later: a payment is pending, or a screening."""
    screen: Callable[[ScreeningRequest], Screening]
    """Look at an order for fraud by its channel's rules; raises `Unavailable` when whoever is asked does not answer."""
    channel: Callable[[str], Channel | None] = _unknown
    """A channel by its id, or None."""
    reservation: Callable[[str], Reservation | None] = _unknown
    """A reservation by its id, strongly consistent, or None."""
    glance: Callable[[str], SkuStock | None] = _unknown
    """The levels of a hot sku as they were up to a second ago, or None; see `oms.routing.glance`."""
    know: Callable[[str, str, str], None] = _nobody_asks
    """Note to which order (third) a gateway's (first) reference of a payment (second) leads."""
    expected: Callable[[str], Sequence[Expected]] = _nothing_comes
    """What is on its way of a sku, strongly consistent."""
    rules: Callable[[], Iterable[SourcingRule]] = tuple
    """The rules of sourcing; without any, the rule of the house holds."""
    cards: Callable[[], Mapping[str, RateCard]] = _no_cards
    """Rate cards by id."""
    rooms: Rooms | None = None
    """Where nobody counts what locations can do in a day, they can do anything."""
    proof: bool = True
    """Whether plans are proved to be the cheapest, which may take seconds; else they tell what they may miss."""
