"""Comparing a channel with us, both ways: what it has and we do not, what we have and it does not, and what differs.

A comparison goes in steps, each a page of the channel's orders or of ours, and each noted when it is done. A message
does a few steps and sends the next; one that comes twice finds its steps done.

An order that the channel has and we do not is captured at once, as a poll captures it, and filed as `missed`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, cast

from oms.channels.comparing import DAILY, FRESH, PATIENCE, differences
from oms.channels.polling import BUSY_FOR, PAGES_AT_ONCE, Window
from oms.channels.protocol import ChannelPlatform, Hydrates, Listed, platform_of
from oms.channels.work import Finding, WorkKind
from oms.clock import now
from oms.errors import ConcurrentAppend, Conflict, NotFound, Refused, Throttled, Unavailable
from oms.orders.events import PaymentMethod
from oms.orders.log import load
from oms.orders.order import Order
from oms.orders.transitions import OrderStatus
from oms.platform import channel_work, setup
from oms.platform import reconciliation_table as table
from oms.platform.connections import calling
from oms.platform.event_log import order_log
from oms.platform.intake import take
from oms.platform.observability import logger
from oms.platform.poll_table import compare_next
from oms.platform.polling import page_of, polls
from oms.platform.queues import LONGEST_DELAY, read_channel
from oms.platform.reconciliation_table import Run, Stage
from oms.setup import Channel

EVERY = timedelta(days=1)
AGAIN = timedelta(hours=1)
"""Until the clock asks again for a comparison of the day that has not come to its end."""

BY_CLOCK = "daily-"
"""How the ids of the clock's comparisons begin: one that somebody asked for does not put the day's off."""

FIRST_PAUSE = 60
"""Seconds to the next try when the platform gave no answer; doubled each time, to a quarter of an hour."""


def ask(channel_id: str, run_id: str, since: datetime, until: datetime) -> Run:
    """Have a channel compared over the orders of a time.

    Raises:
        NotFound: there is no such channel.
        Conflict: it cannot be asked what it has.
    """
    channel = setup.channel(channel_id)
    if not polls(channel):
        raise Conflict(f"channel {channel_id} cannot be read: it is not active, has no api_url, or sends all by itself")
    run = table.begin(Run(channel_id=channel_id, run_id=run_id, since=since, until=until, started_at=now()))
    if not run.over:
        read_channel({"channel_id": channel_id, "run_id": run_id})
    return run


def daily(channel_id: str, moment: datetime) -> None:
    """Have a channel compared over the last day; the same wish on the same day is the same comparison."""
    compare_next(channel_id, moment + AGAIN)
    ask(channel_id, f"{BY_CLOCK}{moment.date()}", moment - DAILY, moment - FRESH)


def handle(message: Mapping[str, Any]) -> None:
    """A message of the polls queue that names a comparison: go on with it."""
    run = table.read(message["channel_id"], message["run_id"])
    begun = now()
    for _ in range(PAGES_AT_ONCE):
        if run.over:
            return
        if not _step(run):
            return
        run = table.read(run.channel_id, run.run_id)
        if now() - begun > BUSY_FOR:
            break
    if not run.over:
        read_channel({"channel_id": run.channel_id, "run_id": run.run_id})


def _step(run: Run) -> bool:
    """Do a step; whether there may be another at once."""
    try:
        channel = setup.channel(run.channel_id)
        if not polls(channel):
            raise Refused(f"channel {run.channel_id} cannot be read any more")
        return _list(run, channel) if run.stage is Stage.LISTING else _check(run, channel)
    except (Unavailable, ConcurrentAppend) as error:
        return _pause(run, error)
    except (Refused, NotFound) as error:
        _give_up(run, error.detail)
        return False


def _list(run: Run, channel: Channel) -> bool:
    """A page of what the channel has: each is taken in, and then compared with ours."""
    platform = platform_of(channel)
    page = page_of(channel, platform, Window(since=run.since, until=run.started_at, cursor=run.place))
    found = Counter(listed=len(page.orders))
    filed = channel_work.filed(channel.channel_id, WorkKind.UNREADABLE)
    for listed in page.orders:
        found[_compared(run, channel, platform, listed, filed)] += 1
    table.keep_ids(run, [each.external_id for each in page.orders])
    stage = Stage.LISTING if page.more else Stage.CHECKING
    return table.advance(run, stage, page.cursor if page.more else "", found, now())


def _compared(run: Run, channel: Channel, platform: ChannelPlatform, listed: Listed, filed: Collection[str]) -> str:
    """Take an order in and compare it; what it is counted as, if anything is to be said of it."""
    taken = take(channel, platform, listed.external_id, listed.raw, filed=filed)
    if taken.document is None or taken.captured is None:
        return ""
    order = taken.captured.order
    if order.captured_at >= run.started_at:
        if order.placed.placed_at > run.started_at - FRESH:
            return ""  # it was on its way
        _file(run, WorkKind.MISSED, listed.external_id, f"it never reached us, and was captured as {order.order_id}")
        return "missed"
    said = differences(order, taken.document)
    if not said:
        return ""
    _file(run, WorkKind.DIFFERS, listed.external_id, f"order {order.order_id}: {'; '.join(said)}")
    return "differing"


def _check(run: Run, channel: Channel) -> bool:
    """A page of ours: what the channel did not list is asked for by itself, where that can be done."""
    listed = table.kept_ids(run)
    page, following = table.ours(run.channel_id, run.since, run.until, run.place)
    found = Counter[str]()
    for each in page:
        if each["external_id"] not in listed and each["status"] != OrderStatus.CANCELLED:
            order = load(order_log(), each["order_id"])
            if _sold_there(order) and not _has(channel, each["external_id"]):
                problem = f"the platform does not have it, and we have it as {order.order_id}"
                _file(run, WorkKind.MISSING_THERE, each["external_id"], problem)
                found["missing_there"] += 1
    stage = Stage.CHECKING if following else Stage.DONE
    if not table.advance(run, stage, following, found, now()):
        return False
    if stage is Stage.DONE:
        logger().info("channel_compared", channel_id=run.channel_id, run_id=run.run_id, counts=dict(run.counts))
        _tomorrow(run)
    return True


def _sold_there(order: Order) -> bool:
    """Whether the channel sold it: goods in exchange are an order of ours."""
    return order.placed.payment.method is not PaymentMethod.EXCHANGE


def _has(channel: Channel, external_id: str) -> bool:
    """Whether the channel has an order that it did not list; what it has is taken in."""
    platform = platform_of(channel)
    if not hasattr(platform, "hydrate"):
        return False
    raw = calling(channel.channel_id, lambda it: cast("Hydrates", platform).hydrate(it, external_id))
    if raw is not None:
        take(channel, platform, external_id, raw)
    return raw is not None


def _pause(run: Run, error: Unavailable | ConcurrentAppend) -> bool:
    """Go on later, unless the platform has given no answer for a day."""
    if now() - run.started_at > PATIENCE:
        _give_up(run, error.detail)
    elif table.failed(run):
        asked_for = error.seconds if isinstance(error, Throttled) else 0
        pause = max(FIRST_PAUSE * 2 ** min(run.attempts, 10), int(asked_for))
        read_channel({"channel_id": run.channel_id, "run_id": run.run_id}, delay=min(pause, LONGEST_DELAY))
    return False


def _give_up(run: Run, problem: str) -> None:
    _file(run, WorkKind.GAVE_UP, "", f"the comparison {run.run_id} was given up: {problem}")
    if table.advance(run, Stage.GIVEN_UP, run.place, {}, now()):
        _tomorrow(run)


def _tomorrow(run: Run) -> None:
    if run.run_id.startswith(BY_CLOCK):
        compare_next(run.channel_id, now() + EVERY)


def _file(run: Run, kind: WorkKind, external_id: str, problem: str) -> None:
    finding = Finding(channel_id=run.channel_id, kind=kind, external_id=external_id, problem=problem)
    channel_work.file(finding, now())
