"""Availability wired to this stack: what a basket can be promised, and its units kept until its order comes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from oms.clock import to_text
from oms.errors import FieldError, InvalidInput, NotFound, ShortStock
from oms.ids import derived
from oms.orders.contact import Address
from oms.orders.log import Caller
from oms.orders.reserving import ReservedUnits
from oms.platform import reservations, setup
from oms.platform.routing import ports
from oms.platform.stock_outlook import stock_and_expected
from oms.platform.stock_table import sku_stock
from oms.routing.basket import AvailabilityResource, availability_resource
from oms.routing.quote import quote
from oms.routing.quoted import Answer, Basket
from oms.setup import Channel
from oms.stock.reservations import MAX_LINES, Reservation, summed

if TYPE_CHECKING:
    from oms.routing.basket import MakeReservation


def availability(
    units: Mapping[str, int], destination: Address, *, channel_id: str = "", pickup: str = ""
) -> AvailabilityResource:
    """What a basket can be promised: one eventually consistent read for each sku, set-up at most a minute old.

    Raises:
        InvalidInput: there is no such channel, or nothing can be fetched at the location `pickup`.
    """
    world = ports()
    basket = Basket(
        units=units,
        channel=_channel(channel_id, "channel"),
        destination=destination,
        pickup=_store(pickup, "pickup"),
    )
    found = quote(basket, world, stock_and_expected)
    dated = bool(destination.country or pickup)
    return availability_resource(found, as_of=to_text(world.clock()), channel_id=channel_id, dated=dated)


def reserve(wish: MakeReservation, caller: Caller) -> Reservation:
    """Keep all units of a basket, once for each cause.

    Raises:
        InvalidInput: there is no such channel, store or product, or the units lie at too many places.
        ShortStock: says of which lines there is not enough, and how much there is.
        Conflict: the cause was that of another basket.
        Unavailable: others are faster again and again; call again.
    """
    channel = _channel(wish.channel_id, "channel_id")
    units: dict[str, int] = {}
    for line in wish.lines:
        units[line.sku] = units.get(line.sku, 0) + line.quantity
    basket = Basket(
        units=units,
        channel=channel,
        destination=Address(country=wish.country, postal_code=wish.postal_code, city=wish.city),
        pickup=_store(wish.pickup_location_id, "pickup_location_id"),
    )
    made_at = caller.clock()
    reservation = Reservation(
        reservation_id="r" + derived("reservation", caller.cause),
        channel_id=wish.channel_id,
        lines=units,
        units=(),
        made_at=made_at,
        expires_at=made_at + timedelta(minutes=wish.minutes),
    )
    paths = {line.sku: f"lines[{number}]" for number, line in reversed(list(enumerate(wish.lines)))}
    return reservations.make(reservation, lambda: _places(basket, paths), caller)


def _places(basket: Basket, paths: Mapping[str, str]) -> tuple[ReservedUnits, ...]:
    found = quote(basket, ports(), lambda sku: (sku_stock(sku, consistent=True), ()))
    unknown = [
        FieldError(f"{paths[line.sku]}.sku", "there is no such product")
        for line in found.lines
        if line.answer is Answer.UNKNOWN
    ]
    if unknown:
        raise InvalidInput("some of it is not sold here; see errors", errors=unknown)
    short = [
        FieldError(f"{paths[line.sku]}.quantity", f"{line.available} of {line.quantity} are in stock")
        for line in found.lines
        if line.answer is not Answer.IN_STOCK
    ]
    if short:
        raise ShortStock("not all of it can be kept; nothing was", errors=short)
    units = summed(found.reserved)
    if len(units) > MAX_LINES:
        raise InvalidInput(f"it would take units from more than {MAX_LINES} places: reserve it in parts", path="lines")
    return units


def _channel(channel_id: str, path: str) -> Channel | None:
    try:
        return setup.channel(channel_id) if channel_id else None
    except NotFound as error:
        raise InvalidInput(error.detail, path=path) from None


def _store(location_id: str, path: str) -> str:
    if not location_id:
        return ""
    known = next((each for each in setup.locations() if each.location_id == location_id), None)
    if known is None or not known.active or not known.pickup_days:
        raise InvalidInput(f"nothing can be fetched at {location_id!r}", path=path)
    return location_id
