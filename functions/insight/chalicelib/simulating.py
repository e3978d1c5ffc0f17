"""The door of rules on trial."""

from __future__ import annotations

from chalice.app import Blueprint, Response

from oms.platform.http import endpoint, ok, parse

simulating = Blueprint(__name__)


@simulating.route("/routing/simulate", methods=["POST"])
@endpoint(simulating, scope="reports")
def simulate_routing() -> Response:
    """Source past orders again by other rules, and compare parcels, kilometres, cost and days. Nothing is changed."""
    from oms.platform.simulation import simulate
    from oms.routing.trial import SimulateRouting

    return ok(simulate(parse(SimulateRouting, simulating)))
