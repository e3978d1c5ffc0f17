"""What the API document says of alerts about stock and of stock feeds."""

from __future__ import annotations

from infra.openapi_calls import CURSOR, LIMIT, Call, Query
from oms.stock.alerts import AlertKind
from oms.stock.resource import AlertPage

STOCK_CALLS: dict[tuple[str, str], Call] = {
    ("GET", "/alerts"): Call(
        tag="stock",
        answers={200: AlertPage},
        query=(
            Query(
                name="kind",
                description="Only alerts of this kind.",
                schema={"type": "string", "enum": [str(each) for each in AlertKind]},
            ),
            LIMIT,
            CURSOR,
        ),
    ),
}
