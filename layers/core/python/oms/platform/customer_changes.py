"""What staff change of customers: notes, what they wish, merging and splitting. Each is safe to repeat."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from oms.clock import to_text
from oms.customers.answers import MergedResource, NoteResource, PreferencesResource, SplitResource
from oms.customers.history import Row
from oms.customers.matching import Person, moving_signs, part
from oms.errors import ConcurrentAppend, InvalidInput, NotAllowed, VersionMismatch
from oms.ids import derived
from oms.notifications.preferences import Preferences
from oms.orders.log import Caller
from oms.platform import customers_table as table
from oms.platform.customers import join_writes, standing
from oms.platform.customers_table import ATTEMPTS, Outrun, Record, Write

Answer = TypeVar("Answer")


def write_note(customer_id: str, text: str, caller: Caller) -> NoteResource:
    """Write down what staff want to remember.

    Raises:
        NotFound: there is no such customer, or they were erased.
        NotAllowed: the customer is being erased.
    """
    note_id, at = derived("note", caller.cause, length=16), to_text(caller.clock())

    def attempt() -> NoteResource:
        person = _writable(customer_id).person
        key: dict[str, Any] = {"pk": {"S": f"customer#{person.customer_id}"}, "sk": {"S": f"{table.NOTE}{note_id}"}}
        before = table.read_one(key)
        if before is None:
            item = {**key, "text": {"S": text}, "actor": {"S": caller.actor}, "at": {"S": at}}
            table.transact([table.put(item, "attribute_not_exists(pk)"), table.alive(person.customer_id)])
            return {"note_id": note_id, "text": text, "actor": caller.actor, "at": at}
        return {
            "note_id": note_id,
            "text": before["text"]["S"],
            "actor": before["actor"]["S"],
            "at": before["at"]["S"],
        }

    return _insisting(attempt)


def prefer(customer_id: str, wish: Preferences, caller: Caller, expected_version: int | None) -> PreferencesResource:
    """Set what the customer wishes, whole.

    Raises:
        NotFound: there is no such customer, or they were erased.
        NotAllowed: the customer is being erased.
        VersionMismatch: `expected_version` is not the record's version.
    """
    body, at = wish.model_dump(mode="json", exclude_defaults=True), to_text(caller.clock())

    def attempt() -> PreferencesResource:
        person = _writable(customer_id).person
        if expected_version is not None and expected_version != person.version:
            raise VersionMismatch(
                f"customer {person.customer_id} is at version {person.version}, not {expected_version}: read it again"
            )
        table.transact(
            [
                table.update(
                    table.record_key(person.customer_id),
                    "SET preferences = :preferences, preferences_at = :at, preferences_by = :by, version = :version",
                    "version = :before AND attribute_not_exists(merged_into) AND attribute_not_exists(erasing_at)",
                    {"version": {"N": str(person.version + 1)}, "before": {"N": str(person.version)}},
                    preferences=json.dumps(body),
                    at=at,
                    by=caller.actor,
                )
            ]
        )
        return {
            "customer_id": person.customer_id,
            "version": person.version + 1,
            "preferences": body,
            "preferences_at": at,
        }

    return _insisting(attempt)


def merge(customer_id: str, other_id: str, caller: Caller) -> MergedResource:
    """Let two records be one person from now on, also where somebody had taken them apart.

    Raises:
        NotFound: there is no such customer, or they were erased.
        NotAllowed: one of them is being erased.
    """
    decision = {"kind": "merged", "at": to_text(caller.clock()), "actor": caller.actor}

    def attempt() -> MergedResource:
        one, other = _writable(customer_id).person, _writable(other_id).person
        if one.customer_id == other.customer_id:
            return {"customer_id": one.customer_id, "merged": sorted(one.parts)}
        table.transact(join_writes(one, [other], decision))
        return {"customer_id": one.customer_id, "merged": sorted(one.parts | other.ids)}

    return _insisting(attempt)


def split(customer_id: str, order_ids: Sequence[str], caller: Caller) -> SplitResource:
    """Take orders out of a history for a customer of their own, whom no sign joins with the old one again.

    The signs that only these orders have go with them; those that others share stay.

    Raises:
        NotFound: there is no such customer, or they were erased.
        InvalidInput: an order is not this customer's, or no order would stay.
        NotAllowed: the customer is being erased.
    """
    new_id = "c" + derived("split", customer_id, caller.cause)
    wanted = set(order_ids)

    def attempt() -> SplitResource:
        if new_id in table.records([new_id]):
            return {"customer_id": new_id, "order_ids": sorted(wanted)}
        person = _writable(customer_id).person
        rows = table.rows_of(person.ids)
        moved = [row for row in rows if row.facts.order_id in wanted]
        staying = [row for row in rows if row.facts.order_id not in wanted]
        if missing := wanted - {row.facts.order_id for row in moved}:
            raise InvalidInput(f"not orders of this customer: {', '.join(sorted(missing))}", path="order_ids")
        if not staying:
            raise InvalidInput("no order would stay with this customer", path="order_ids")
        table.transact(_split_writes(person, new_id, moved, staying, caller))
        return {"customer_id": new_id, "order_ids": sorted(wanted)}

    return _insisting(attempt)


def _split_writes(
    person: Person, new_id: str, moved: Sequence[Row], staying: Sequence[Row], caller: Caller
) -> list[Write]:
    at = caller.clock()
    old, new = part(person, Person(customer_id=new_id, created_at=min(row.facts.placed_at for row in moved)))
    going = moving_signs((row.signs for row in moved), (row.signs for row in staying))
    owned = [item for item in table.read(table.sign_key(sign) for sign in going) if item["customer"]["S"] in person.ids]
    body = {"kind": "split", "at": to_text(at), "actor": caller.actor}
    taken = sorted(row.facts.order_id for row in moved)
    given = [(table.row_key(row.facts.order_id), row.customer_id) for row in moved]
    given += [({"pk": item["pk"], "sk": item["sk"]}, item["customer"]["S"]) for item in owned]
    return [
        table.put_person(new),
        table.update_person(old),
        table.decision_put(old.customer_id, {**body, "customer_id": new_id, "order_ids": taken}, new_id),
        table.decision_put(new_id, {**body, "customer_id": old.customer_id, "order_ids": taken}, new_id),
        *(
            table.update(key, "SET customer = :new", "customer = :old", {}, new=new_id, old=owner)
            for key, owner in given
        ),
    ]


def _writable(customer_id: str) -> Record:
    record = standing(customer_id)
    if record.gone:
        raise NotAllowed(f"customer {customer_id} is being erased")
    return record


def _insisting(attempt: Callable[[], Answer]) -> Answer:
    """Try until nobody was faster."""
    for _ in range(ATTEMPTS):
        try:
            return attempt()
        except Outrun:
            continue
    raise ConcurrentAppend("the customer is being changed by others: try again")
