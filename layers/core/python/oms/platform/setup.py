"""Channels, locations and products in the set-up table, and the short memory that spares reading them each time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from oms.clock import now, to_text
from oms.errors import NotFound, TooLarge, Unavailable, VersionMismatch
from oms.platform.aws import client
from oms.platform.batch_read import read_items
from oms.platform.cache import Cache
from oms.platform.config import settings
from oms.platform.setup_items import NAMES, Stored, Value, id_of, key, load
from oms.setup import Channel, Location, Product

if TYPE_CHECKING:
    from oms.fraud.rules import FraudRules
    from oms.platform.setup_items import SetUp
    from oms.sourcing.rates import RateCard
    from oms.sourcing.rules import SourcingRule


LIFE = 60
"""Seconds that a function may go on with a channel, location or product that was changed elsewhere."""

MAX_BODY = 390 * 1024
"""Bytes of one value; an item of the table takes 400 kB."""

KITS_WITH = "kits_with#"
"""Before a sku: the partition that names the kits which it is a component of."""

ATTEMPTS = 6
"""How often a write meets a concurrent one before the caller is told."""


_channels: Cache[str, Channel] = Cache(seconds=LIFE, size=1000)
_locations: Cache[str, tuple[Location, ...]] = Cache(seconds=LIFE, size=1)
_lists: Cache[str, tuple[Stored[Any], ...]] = Cache(seconds=LIFE, size=10)
_products: Cache[str, Product] = Cache(seconds=LIFE, size=5000)


class Outcome(StrEnum):
    """What a write did."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Written:
    """The version that a value has now, and whether the write changed anything."""

    version: int
    outcome: Outcome
    value: SetUp | None = field(default=None, compare=False)
    """It as it is kept."""


def channel(channel_id: str) -> Channel:
    """A channel, at most a minute old.

    Raises:
        NotFound: there is none of this id.
    """
    return _channels.get(channel_id) or _channels.put(channel_id, stored(Channel, channel_id).value)


def location(location_id: str) -> Location:
    """A location, at most a minute old.

    Raises:
        NotFound: there is none of this id.
    """
    for known in locations():
        if known.location_id == location_id:
            return known
    return stored(Location, location_id).value


def locations(*, fresh: bool = False) -> tuple[Location, ...]:
    """All locations by id, active or not, at most a minute old; or as they are now."""
    kept = None if fresh else _locations.get("")
    return kept if kept is not None else _locations.put("", _all(Location))


def fraud_rules(channel_id: str) -> FraudRules:
    """The rules for a channel's orders, at most a minute old: its own, those for all, or those of the house."""
    from oms.fraud.rules import DEFAULT, STANDARD, FraudRules

    by_id = {each.value.rules_id: each.value for each in listed(FraudRules)}
    return by_id.get(channel_id) or by_id.get(DEFAULT) or STANDARD


def sourcing_rules() -> tuple[SourcingRule, ...]:
    """The rules of sourcing, each with its version, at most a minute old."""
    from oms.sourcing.rules import SourcingRule

    return tuple(replace(each.value, version=each.version) for each in listed(SourcingRule))


def rate_cards() -> dict[str, RateCard]:
    """The rate cards by id, at most a minute old."""
    from oms.sourcing.rates import RateCard

    return {each.value.card_id: each.value for each in listed(RateCard)}


def listed(of: type[Value]) -> tuple[Stored[Value], ...]:
    """All values of a kind of which there are few, by id, at most a minute old."""
    kept = _lists.get(of.__name__)
    return kept if kept is not None else _lists.put(of.__name__, all_stored(of))


def _all(of: type[Value]) -> tuple[Value, ...]:
    return tuple(each.value for each in all_stored(of))


def all_stored(of: type[Value]) -> tuple[Stored[Value], ...]:
    """All values of a kind of which there are few, by id, as the table has them now."""
    pages = (
        client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=settings().setup_table,
            KeyConditionExpression="kind = :kind",
            ExpressionAttributeValues={":kind": {"S": NAMES[of.__name__]}},
            ConsistentRead=True,
        )
    )
    return tuple(load(of, item) for page in pages for item in page["Items"])


def products(skus: Iterable[str]) -> dict[str, Product]:
    """Those of the skus that are set up, at most a minute old; the others are left out.

    A product that was set up a moment ago is found: what an ordinary read misses is read again consistently.
    """
    wanted = {sku for sku in skus if sku}
    found = {sku: kept for sku in wanted if (kept := _products.get(sku)) is not None}
    for consistent in (False, True):
        missing = sorted(wanted - found.keys())
        for sku, read in stored_many(Product, missing, consistent=consistent).items():
            found[sku] = _products.put(sku, read.value)
    return found


def kits_with(sku: str) -> tuple[str, ...]:
    """The kits that have a sku among their components, and perhaps some that had it once; no kits of kits."""
    pages = client("dynamodb").get_paginator("query")
    return tuple(
        item["id"]["S"]
        for page in pages.paginate(
            TableName=settings().setup_table,
            KeyConditionExpression="kind = :kind",
            ExpressionAttributeValues={":kind": {"S": f"{KITS_WITH}{sku}"}},
        )
        for item in page["Items"]
    )


