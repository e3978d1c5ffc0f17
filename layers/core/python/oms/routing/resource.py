"""How an order was routed, as the API shows it."""

from __future__ import annotations

from typing import Any

from oms.orders.events import UnitState
from oms.orders.order import Order


def routing_resource(order: Order) -> dict[str, Any]:
    """The fulfillment orders, and for each time that the order was sourced what was considered and why."""
    return {
        "order_id": order.order_id,
        "version": order.version,
        "fulfillment_orders": [
            {
                "fulfillment_order_id": each.fulfillment_order_id,
                "location_id": each.location_id,
                "status": each.status.value,
                "units": {
                    line_id: {state.value: count for state, count in counts.items() if count}
                    for line_id, counts in each.lines.items()
                },
            }
            for each in order.fulfillment_orders.values()
        ],
        "backordered": {
            line.placed.line_id: count
            for line in order.lines.values()
            if (count := line.counts.get(UnitState.BACKORDERED, 0))
        },
        "decisions": [
            {
                "considered": explanation.considered,
                "parcels": explanation.parcels,
                "kilometres": explanation.kilometres,
                "candidates": [
                    {
                        "location_id": candidate.location_id,
                        "kilometres": candidate.kilometres,
                        "coverable": candidate.coverable,
                        "chosen": candidate.chosen,
                        "verdict": candidate.verdict,
                    }
                    for candidate in explanation.candidates
                ],
            }
            for explanation in order.explanations
        ],
    }
