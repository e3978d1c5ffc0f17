"""The calls about labels and carriers."""

from __future__ import annotations

from functools import partial

from chalice.app import Blueprint, Response

from chalicelib.doing import done
from oms.platform.http import endpoint, ok, parse, query, see_other

carrying = Blueprint(__name__)
_done = partial(done, carrying)


@carrying.route("/fulfillment-orders/{fulfillment_order_id}/label.pdf", methods=["GET"])
@endpoint(carrying, scope="fulfillment")
def label(fulfillment_order_id: str) -> Response:
    """Send the caller to the label of a parcel: of the one that was packed last, or of `?parcel_id=`."""
    return _label(fulfillment_order_id, "pdf")


@carrying.route("/fulfillment-orders/{fulfillment_order_id}/label.zpl", methods=["GET"])
@endpoint(carrying, scope="fulfillment")
def thermal_label(fulfillment_order_id: str) -> Response:
    """The same for a printer of thermal labels; only where the label was bought in this form."""
    return _label(fulfillment_order_id, "zpl")


@carrying.route("/fulfillment-orders/{fulfillment_order_id}/rates", methods=["GET"])
@endpoint(carrying, scope="fulfillment")
def read_rates(fulfillment_order_id: str) -> Response:
    """What carriers ask for a parcel of `?grams=&length=&width=&height=`, and which of them `pack` would take."""
    from oms.fulfillment.labels import rates
    from oms.fulfillment.requests import measures
    from oms.platform.fulfillment import concerning, ports
    from oms.views.carrying import choice_resource

    concerning(fulfillment_order_id)
    return ok(choice_resource(rates(ports(), fulfillment_order_id, measures(query(carrying)))))


@carrying.route(
    "/fulfillment-orders/{fulfillment_order_id}/labels/{parcel_id}/void", methods=["POST"], content_types=[]
)
@endpoint(carrying, scope="fulfillment")
def void_label(fulfillment_order_id: str, parcel_id: str) -> Response:
    """Say that a parcel's label is not to be used: the carrier takes it back, and the parcel needs another."""
    from oms.fulfillment.labelling import void_label as void

    return _done(void, fulfillment_order_id, parcel_id=parcel_id)


@carrying.route("/fulfillment-orders/{fulfillment_order_id}/labels/{parcel_id}", methods=["POST"], content_types=[])
@endpoint(carrying, scope="fulfillment")
def label_anew(fulfillment_order_id: str, parcel_id: str) -> Response:
    """Buy another label for a parcel whose label was voided."""
    from oms.fulfillment.labelling import label_anew as anew
    from oms.fulfillment.requests import LabelWish

    wanted = parse(LabelWish, carrying).label()
    return _done(anew, fulfillment_order_id, parcel_id=parcel_id, wanted=wanted)


def _label(fulfillment_order_id: str, form: str) -> Response:
    from oms.carriers.names import LabelFormat
    from oms.fulfillment.labels import label_link
    from oms.platform.fulfillment import concerning, ports

    concerning(fulfillment_order_id)
    parcel_id = query(carrying).get("parcel_id")
    return see_other(label_link(ports(), fulfillment_order_id, parcel_id, form=LabelFormat(form)))