def _note_components(kit: Product) -> None:
    """Let the kits of a sku be found. Before the kit is written: one that is found and is none does no harm."""
    for each in kit.components:
        client("dynamodb").put_item(
            TableName=settings().setup_table,
            Item={"kind": {"S": f"{KITS_WITH}{each.sku}"}, "id": {"S": kit.sku}},
        )


def stored(of: type[Value], value_id: str) -> Stored[Value]:
    """A value with its version, as the table has it now.

    Raises:
        NotFound: there is none of this id.
    """
    answer = client("dynamodb").get_item(TableName=settings().setup_table, Key=key(of, value_id), ConsistentRead=True)
    if "Item" not in answer:
        raise NotFound(f"there is no {NAMES[of.__name__]} {value_id!r}")
    return load(of, answer["Item"])


def stored_many(of: type[Value], ids: Iterable[str], *, consistent: bool = True) -> dict[str, Stored[Value]]:
    """Values by id, in batches; those that do not exist are left out.

    Raises:
        Unavailable: the table left keys unanswered again and again.
    """
    keys = [key(of, value_id) for value_id in dict.fromkeys(ids)]
    read = [load(of, item) for item in read_items(settings().setup_table, keys, consistent=consistent)]
    return {id_of(each.value): each for each in read}


def put(value: Value, *, expected_version: int | None = None) -> Written:
    """Create or replace a value. One that is the same already is not written, and keeps its version.

    So the same call may be made again, even with the `If-Match` of before. Without `expected_version` the last writer
    wins.

    Raises:
        VersionMismatch: `expected_version` is not the version of what is there (0: nothing is there).
        Unavailable: others wrote the same value at the same time, again and again.
    """
    return _put(value, _stored_or_none(value), expected_version)


def put_many(values: Sequence[Value]) -> list[Written]:
    """Create or replace values one after another, reading what is there in batches; the last one of an id wins.

    Raises:
        Unavailable: see `put`; the values before are written, and the same call may be made again.
    """
    known: dict[str, Stored[Value]] = {}
    for of in {type(value) for value in values}:
        known |= stored_many(of, [id_of(value) for value in values])
    done = []
    for value in values:
        written = _put(value, known.get(id_of(value)), None)
        known[id_of(value)] = Stored(written.value or value, written.version)  # type: ignore[arg-type]
        done.append(written)
    return done


def delete(of: type[Value], value_id: str, *, expected_version: int | None = None) -> None:
    """Take a value out of set-up.

    Raises:
        NotFound: there is none of this id.
        VersionMismatch: `expected_version` is not its version, or somebody else changed it meanwhile.
    """
    before = stored(of, value_id)
    dynamodb = client("dynamodb")
    try:
        if expected_version not in {None, before.version}:
            raise VersionMismatch(f"{value_id!r} is at version {before.version}, not {expected_version}: read it again")
        dynamodb.delete_item(
            TableName=settings().setup_table,
            Key=key(of, value_id),
            ConditionExpression="version = :version",
            ExpressionAttributeValues={":version": {"N": str(before.version)}},
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        raise VersionMismatch(f"{value_id!r} was changed by somebody else: read it again") from None
    _remember(before.value)


def _put(value: Value, before: Stored[Value] | None, expected_version: int | None) -> Written:
    """Write over what was read, or over what is there by then."""
    if isinstance(value, Product):
        _note_components(value)
    for _ in range(ATTEMPTS):
        if isinstance(value, Channel):
            value = value.dated(before.value if before else None, to_text(now()))  # type: ignore[assignment, arg-type]
        if before is not None and before.value == value:
            return Written(before.version, Outcome.UNCHANGED, value)
        version = before.version if before else 0
        if expected_version is not None and expected_version != version:
            raise VersionMismatch(
                f"{NAMES[type(value).__name__]} {id_of(value)!r} is at version {version}, not {expected_version}:"
                " read it again"
            )
        if _write(value, version):
            _remember(value)
            return Written(version + 1, Outcome.UPDATED if before else Outcome.CREATED, value)
        before = _stored_or_none(value)
    raise Unavailable(f"{NAMES[type(value).__name__]} {id_of(value)!r} is being changed by others: try again")


def _write(value: SetUp, version: int) -> bool:
    """Write under the condition that the table still has `version`; False when it has another."""
    dynamodb = client("dynamodb")
    body = json.dumps(asdict(value), ensure_ascii=False, default=str)
    if len(body.encode()) > MAX_BODY:
        raise TooLarge(f"it takes {len(body.encode()) // 1024} kB, and there is room for {MAX_BODY // 1024}")
    try:
        dynamodb.put_item(
            TableName=settings().setup_table,
            Item={
                **key(type(value), id_of(value)),
                "body": {"S": body},
                "version": {"N": str(version + 1)},
            },
            **(
                {
                    "ConditionExpression": "version = :version",
                    "ExpressionAttributeValues": {":version": {"N": str(version)}},
                }
                if version
                else {"ConditionExpression": "attribute_not_exists(kind)"}
            ),
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        return False
    return True


def _remember(value: SetUp) -> None:
    """What this process wrote, it knows at once."""
    match value:
        case Channel():
            _channels.put(value.channel_id, value)
            _lists.forget(Channel.__name__)
        case Location():
            _locations.clear()
        case Product():
            _products.put(value.sku, value)
        case _:
            _lists.clear()


def _stored_or_none(value: Value) -> Stored[Value] | None:
    try:
        return stored(type(value), id_of(value))
    except NotFound:
        return None
