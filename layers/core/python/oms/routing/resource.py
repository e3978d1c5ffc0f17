"""How an order was routed, as the API shows it."""

from __future__ import annotations

import sys

from oms.orders.events import UnitState
from oms.orders.order import Order

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:  # pydantic, which makes the API document of these, asks for the newer one
    from typing_extensions import TypedDict


class CandidateResource(TypedDict):
    """A location that was considered, and why it was chosen or not."""

    location_id: str
    kilometres: int | None
    coverable: int
    """Units of the demand that it could cover by itself."""
    chosen: bool
    verdict: str


class DecisionResource(TypedDict):
    """One sourcing of the order: what it came to, and the candidates, at most 25 of those considered."""

    considered: int
    parcels: int
    kilometres: int | None
    candidates: list[CandidateResource]
    rule_id: str
    """The rule of sourcing by which it was decided; empty for decisions from before there were rules."""
    rule_version: int
    """Of the rule's set-up; 0 for the rule of the house."""


class ShareResource(TypedDict):
    """What one location ships: line id to units by state."""

    fulfillment_order_id: str
    location_id: str
    status: str
    units: dict[str, dict[str, int]]


class RoutingResource(TypedDict):
    """How an order was routed, and why so."""

    order_id: str
    version: int
    fulfillment_orders: list[ShareResource]
    backordered: dict[str, int]
    """Line id to units that wait for stock."""
    decisions: list[DecisionResource]


def routing_resource(order: Order) -> RoutingResource:
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
                "rule_id": explanation.rule_id,
                "rule_version": explanation.rule_version,
            }
            for explanation in order.explanations
        ],
    }
