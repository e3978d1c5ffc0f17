"""How an order was routed, as the API shows it."""

from __future__ import annotations

import sys
from datetime import date
from typing import Any

from oms.orders.events import Explanation, UnitState
from oms.orders.explained import Alternative
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
    cost: int | None
    """By the rule, in minor units of `currency`: of the chosen their share, of others what they would cost more."""
    arrives: str | None
    """Day (`2026-03-05`) on which a parcel from there should be there."""


class AlternativeResource(TypedDict):
    """The best plan that does without one of the chosen locations at least."""

    location_ids: list[str]
    parcels: int
    kilometres: int | None
    cost: int | None
    arrives: str | None
    verdict: str
    """What speaks against it."""


class DecisionResource(TypedDict):
    """One sourcing of the order: what it came to, and the candidates, at most 25 of those considered."""

    rule_id: str
    """Empty for decisions from before there were rules."""
    rule_version: int
    considered: int
    parcels: int
    kilometres: int | None
    currency: str
    """Of the costs; empty where the rule weighs no money."""
    cost: int | None
    """Of the choice by the rule, in minor units."""
    arrives: str | None
    gap: int
    """What another plan could cost less at most, in minor units (kilometres where the rule weighs no money)."""
    parcels_gap: int
    """How many parcels less another plan could take at most; with `gap` 0, it is proved that this is the best."""
    limited: str
    """Which limit of the rule leaves units waiting that are in stock; empty when none does."""
    next_best: AlternativeResource | None
    candidates: list[CandidateResource]
    inputs: dict[str, Any]
    """What the decision rested on: see `docs/sourcing.md`. Empty for decisions from before it was kept."""


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
        "decisions": [_decision(each) for each in order.explanations],
    }


def _decision(explanation: Explanation) -> DecisionResource:
    best = explanation.next_best
    return {
        "rule_id": explanation.rule_id,
        "rule_version": explanation.rule_version,
        "considered": explanation.considered,
        "parcels": explanation.parcels,
        "kilometres": explanation.kilometres,
        "currency": explanation.currency,
        "cost": explanation.cost,
        "arrives": _day(explanation.arrives),
        "gap": explanation.gap,
        "parcels_gap": explanation.parcels_gap,
        "limited": explanation.limited,
        "next_best": _alternative(best) if best else None,
        "candidates": [
            {
                "location_id": each.location_id,
                "kilometres": each.kilometres,
                "coverable": each.coverable,
                "chosen": each.chosen,
                "verdict": each.verdict,
                "cost": each.cost,
                "arrives": _day(each.arrives),
            }
            for each in explanation.candidates
        ],
        "inputs": dict(explanation.inputs),
    }


def _alternative(best: Alternative) -> AlternativeResource:
    return {
        "location_ids": list(best.location_ids),
        "parcels": best.parcels,
        "kilometres": best.kilometres,
        "cost": best.cost,
        "arrives": _day(best.arrives),
        "verdict": best.verdict,
    }


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
