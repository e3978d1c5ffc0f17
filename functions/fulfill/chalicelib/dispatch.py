"""The calls of the end of a location's day."""

from __future__ import annotations

from chalice.app import Blueprint, Response

from oms.platform.http import caller, endpoint, ok, parse

dispatch = Blueprint(__name__)


@dispatch.route("/locations/{location_id}/pickups", methods=["POST"])
@endpoint(dispatch, scope="fulfillment")
def call_carrier(location_id: str) -> Response:
    """Have a carrier come: 201 with its confirmation. The same Idempotency-Key calls once."""
    from oms.fulfillment.dispatch import call_carrier as call
    from oms.fulfillment.requests import CallCarrier
    from oms.platform.fulfillment import ports

    wish = parse(CallCarrier, dispatch)
    confirmation = call(ports(), location_id, caller(dispatch), wish.call())
    return ok({"carrier": wish.carrier, "confirmation": confirmation}, status=201)


@dispatch.route("/locations/{location_id}/pickups/{confirmation}/cancel", methods=["POST"])
@endpoint(dispatch, scope="fulfillment")
def call_off(location_id: str, confirmation: str) -> Response:
    """Call a carrier off."""
    from oms.fulfillment.dispatch import call_off as off
    from oms.fulfillment.requests import OfCarrier
    from oms.platform.fulfillment import ports

    wish = parse(OfCarrier, dispatch)
    off(ports(), location_id, carrier=wish.carrier, confirmation=confirmation, day=wish.day)
    return ok({"carrier": wish.carrier, "confirmation": confirmation})


@dispatch.route("/locations/{location_id}/manifests", methods=["POST"])
@endpoint(dispatch, scope="fulfillment")
def close_day(location_id: str) -> Response:
    """Close what was shipped with a carrier's account up to a day: 201 with where its paper opens for five minutes."""
    from dataclasses import asdict

    from oms.fulfillment.dispatch import close_day as close
    from oms.fulfillment.requests import OfCarrier
    from oms.platform.fulfillment import ports

    wish = parse(OfCarrier, dispatch)
    closed = close(ports(), location_id, caller(dispatch), carrier=wish.carrier, day=wish.day)
    return ok(asdict(closed), status=201)
