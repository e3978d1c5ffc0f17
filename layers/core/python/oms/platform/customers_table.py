"""The customers table: records, the signs that lead to them, and which orders are whose.

The table owns its keys here. No name, address, mail address or phone number stands in it, except in what staff write
into notes. `customer` is always the record that something was given to; joined records point to the one that stands
for all (see `oms.customers.matching`).

    customer#<customer id>  record                  created_at, version, parts, apart, merged_into, preferences,
                                                    preferences_at, erasing_at, erased_at
    customer#<customer id>  note#<id>               text, actor, at
    customer#<customer id>  decision#<at>#<id>      body: a merge or split, by whom and when
    sign#<kind>#<digest>    sign                    customer: whom it leads to
    sign#<kind>#<digest>    order#<order id>        the order mentions it, unverified
    order#<order id>        order                   customer, placed_at (index by_customer), as_of, signs, hints, body
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from oms.clock import from_text, to_text
from oms.customers.history import OrderFacts, Row, from_body, to_body
from oms.customers.matching import Person
from oms.customers.signs import Sign
from oms.platform.aws import client, code
from oms.platform.batch_read import Item, read_items
from oms.platform.config import settings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

ATTEMPTS = 8
"""How often something is tried anew because somebody else was faster."""

RECORD, SIGN, ORDER = "record", "sign", "order"
NOTE, DECISION, MENTION = "note#", "decision#", "order#"

RETRYABLE = frozenset({"ConditionalCheckFailed", "TransactionConflict", "ThrottlingError"})

Write = dict[str, Any]
"""One part of a transaction."""


class Outrun(Exception):
    """Somebody else changed what this write was decided on: read and decide again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A customer's record: who it is for matching, and what else is kept on it. Times as text, empty when unset."""

    person: Person
    preferences: str = ""
    """JSON text; see `oms.notifications.preferences`."""
    preferences_at: str = ""
    erasing_at: str = ""
    erased_at: str = ""

    @property
    def gone(self) -> bool:
        """Whether it is erased or about to be, so that nothing new is given to it."""
        return bool(self.erasing_at or self.erased_at)


def record_key(customer_id: str) -> dict[str, AttributeValueTypeDef]:
    """The key of a record."""
    return {"pk": {"S": f"customer#{customer_id}"}, "sk": {"S": RECORD}}


def sign_key(sign: Sign) -> dict[str, AttributeValueTypeDef]:
    """The key of what a sign leads to."""
    return {"pk": {"S": f"sign#{sign}"}, "sk": {"S": SIGN}}


def mention_key(sign: Sign, order_id: str) -> dict[str, AttributeValueTypeDef]:
    """The key of an order's mention of a mail address or number that nobody has verified."""
    return {"pk": {"S": f"sign#{sign}"}, "sk": {"S": f"{MENTION}{order_id}"}}


def row_key(order_id: str) -> dict[str, AttributeValueTypeDef]:
    """The key of an order's row."""
    return {"pk": {"S": f"order#{order_id}"}, "sk": {"S": ORDER}}


def read(keys: Iterable[Mapping[str, AttributeValueTypeDef]]) -> list[Item]:
    """The items of these keys that exist, strongly consistent, in no order."""
    return read_items(settings().customers_table, keys)


def read_one(key: Mapping[str, AttributeValueTypeDef]) -> Item | None:
    """One item, strongly consistent."""
    answer = client("dynamodb").get_item(TableName=settings().customers_table, Key=dict(key), ConsistentRead=True)
    return answer.get("Item")


def partition(pk: str, prefix: str = "") -> Iterator[Item]:
    """The items of a partition whose sort keys begin with `prefix`, in their order, strongly consistent."""
    names = {":pk": {"S": pk}, **({":prefix": {"S": prefix}} if prefix else {})}
    pages = client("dynamodb").get_paginator("query")
    for page in pages.paginate(
        TableName=settings().customers_table,
        KeyConditionExpression="pk = :pk" + (" AND begins_with(sk, :prefix)" if prefix else ""),
        ExpressionAttributeValues=names,
        ConsistentRead=True,
    ):
        yield from page["Items"]


