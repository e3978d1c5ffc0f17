"""Customers kept up to date: each order goes to the customer whom its signs name, safely under repetition and races.

Fed by the projection, the second reader of the orders stream: it has the order in hand already, so an order costs no
message and no read of its log more. See docs/customers.md for what it costs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from oms.clock import to_text
from oms.customers.history import Row, facts
from oms.customers.matching import Match, Person, join, match
from oms.customers.signs import Sign, hints_of, signs_of
from oms.errors import ConcurrentAppend, NotFound
from oms.ids import derived
from oms.orders.evolve import fold
from oms.orders.order import Entry, Order
from oms.platform import customers_table as table
from oms.platform.customers_table import ATTEMPTS, Outrun, Record, Write


def concerns(before: Order | None, entries: Iterable[Entry]) -> bool:
    """Whether entries change what a customer's history or its matching is made of, if only for a moment.

    What changed and changed back counts, so that a slow process which still writes the moment between finds newer.
    """
    order = before
    for entry in entries:
        if entry.contact is not None:
            return True
        after = fold([entry], order)
        assert after is not None
        if order is None or facts(order) != facts(after):
            return True
        order = after
    return False


def note_order(order: Order) -> None:
    """Bring the row of an order up to this state, and give it to its customer if nobody has it yet. Repeatable.

    An order without anything to know somebody by is nobody's; an erased one stays so.

    Raises:
        ConcurrentAppend: others keep changing the same customer; note it again.
    """
    for _ in range(ATTEMPTS):
        try:
            return _note(order)
        except Outrun:
            continue
    raise ConcurrentAppend(f"the customer of order {order.order_id} is being changed by others: try again")


def _note(order: Order) -> None:
    item = table.read_one(table.row_key(order.order_id))
    if item is not None and ("erased_at" in item or int(item["as_of"]["N"]) >= order.version):
        return
    row = table.row_of(item) if item is not None else None
    contact = order.contact
    signs = signs_of(order.placed.channel_id, contact) if contact else ()
    hints = hints_of(contact) if contact else ()
    known = row or Row(facts=facts(order), customer_id="", as_of=0)
    if not (row or signs or hints):
        return
    if row is not None and not set(signs) | set(hints) <= {*row.signs, *row.hints} and _is_gone(row.customer_id):
        # What is being erased learns nothing new.
        signs, hints = row.signs, row.hints
    new = [sign for sign in signs if sign not in known.signs]
    writes: list[Write] = []
    customer_id = known.customer_id
    if row is None or new:
        found, more = _matched(order, [*new, *known.signs], known.customer_id or _exchanging(order))
        writes += more
        customer_id = customer_id or found.customer_id
    mentions = [hint for hint in hints if hint not in known.hints]
    writes += [table.put(table.mention_key(hint, order.order_id)) for hint in mentions]
    now = Row(
        facts=facts(order),
        customer_id=customer_id,
        as_of=order.version,
        signs=(*known.signs, *new),
        hints=(*known.hints, *mentions),
    )
    table.transact([_row_put(now, row), *writes])


def _exchanging(order: Order) -> str:
    """Whose the order is that this one is an exchange for: the same customer's, whatever is known of them."""
    origin = table.read_one(table.row_key(order.placed.exchange_of)) if order.placed.exchange_of else None
    return origin["customer"]["S"] if origin is not None and "customer" in origin else ""


def _is_gone(customer_id: str) -> bool:
    found = table.roots([customer_id]).get(customer_id)
    return found is None or found.gone


def _row_put(now: Row, before: Row | None) -> Write:
    """Write a row over the one that was read, and over no other."""
    if before is None:
        return table.put(table.row_item(now), "attribute_not_exists(pk)")
    return table.put(
        table.row_item(now),
        "as_of = :as_of AND customer = :customer AND attribute_not_exists(erased_at)",
        {"as_of": {"N": str(before.as_of)}},
        customer=before.customer_id,
    )


def _matched(order: Order, signs: Sequence[Sign], current_id: str) -> tuple[Match, list[Write]]:
    """Whose the order is, and the writes that follow from its signs."""
    owners = {
        Sign.read(item["pk"]["S"].removeprefix("sign#")): item["customer"]["S"]
        for item in table.read(table.sign_key(sign) for sign in signs)
    }
    standing = table.roots([*owners.values(), *([current_id] if current_id else [])])
    leads = {
        sign: standing[owner].person for sign, owner in owners.items() if owner in standing and not standing[owner].gone
    }
    alive = current_id in standing and not standing[current_id].gone
    current = standing[current_id].person if alive else None
    found = match(order.order_id, signs, leads, current)
    writes = [_claim(sign, found.customer_id, owners.get(sign, "")) for sign in found.claimed]
    if found.born:
        born = Person(customer_id=found.customer_id, created_at=order.placed.placed_at)
        return found, [table.put_person(born), *writes]
    eldest = next(
        each for each in [*leads.values(), *([current] if current else [])] if each.customer_id == found.customer_id
    )
    if not found.joined:
        return found, [table.alive(found.customer_id), *writes]
    return found, [*join_writes(eldest, found.joined, _joining(order)), *writes]


def _joining(order: Order) -> dict[str, Any]:
    return {"kind": "joined", "at": to_text(order.updated_at), "actor": "matching", "order_ids": [order.order_id]}


def join_writes(eldest: Person, others: Sequence[Person], decision: Mapping[str, Any]) -> list[Write]:
    """The writes that let one record stand for others, with the decision on record."""
    writes = [table.update_person(join(eldest, others))]
    for other in others:
        body = {**decision, "customer_id": other.customer_id}
        decision_id = derived(eldest.customer_id, other.customer_id, body["kind"])
        writes += [
            table.merge_person(other, eldest.customer_id),
            table.decision_put(eldest.customer_id, body, decision_id),
        ]
    return writes


def _claim(sign: Sign, customer_id: str, dead: str) -> Write:
    """Let a sign that leads nowhere, or to an erased record, lead to a customer."""
    item = {**table.sign_key(sign), "customer": {"S": customer_id}}
    if dead:
        return table.put(item, "customer = :dead", dead=dead)
    return table.put(item, "attribute_not_exists(pk)")


def standing(customer_id: str) -> Record:
    """The record that stands for a customer, whichever of its ids is given.

    Raises:
        NotFound: there is no such customer, or it was erased.
    """
    found = table.roots([customer_id]).get(customer_id)
    if found is None:
        raise NotFound(f"there is no customer {customer_id}")
    if found.erased_at:
        raise NotFound(f"customer {customer_id} was erased")
    return found


def customer_of(order: Order) -> Record | None:
    """The record of the customer whose an order is; by its signs, while the projection has not seen it."""
    item = table.read_one(table.row_key(order.order_id))
    if item is not None:
        ids = [item["customer"]["S"]] if "customer" in item else []
    else:
        signs = signs_of(order.placed.channel_id, order.contact) if order.contact else ()
        owners = {each["pk"]["S"]: each["customer"]["S"] for each in table.read(table.sign_key(sign) for sign in signs)}
        ids = [owners[f"sign#{sign}"] for sign in signs if f"sign#{sign}" in owners]
    found = table.roots(ids[:1])
    return next((each for each in found.values() if not each.gone), None)


def preferences_text(record: Record) -> tuple[str, str]:
    """The preferences that were set last on any of a customer's records, and when; empty when none were."""
    records = [record, *(table.records(record.person.parts).values() if record.person.parts else ())]
    newest = max(records, key=lambda each: each.preferences_at)
    return newest.preferences, newest.preferences_at
