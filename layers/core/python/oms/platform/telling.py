"""Channels out: what happened to an order is told to its channel, once, in order, for days if it has to be.

What is owed follows from the order's log (`oms.channels.telling`), so nothing can be lost: an order is written down
before its channel is called, each thing that was told is appended to the log, and whoever stops in between is followed
by somebody who computes the rest again. A call that nobody knows the end of is made once more: adapters look first.

What a platform does in its own time is told in steps. How far it is stands in the outbox, written before each step that
may not be made twice; meanwhile the order waits, and that is no failure.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from oms.channels import pace, telling
from oms.channels.changes import REASON
from oms.channels.outbound import Handed, HandedIn, ToldPlatform, Undone, told_platform
from oms.clock import from_text, now, to_text
from oms.errors import ConcurrentAppend, NotFound, Refused, Throttled, Unavailable
from oms.orders.log import Caller, append, execute, load
from oms.orders.outward import ChannelTold
from oms.platform import channel_states, outbox_table
from oms.platform.aws import client
from oms.platform.config import settings
from oms.platform.connections import calling
from oms.platform.event_log import order_log
from oms.platform.observability import Metric, count, flush, logger
from oms.platform.outbox_table import Problem, UpdateStatus, Waiting
from oms.platform.setup import all_stored, channel
from oms.setup import Channel, ChannelUpdate, Platform

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

    from oms.channels.telling import Update
    from oms.orders.order import Order

ACTOR = "channels"
"""Who appends that a channel was told."""

UPDATE_DUE = "UpdateDue"
"""Type of the messages that name an order whose channel is to be told; see `tests/contracts/messages`."""

ENOUGH = timedelta(seconds=10)
"""After this time in one order, the rest is left to the next message: a function has half a minute."""

PAGE = 250
"""Orders of a channel that a minute looks at, those whose try is due first."""

BATCH = 10

STEPS = 6
"""Steps of one thing that are made at once; an adapter needs fewer."""

EXCERPT = 300
"""Characters of a platform's words that are kept."""


def handle(message: dict[str, Any], _message_id: str) -> None:
    """A message of the queue: something happened to an order, or its next try is due, or stock has moved."""
    if "order_id" not in message:
        from oms.platform.channel_stock import handle as of_stock

        of_stock(message)
        return
    order_id = message["order_id"]
    try:
        known = channel(message["channel_id"])
    except NotFound:
        return
    if message["type"] == UPDATE_DUE:
        one = outbox_table.take(known.channel_id, order_id, message["seen"], now())
    elif _concerns(known, message):
        one = outbox_table.begin(known.channel_id, order_id, now())
    else:
        return
    if one is not None:
        _work(known, one, probe=message.get("probe", False))


def _concerns(known: Channel, message: Mapping[str, Any]) -> bool:
    """Whether an event can lead to something that the channel is told. For channels that are told nothing, no call."""
    if not known.updates or known.platform is Platform.CANONICAL:
        return False
    data = message.get("data", {})
    match message["type"]:
        case "UnitsCancelled":
            return ChannelUpdate.CANCELLATIONS in known.updates and data.get("reason") != REASON
        case "RefundRequested":
            return ChannelUpdate.REFUNDS in known.updates
        case "UnitsShipped":
            return ChannelUpdate.SHIPMENTS in known.updates and bool(data.get("complete", True))
    return ChannelUpdate.SHIPMENTS in known.updates


def _work(known: Channel, one: Waiting, *, probe: bool) -> None:
    """Tell what is owed of an order, one thing after another, as far as it goes."""
    platform, began = told_platform(known), now()
    order = load(order_log(), one.order_id)
    while True:
        owed = telling.owed(order, known, platform.TAKES)
        if not owed:
            if outbox_table.finish(one):
                return
            fresh = outbox_table.put_off(one, now(), now())
            if fresh is not None:
                ask([fresh])
            return
        if now() - began > ENOUGH:
            _again(outbox_table.put_off(one, now(), now()))
            return
        allowed = channel_states.permit(known, now(), probe=probe)
        if allowed.until is not None:
            outbox_table.put_off(one, allowed.until, now())
            return
        update = _first(owed, one)
        one, reference = _call(known, platform, order, update, one, allowed.state)
        if reference is None:
            return
        channel_states.answered(known.channel_id, allowed.state)
        order = _note(order, update, reference)
        probe = False
        count(Metric.CHANNELS_TOLD)