def rows_of(customer_ids: Iterable[str]) -> list[Row]:
    """The orders that these records were given, the newest first; behind the table by a fraction of a second."""
    pages = client("dynamodb").get_paginator("query")
    found = [
        row_of(item)
        for customer_id in sorted(customer_ids)
        for page in pages.paginate(
            TableName=settings().customers_table,
            IndexName="by_customer",
            KeyConditionExpression="customer = :customer",
            ExpressionAttributeValues={":customer": {"S": customer_id}},
        )
        for item in page["Items"]
    ]
    return sorted(found, key=lambda row: (row.facts.placed_at, row.facts.order_id), reverse=True)


def records(customer_ids: Iterable[str]) -> dict[str, Record]:
    """These records, by id."""
    found = (record_of(item) for item in read(record_key(each) for each in customer_ids))
    return {each.person.customer_id: each for each in found}


def roots(customer_ids: Iterable[str]) -> dict[str, Record]:
    """For each of these ids the record that stands for it now; ids that lead nowhere are left out."""
    asked = set(customer_ids)
    known = records(asked)
    while missing := {each.person.merged_into for each in known.values()} - known.keys() - {""}:
        known |= records(missing)
    return {each: _root(known, each) for each in asked if each in known}


def _root(known: Mapping[str, Record], customer_id: str) -> Record:
    while merged_into := known[customer_id].person.merged_into:
        customer_id = merged_into
    return known[customer_id]


def transact(writes: Sequence[Write]) -> None:
    """Write all of these or none; a single put goes without a transaction, at half the price.

    Raises:
        Outrun: a condition did not hold, or somebody else was writing the same.
    """
    from botocore.exceptions import ClientError

    try:
        if len(writes) == 1 and "Put" in writes[0]:
            only: Any = writes[0]["Put"]
            client("dynamodb").put_item(**only)
        else:
            client("dynamodb").transact_write_items(TransactItems=list(writes))  # type: ignore[arg-type]
    except ClientError as error:
        if code(error) in {"TransactionInProgressException", "ConditionalCheckFailedException"}:
            raise Outrun from error
        if code(error) != "TransactionCanceledException":
            raise
        reasons: Any = error.response.get("CancellationReasons", [])
        if RETRYABLE & {reason.get("Code", "None") for reason in reasons}:
            raise Outrun from error
        raise


def put(item: Item, condition: str = "", values: Mapping[str, Any] | None = None, **texts: str) -> Write:
    """A put, for a transaction; `values` are typed, `texts` plain."""
    return {"Put": {"Item": dict(item), **_common(condition, values or {}, texts)}}


def alive(customer_id: str) -> Write:
    """The condition that a record is not being erased, for a transaction that gives it something."""
    condition = "attribute_exists(pk) AND attribute_not_exists(erasing_at)"
    return {"ConditionCheck": {"Key": record_key(customer_id), **_common(condition, {}, {})}}


def update(key: Item, change: str, condition: str, values: Mapping[str, Any], **texts: str) -> Write:
    """An update, for a transaction; `values` are typed, `texts` plain."""
    return {"Update": {"Key": dict(key), "UpdateExpression": change, **_common(condition, values, texts)}}


def _common(condition: str, values: Mapping[str, Any], texts: Mapping[str, str]) -> Any:
    given = {
        **{f":{name}": value for name, value in values.items()},
        **{f":{name}": {"S": v} for name, v in texts.items()},
    }
    return {
        "TableName": settings().customers_table,
        **({"ConditionExpression": condition} if condition else {}),
        **({"ExpressionAttributeValues": given} if given else {}),
    }


def put_person(person: Person) -> Write:
    """Write a record that is new."""
    return put(
        {
            **record_key(person.customer_id),
            "created_at": {"S": to_text(person.created_at)},
            "version": {"N": str(person.version)},
            **_sets(person),
        },
        "attribute_not_exists(pk)",
    )


def update_person(person: Person) -> Write:
    """Write what merges and splits changed in a record, unless it has changed since or is being erased."""
    sets = _sets(person)
    change = ", ".join(["version = :version", *(f"{name} = :{name}" for name in sets)])
    gone = [name for name in ("parts", "apart") if name not in sets]
    return update(
        record_key(person.customer_id),
        f"SET {change}" + (f" REMOVE {', '.join(gone)}" if gone else ""),
        "version = :before AND attribute_not_exists(merged_into) AND attribute_not_exists(erasing_at)",
        {"version": {"N": str(person.version)}, "before": {"N": str(person.version - 1)}, **sets},
    )


