"""The doors of what may be sold: availability of a basket, and reservations that keep one until its order comes."""

from __future__ import annotations

from chalice.app import Blueprint, Response

from oms.platform.http import caller, current, endpoint, ok, parse, query

baskets = Blueprint(__name__)


@baskets.route("/availability", methods=["GET"])
@endpoint(baskets, scope="stock:read")
def available() -> Response:
    """What can be promised of a basket: how much, from where, and when it should arrive."""
    from oms.platform.availability import availability
    from oms.routing.basket import basket_of, destination

    asked, many = query(baskets), current(baskets).query_params
    skus, quantities = (many.getlist(name) if many and name in many else [] for name in ("sku", "quantity"))
    channel_id, pickup = asked.get("channel", ""), asked.get("pickup", "")
    return ok(availability(basket_of(skus, quantities), destination(asked), channel_id=channel_id, pickup=pickup))


@baskets.route("/reservations", methods=["POST"])
@endpoint(baskets, scope="orders:write")
def make_reservation() -> Response:
    """Keep a basket's units for a while: all of them, or none. Once per Idempotency-Key."""
    from oms.platform.availability import reserve
    from oms.routing.basket import MakeReservation, reservation_resource

    made = reserve(parse(MakeReservation, baskets), caller(baskets))
    return ok(reservation_resource(made), status=201, version=made.version)


@baskets.route("/reservations/{reservation_id}", methods=["GET"])
@endpoint(baskets, scope="orders:read")
def get_reservation(reservation_id: str) -> Response:
    """A reservation; one that is closed, for a week."""
    from oms.platform.reservations import reservation
    from oms.routing.basket import reservation_resource

    known = reservation(reservation_id)
    return ok(reservation_resource(known), version=known.version)


@baskets.route("/reservations/{reservation_id}", methods=["DELETE"])
@endpoint(baskets, scope="orders:write")
def release_reservation(reservation_id: str) -> Response:
    """Give the units back; one that is closed without an order stays as it is."""
    from oms.platform.reservations import release
    from oms.routing.basket import reservation_resource

    known = release(reservation_id, caller(baskets))
    return ok(reservation_resource(known), version=known.version)


@baskets.route("/reservations/{reservation_id}/extend", methods=["POST"])
@endpoint(baskets, scope="orders:write")
def extend_reservation(reservation_id: str) -> Response:
    """Keep the units for so many minutes from now."""
    from oms.clock import now
    from oms.platform.reservations import extend
    from oms.routing.basket import ExtendReservation, reservation_resource, until

    known = extend(reservation_id, until(now(), parse(ExtendReservation, baskets)))
    return ok(reservation_resource(known), version=known.version)
