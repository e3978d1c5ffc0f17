"""Reading channels by the clock: each is asked what has changed since it was last read, page by page.

Each minute `tick` sends a message for every channel that is due; the work on it is a message's own, so that a slow
channel keeps no other waiting. Documents are captured as webhooks are. Nothing is lost if we stop anywhere: a page is
read again until the cursor behind it has been noted, and what was captured already is a repetition.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, cast

from oms.channels.polling import BUSY_FOR, EVERY, PAGES_AT_ONCE, Window, next_window
from oms.channels.protocol import ChannelPlatform, Page, Polls, platform_of
from oms.channels.work import Finding, WorkKind
from oms.clock import now
from oms.errors import ConcurrentAppend, NotFound, Refused, Throttled, Unavailable
from oms.platform import channel_work, poll_table, setup, wishes_table
from oms.platform.connections import calling
from oms.platform.intake import take
from oms.platform.observability import Metric, flush, gauge, logger
from oms.platform.poll_table import Reading
from oms.platform.queues import read_channel
from oms.setup import Channel, Platform

AFTER_REFUSAL = timedelta(hours=1)
"""Until a platform is asked again that does not let us in."""

LONGEST_PAUSE = timedelta(hours=1)
"""That a platform may ask for."""


def polls(channel: Channel) -> bool:
    """Whether a channel is read by the clock."""
    return (
        channel.active
        and bool(channel.api_url)
        and channel.platform is not Platform.CANONICAL
        and hasattr(platform_of(channel), "poll")
    )


def tick(moment: datetime) -> dict[str, int]:
    """Each minute: have read what is due, have asked for what waits, and tell how far behind we are."""
    channels = [each.value.channel_id for each in setup.listed(Channel) if polls(each.value)]
    known = poll_table.readings(channels) if channels else {}
    asked = compared = 0
    for channel_id in channels:
        reading = known.get(channel_id)
        if reading is None or reading.next_at is None or reading.next_at <= moment:
            read_channel({"channel_id": channel_id})
            asked += 1
        if reading is not None and (reading.compare_at is None or reading.compare_at <= moment):
            compared += _compare(channel_id, reading, moment)
    if known:
        oldest = min(each.read_to for each in known.values())
        gauge(Metric.CHANNEL_LAG, max(0.0, (moment - oldest).total_seconds()))
    rung = wishes_table.ring(moment)
    flush()
    return {"channels": asked, "comparisons": compared, "orders": rung}


def _compare(channel_id: str, reading: Reading, moment: datetime) -> int:
    """Have a channel compared that is due. A new one waits for a day: there is nothing to compare yet."""
    from oms.platform import reconciling

    if reading.compare_at is None:
        poll_table.compare_next(channel_id, moment + reconciling.EVERY)
        return 0
    reconciling.daily(channel_id, moment)
    return 1


def handle(message: Mapping[str, Any], message_id: str) -> None:
    """A message of the polls queue: read a channel, go on comparing it, or take orders out of a file."""
    if "run_id" in message:
        from oms.platform import reconciling

        reconciling.handle(message)
    elif "file" in message or "Records" in message:
        from oms.platform import order_files

        order_files.handle(message) if "file" in message else order_files.arrived(message)
    elif "channel_id" in message:
        _read(message["channel_id"], message_id)
    else:
        logger().info("message_ignored")  # S3 sends one of its own when it is told of the queue


def _read(channel_id: str, holder: str) -> None:
    """Read a channel on from where it stands, unless somebody does so already."""
    channel = setup.channel(channel_id)
    if not polls(channel):
        return
    moment = now()
    reading = poll_table.take(channel_id, holder, moment)
    if reading is None:
        return
    window = reading.window or next_window(reading.read_to, moment)
    try:
        _pages(channel, holder, window)
    except Refused as error:
        # A cursor that the platform has forgotten is refused too: the window is then begun anew.
        finding = _refusal(channel_id, error.detail)
        channel_work.file(finding, now())
        poll_table.release(channel_id, holder, now() + AFTER_REFUSAL, refused=True, anew=True)
        return
    except (Unavailable, ConcurrentAppend) as error:
        pause = timedelta(seconds=error.seconds if isinstance(error, Throttled) else 0)
        logger().warning("channel_not_read", channel_id=channel_id, problem=error.detail)
        poll_table.release(channel_id, holder, now() + min(max(pause, EVERY), LONGEST_PAUSE))
        return
    if reading.refused:
        channel_work.settle(_refusal(channel_id, ""), now())


def _refusal(channel_id: str, problem: str) -> Finding:
    return Finding(channel_id=channel_id, kind=WorkKind.REFUSED, problem=problem)


def _pages(channel: Channel, holder: str, window: Window) -> None:
    """Read pages, and note after each where to go on; the last one that a message may read asks for another."""
    platform = platform_of(channel)
    filed = channel_work.filed(channel.channel_id, WorkKind.UNREADABLE)
    captured, begun = 0, now()
    for _ in range(PAGES_AT_ONCE):
        page = page_of(channel, platform, window)
        for listed in page.orders:
            take(channel, platform, listed.external_id, listed.raw, filed=filed)
        captured += len(page.orders)
        if not page.more:
            logger().info("channel_read", channel_id=channel.channel_id, documents=captured)
            poll_table.done(channel.channel_id, holder, window)
            return
        window = Window(since=window.since, until=window.until, cursor=page.cursor)
        if not poll_table.keep(channel.channel_id, holder, window, now()):
            return  # we were too slow: somebody else goes on
        if now() - begun > BUSY_FOR:
            break
    poll_table.release(channel.channel_id, holder, now())
    read_channel({"channel_id": channel.channel_id})


def page_of(channel: Channel, platform: ChannelPlatform, window: Window) -> Page:
    """A page of a channel's orders.

    Raises:
        Unavailable: no answer; ask again.
        Refused: the platform does not let us in.
    """
    asked = cast("Polls", platform)
    try:
        return calling(channel.channel_id, lambda it: asked.poll(it, window.since, window.until, window.cursor))
    except NotFound as error:
        raise Refused(error.detail) from None
