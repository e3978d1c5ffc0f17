"""What routing needs of the world, as one value that `functions/route` fills in and tests replace."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from oms.clock import Clock
from oms.fraud.protocol import Screening, ScreeningRequest
from oms.orders.contact import Address
from oms.orders.log import OrderLog
from oms.payments.gateway import Gateway
from oms.setup import Location, Product
from oms.sourcing.distance import Coordinates
from oms.sourcing.rates import RateCard
from oms.sourcing.rules import SourcingRule
from oms.stock.levels import SkuStock, Waiter


def _nobody_asks(gateway: str, reference: str, order_id: str) -> None:
    """Where nobody tells anything about payments, no reference has to lead to its order."""


def _no_cards() -> Mapping[str, RateCard]:
    """Where nothing is charged by weight and zone, there are no rate cards."""
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The order log, and functions that read what routing decides on."""

    log: OrderLog
    clock: Clock
    products: Callable[[Iterable[str]], Mapping[str, Product]]
    """Products by sku; an unknown sku is left out."""
    locations: Callable[[], Iterable[Location]]
    sku_stock: Callable[[str], SkuStock]
    """Levels of a sku, strongly consistent."""
    waiters: Callable[[str], Iterable[Waiter]]
    """The first orders in the line for a sku."""
    locate: Callable[[Address], Coordinates | None]
    address_problem: Callable[[Address], str | None]
    gateway: Callable[[str], Gateway]
    look_again: Callable[[str, int], None]
    """Send (order id, attempt) to the routing queue once more, later: a payment is pending, or a screening."""
    screen: Callable[[ScreeningRequest], Screening]
    """Look at an order for fraud by its channel's rules; raises `Unavailable` when whoever is asked does not answer."""
    know: Callable[[str, str, str], None] = _nobody_asks
    """Note to which order (third) a gateway's (first) reference of a payment (second) leads."""
    rules: Callable[[], Iterable[SourcingRule]] = tuple
    """The rules of sourcing; without any, the rule of the house holds."""
    cards: Callable[[], Mapping[str, RateCard]] = _no_cards
    """Rate cards by id."""
