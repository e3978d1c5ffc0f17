"""The doors of what channels are to be told: what waits, trying again, and deciding that something is not told."""

from __future__ import annotations

from chalice.app import Blueprint, Response

from oms.platform.http import caller, endpoint, ok, paging, parse, query

channel_updates = Blueprint(__name__)


@channel_updates.route("/channels/{channel_id}/updates", methods=["GET"])
@endpoint(channel_updates, scope="ops")
def list_updates(channel_id: str) -> Response:
    """How the channel's platform answers, and the orders of which it is still to be told."""
    from oms.platform.update_desk import updates

    return ok(updates(channel_id, query(channel_updates).get("status", "stuck"), *paging(channel_updates)))


@channel_updates.route("/channels/{channel_id}/updates/retry", methods=["POST"], content_types=[])
@endpoint(channel_updates, scope="ops")
def retry_all(channel_id: str) -> Response:
    """Try all orders again that wait for a person."""
    from oms.platform.update_desk import retry_all as again

    return ok(again(channel_id), status=202)


@channel_updates.route("/channels/{channel_id}/updates/{order_id}/retry", methods=["POST"], content_types=[])
@endpoint(channel_updates, scope="ops")
def retry_update(channel_id: str, order_id: str) -> Response:
    """Try an order again now."""
    from oms.platform.update_desk import retry

    return ok(retry(channel_id, order_id), status=202)


@channel_updates.route("/channels/{channel_id}/updates/{order_id}/skip", methods=["POST"])
@endpoint(channel_updates, scope="ops")
def skip_update(channel_id: str, order_id: str) -> Response:
    """Decide that the channel is not told of one thing, with a reason."""
    from oms.channels.update_shapes import SkipUpdate
    from oms.platform.update_desk import skip_update as skip

    wish = parse(SkipUpdate, channel_updates)
    skip(channel_id, order_id, wish.key, wish.reason, caller(channel_updates))
    return ok({"skipped": wish.key})


@channel_updates.route("/channels/{channel_id}/stock", methods=["GET"])
@endpoint(channel_updates, scope="ops")
def list_levels(channel_id: str) -> Response:
    """Levels of stock that the channel's platform would not take, or has not been told yet."""
    from oms.platform.update_desk import levels

    return ok(levels(channel_id, query(channel_updates).get("status", "refused"), *paging(channel_updates)))


@channel_updates.route("/channels/{channel_id}/stock/resync", methods=["POST"])
@endpoint(channel_updates, scope="ops")
def resync(channel_id: str) -> Response:
    """Tell the channel levels of stock anew, some or all."""
    from oms.channels.update_shapes import Resync
    from oms.platform.update_desk import resync as again

    return ok(again(channel_id, parse(Resync, channel_updates).skus), status=202)
