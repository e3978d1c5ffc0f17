"""The door of hot items: in how many buckets the stock of one is held."""

from __future__ import annotations

from chalice.app import Blueprint, Response

from oms.platform.http import caller, endpoint, ok, parse

hot = Blueprint(__name__)


@hot.route("/stock/{sku}/{location_id}/buckets", methods=["PUT"])
@endpoint(hot, scope="stock:write")
def put_buckets(sku: str, location_id: str) -> Response:
    """Spread a level over so many buckets, before a sale that many come to; with 1, leave it to the system again."""
    from oms.platform.stock_split import set_buckets
    from oms.stock.resource import Buckets, level_resource

    level = set_buckets(sku, location_id, parse(Buckets, hot).buckets, caller(hot))
    return ok(level_resource(level), version=level.version)
