"""The doors of stock feeds: opened, started, watched, and their rows read."""

from __future__ import annotations

from chalice.app import Blueprint, Response

from oms.platform.http import caller, endpoint, ok, paging, parse, query

feeds = Blueprint(__name__)


@feeds.route("/stock/feeds", methods=["POST"])
@endpoint(feeds, scope="stock:write")
def open_feed() -> Response:
    """Open a feed of very many counts; the answer says where to send its file."""
    from oms.platform.stock_feed import opened
    from oms.stock.feed import OpenFeed

    return ok(opened(parse(OpenFeed, feeds), caller(feeds)), status=201)


@feeds.route("/stock/feeds/{feed_id}/start", methods=["POST"], content_types=[])
@endpoint(feeds, scope="stock:write")
def start_feed(feed_id: str) -> Response:
    """Begin with the file that was sent, or go on with what is not done."""
    from oms.platform.stock_feed import started

    return ok(started(feed_id), status=202)


@feeds.route("/stock/feeds/{feed_id}", methods=["GET"])
@endpoint(feeds, scope="stock:read")
def read_feed(feed_id: str) -> Response:
    """How far a feed is."""
    from oms.platform.stock_feed import state

    return ok(state(feed_id))


@feeds.route("/stock/feeds/{feed_id}/rows", methods=["GET"])
@endpoint(feeds, scope="stock:read")
def read_rows(feed_id: str) -> Response:
    """What became of a feed's rows, of all or of those with one result."""
    from oms.platform.stock_feed import rows_of

    limit, cursor = paging(feeds)
    return ok(rows_of(feed_id, query(feeds).get("result", ""), limit=limit, cursor=cursor))
