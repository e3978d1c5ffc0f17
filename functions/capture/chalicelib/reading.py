"""The doors of channels that are read: the work that they make for people, and comparisons with us."""

from __future__ import annotations

from chalice.app import Blueprint, Response

from oms.platform.http import caller, endpoint, ok, paging, parse, query

reading = Blueprint(__name__)


@reading.route("/channels/{channel_id}/work", methods=["GET"])
@endpoint(reading, scope="orders:read")
def list_work(channel_id: str) -> Response:
    """What somebody has to look at in a channel: open, or closed in the last ninety days."""
    from oms.platform.channel_desk import work_page

    limit, cursor = paging(reading)
    return ok(work_page(channel_id, state=query(reading).get("state", "open"), limit=limit, cursor=cursor))


@reading.route("/channels/{channel_id}/work/{work_id}/close", methods=["POST"], content_types=[])
@endpoint(reading, scope="orders:write")
def close_work(channel_id: str, work_id: str) -> Response:
    """Close a piece of work: somebody has seen to it. Found again with other words, it is open again."""
    from oms.platform.channel_desk import close_work as close

    return ok(close(channel_id, work_id, by=caller(reading).actor))


@reading.route("/channels/{channel_id}/reconcile", methods=["POST"], content_types=[])
@endpoint(reading, scope="orders:write")
def reconcile(channel_id: str) -> Response:
    """Have a channel compared with us over the orders of a time."""
    from oms.channels.work_forms import Compare
    from oms.platform.channel_desk import compare

    return ok(compare(channel_id, parse(Compare, reading), caller(reading).cause), status=202)


@reading.route("/channels/{channel_id}/reconcile/{run_id}", methods=["GET"])
@endpoint(reading, scope="orders:read")
def read_comparison(channel_id: str, run_id: str) -> Response:
    """How far a comparison is, and what it found."""
    from oms.platform.channel_desk import comparison

    return ok(comparison(channel_id, run_id))
