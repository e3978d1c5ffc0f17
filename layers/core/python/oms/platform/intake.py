"""Documents that were fetched, not sent: captured by the same use case as webhooks, or filed as work."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from oms.channels.document import ChannelDocument
from oms.channels.intake import Captured, Outcome, capture
from oms.channels.patience import with_deadlines
from oms.channels.protocol import WHOLE, ChannelPlatform, body_hash, read_document
from oms.channels.work import Finding, WorkKind
from oms.clock import now
from oms.errors import Conflict, InvalidInput, OmsError, TooLarge
from oms.orders.log import Caller
from oms.platform import channel_work
from oms.platform.event_log import order_log
from oms.platform.observability import Metric, count, logger
from oms.setup import Channel

MOST_NAMED = 5
"""Fields of a document that a problem names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of a fetched document; both are None when it was filed as work, or is no order of ours."""

    document: ChannelDocument | None = None
    captured: Captured | None = None


def take(
    channel: Channel, platform: ChannelPlatform, external_id: str, raw: bytes, *, filed: Collection[str] = ()
) -> Taken:
    """Capture a fetched document. What cannot be read, or not be captured, is filed as work and stops nothing.

    `filed` are orders that could not be read before: the work of one that can be read now is closed.

    Raises:
        ConcurrentAppend: others keep changing the order; take it again.
    """
    moment = now()
    read, document = _parsed(channel, platform, external_id, raw, moment)
    if document is None:
        if read and external_id in filed:
            channel_work.settle(_unreadable(channel, external_id), moment)
        return Taken()
    who = Caller(actor=f"channel:{channel.channel_id}", cause=f"fetched:{body_hash(raw)}", clock=now)
    try:
        captured = capture(order_log(), with_deadlines(document, channel, moment), who)
    except (InvalidInput, TooLarge, Conflict) as error:
        _file(channel, external_id, problem_of(error), moment)
        return Taken()
    if external_id in filed:
        channel_work.settle(_unreadable(channel, external_id), moment)
    if captured is not None and captured.outcome is not Outcome.REPEATED:
        report(captured)
    return Taken(document=document, captured=captured)


def _parsed(
    channel: Channel, platform: ChannelPlatform, external_id: str, raw: bytes, at: datetime
) -> tuple[bool, ChannelDocument | None]:
    """Whether it could be read, and what it says; nothing when it is no order of ours."""
    try:
        return True, read_document(platform, WHOLE, raw, channel)
    except OmsError as error:
        _file(channel, external_id, problem_of(error), at)
    except Exception as error:  # noqa: BLE001 - whatever one document does to its reader, the next one is read
        logger().exception("document_broke_its_reader", channel_id=channel.channel_id, external_id=external_id)
        _file(channel, external_id, f"the document broke its reader: {type(error).__name__}", at)
    return False, None


def _file(channel: Channel, external_id: str, problem: str, at: datetime) -> None:
    channel_work.file(_unreadable(channel, external_id, problem), at)


def _unreadable(channel: Channel, external_id: str, problem: str = "") -> Finding:
    return Finding(channel_id=channel.channel_id, kind=WorkKind.UNREADABLE, external_id=external_id, problem=problem)


def problem_of(error: OmsError) -> str:
    """An error in words, with the fields that it names; values are in neither."""
    fields = [f"{each.path}: {each.message}" if each.path else each.message for each in error.errors]
    more = [f"and {len(fields) - MOST_NAMED} more"] if len(fields) > MOST_NAMED else []
    return "; ".join([error.detail, *fields[:MOST_NAMED], *more])


def report(captured: Captured) -> None:
    """Count and log what was done. What the events mean is counted where all of them pass: in the projection."""
    order, placed = captured.order, captured.order.placed
    if captured.outcome is Outcome.NEW:
        count(Metric.ORDERS_CAPTURED)
    if captured.outcome is Outcome.REPEATED:
        count(Metric.ORDERS_REPEATED)
    if captured.missed:
        logger().warning("channel_change_too_late", order_id=order.order_id, changes=captured.missed)
    logger().info(
        "order_captured",
        order_id=order.order_id,
        outcome=captured.outcome.value,
        channel_id=placed.channel_id,
        version=order.version,
    )