def merge_person(loser: Person, into: str) -> Write:
    """Let a record point to the one that it is joined to."""
    return update(
        record_key(loser.customer_id),
        "SET merged_into = :into, version = :version",
        "version = :before AND attribute_not_exists(merged_into) AND attribute_not_exists(erasing_at)",
        {"version": {"N": str(loser.version + 1)}, "before": {"N": str(loser.version)}},
        into=into,
    )


def decision_put(customer_id: str, body: Mapping[str, Any], decision_id: str) -> Write:
    """Record a merge or split: `body` has at least `at`."""
    return put(
        {
            "pk": {"S": f"customer#{customer_id}"},
            "sk": {"S": f"{DECISION}{body['at']}#{decision_id}"},
            "body": {"S": json.dumps(body)},
        }
    )


def row_item(row: Row) -> dict[str, Any]:
    """A row as an item."""
    return {
        **row_key(row.facts.order_id),
        "customer": {"S": row.customer_id},
        "placed_at": {"S": to_text(row.facts.placed_at)},
        "as_of": {"N": str(row.as_of)},
        "signs": {"L": [{"S": str(sign)} for sign in row.signs]},
        "hints": {"L": [{"S": str(sign)} for sign in row.hints]},
        "body": {"S": json.dumps(to_body(row.facts), ensure_ascii=False)},
    }


def row_of(item: Item) -> Row:
    """Read a row."""
    known: OrderFacts = from_body(json.loads(item["body"]["S"]))
    return Row(
        facts=known,
        customer_id=item["customer"]["S"],
        as_of=int(item["as_of"]["N"]),
        signs=tuple(Sign.read(each["S"]) for each in item["signs"]["L"]),
        hints=tuple(Sign.read(each["S"]) for each in item["hints"]["L"]),
    )


def record_of(item: Item) -> Record:
    """Read a record."""

    def text(name: str) -> str:
        return str(item[name]["S"]) if name in item else ""

    return Record(
        person=Person(
            customer_id=item["pk"]["S"].removeprefix("customer#"),
            created_at=from_text(item["created_at"]["S"]),
            version=int(item["version"]["N"]),
            parts=frozenset(item.get("parts", {}).get("SS", ())),
            apart=frozenset(item.get("apart", {}).get("SS", ())),
            merged_into=text("merged_into"),
        ),
        preferences=text("preferences"),
        preferences_at=text("preferences_at"),
        erasing_at=text("erasing_at"),
        erased_at=text("erased_at"),
    )


def _sets(person: Person) -> dict[str, Any]:
    """The sets that are not empty: DynamoDB has no empty ones."""
    sets = {"parts": person.parts, "apart": person.apart}
    return {name: {"SS": sorted(value)} for name, value in sets.items() if value}


def delete(key: Item, customer_id: str = "") -> None:
    """Delete an item; with `customer_id` only while it is this customer's. Repeatable."""
    from botocore.exceptions import ClientError

    condition: dict[str, Any] = {}
    if customer_id:
        condition = {
            "ConditionExpression": "customer = :customer",
            "ExpressionAttributeValues": {":customer": {"S": customer_id}},
        }
    try:
        client("dynamodb").delete_item(TableName=settings().customers_table, Key=dict(key), **condition)
    except ClientError as error:
        if code(error) != "ConditionalCheckFailedException":
            raise


def entomb_row(row: Row, at: str) -> None:
    """Leave of an order's row that it was erased, so that nobody who is late writes it again."""
    item = {**row_key(row.facts.order_id), "as_of": {"N": str(row.as_of)}, "erased_at": {"S": at}}
    client("dynamodb").put_item(TableName=settings().customers_table, Item=item)


def entomb_record(customer_id: str, at: str) -> None:
    """Leave of a record that it was erased, and what its id led to."""
    client("dynamodb").update_item(
        TableName=settings().customers_table,
        Key=record_key(customer_id),
        UpdateExpression="SET erased_at = :at REMOVE preferences, preferences_at, preferences_by",
        ConditionExpression="attribute_exists(pk)",
        ExpressionAttributeValues={":at": {"S": at}},
    )
