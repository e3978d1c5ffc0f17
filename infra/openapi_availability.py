"""What the API document says of availability and reservations."""

from __future__ import annotations

from infra.openapi_calls import Call, Query
from oms.orders.sold import MAX_UNITS
from oms.routing.basket import AvailabilityResource, ExtendReservation, MakeReservation, ReservationResource
from oms.stock.reservations import MAX_LINES

AVAILABILITY_CALLS: dict[tuple[str, str], Call] = {
    ("GET", "/availability"): Call(
        tag="stock",
        answers={200: AvailabilityResource},
        query=(
            Query(
                name="sku",
                description="What is asked for; repeat it for a basket.",
                schema={"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": MAX_LINES},
            ),
            Query(
                name="quantity",
                description="Units of each sku, in the same order; without any, one of each.",
                schema={"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": MAX_UNITS}},
            ),
            Query(
                name="country",
                description="Where it would go (ISO 3166-1 alpha-2); without it no day of delivery is told.",
                schema={"type": "string"},
            ),
            Query(name="postal_code", description="Where in that country.", schema={"type": "string"}),
            Query(name="city", description="Where in that country.", schema={"type": "string"}),
            Query(
                name="pickup",
                description="The store in which the customer would fetch it.",
                schema={"type": "string"},
            ),
            Query(
                name="channel",
                description="The channel whose pool and buffer count; without it, all stock.",
                schema={"type": "string"},
            ),
        ),
    ),
    ("POST", "/reservations"): Call(
        tag="stock", body=MakeReservation, answers={201: ReservationResource}, repeatable=True
    ),
    ("GET", "/reservations/{reservation_id}"): Call(tag="stock", answers={200: ReservationResource}),
    ("DELETE", "/reservations/{reservation_id}"): Call(tag="stock", answers={200: ReservationResource}),
    ("POST", "/reservations/{reservation_id}/extend"): Call(
        tag="stock", body=ExtendReservation, body_required=False, answers={200: ReservationResource}
    ),
}
