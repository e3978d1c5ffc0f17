"""Orders that notices only name: asked for at their platforms, captured, or asked for again later.

A notice is kept as a wish (`wishes_table`) before it is acknowledged. That is also how a notice waits for its order:
a refund, a cancellation or a parcel that comes before its order is the wish to see the order, which has it all.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from oms.channels.asking import LOOKS_WHEN_KNOWN, PATIENCE, wait_before
from oms.channels.intake import deleted
from oms.channels.protocol import ChannelPlatform, Deletes, Hydrates, platform_of
from oms.channels.work import Finding, WorkKind
from oms.clock import now
from oms.errors import ConcurrentAppend, Conflict, NotFound, Refused, Throttled, Unavailable
from oms.ids import order_id
from oms.orders.log import Caller
from oms.orders.order import Order
from oms.platform import channel_work, setup
from oms.platform.connections import calling
from oms.platform.event_log import order_log
from oms.platform.intake import take
from oms.platform.observability import Metric, count, logger
from oms.platform.wishes_table import Wish, fulfilled, postpone, want, wish
from oms.setup import Channel, Platform

ROUNDS = 3
"""Questions about an order that keeps changing, until it is left to the next message."""

MARKETPLACE = Platform.AMAZON
"""Whose notifications come through the queue."""

ORDER_CHANGE = "ORDER_CHANGE"
"""The topic under which notifications of a marketplace's queue are read."""


def hydrates(platform: ChannelPlatform) -> Hydrates | None:
    """The platform as one whose notices may only name an order, if it is one."""
    return cast("Hydrates", platform) if hasattr(platform, "hydrate") and hasattr(platform, "reference") else None


def named(platform: ChannelPlatform, topic: str, raw: bytes) -> str:
    """The order that a notice only names; empty when the notice has to say all by itself.

    Raises:
        InvalidInput: the notice cannot be read.
    """
    asked = hydrates(platform)
    return asked.reference(topic, raw) if asked else ""


def deletion(platform: ChannelPlatform, topic: str, raw: bytes) -> str:
    """The order that a notice says is no more; empty when it says something else.

    Raises:
        InvalidInput: the notice cannot be read.
    """
    return cast("Deletes", platform).deleted(topic, raw) if hasattr(platform, "deleted") else ""


def notice(channel: Channel, reference: str, topic: str) -> None:
    """Have the order that a notice names asked for; file it when there is nowhere to ask."""
    if channel.api_url:
        want(channel.channel_id, reference, now())
        return
    finding = Finding(
        channel_id=channel.channel_id,
        kind=WorkKind.CANNOT_ASK,
        external_id=reference,
        problem=f"the platform sent {topic or 'a notice'}, and the channel has no api_url to ask for the order at",
    )
    channel_work.file(finding, now())


def gone(channel: Channel, reference: str, caller: Caller) -> Order | None:
    """Take in that an order is no more: ask what the platform has left of it, or hold it where that cannot be asked.

    The order, if it was held. One that is not here is waited for: it may be on its way, and must not be sent then.
    """
    order = None if channel.api_url else deleted(order_log(), channel.channel_id, reference, caller)
    if order is None:
        want(channel.channel_id, reference, now(), deleted=True)
    return order


def handle(message: Mapping[str, Any], _message_id: str) -> None:
    """A message of the fetching queue: ask for an order, if nobody has done so since."""
    channel_id, reference = message["channel_id"], message["reference"]
    for _ in range(ROUNDS):
        one = wish(channel_id, reference)
        if one is None or not _fulfil(one):
            return
    want(channel_id, reference, now())