def _first(owed: Sequence[Update], one: Waiting) -> Update:
    """What is told next: what was handed in already, whatever came before it meanwhile."""
    return next((each for each in owed if one.handed and each.key == one.handed_key), owed[0])


def _again(one: Waiting | None) -> None:
    if one is not None:
        ask([one])


def _call(
    known: Channel, platform: ToldPlatform, order: Order, update: Update, one: Waiting, state: channel_states.State
) -> tuple[Waiting, str | None]:
    """Tell one thing, as many steps of it as can be made now; the platform's reference when it is done.

    None when it is not, or did not succeed: what follows is arranged.
    """
    handed = Handed(reference=one.handed, fresh=False) if one.handed and one.handed_key == update.key else None
    for _ in range(STEPS):
        told = _step(known, platform, order, update, handed, one, state)
        if not isinstance(told, HandedIn):
            return one, told
        until = now() + told.wait if told.wait else None
        kept = outbox_table.hand_in(one, update.kind, update.key, told.reference, now(), until=until)
        if kept is None or until is not None:
            # Somebody else has it, or the platform: it has answered, so nothing failed.
            channel_states.answered(known.channel_id, state)
            return one, None
        one, handed = kept, Handed(reference=told.reference, fresh=True)
    _again(outbox_table.put_off(one, now(), now()))
    return one, None


def _step(
    known: Channel,
    platform: ToldPlatform,
    order: Order,
    update: Update,
    handed: Handed | None,
    one: Waiting,
    state: channel_states.State,
) -> str | HandedIn | None:
    """One call to the platform's adapter; None when it did not succeed and what follows is arranged."""
    moment = now()
    try:
        told = calling(known.channel_id, lambda connection: telling.tell(platform, connection, order, update, handed))
        if not isinstance(told, Undone):
            return told
        problem = _problem(update, told.reason)
        outbox_table.stick(one, problem, moment, undone=True)
    except Throttled as error:
        until = moment + pace.asked(error.seconds)
        channel_states.leave_alone(known, until)
        outbox_table.put_off(one, until, moment, problem=_problem(update, error.detail))
        return None
    except Refused as error:
        channel_states.answered(known.channel_id, state)
        problem = _problem(update, error.detail)
        outbox_table.stick(one, problem, moment)
    except Unavailable as error:
        problem = _problem(update, error.detail)
        circuit = channel_states.failed(known.channel_id, state, problem.text, moment)
        _later(one, problem, moment, down=circuit.down)
    except Exception as error:  # noqa: BLE001 - whatever an adapter does, its order waits where people see it; logged
        logger().exception("channel_call_failed", channel=known.channel_id, key=update.key)
        problem = _problem(update, f"our side failed: {type(error).__name__}; the log has more")
        _later(one, problem, moment, down=False)
    count(Metric.CHANNELS_NOT_TOLD)
    logger().warning("channel_not_told", channel=known.channel_id, key=update.key, problem=problem.text)
    return None


def _problem(update: Update, text: str) -> Problem:
    return Problem(kind=update.kind.value, key=update.key, text=text[:EXCERPT] or "no reason given")


def _later(one: Waiting, problem: Problem, moment: datetime, *, down: bool) -> None:
    again = pace.next_try(one.attempts + 1, f"{one.order_id}:{problem.key}", moment, down=down)
    if again is None:
        outbox_table.stick(one, problem, moment)
    else:
        outbox_table.put_off(one, again, moment, problem=problem, tries=1)


def _note(order: Order, update: Update, reference: str) -> Order:
    """Append that the channel was told; the order after it."""
    caller = Caller(actor=ACTOR, cause=f"told:{update.key}", clock=now)
    try:
        return append(order_log(), order, telling.was_told(order, update, reference), caller)
    except ConcurrentAppend:
        return execute(order_log(), order.order_id, lambda fresh: telling.was_told(fresh, update, reference), caller)


