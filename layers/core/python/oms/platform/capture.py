"""Capture wired to this stack: orders and webhooks checked, taken, counted and answered."""

from __future__ import annotations

from collections.abc import Mapping

from chalice.app import Response

from oms.channels.document import ChannelDocument
from oms.channels.intake import Outcome, capture
from oms.channels.patience import with_deadlines
from oms.channels.payload import document_id
from oms.channels.protocol import ChannelPlatform, platform_of, read_document
from oms.errors import Conflict, InvalidInput, NotFound, TooLarge, Unauthenticated
from oms.orders.order import Order
from oms.platform import secrets, setup
from oms.platform.channel_keys import any_fits
from oms.platform.config import settings
from oms.platform.event_log import order_log
from oms.platform.http import App, caller, current, ok, raw_body, read
from oms.platform.intake import report
from oms.platform.observability import Metric, count, logger
from oms.setup import Channel, Platform


def take_order(app: App, channel_id: str) -> Response:
    """Answer a canonical order.

    Raises:
        NotFound: there is no such channel.
        Conflict: the channel is inactive or sends webhooks, or has an order of this id with other content.
        InvalidInput: names each field that is wrong.
        TooLarge: the order does not fit into the log.
    """
    from oms.channels.canonical import canonical_document
    from oms.channels.canonical_model import CanonicalOrder

    channel = setup.channel(channel_id)
    if channel.platform is not Platform.CANONICAL:
        raise Conflict(f"channel {channel_id} sends its orders as {channel.platform} webhooks")
    _check_active(channel)
    return _take(app, channel, canonical_document(read(CanonicalOrder, raw_body(app)), channel), actor="", cause="")


def take_webhook(app: App, channel_id: str) -> Response:
    """Answer a platform's webhook. What is not about orders is acknowledged, so that the platform keeps sending.

    Raises:
        Unauthenticated: the signature is not the channel's, or there is no such channel: which of these is not told.
        Conflict: the channel is inactive.
        InvalidInput: names each field that cannot be read; the platform shows the answer to the merchant.
        TooLarge: the order does not fit into the log.
    """
    raw, headers = raw_body(app), current(app).headers
    channel, platform = _platform(channel_id)
    if platform.is_ping(raw, headers):
        return ok({"status": "ready"})
    if not _signed(platform, channel_id, raw, headers):
        raise _refused()
    _check_active(channel)
    topic = platform.topic(headers)
    try:
        if (acknowledged := _without_order(app, channel, platform, topic, raw)) is not None:
            return acknowledged
        document = read_document(platform, topic, raw, channel)
        if document is None:
            logger().info("webhook_ignored", channel_id=channel_id, topic=topic)
            return ok({"status": "ignored"})
        return _take(app, channel, document, actor=f"channel:{channel_id}", cause=platform.cause(raw, headers))
    except (InvalidInput, TooLarge) as error:
        logger().warning(
            "webhook_unreadable", channel_id=channel_id, external_id=document_id(raw), problem=error.problem
        )
        raise


def _without_order(app: App, channel: Channel, platform: ChannelPlatform, topic: str, raw: bytes) -> Response | None:
    """Acknowledge a webhook that names an order and does not have it, after what follows from it was written down.

    None when the webhook has to say all by itself. What such a platform also sends whole need not be asked for where
    there is nowhere to ask.
    """
    if not hasattr(platform, "reference") or (not channel.api_url and topic in getattr(platform, "NAMED", ())):
        return None
    from oms.platform import fetching

    if reference := fetching.named(platform, topic, raw):
        fetching.notice(channel, reference, topic)
    elif reference := fetching.deletion(platform, topic, raw):
        actor, cause = f"channel:{channel.channel_id}", platform.cause(raw, current(app).headers)
        order = fetching.gone(channel, reference, caller(app, actor=actor, cause=cause))
        if order is not None:
            return ok(_receipt(order), version=order.version)
    else:
        return None
    logger().info("order_named", channel_id=channel.channel_id, external_id=reference, topic=topic)
    return ok({"status": "accepted"})


def _platform(channel_id: str) -> tuple[Channel, ChannelPlatform]:
    try:
        channel = setup.channel(channel_id)
        return channel, platform_of(channel)
    except (NotFound, Conflict):
        raise _refused() from None


def _signed(platform: ChannelPlatform, channel_id: str, raw: bytes, headers: Mapping[str, str]) -> bool:
    """Compare with the secret in memory and that of before, and once more with a fresh one: it may just be new."""
    try:
        return any_fits(
            secrets.channel_secret(channel_id),
            lambda secret: platform.verify(raw, headers, secret.get("webhook_secret", "")),
        )
    except NotFound:
        return False


def _refused() -> Unauthenticated:
    count(Metric.SIGNATURES_REFUSED)
    return Unauthenticated("no valid signature")


def _check_active(channel: Channel) -> None:
    if not channel.active:
        raise Conflict(f"channel {channel.channel_id} is not active: its orders are refused")


def _take(app: App, channel: Channel, document: ChannelDocument, *, actor: str, cause: str) -> Response:
    who = caller(app, actor=actor, cause=cause)
    captured = capture(order_log(), with_deadlines(document, channel, who.clock()), who)
    if captured is None:
        logger().info("order_without_lines", channel_id=document.placed.channel_id)
        return ok({"status": "ignored"})
    order = captured.order
    logger().append_keys(order_id=order.order_id)
    report(captured)
    status = 201 if captured.outcome is Outcome.NEW else 200
    return ok(_receipt(order), status=status, version=order.version)


def _receipt(order: Order) -> dict[str, object]:
    """What a channel is told of its order."""
    place = f"{settings().public_url}/orders/{order.order_id}"
    return {
        "order_id": order.order_id,
        "version": order.version,
        "status": order.status.value,
        "links": {"self": place, "events": f"{place}/events"},
    }
