"""Stock out: channels have the newest level of each sku that they may sell, and hear of no step on the way there.

What moves is marked (`mark`, by the reader of the stock stream). Each minute the marks of a shard are worked out: for
each channel what it may sell now (`spread`), and what is not there already is told in batches (`tell_levels`). Both are
taken up again by the next minute, wherever somebody stopped: a level that is told twice is the same level.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from oms.channels import pace
from oms.channels.outbound import StockAnswer, StockLevel, ToldPlatform, told_platform
from oms.clock import from_text, now, to_text
from oms.errors import Refused, Throttled, Unavailable
from oms.orders.kits import Component
from oms.platform import channel_states, setup
from oms.platform import channel_stock_table as table
from oms.platform.aws import client
from oms.platform.channel_stock_table import Level
from oms.platform.config import settings
from oms.platform.connections import calling
from oms.platform.observability import Metric, count, logger
from oms.platform.stock_items import LINE, RESERVATION_PARTITION, number_in, owner
from oms.platform.stock_table import sku_stock
from oms.routing.kits import NoRecipe, unfolded
from oms.setup import Channel, ChannelUpdate, Platform
from oms.stock.buckets import AVAILABLE
from oms.stock.levels import SkuStock, StockReason
from oms.stock.shown import shown

STOCK_MOVED = "StockMoved"
"""Type of the messages that have the marks of a shard worked out; see `tests/contracts/messages`."""

LEVELS_DUE = "LevelsDue"
"""Type of the messages that have a channel told the levels that wait for it."""

RESYNC = "StockResync"
"""Type of the messages that have all levels of the stock table told to a channel, a page at a time."""

ENOUGH = timedelta(seconds=15)
"""After this time the rest is left to the next message: a function has half a minute."""

RESYNC_PAGE = 250
"""Items of the stock table that one message looks at."""

EXCERPT = 300
DEPTH = 5
"""How many kits may be in each other: see `oms.routing.kits`."""

Record = Mapping[str, Any]


def channels() -> tuple[Channel, ...]:
    """The channels that are told of stock, at most a minute old."""
    return tuple(
        each.value
        for each in setup.listed(Channel)
        if ChannelUpdate.STOCK in each.value.updates and each.value.platform is not Platform.CANONICAL
    )


def follow(records: Iterable[Record]) -> None:
    """Mark what moved in a batch of the stock stream. Where no channel is told of stock, nothing is done."""
    if channels():
        moment = now()
        for sku in dict.fromkeys(sku for record in records if (sku := _moved(record))):
            table.mark(sku, moment)


def _moved(record: Record) -> str:
    """The sku of which there is more or less to sell after a record, or nothing.

    A shipment moves no such unit, and neither does a level that is spread anew over its buckets.
    """
    change = record["dynamodb"]
    if change["Keys"]["location_id"]["S"].startswith(LINE):
        return str(change["Keys"]["sku"]["S"])
    after, before = change.get("NewImage", {}), change.get("OldImage", {})
    reason = after.get("last", {"M": {}})["M"].get("reason", {}).get("S")
    if number_in(after, AVAILABLE) == number_in(before, AVAILABLE) or reason == StockReason.SPREAD:
        return ""
    return owner(change["Keys"])[0]


def handle(message: Mapping[str, Any]) -> None:
    """A message of the queue of updates about stock."""
    if message["type"] == STOCK_MOVED:
        for name in spread(message["shard"]):
            _send({"type": LEVELS_DUE, "channel_id": name})
    elif message["type"] == RESYNC:
        _resync(setup.channel(message["channel_id"]), message)
    else:
        tell_levels(setup.channel(message["channel_id"]), probe=message.get("probe", False))


def spread(shard: int) -> list[str]:
    """Work out the levels of what has moved in a shard; returns the channels that are to be told something."""
    began, told = now(), set()
    for sku, mark_at in table.ripe(shard, began):
        if now() - began > ENOUGH:
            break
        if table.take(sku, mark_at, now()):
            told |= _want(sku, channels())
            table.done(sku, mark_at)
    return sorted(told)


def _want(sku: str, of: Sequence[Channel], *, all_anew: bool = False) -> set[str]:
    """Have channels told what they may sell of a sku, and of the kits that it is in; returns which are."""
    found = set()
    for each in (sku, *_kits_of(sku)):
        moment = to_text(now())
        levels = [
            Level(channel_id=channel.channel_id, sku=each, available=units, at=moment)
            for channel, units in zip(of, _figures(each, of), strict=True)
        ]
        known = {} if all_anew else table.known((level.channel_id, level.sku) for level in levels)
        for level in levels:
            before = known.get((level.channel_id, level.sku))
            if before is None or _is_news(level, before):
                again = all_anew or bool(before and before.problem)
                table.want(replace(level, again=again))
                found.add(level.channel_id)
    return found


def _is_news(level: Level, before: Level) -> bool:
    """Whether a channel is told a level that it may have.

    A level that is as it was told last is told all the same: the platform has counted its own sales off it meanwhile.
    Only where there was nothing to sell there is nothing new. What was refused rests for a while.
    """
    if before.problem:
        return from_text(level.at) - from_text(before.at) >= table.REFUSED_REST
    return bool(level.available or before.available)


def _figures(sku: str, of: Sequence[Channel]) -> list[int]:
    """What each channel may sell of a sku; each sku on a shelf is read once, strongly consistent."""
    product = setup.products([sku]).get(sku)
    needs: tuple[Component, ...] = (Component(sku=sku, quantity=1),)
    if product is not None and product.components:
        try:
            needs = unfolded(sku, product, setup.products)
        except NoRecipe:
            needs = ()
    stock: dict[str, SkuStock] = {each.sku: sku_stock(each.sku, consistent=True) for each in needs}
    places = {each.location_id: each for each in setup.locations()}
    every = {each.value.channel_id: each.value for each in setup.listed(Channel)}
    return [
        shown(
            needs,
            stock,
            channel,
            places=places,
            products=setup.products(stock),
            channels=every.get,
            today=now().date(),
        )
        for channel in of
    ]


def _kits_of(sku: str) -> list[str]:
    """The kits that a sku is in, and those that these are in."""
    found: list[str] = []
    layer = [sku]
    for _ in range(DEPTH):
        layer = [kit for each in layer for kit in setup.kits_with(each) if kit not in found]
        found += layer
    return found


def tell_levels(known: Channel, *, probe: bool = False) -> int:
    """Tell a channel the levels that wait, in batches, as far as it goes; returns how many were told.

    One process at a time does so for a channel: else an older level might be told after a newer one.
    """
    if not channel_states.take_stock(known.channel_id, now()):
        return 0
    told, after, began, platform = 0, "", now(), told_platform(known)
    try:
        while ChannelUpdate.STOCK in platform.TAKES and now() - began < ENOUGH:
            levels = table.wanted(known.channel_id, platform.STOCK_BATCH, after)
            if not levels or not _tell(known, platform, levels, probe=probe):
                break
            told, after, probe = told + len(levels), levels[-1].sku, False
    finally:
        channel_states.give_stock(known.channel_id)
    if told:
        count(Metric.LEVELS_TOLD, told)
    return told


def _tell(known: Channel, platform: ToldPlatform, levels: Sequence[Level], *, probe: bool) -> bool:
    """Tell one batch; whether more may be told."""
    moment = now()
    allowed = channel_states.permit(known, moment, probe=probe)
    if allowed.until is not None:
        return False
    batch = [StockLevel(sku=each.sku, available=each.available) for each in levels]
    try:
        answers: Sequence[StockAnswer] = calling(known.channel_id, lambda link: platform.set_stock(link, batch))
        channel_states.answered(known.channel_id, allowed.state)
    except Throttled as error:
        channel_states.leave_alone(known, moment + pace.asked(error.seconds))
        return False
    except Refused as error:
        channel_states.answered(known.channel_id, allowed.state)
        answers = _all_refused(levels, error.detail)
    except Unavailable as error:
        channel_states.failed(known.channel_id, allowed.state, error.detail[:EXCERPT], moment)
        count(Metric.CHANNELS_NOT_TOLD)
        logger().warning("channel_not_told", channel=known.channel_id, levels=len(levels), problem=error.detail)
        return False
    except Exception as error:  # noqa: BLE001 - whatever an adapter does, its levels stand where people see them; logged
        logger().exception("channel_call_failed", channel=known.channel_id, levels=len(levels))
        answers = _all_refused(levels, f"our side failed: {type(error).__name__}; the log has more")
    problems = {each.sku: each.problem[:EXCERPT] for each in answers}
    for level in levels:
        # A platform that says nothing of a level has not said that it has it.
        table.settle(level, problems.get(level.sku, "the platform did not say that it has it"))
    return True


def _all_refused(levels: Iterable[Level], problem: str) -> list[StockAnswer]:
    return [StockAnswer(sku=each.sku, problem=problem or "no reason given") for each in levels]


def sweep(moment: datetime, states: Mapping[str, channel_states.State]) -> None:
    """Each minute: have worked out what moved, and told what waits; a channel that is down is probed with a batch."""
    of = channels()
    if not of:
        return
    for shard in range(table.SHARDS):
        if table.ripe(shard, moment):
            _send({"type": STOCK_MOVED, "shard": shard})
    for known in of:
        state = states.get(known.channel_id, channel_states.State())
        if not table.wanted(known.channel_id, 1):
            continue
        probe = state.circuit.down
        if not probe or channel_states.take_probe(known.channel_id, state, moment):
            _send({"type": LEVELS_DUE, "channel_id": known.channel_id, **({"probe": True} if probe else {})})


def ask_resync(channel_id: str, skus: Sequence[str]) -> None:
    """Have a channel told these levels anew, or all that there are.

    Raises:
        NotFound: there is no such channel.
    """
    setup.channel(channel_id)
    _send({"type": RESYNC, "channel_id": channel_id, **({"skus": list(skus)} if skus else {})})


def _resync(known: Channel, message: Mapping[str, Any]) -> None:
    """A page of a resync; the next is a message of its own. What it has of a sku is read when it is worked out."""
    start = message.get("after")
    if "skus" in message:
        skus, start = list(message["skus"]), None
    else:
        skus, start = _page(start)
    for sku in skus:
        _want(sku, [known], all_anew=True)
    if start:
        _send({**message, "after": start})
    _send({"type": LEVELS_DUE, "channel_id": known.channel_id})


def _page(after: Any) -> tuple[list[str], Any]:
    """Skus of the stock table, as they come, and where the next page begins."""
    more: Any = {"ExclusiveStartKey": after} if after else {}
    answer = client("dynamodb").scan(
        TableName=settings().stock_table,
        ProjectionExpression="sku, location_id",
        Limit=RESYNC_PAGE,
        **more,
    )
    levels = [item for item in answer["Items"] if not item["sku"]["S"].startswith(RESERVATION_PARTITION)]
    return list(dict.fromkeys(owner(item)[0] for item in levels)), answer.get("LastEvaluatedKey")


def _send(message: Mapping[str, Any]) -> None:
    client("sqs").send_message(QueueUrl=settings().updates_queue, MessageBody=json.dumps(message))
