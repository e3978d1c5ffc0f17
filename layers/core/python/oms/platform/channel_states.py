"""How each channel's platform answers, and how often it was asked: one item of the outbox table for each channel.

All functions ask here before they tell a platform anything, so its limit holds over all of them. The limit is a moment,
`tat`: when what was told so far would have been told at an even pace. It may lie ahead of now by as much as a burst
takes; each thing moves it on by one interval. (The generic cell rate algorithm, in milliseconds since 1970.)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from oms.channels.pace import BURST, interval
from oms.circuit import Circuit
from oms.clock import from_text, to_text
from oms.platform.aws import client
from oms.platform.config import settings
from oms.platform.outbox_table import LEASE
from oms.setup import Channel

CHANNEL = "channel"
ATTEMPTS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A channel as the table has it; all well when it has nothing."""

    circuit: Circuit = field(default_factory=Circuit)
    problem: str = ""
    """What its platform said last, when it failed."""
    catching_up: bool = False
    """Whether it was down until a moment ago, and all that waited is to be told at once."""
    tat: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """Whether a channel may be told something now: `until` is the moment to wait for, None when it may."""

    until: datetime | None = None
    state: State = field(default_factory=State)


def permit(channel: Channel, now: datetime, *, probe: bool = False) -> Permit:
    """Ask to tell a channel one thing, which counts against its limit; a `probe` may go though the circuit is open."""
    dynamodb = client("dynamodb")
    moment, pace = _milliseconds(now), _span(interval(channel))
    most = moment + (BURST - 1) * pace
    closed = "" if probe else " AND attribute_not_exists(probe_at)"
    seen = 0
    for _ in range(ATTEMPTS):
        values = {":next": {"N": str(max(moment, seen) + pace)}}
        if seen > moment:
            values[":seen"] = {"N": str(seen)}
            condition = "tat = :seen"
        else:
            values[":now"] = {"N": str(moment)}
            condition = "(attribute_not_exists(tat) OR tat <= :now)"
        try:
            answer = dynamodb.update_item(
                TableName=settings().outbox_table,
                Key=_key(channel.channel_id),
                UpdateExpression="SET tat = :next",
                ConditionExpression=condition + closed,
                ExpressionAttributeValues=values,
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except dynamodb.exceptions.ConditionalCheckFailedException as error:
            standing_item: Any = error.response.get("Item", {})
            standing = _state(standing_item)
            if standing.circuit.probe_at is not None and not probe:
                return Permit(until=max(now, standing.circuit.probe_at), state=standing)
            if standing.tat > most:
                return Permit(until=now + timedelta(milliseconds=standing.tat - most), state=standing)
            seen = standing.tat
        else:
            return Permit(state=_state(answer["Attributes"]))
    return Permit(until=now + timedelta(milliseconds=pace))


def states() -> Mapping[str, State]:
    """All channels that were ever told something, as they stand now."""
    answer = client("dynamodb").query(
        TableName=settings().outbox_table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": CHANNEL}},
        ConsistentRead=True,
    )
    return {item["sk"]["S"]: _state(item) for item in answer["Items"]}


def state(channel_id: str) -> State:
    """A channel as it stands now."""
    answer = client("dynamodb").get_item(TableName=settings().outbox_table, Key=_key(channel_id), ConsistentRead=True)
    return _state(answer.get("Item", {}))


def leave_alone(channel: Channel, until: datetime) -> None:
    """Tell a channel nothing until then, because its platform said so."""
    tat = _milliseconds(until) + (BURST - 1) * _span(interval(channel))
    _update(
        channel.channel_id,
        "SET tat = :tat",
        "attribute_not_exists(tat) OR tat < :tat",
        {":tat": {"N": str(tat)}},
    )


def answered(channel_id: str, known: State) -> None:
    """The platform answered: the circuit is closed, and what waited goes out. Nothing is written when all was well."""
    if not known.circuit.failures:
        return
    down = known.circuit.down
    _update(
        channel_id,
        "REMOVE failures, failing_since, probe_at, problem" + (" SET catching_up = :down" if down else ""),
        "attribute_exists(failures)",
        {":down": {"BOOL": True}} if down else {},
    )


def failed(channel_id: str, known: State, problem: str, now: datetime) -> Circuit:
    """One more failure; how the circuit is after it. Of two failures in the same moment one is counted."""
    after = known.circuit.failed(now)
    values: dict[str, Any] = {
        ":failures": {"N": str(after.failures)},
        ":since": {"S": to_text(after.failing_since or now)},
        ":problem": {"S": problem},
    }
    probe = ""
    if after.probe_at is not None:
        probe = ", probe_at = :probe"
        values[":probe"] = {"S": to_text(after.probe_at)}
    condition = "attribute_not_exists(failures)"
    if known.circuit.failures:
        condition = "failures = :before"
        values[":before"] = {"N": str(known.circuit.failures)}
    _update(
        channel_id,
        f"SET failures = :failures, failing_since = :since, problem = :problem{probe}",
        condition,
        values,
    )
    return after


def take_probe(channel_id: str, known: State, now: datetime) -> bool:
    """Take the probe of a channel that is down and due for one: nobody else sends one until the lease is over."""
    if known.circuit.probe_at is None or known.circuit.probe_at > now:
        return False
    return _update(
        channel_id,
        "SET probe_at = :later",
        "probe_at = :seen",
        {":later": {"S": to_text(now + LEASE)}, ":seen": {"S": to_text(known.circuit.probe_at)}},
    )


def take_stock(channel_id: str, now: datetime) -> bool:
    """Take it in hand to tell a channel levels of stock; False while somebody else does."""
    return _update(
        channel_id,
        "SET stock_until = :later",
        "attribute_not_exists(stock_until) OR stock_until <= :now",
        {":later": {"S": to_text(now + LEASE)}, ":now": {"S": to_text(now)}},
    )


def give_stock(channel_id: str) -> None:
    """Let others tell a channel levels of stock."""
    _update(channel_id, "REMOVE stock_until", "attribute_exists(stock_until)", {})


def caught_up(channel_id: str) -> None:
    """All that waited while it was down is on its way."""
    _update(channel_id, "REMOVE catching_up", "attribute_exists(catching_up)", {})


def _update(channel_id: str, update: str, condition: str, values: dict[str, Any]) -> bool:
    dynamodb = client("dynamodb")
    given: Any = {"ExpressionAttributeValues": values} if values else {}
    try:
        dynamodb.update_item(
            TableName=settings().outbox_table,
            Key=_key(channel_id),
            UpdateExpression=update,
            ConditionExpression=condition,
            **given,
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        return False
    return True


def _key(channel_id: str) -> dict[str, Any]:
    return {"pk": {"S": CHANNEL}, "sk": {"S": channel_id}}


def _milliseconds(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp() * 1000)


def _span(time: timedelta) -> int:
    return max(1, int(time / timedelta(milliseconds=1)))


def _state(item: Mapping[str, Any]) -> State:
    def moment(name: str) -> datetime | None:
        return from_text(item[name]["S"]) if name in item else None

    return State(
        circuit=Circuit(
            failures=int(item.get("failures", {"N": "0"})["N"]),
            failing_since=moment("failing_since"),
            probe_at=moment("probe_at"),
        ),
        problem=item.get("problem", {"S": ""})["S"],
        catching_up=bool(item.get("catching_up", {}).get("BOOL")),
        tat=int(item.get("tat", {"N": "0"})["N"]),
    )
