"""The inventory table: documents of the warehouse, each one item under optimistic concurrency.

    document    kind and id: `purchase_order#PO-7`
    version     counts the writes
    body        the document as JSON
    listed      kind and status, `due` the moment by which its list is sorted, `summary` what the list shows, `places`
                the locations that it concerns: the index `by_list`

A document is written in one transaction with all that the change does to stock, so the two never tell different
stories; which movements these are follows from the document's states before and after (`oms.inventory.effects`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from oms.clock import to_text
from oms.errors import ConcurrentAppend, NotFound, ShortStock, TooLarge
from oms.inventory.effects import Effects
from oms.orders.log import Caller
from oms.platform.aws import client
from oms.platform.config import settings
from oms.platform.incoming import incoming_key
from oms.platform.stock_moves import Note
from oms.platform.stock_transaction import Refused, transact

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Document = TypeVar("Document")

MAX_ITEM = 380 * 1024
"""Bytes of a document; an item may have 400 kB."""

MAX_WRITES = 100
"""Of one transaction."""

ATTEMPTS = 10
"""How often a change meets another one before its caller is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Where a document stands in the lists: its status, the moment or day that sorts it, and what the list shows."""

    status: str
    due: str
    summary: str
    places: tuple[str, ...]


_adapters: dict[type[Any], TypeAdapter[Any]] = {}


def _adapter(of: type[Any]) -> TypeAdapter[Any]:
    """The reader and writer of one kind of document, made when it is first needed."""
    if of not in _adapters:
        from pydantic import TypeAdapter

        _adapters[of] = TypeAdapter(of)
    return _adapters[of]


def find(of: type[Document], kind: str, document_id: str) -> Document | None:
    """A document as it stands, strongly consistent; None when there is none."""
    answer = client("dynamodb").get_item(
        TableName=settings().inventory_table, Key=_key(kind, document_id), ConsistentRead=True
    )
    item = answer.get("Item")
    if item is None:
        return None
    found: Document = _adapter(of).validate_json(item["body"]["S"])
    return found


def read(of: type[Document], kind: str, document_id: str) -> Document:
    """A document as it stands.

    Raises:
        NotFound: there is none of this id.
    """
    found = find(of, kind, document_id)
    if found is None:
        raise NotFound(f"there is no {kind.replace('_', ' ')} {document_id!r}")
    return found


def save(after: Any, kind: str, document_id: str, listing: Listing, moved: Effects, caller: Caller) -> None:
    """Write a document at its new version, and all that the change does to stock, or nothing.

    Raises:
        ConcurrentAppend: it was changed meanwhile: read it and decide again.
        ShortStock: a level does not have the units; names it.
        TooLarge: the document is full.
    """
    body = _adapter(type(after)).dump_json(after, exclude_defaults=True).decode()
    if len(body.encode()) > MAX_ITEM:
        raise TooLarge(f"{document_id} has too many lines and receipts: go on with another document")
    put: dict[str, Any] = {
        "TableName": settings().inventory_table,
        "Item": {
            **_key(kind, document_id),
            "version": {"N": str(after.version)},
            "body": {"S": body},
            "listed": {"S": f"{kind}#{listing.status}"},
            "due": {"S": listing.due},
            "summary": {"S": listing.summary},
            "places": {"L": [{"S": place} for place in listing.places]},
            "cause": {"S": caller.cause},
        },
        "ConditionExpression": "attribute_not_exists(document)",
    }
    if after.version > 1:
        put["ConditionExpression"] = "version = :before"
        put["ExpressionAttributeValues"] = {":before": {"N": str(after.version - 1)}}
    _transact([{"Put": put}, *_promises(moved, document_id)], moved, document_id, caller)


def writes_in(moved: Effects) -> int:
    """How many writes of a transaction a change takes, the document itself among them."""
    return 1 + len(moved.movements) + len(moved.promises)


def _promises(moved: Effects, document_id: str) -> Iterator[Any]:
    for (sku, location_id, day), units in moved.promises.items():
        key = incoming_key(sku, location_id, day, document_id)
        if units:
            yield {"Put": {"TableName": settings().stock_table, "Item": {**key, "quantity": {"N": str(units)}}}}
        else:
            yield {"Delete": {"TableName": settings().stock_table, "Key": key}}


def _transact(beside: list[Any], moved: Effects, document_id: str, caller: Caller) -> None:
    note = Note(at=to_text(caller.clock()), cause=caller.cause, actor=caller.actor)
    try:
        transact(beside, list(moved.movements), note, key=document_id)
    except Refused as refused:
        if refused.short:
            raise ShortStock(f"{document_id}: not enough left of {', '.join(refused.short)}") from refused
        raise ConcurrentAppend(f"{document_id} or its stock is being changed: try again") from refused


def _key(kind: str, document_id: str) -> dict[str, Any]:
    return {"document": {"S": f"{kind}#{document_id}"}}