def _fulfil(one: Wish) -> bool:
    """Ask for an order and capture it; whether it has to be asked for once more, at once."""
    try:
        channel = setup.channel(one.channel_id)
        _check(channel)
        platform = platform_of(channel)
        raw = _asked(channel, platform, one)
        if raw is None:
            _absent(one)
            return False
        take(channel, platform, one.reference, raw)
    except (Unavailable, ConcurrentAppend) as error:
        seconds = error.seconds if isinstance(error, Throttled) else 0
        _later(one, WorkKind.GAVE_UP, f"the platform did not answer: {error.detail}", asked_for=seconds)
        return False
    except (Refused, NotFound, Conflict) as error:
        refused = Finding(
            channel_id=one.channel_id, kind=WorkKind.REFUSED, external_id=one.reference, problem=error.detail
        )
        channel_work.file(refused, now())
        _later(one, WorkKind.REFUSED, error.detail, filed=True)
        return False
    if one.filed:
        channel_work.settle(Finding(channel_id=one.channel_id, kind=WorkKind.REFUSED, external_id=one.reference), now())
    return not fulfilled(one)


def _asked(channel: Channel, platform: ChannelPlatform, one: Wish) -> bytes | None:
    if one.deleted and not channel.api_url:
        return None
    return calling(one.channel_id, lambda it: cast("Hydrates", platform).hydrate(it, one.reference))


def _check(channel: Channel) -> None:
    if not channel.active:
        raise Conflict(f"channel {channel.channel_id} is not active: its orders are refused")


def _absent(one: Wish) -> None:
    """The platform does not have the order: not yet, or no longer."""
    ours = next(iter(order_log().entries(order_id(one.channel_id, one.reference))), None)
    if ours is None:
        _later(one, WorkKind.GAVE_UP, "a notice named the order, and neither the platform nor we have it")
    elif one.deleted:
        caller = Caller(actor=f"channel:{one.channel_id}", cause=f"deleted:{one.reference}", clock=now)
        deleted(order_log(), one.channel_id, one.reference, caller)
        fulfilled(one)
    elif one.attempts + 1 < LOOKS_WHEN_KNOWN:
        _later(one, WorkKind.MISSING_THERE, "")
    elif fulfilled(one):
        _file(one, WorkKind.MISSING_THERE, f"the platform no longer has the order, and we have it as {ours.order_id}")


def _later(one: Wish, kind: WorkKind, problem: str, *, asked_for: float = 0, filed: bool = False) -> None:
    """Ask again after a while, or file the order as work when it was asked for all the time that it may be."""
    moment = now()
    count(Metric.ORDERS_ASKED_IN_VAIN)
    if moment - one.since < PATIENCE:
        postpone(one, wait_before(one.attempts + 1, asked_for), moment, filed=filed)
        return
    _file(one, kind, problem)
    fulfilled(one)


def _file(one: Wish, kind: WorkKind, problem: str) -> None:
    finding = Finding(channel_id=one.channel_id, kind=kind, external_id=one.reference, problem=problem)
    channel_work.file(finding, now())


def unread(text: str) -> dict[str, str]:
    """A notification as it came: only its platform knows how it is read."""
    return {"raw": text}


def marketplace(notification: Mapping[str, str], _message_id: str) -> None:
    """A notification out of a marketplace's queue: the order that it names is asked for.

    It belongs to the channels whose `account` (the seller, the marketplace) stands in it.

    Raises:
        NotFound: it is about no channel: the message is tried again, and at last is a dead letter.
        InvalidInput: it cannot be read.
    """
    raw = notification["raw"]
    mine = [
        each.value
        for each in setup.listed(Channel)
        if each.value.platform is MARKETPLACE and each.value.active and _is_about(each.value, raw)
    ]
    if not mine:
        raise NotFound("the notification is about no channel: their `account` has to be its marketplace")
    for channel in mine:
        reference = named(platform_of(channel), ORDER_CHANGE, raw.encode())
        if reference:
            notice(channel, reference, ORDER_CHANGE)
        else:
            logger().info("notification_ignored", channel_id=channel.channel_id)


def _is_about(channel: Channel, raw: str) -> bool:
    return bool(channel.account) and all(json.dumps(part) in raw for part in channel.account.split("/"))
