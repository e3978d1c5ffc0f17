"""What the API document says of alerts about stock and of stock feeds."""

from __future__ import annotations

from infra.openapi_calls import CURSOR, LIMIT, Call, Query
from oms.stock.alerts import AlertKind
from oms.stock.feed import FeedResource, FeedRows, OpenFeed
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
    ("POST", "/stock/feeds"): Call(tag="stock", body=OpenFeed, answers={201: FeedResource}, repeatable=True),
    ("GET", "/stock/feeds/{feed_id}"): Call(tag="stock", answers={200: FeedResource}),
    ("POST", "/stock/feeds/{feed_id}/start"): Call(tag="stock", answers={202: FeedResource}),
    ("GET", "/stock/feeds/{feed_id}/rows"): Call(
        tag="stock",
        answers={200: FeedRows},
        query=(
            Query(
                name="result",
                description="Only rows of which this became.",
                schema={"type": "string", "enum": ["created", "updated", "unchanged", "refused"]},
            ),
            LIMIT,
            CURSOR,
        ),
    ),
}
