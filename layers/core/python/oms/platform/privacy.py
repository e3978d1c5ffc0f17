"""A person's data: all of it in one document, or out of every place where it stands.

Personal data stands in few places, each named here once: `contact` and `original` of entries in the order log;
documents that show an address; records of messages, which know their recipient by a digest; the signs and notes of a
customer. Events, books, stock and views know nobody.

An erasure is a job with a marker. It begins by marking the customer, takes order by order, and ends by emptying the
record. Within an order the steps go from what is found by the contact to the contact itself and the row, so that
whoever dies in between leaves what the next call needs to go on.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from oms.clock import to_text
from oms.customers.answers import CustomerExport, Erasure
from oms.customers.erasing import obstacle
from oms.customers.history import Row, figures, to_body
from oms.customers.matching import Person
from oms.customers.signs import Sign, hints_of, signs_of
from oms.errors import ConcurrentAppend, FieldError, NotAllowed, NotFound
from oms.notifications.catalogue import Medium, Recipient
from oms.orders.codec import dump_contact
from oms.orders.contact import Contact
from oms.orders.evolve import fold
from oms.orders.log import Caller, OrderLog
from oms.orders.order import Entry
from oms.orders.original import unpack
from oms.orders.reach import mail_address, phone_number, phone_of, shipping_phone_of
from oms.platform import customers_table as table
from oms.platform import messages
from oms.platform.customer_desk import decisions_of, notes_of
from oms.platform.customers import preferences_text, standing
from oms.platform.customers_table import ATTEMPTS, Outrun, Record
from oms.platform.documents import documents
from oms.platform.event_log import redact
from oms.platform.observability import logger
from oms.views.after_sale import order_returns
from oms.views.resource import order_resource

MAX_ORDERS = 40
"""Orders that one call erases, so that it is answered in time: the next call goes on."""

MAX_ANSWER = 4 * 1024 * 1024
"""Bytes of an export that is answered directly; a larger one is put beside the documents, for a day."""

EXPORTS = "exports/"

KEPT = "complaint"
"""Why an address that is erased is still written to no more: its owner has asked for that."""


def export(log: OrderLog, customer_id: str, caller: Caller) -> CustomerExport:
    """All that is kept about a customer.

    Raises:
        NotFound: there is no such customer, or they were erased.
    """
    record = standing(customer_id)
    person = record.person
    rows = table.rows_of(person.ids)
    preferences, _ = preferences_text(record)
    document = {
        "customer_id": person.customer_id,
        "exported_at": to_text(caller.clock()),
        "since": to_text(person.created_at),
        "merged": sorted(person.parts),
        "figures": figures(rows),
        "preferences": json.loads(preferences) if preferences else None,
        "notes": notes_of(person),
        "decisions": decisions_of(person),
        "orders": [_exported(log.entries(row.facts.order_id), row) for row in rows],
    }
    logger().info("customer_exported", customer_id=person.customer_id, actor=caller.actor)
    text = json.dumps(document, ensure_ascii=False, default=str).encode()
    if len(text) <= MAX_ANSWER:
        return {"customer_id": person.customer_id, "document": document, "url": None}
    key = f"{EXPORTS}{person.customer_id}/{to_text(caller.clock())}.json"
    documents().put_json(key, text)
    return {"customer_id": person.customer_id, "document": None, "url": documents().link(key)}


def _exported(entries: Sequence[Entry], row: Row) -> dict[str, Any]:
    order = fold(entries)
    assert order is not None, "a row is made from the log"
    return {
        "facts": to_body(row.facts),
        "contacts": [
            {"at": to_text(entry.at), **json.loads(dump_contact(entry.contact))} for entry in entries if entry.contact
        ],
        "originals": [
            {"at": to_text(entry.at), "document": json.loads(unpack(entry.original))}
            for entry in entries
            if entry.original
        ],
        "order": order_resource(order, contact=True),
        "returns": order_returns(order)["returns"],
        "messages": [
            {name: item[name]["S"] for name in ("kind", "medium", "language", "status", "at")}
            for item in messages.records_of(order.order_id, _events(entries), _recipients(_contacts(entries)))
        ],
    }


def erase(log: OrderLog, customer_id: str, caller: Caller) -> Erasure:
    """Erase a person, or go on with it. Repeatable after a break at any point; what is done stays done.

    Raises:
        NotFound: there is no such customer.
        NotAllowed: orders are still under way; each is named with what it waits for. Nothing was erased.
    """
    record = table.roots([customer_id]).get(customer_id)
    if record is None:
        raise NotFound(f"there is no customer {customer_id}")
    person = record.person
    if record.erased_at:
        return {"customer_id": person.customer_id, "status": "erased", "orders_left": 0}
    if not record.erasing_at:
        person = _begin(log, customer_id, caller)
    rows = table.rows_of(person.ids)
    for row in rows[:MAX_ORDERS]:
        _erase_order(log, row, person, caller)
    left = {row.facts.order_id for row in table.rows_of(person.ids)} - {row.facts.order_id for row in rows[:MAX_ORDERS]}
    logger().info("customer_erased" if not left else "customer_erasing", customer_id=person.customer_id, left=len(left))
    if left:
        return {"customer_id": person.customer_id, "status": "erasing", "orders_left": len(left)}
    _finish(person, caller)
    return {"customer_id": person.customer_id, "status": "erased", "orders_left": 0}


def _begin(log: OrderLog, customer_id: str, caller: Caller) -> Person:
    """Mark the customer, unless an order is under way: from here on nothing new is given to the record."""
    for _ in range(ATTEMPTS):
        record = standing(customer_id)
        person = record.person
        if record.erasing_at:
            return person
        _check(log, table.rows_of(person.ids), caller)
        try:
            table.transact([_marking(record, caller)])
        except Outrun:
            continue
        return person
    raise ConcurrentAppend("the customer is being changed by others: try again")


def _check(log: OrderLog, rows: Iterable[Row], caller: Caller) -> None:
    reasons = []
    for row in rows:
        order = fold(log.entries(row.facts.order_id))
        reason = obstacle(order, caller.clock()) if order is not None else ""
        if reason:
            reasons.append(FieldError(row.facts.order_id, reason))
    if reasons:
        named = ", ".join(each.path for each in reasons[:10])
        raise NotAllowed(f"orders are still under way: {named}. Erase again when they are over", errors=reasons[:50])


def _marking(record: Record, caller: Caller) -> table.Write:
    version = record.person.version
    return table.update(
        table.record_key(record.person.customer_id),
        "SET erasing_at = :at, erasing_by = :by, version = :version",
        "version = :before AND attribute_not_exists(merged_into) AND attribute_not_exists(erasing_at)",
        {"version": {"N": str(version + 1)}, "before": {"N": str(version)}},
        at=to_text(caller.clock()),
        by=caller.actor,
    )


def _erase_order(log: OrderLog, row: Row, person: Person, caller: Caller) -> None:
    order_id = row.facts.order_id
    entries = log.entries(order_id)
    contacts = _contacts(entries)
    to = _recipients(contacts)
    for item in messages.records_of(order_id, _events(entries), to):
        messages.forget(item)
    for item in messages.suppressions_of(to):
        if item["reason"]["S"] != KEPT:
            messages.forget(item)
    documents().erase(f"{order_id}/")
    channel_id = row.facts.channel_id
    found = [sign for each in contacts for sign in (*signs_of(channel_id, each), *hints_of(each))]
    for sign in dict.fromkeys((*row.signs, *row.hints, *found)):
        _forget_sign(sign, order_id, person)
    for entry in entries:
        if entry.contact is not None or entry.original:
            redact(order_id, entry.seq)
    table.entomb_row(row, to_text(caller.clock()))


def _forget_sign(sign: Sign, order_id: str, person: Person) -> None:
    """Let a sign lead nowhere, unless it has come to lead to somebody else."""
    table.delete(table.mention_key(sign, order_id))
    owner = table.read_one(table.sign_key(sign))
    if owner is not None and owner["customer"]["S"] in person.ids:
        table.delete(table.sign_key(sign), owner["customer"]["S"])


def _finish(person: Person, caller: Caller) -> None:
    """Empty the records; the one that stands for all goes last, as it is where the next call begins."""
    documents().erase(f"{EXPORTS}{person.customer_id}/")
    for customer_id in [*sorted(person.parts), person.customer_id]:
        for prefix in (table.NOTE, table.DECISION):
            for item in table.partition(f"customer#{customer_id}", prefix):
                table.delete({"pk": item["pk"], "sk": item["sk"]})
        table.entomb_record(customer_id, to_text(caller.clock()))


def _contacts(entries: Iterable[Entry]) -> list[Contact]:
    return [entry.contact for entry in entries if entry.contact is not None]


def _events(entries: Iterable[Entry]) -> list[tuple[int, int]]:
    return [(entry.seq, index) for entry in entries for index in range(len(entry.events))]


def _recipients(contacts: Iterable[Contact]) -> list[Recipient]:
    """Everybody whom messages may have gone to."""
    found = []
    for contact in contacts:
        found.append(Recipient(Medium.MAIL, mail_address(contact.email)))
        found += [
            Recipient(Medium.SMS, number)
            for number in (
                phone_number(contact.phone),
                phone_number(contact.shipping.phone if contact.shipping else ""),
                phone_of(contact),
                shipping_phone_of(contact),
            )
        ]
    return [each for each in dict.fromkeys(found) if each.address]
