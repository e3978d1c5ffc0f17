"""The items of the stock table: their keys, and what stands in them.

Partition `sku`, sort `location_id`:

    #waiting                          waiting: units of the sku on backorder over all orders
    <location id>                     a level: on_hand, available, committed, incoming, unavailable_<why>, version, last
    ~incoming#<date>#<id>#<location>  quantity: units that a purchase order or transfer promises by a date
    ~receipt#<cause>                  an adjustment that was made under this Idempotency-Key; expires
    ~waiting#<since>#<order id>       quantity: units that this order waits for

A level that is split has `buckets` (how many), `layout` (which split this is), `split_at`, `kept` (split by setting),
`past` (versions of buckets that are no longer in use). Its other buckets stand in partitions of their own:

    <sku>~<number>, ~bucket#<location id>       as a level; `layout` only while the bucket is in use

A reservation is no part of any sku, and has a partition of its own (see `reservations`):

    ~reservation#<id>, ~reservation             status, expires_at, order_id, body; while it is open `timer`, `due_at`

Each level and bucket carries its last movement (`last`), so that the table's stream is the stock ledger.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oms.stock.buckets import AVAILABLE, COMMITTED, INCOMING, ON_HAND, Bucket
from oms.stock.levels import Level

WAITING = "#waiting"
RECEIPT = "~receipt#"
LINE = "~waiting#"
BUCKET = "~bucket#"
RESERVATION_PARTITION = "~reservation#"
RESERVATION_SORT = "~reservation"
UNAVAILABLE = "unavailable_"
"""Prefix of the attributes that count units which are there and not for sale, each for one reason."""

Item = Mapping[str, Any]


def stock_key(sku: str, location_id: str) -> dict[str, Any]:
    """The key of an item: a level, or one of the things that stand beside a sku's levels."""
    return {"sku": {"S": sku}, "location_id": {"S": location_id}}


def bucket_key(sku: str, location_id: str, number: int) -> dict[str, Any]:
    """The key of a level's bucket; number 0 is the level itself.

    No sku can be in the way: its levels have other sort keys, whatever it is called.
    """
    return stock_key(f"{sku}~{number}", BUCKET + location_id) if number else stock_key(sku, location_id)


def owner(item: Item) -> tuple[str, str, int]:
    """Sku, location and number of the bucket that an item is; the number is 0 for a level."""
    sku, location_id = item["sku"]["S"], item["location_id"]["S"]
    if not location_id.startswith(BUCKET):
        return sku, location_id, 0
    sku, _, number = sku.rpartition("~")
    return sku, location_id.removeprefix(BUCKET), int(number)


def number_in(item: Item, name: str) -> int:
    """A number that an item has, or 0."""
    return int(item.get(name, {"N": "0"})["N"])


def level_of(item: Item) -> Level:
    """An item of a level, as the table or its stream hands it over, as a value; of a split level, its own bucket."""
    sku, location_id, _ = owner(item)
    return Level(
        sku=sku,
        location_id=location_id,
        on_hand=number_in(item, ON_HAND),
        available=number_in(item, AVAILABLE),
        committed=number_in(item, COMMITTED),
        incoming=number_in(item, INCOMING),
        unavailable={
            name.removeprefix(UNAVAILABLE): int(value["N"])
            for name, value in item.items()
            if name.startswith(UNAVAILABLE) and value["N"] != "0"
        },
        version=number_in(item, "version") + number_in(item, "past"),
        buckets=number_in(item, "buckets") or 1,
    )


def bucket_of(item: Item) -> Bucket:
    """An item of a level or bucket as what a movement can be spread over."""
    names = (ON_HAND, AVAILABLE, COMMITTED, INCOMING, *(name for name in item if name.startswith(UNAVAILABLE)))
    return Bucket(
        number=owner(item)[2],
        units={name: units for name in names if (units := number_in(item, name))},
        version=number_in(item, "version"),
    )
