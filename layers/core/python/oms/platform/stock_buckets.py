"""Levels that are split into buckets: read whole, and remembered for a while so that writers know where to look.

What is remembered is a hint. It may be wrong at any time: each write has the conditions that make it right, and one
that is refused looks at the buckets themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from oms.clock import from_text
from oms.platform.aws import client, code
from oms.platform.batch_read import read_items
from oms.platform.cache import Cache
from oms.platform.config import settings
from oms.platform.stock_items import Item, bucket_key, bucket_of, level_of, number_in, owner, stock_key
from oms.stock.buckets import Bucket, Units
from oms.stock.levels import Level, SkuStock


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A level that is held in several buckets, as it was when it was read."""

    sku: str
    location_id: str
    buckets: tuple[Bucket, ...]
    layout: str
    """Which split of the level this is: buckets of another one are no longer, or not yet, in use."""
    since: datetime
    kept: bool
    """Split by setting: stays so until the setting is changed."""
    past: int = 0
    """Versions of the buckets that are no longer in use, so that the level's version never goes back."""


_known: Cache[tuple[str, str], Split] = Cache(seconds=60, size=1000)


_glances: Cache[str, SkuStock] = Cache(seconds=1, size=100)


def glance(sku: str) -> SkuStock | None:
    """A hot sku as this process saw it up to a second ago; None when it did not, or when a write was refused since."""
    return _glances.get(sku)


def saw(stock: SkuStock) -> None:
    """Remember a sku for a moment, if any of its levels is hot."""
    if any(each.buckets > 1 for each in stock.levels):
        _glances.put(stock.sku, stock)


def known_split(sku: str, location_id: str) -> Split | None:
    """The level's buckets as this process last saw them; None for a level that is not split as far as it knows."""
    return _known.get((sku, location_id))


def forget_split(sku: str, location_id: str) -> None:
    """Look at the level itself the next time."""
    _glances.forget(sku)
    _known.forget((sku, location_id))


def moved(split: Split, deltas: Mapping[int, Units]) -> None:
    """Remember what a write of ours did to a split level."""
    buckets = tuple(
        replace(
            bucket,
            units={
                name: bucket.has(name) + deltas[bucket.number].get(name, 0)
                for name in dict.fromkeys((*bucket.units, *deltas[bucket.number]))
            },
        )
        if bucket.number in deltas
        else bucket
        for bucket in split.buckets
    )
    _known.put((split.sku, split.location_id), replace(split, buckets=buckets))


def whole(items: Sequence[Item]) -> tuple[Level, ...] | None:
    """Levels from their own items, each with all of its buckets; None when one was split anew meanwhile: read again.

    One read of an item for each bucket beyond a level's own, in one call; nothing for levels that are not split.
    """
    hot = [item for item in items if "buckets" in item]
    if not hot:
        return tuple(level_of(item) for item in items)
    others = _others(hot)
    levels = []
    for item in items:
        if "buckets" not in item:
            levels.append(level_of(item))
            continue
        split = _split(item, others)
        if split is None:
            return None
        _known.put((split.sku, split.location_id), split)
        levels.append(level_from(split))
    return tuple(levels)


def read_split(sku: str, location_id: str) -> Split | None:
    """A split level as it is now, strongly consistent; None when the level is not split.

    Raises:
        LookupError: it was split anew while it was read.
    """
    _glances.forget(sku)
    found = read_items(settings().stock_table, [stock_key(sku, location_id)])
    if not found or "buckets" not in found[0]:
        forget_split(sku, location_id)
        return None
    split = _split(found[0], _others(found))
    if split is None:
        raise LookupError(f"{sku} at {location_id} is being split anew")
    return _known.put((sku, location_id), split)


def snapshot(sku: str, location_id: str, count: int) -> Split | None:
    """A level's buckets, all at one moment; None when they move right now, or the level is split otherwise."""
    from botocore.exceptions import ClientError

    keys = [bucket_key(sku, location_id, number) for number in range(count)]
    table = settings().stock_table
    try:
        answer = client("dynamodb").transact_get_items(
            TransactItems=[{"Get": {"TableName": table, "Key": key}} for key in keys]
        )
    except ClientError as error:
        if code(error) == "TransactionCanceledException":
            return None
        raise
    items = [each["Item"] for each in answer["Responses"] if "Item" in each]
    if not items or owner(items[0])[2] or number_in(items[0], "buckets") != count:
        return None
    return _split(items[0], {owner(item): item for item in items})


def level_from(split: Split) -> Level:
    """The sum of a level's buckets."""
    parts = [level_of({**stock_key(split.sku, split.location_id), **_typed(each)}) for each in split.buckets]
    reasons = dict.fromkeys(why for part in parts for why in part.unavailable)
    return Level(
        sku=split.sku,
        location_id=split.location_id,
        on_hand=sum(part.on_hand for part in parts),
        available=sum(part.available for part in parts),
        committed=sum(part.committed for part in parts),
        incoming=sum(part.incoming for part in parts),
        unavailable={why: sum(part.unavailable.get(why, 0) for part in parts) for why in reasons},
        version=split.past + sum(each.version for each in split.buckets),
        buckets=len(split.buckets),
    )


def _typed(bucket: Bucket) -> dict[str, dict[str, str]]:
    return {name: {"N": str(units)} for name, units in bucket.units.items()}


def _others(hot: Sequence[Item]) -> dict[tuple[str, str, int], Item]:
    """All buckets of these levels but the levels' own, in one call."""
    keys = [
        bucket_key(item["sku"]["S"], item["location_id"]["S"], number)
        for item in hot
        for number in range(1, number_in(item, "buckets"))
    ]
    return {owner(item): item for item in read_items(settings().stock_table, keys)}


def _split(item: Item, others: Mapping[tuple[str, str, int], Item]) -> Split | None:
    sku, location_id, _ = owner(item)
    layout = item["layout"]["S"]
    rest = [others.get((sku, location_id, number)) for number in range(1, number_in(item, "buckets"))]
    if not all(each and each.get("layout", {}).get("S") == layout for each in rest):
        return None
    return Split(
        sku=sku,
        location_id=location_id,
        buckets=(bucket_of(item), *(bucket_of(each) for each in rest if each)),
        layout=layout,
        since=from_text(item["split_at"]["S"]),
        kept=item["kept"]["BOOL"],
        past=number_in(item, "past"),
    )