def skip(known: Channel, order_id: str, key: str, reason: str, caller: Caller) -> Order:
    """Somebody decides that the channel is not told of one thing; what is owed after it goes on.

    Raises:
        NotFound: there is no such order, or nothing of this key is owed.
    """
    takes = told_platform(known).TAKES

    def decide(order: Order) -> Sequence[ChannelTold]:
        update = next((each for each in telling.owed(order, known, takes) if each.key == key), None)
        if order.placed.channel_id != known.channel_id or update is None:
            raise NotFound(f"channel {known.channel_id} is owed no {key!r} of order {order_id}")
        return [ChannelTold(kind=update.kind, key=key, skipped=True, note=reason)]

    return execute(order_log(), order_id, decide, caller)


def sweep(moment: datetime) -> int:
    """Each minute: have told what is due, as much as each platform bears; returns for how many orders that was asked.

    A channel that is down is probed with one order; one that is up again is told all that waited.
    """
    from oms.platform import channel_stock

    asked = oldest = stuck = down = 0
    states = channel_states.states()
    for known in (each.value for each in all_stored(Channel)):
        state = states.get(known.channel_id, channel_states.State())
        if known.platform is Platform.CANONICAL or not (known.updates or known.channel_id in states):
            continue
        waiting, _ = outbox_table.listed(known.channel_id, UpdateStatus.PENDING, PAGE)
        asked += _sweep(known, state, waiting, moment)
        left, _ = outbox_table.listed(known.channel_id, UpdateStatus.STUCK, PAGE)
        stuck, down = stuck + len(left), down + state.circuit.down
        # What the platform has, and does in its own time, nobody has to hurry.
        ours = [each for each in (*waiting, *left) if not (each.handed and each.status is UpdateStatus.PENDING)]
        ages = [(moment - from_text(each.since)).total_seconds() for each in ours]
        oldest = max(oldest, *(int(age) for age in ages), 0) if ages else oldest
    channel_stock.sweep(moment, states)
    if states:
        count(Metric.OLDEST_UPDATE, oldest)
        count(Metric.UPDATES_STUCK, stuck)
        count(Metric.CHANNELS_DOWN, down)
    flush()
    return asked


def _sweep(known: Channel, state: channel_states.State, waiting: Sequence[Waiting], moment: datetime) -> int:
    name = known.channel_id
    if state.circuit.down:
        if not waiting or not channel_states.take_probe(name, state, moment):
            return 0
        return _take_and_ask(waiting[:1], moment, probe=True)
    free = [each for each in waiting if each.next_at <= to_text(moment) or (state.catching_up and not each.held)]
    asked = _take_and_ask(free[: pace.per_minute(known)], moment)
    if state.catching_up and len(free) <= asked:
        channel_states.caught_up(name)
    return asked


def _take_and_ask(waiting: Sequence[Waiting], moment: datetime, *, probe: bool = False) -> int:
    taken = [outbox_table.take(each.channel_id, each.order_id, each.next_at, moment) for each in waiting]
    found = [each for each in taken if each is not None]
    ask(found, probe=probe, over=timedelta(minutes=1) if len(found) > pace.BURST else timedelta())
    return len(found)


def ask(waiting: Sequence[Waiting], *, probe: bool = False, over: timedelta = timedelta()) -> None:
    """Have orders told, spread evenly over a time. What the queue does not take, `sweep` finds."""
    for start in range(0, len(waiting), BATCH):
        entries: list[SendMessageBatchRequestEntryTypeDef] = [
            {
                "Id": str(number),
                "MessageBody": json.dumps(
                    {
                        "type": UPDATE_DUE,
                        "channel_id": each.channel_id,
                        "order_id": each.order_id,
                        "seen": each.next_at,
                        **({"probe": True} if probe else {}),
                    }
                ),
                "DelaySeconds": int(over.total_seconds() * number / len(waiting)),
            }
            for number, each in enumerate(waiting[start : start + BATCH], start)
        ]
        client("sqs").send_message_batch(QueueUrl=settings().updates_queue, Entries=entries)
