"""What the API document says of the calls about carriers and labels."""

from __future__ import annotations

from infra.openapi_calls import Call, Query, Versioned
from oms.carriers.account import CarrierAccount
from oms.carriers.forms import CarrierAccountForm
from oms.carriers.keys import CarrierSecretsForm
from oms.fulfillment.requests import CallCarrier, LabelWish, OfCarrier
from oms.views.carrying import CarrierAccounts, CarrierSecrets, ChoiceResource, ClosedResource, PickupResource
from oms.views.work import FulfillmentWork

_ACCOUNT = Versioned(CarrierAccount)
_LABEL = Call(
    tag="fulfillment",
    answers={303: None},
    query=(
        Query(
            name="parcel_id",
            description="Which parcel's label. Without it: that of the parcel packed last.",
            schema={"type": "string"},
        ),
    ),
)
_MEASURES = tuple(
    Query(name=name, description=description, schema={"type": "integer"})
    for name, description in (
        ("grams", "What it weighs. Without it: what the goods weigh by their set-up."),
        ("length", "Millimetres, as are width and height."),
        ("width", ""),
        ("height", ""),
    )
)


def _work(body: type | None) -> Call:
    return Call(tag="fulfillment", body=body, answers={200: FulfillmentWork}, if_match=True, repeatable=True)


CARRIER_CALLS: dict[tuple[str, str], Call] = {
    ("GET", "/carriers"): Call(tag="set-up", answers={200: CarrierAccounts}),
    ("PUT", "/carriers/{carrier}"): Call(
        tag="set-up", body=CarrierAccountForm, answers={200: _ACCOUNT, 201: _ACCOUNT}, if_match=True
    ),
    ("GET", "/carriers/{carrier}"): Call(tag="set-up", answers={200: _ACCOUNT}),
    ("PUT", "/carriers/{carrier}/secrets"): Call(
        tag="set-up", body=CarrierSecretsForm, body_required=True, answers={200: CarrierSecrets}
    ),
    ("GET", "/carriers/{carrier}/secrets"): Call(tag="set-up", answers={200: CarrierSecrets}),
    ("GET", "/fulfillment-orders/{fulfillment_order_id}/label.pdf"): _LABEL,
    ("GET", "/fulfillment-orders/{fulfillment_order_id}/label.zpl"): _LABEL,
    ("POST", "/fulfillment-orders/{fulfillment_order_id}/labels/{parcel_id}"): _work(LabelWish),
    ("POST", "/fulfillment-orders/{fulfillment_order_id}/labels/{parcel_id}/void"): _work(None),
    ("POST", "/locations/{location_id}/pickups"): Call(
        tag="fulfillment", body=CallCarrier, body_required=True, answers={201: PickupResource}, repeatable=True
    ),
    ("POST", "/locations/{location_id}/pickups/{confirmation}/cancel"): Call(
        tag="fulfillment", body=OfCarrier, body_required=True, answers={200: PickupResource}
    ),
    ("POST", "/locations/{location_id}/manifests"): Call(
        tag="fulfillment", body=OfCarrier, body_required=True, answers={201: ClosedResource}
    ),
    ("GET", "/fulfillment-orders/{fulfillment_order_id}/rates"): Call(
        tag="fulfillment", answers={200: ChoiceResource}, query=_MEASURES
    ),
}
