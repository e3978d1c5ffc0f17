"""The calls that move a fulfillment order on: accept, pick, pack, ship, deliver, reject."""

from __future__ import annotations

from functools import partial

from chalice.app import Blueprint, Response

from chalicelib.doing import done
from oms.platform.http import endpoint, parse

work = Blueprint(__name__)
_done = partial(done, work)


@work.route("/fulfillment-orders/{fulfillment_order_id}/accept", methods=["POST"], content_types=[])
@endpoint(work, scope="fulfillment")
def accept_work(fulfillment_order_id: str) -> Response:
    """Take the work on."""
    from oms.fulfillment.work import accept

    return _done(accept, fulfillment_order_id)


@work.route("/fulfillment-orders/{fulfillment_order_id}/pick", methods=["POST"], content_types=[])
@endpoint(work, scope="fulfillment")
def pick_units(fulfillment_order_id: str) -> Response:
    """Take units from the shelf."""
    from oms.fulfillment.requests import Pick
    from oms.fulfillment.work import pick

    return _done(pick, fulfillment_order_id, units=parse(Pick, work).lines)


@work.route("/fulfillment-orders/{fulfillment_order_id}/pack", methods=["POST"], content_types=[])
@endpoint(work, scope="fulfillment")
def pack_parcel(fulfillment_order_id: str) -> Response:
    """Close a parcel and buy its label."""
    from oms.fulfillment.requests import Pack
    from oms.fulfillment.work import pack

    wish = parse(Pack, work)
    return _done(pack, fulfillment_order_id, packing=wish.packing(), label=wish.label())


@work.route("/fulfillment-orders/{fulfillment_order_id}/ship", methods=["POST"], content_types=[])
@endpoint(work, scope="fulfillment")
def ship_parcels(fulfillment_order_id: str) -> Response:
    """Book parcels out of the location."""
    from oms.fulfillment.requests import OfParcel
    from oms.fulfillment.work import ship

    return _done(ship, fulfillment_order_id, parcel_id=parse(OfParcel, work).parcel_id)


@work.route("/fulfillment-orders/{fulfillment_order_id}/deliver", methods=["POST"], content_types=[])
@endpoint(work, scope="fulfillment")
def deliver_parcels(fulfillment_order_id: str) -> Response:
    """Say that parcels were handed to the customer, where no carrier says it."""
    from oms.fulfillment.requests import OfParcel
    from oms.fulfillment.work import deliver

    return _done(deliver, fulfillment_order_id, parcel_id=parse(OfParcel, work).parcel_id)


@work.route("/fulfillment-orders/{fulfillment_order_id}/reject", methods=["POST"], content_types=[])
@endpoint(work, scope="fulfillment")
def reject_units(fulfillment_order_id: str) -> Response:
    """Give back what is missing, damaged or cannot be sent: stock is corrected, and another location is asked."""
    from oms.fulfillment.requests import Reject
    from oms.fulfillment.work import reject

    return _done(reject, fulfillment_order_id, rejecting=parse(Reject, work).rejecting())


@work.route("/fulfillment-orders/{fulfillment_order_id}/cancellation/accept", methods=["POST"], content_types=[])
@endpoint(work, scope="fulfillment")
def accept_cancellation(fulfillment_order_id: str) -> Response:
    """Put back what is not wanted any more: the units that were asked for, which are free stock with this call."""
    from oms.fulfillment.requests import AcceptCancellation
    from oms.fulfillment.work import accept_cancellation as accept

    return _done(accept, fulfillment_order_id, request_id=parse(AcceptCancellation, work).request_id)


@work.route("/fulfillment-orders/{fulfillment_order_id}/cancellation/decline", methods=["POST"], content_types=[])
@endpoint(work, scope="fulfillment")
def decline_cancellation(fulfillment_order_id: str) -> Response:
    """Let the units go out all the same, and say why."""
    from oms.fulfillment.requests import DeclineCancellation
    from oms.fulfillment.work import decline_cancellation as decline

    wish = parse(DeclineCancellation, work)
    return _done(decline, fulfillment_order_id, request_id=wish.request_id, reason=wish.reason)
