"""What an edit or a cancellation would change, as the API shows it: a preview, of which nothing is written."""

from __future__ import annotations

import sys
from typing import Literal

from oms.orders.preview import Collection, Effect
from oms.orders.transitions import OrderStatus
from oms.returns.decisions import order_actions
from oms.views.after_sale import money
from oms.views.basic_shapes import MoneyResource
from oms.views.resource import line_resource
from oms.views.shapes import LineResource

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:  # pydantic, which makes the API document of these, asks for the newer one
    from typing_extensions import TypedDict


class Change(TypedDict):
    """An amount as it is and as it would be."""

    before: MoneyResource
    after: MoneyResource


class FreedUnits(TypedDict):
    """Units whose stock would be free again; `location_id` is null where none was reserved."""

    line_id: str
    sku: str
    quantity: int
    location_id: str | None


class AskedUnits(TypedDict):
    """Units that a location would be asked to put back."""

    fulfillment_order_id: str
    location_id: str
    units: dict[str, int]


class EffectResource(TypedDict):
    """What would change. To make it so, send the call again without `preview`, with the `ETag` as `If-Match`."""

    preview: Literal[True]
    order_id: str
    version: int
    """The order's version that this was worked out on."""
    status: OrderStatus
    """What the order's status would be."""
    total: Change
    due: Change
    to_collect: MoneyResource
    """What the customer would have to pay on top."""
    collected_by: Collection | None
    """How: from their `instrument`, `at_the_door`, or by the `customer`, for whom the order would wait."""
    to_refund: MoneyResource
    """What was charged and would go back."""
    to_release: MoneyResource
    """What is reserved and would not be charged."""
    cancelled: list[FreedUnits]
    """Units that would be cancelled at once."""
    requests: list[AskedUnits]
    """Units that their locations work on; neither stock nor money moves before they accept."""
    resourced: list[FreedUnits]
    """Units that would be taken from their location, and a place looked for anew."""
    added: list[LineResource]
    """Lines that would be added."""
    actions: list[str]
    """What could be done with the order then."""


def effect_resource(effect: Effect) -> EffectResource:
    """A preview as JSON values."""
    before, after = effect.before, effect.after
    return {
        "preview": True,
        "order_id": before.order_id,
        "version": before.version,
        "status": after.status,
        "total": {"before": money(before, before.total), "after": money(after, after.total)},
        "due": {"before": money(before, before.due), "after": money(after, after.due)},
        "to_collect": money(after, effect.to_collect),
        "collected_by": effect.collected_by,
        "to_refund": money(after, effect.to_refund),
        "to_release": money(after, effect.to_release),
        "cancelled": [
            {
                "line_id": unit.line_id,
                "sku": unit.sku,
                "quantity": unit.quantity,
                "location_id": unit.location_id or None,
            }
            for unit in effect.cancelled
        ],
        "requests": [
            {
                "fulfillment_order_id": each.fulfillment_order_id,
                "location_id": after.fulfillment_orders[each.fulfillment_order_id].location_id,
                "units": {unit.line_id: unit.quantity for unit in each.units},
            }
            for each in effect.requests
        ],
        "resourced": [
            {
                "line_id": unit.line_id,
                "sku": unit.sku,
                "quantity": unit.quantity,
                "location_id": unit.location_id,
            }
            for unit in effect.resourced
        ],
        "added": [line_resource(after, after.lines[each]) for each in after.lines if each not in before.lines],
        "actions": [*after.actions, *order_actions(after)],
    }
