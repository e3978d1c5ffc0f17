"""The door through which buyers see what is low and what is too much."""

from __future__ import annotations

from chalice.app import Blueprint, Response

from oms.platform.http import endpoint, ok, paging, query

stock_alerts = Blueprint(__name__)


@stock_alerts.route("/alerts", methods=["GET"])
@endpoint(stock_alerts, scope="stock:read")
def list_alerts() -> Response:
    """Low stock and oversupply that stand, of one kind or both, the one that stands longest first."""
    from oms.platform.stock_alerts import alerts

    limit, cursor = paging(stock_alerts)
    page = alerts(query(stock_alerts).get("kind", ""), limit=limit, cursor=cursor)
    return ok({"alerts": page.items, "cursor": page.cursor})
