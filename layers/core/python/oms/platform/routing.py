"""Routing wired to this stack: its ports, and what its queue and streams ask of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oms.clock import now
from oms.errors import NotFound
from oms.fraud.protocol import Screening, ScreeningRequest
from oms.orders.contact import Address
from oms.orders.events import UnitsBackordered, UnitsCancelled, UnitState
from oms.orders.evolve import fold
from oms.orders.log import Caller
from oms.orders.log import load as load_order
from oms.orders.rejecting import LocationReadmitted
from oms.payments.notices import load
from oms.platform import capacity
from oms.platform.batch import received
from oms.platform.event_log import order_log
from oms.platform.incoming import expected
from oms.platform.payments import gateway, know
from oms.platform.queues import MONEY_TOLD, PROMISE_DUE, RESERVATION_DUE, look_again
from oms.platform.reservations import expire
from oms.platform.reservations import find as find_reservation
from oms.platform.setup import channel, locations, products, rate_cards, sourcing_rules
from oms.platform.stock_buckets import glance
from oms.platform.stock_items import number_in, owner
from oms.platform.stock_line import waiters
from oms.platform.stock_table import sku_stock
from oms.routing.backorders import fill_backorders, lines_to_serve, waiting_for
from oms.routing.news import refresh
from oms.routing.notices import settle
from oms.routing.ports import Ports
from oms.routing.process import ACTOR, advance
from oms.setup import Channel
from oms.sourcing.distance import Coordinates
from oms.sourcing.geography import address_problem, locate
from oms.stock.buckets import COMMITTED, ON_HAND
from oms.stock.levels import SkuStock, StockReason
from oms.stock.shares import beyond_buffers, kept_back

_PROVING = 2
"""So often a message is handled with plans that are proved."""


def ports(*, proof: bool = False) -> Ports:
    """What routing needs, from this stack's tables and queues.

    Plans are proved only where there is a whole processor and time for it: in the function that reads the queue.
    """
    return Ports(
        log=order_log(),
        clock=now,
        products=products,
        locations=locations,
        sku_stock=_sku_stock,
        glance=_glance,
        waiters=waiters,
        expected=lambda sku: expected(sku, consistent=True),
        locate=_locate,
        address_problem=address_problem,
        gateway=gateway,
        look_again=look_again,
        screen=_screen,
        know=know,
        rules=sourcing_rules,
        cards=rate_cards,
        rooms=capacity,
        channel=_channel,
        reservation=find_reservation,
        proof=proof,
    )


def _sku_stock(sku: str) -> SkuStock:
    places = {each.location_id: each for each in locations()}
    product = products([sku]).get(sku)
    return beyond_buffers(sku_stock(sku, consistent=True), lambda each: kept_back(places.get(each), product))


def _glance(sku: str) -> SkuStock | None:
    """A hot sku as it was just seen, where every unit may be sold: what stays at a place is told by reading only."""
    seen = glance(sku)
    if seen is None:
        return None
    places = {each.location_id: each for each in locations()}
    product = products([sku]).get(sku)
    return None if any(kept_back(places.get(each.location_id), product) for each in seen.levels) else seen


def _channel(channel_id: str) -> Channel | None:
    try:
        return channel(channel_id)
    except NotFound:
        return None


def _screen(request: ScreeningRequest) -> Screening:
    from oms.platform.screening import screen

    return screen(request)


def _locate(address: Address) -> Coordinates | None:
    return locate(address.country, address.postal_code, address.city)


def handle(message: dict[str, Any], message_id: str) -> None:
    """A message of the routing queue: serve the line for what was backordered, and take the order further."""
    if message["type"] == RESERVATION_DUE:
        expire(message["reservation_id"], Caller(actor=ACTOR, cause=message.get("id", message_id), clock=now))
        return
    order_id, cause = message["order_id"], message.get("id", message_id)
    # Who ran out of time twice shall not do so until the message is dead.
    here = ports(proof=received() <= _PROVING)
    if message["type"] == MONEY_TOLD:
        settle(here, order_id, load(message["notice"]))
        return
    if message["type"] in {UnitsBackordered.__name__, UnitsCancelled.__name__}:
        for sku in _lines_behind(message):
            fill_backorders(here, sku, cause)
    if message["type"] == PROMISE_DUE:
        refresh(here, order_id, cause)
        return
    if message["type"] == LocationReadmitted.__name__:
        for sku in waiting_for(load_order(order_log(), order_id)):
            fill_backorders(here, sku, cause)
    advance(
        here,
        order_id,
        cause,
        check_pending=message["type"] == "PaymentPending",
        attempt=message.get("attempt", 0),
    )


def _lines_behind(message: dict[str, Any]) -> list[str]:
    """The skus in whose lines somebody may be served, now that this order waits or does not wait any more."""
    units = message.get("data", {}).get("units", ())
    if units and message["type"] == UnitsCancelled.__name__ and not any(map(_waited, units)):
        return []
    entries = order_log().entries(message["order_id"])
    event, order = entries[message["seq"] - 1].events[message["index"]], fold(entries)
    assert isinstance(event, UnitsBackordered | UnitsCancelled)
    return lines_to_serve(ports(), order, event) if order is not None else []


def _waited(units: Mapping[str, Any]) -> bool:
    return bool(units["source"] == UnitState.BACKORDERED)


GIVEN_UP = frozenset({StockReason.CORRECTED, StockReason.DAMAGED})
"""Why units of a level are gone that were there: among other things, for a rejection."""


def stock_arrived(record: dict[str, Any]) -> None:
    """A change of a stock level: when units became available, serve those who wait for the sku.

    Also when a location did not find units or found them broken: the order that it gave back had a right to others that
    lie there, which it has no more.
    """
    image = record["dynamodb"].get("NewImage", {})
    before = record["dynamodb"].get("OldImage", {})
    reason = image.get("last", {"M": {}})["M"].get("reason", {}).get("S")
    if (_available(image) > _available(before) and reason != StockReason.SPREAD) or reason in GIVEN_UP:
        sku, location_id, _ = owner(image)
        fresh = number_in(image, ON_HAND) - number_in(before, ON_HAND) > 0 or _more_good(image, before)
        cause = f"stock:{record['eventID']}"
        fill_backorders(ports(), sku, cause, fresh_at=location_id if fresh else "")


def _more_good(image: dict[str, Any], before: dict[str, Any]) -> bool:
    """Whether units became available that were there and not for sale: not those that an order merely let go."""
    let_go = number_in(before, COMMITTED) - number_in(image, COMMITTED)
    return _available(image) - _available(before) > let_go


def _available(image: dict[str, Any]) -> int:
    return int(image.get("available", {"N": "0"})["N"])
