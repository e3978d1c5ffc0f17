"""What staff do with customers: find, read, merge, split, note, and set what they wish. Each is safe to repeat."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from oms.clock import to_text
from oms.customers import signs as known_signs
from oms.customers.answers import (
    CustomerName,
    CustomerResource,
    CustomersOrderSummary,
    DecisionResource,
    FoundCustomers,
    MergedResource,
    NoteResource,
    PreferencesResource,
    SplitResource,
)
from oms.customers.history import Row, figures
from oms.customers.matching import Person, moving_signs, part
from oms.customers.requests import FindCustomers
from oms.customers.signs import Sign, SignKind
from oms.errors import ConcurrentAppend, InvalidInput, NotAllowed, VersionMismatch
from oms.ids import derived
from oms.notifications.preferences import Preferences
from oms.orders.evolve import fold
from oms.orders.log import Caller, OrderLog
from oms.platform import customers_table as table
from oms.platform import views
from oms.platform.customers import join_writes, preferences_text, standing
from oms.platform.customers_table import ATTEMPTS, Outrun, Record, Write

MAX_FOUND = 50
"""Customers that a search names."""

COMPARED = 4
"""Mail addresses and numbers of the newest orders that are compared with other customers'."""

Answer = TypeVar("Answer")


def find(wish: FindCustomers) -> FoundCustomers:
    """Everybody whose orders have exactly this mail address, phone number or account.

    Raises:
        InvalidInput: what is looked for is no mail address, or no number with its country's code.
    """
    sign = (
        known_signs.mail(wish.email)
        if wish.email
        else known_signs.phone(wish.phone)
        if wish.phone
        else known_signs.account(wish.channel, wish.external_id)
    )
    if sign is None:
        said = "is no mail address" if wish.email else "is no phone number with its country's code"
        raise InvalidInput(said, path="email" if wish.email else "phone")
    verified, mentioned = _led_to(sign)
    return {
        "customers": [
            {"customer_id": each, "verified": each in verified} for each in [*verified, *mentioned][:MAX_FOUND]
        ]
    }


def _led_to(sign: Sign) -> tuple[list[str], list[str]]:
    """The customers to whom a sign leads, and those whose orders mention it unverified."""
    items = list(table.partition(f"sign#{sign}"))
    owners = [item["customer"]["S"] for item in items if item["sk"]["S"] == table.SIGN]
    orders = [item["sk"]["S"].removeprefix(table.MENTION) for item in items if item["sk"]["S"] != table.SIGN]
    mentioned = [
        item["customer"]["S"]
        for item in table.read(table.row_key(order_id) for order_id in orders)
        if "customer" in item
    ]
    found = table.roots([*owners, *mentioned])
    verified = _ids(found, owners)
    return verified, [each for each in _ids(found, mentioned) if each not in verified]


def _ids(found: dict[str, Record], asked: Iterable[str]) -> list[str]:
    alive = [found[each] for each in asked if each in found and not found[each].erased_at]
    return sorted({each.person.customer_id for each in alive})


def show(log: OrderLog, customer_id: str, *, limit: int, cursor: str) -> CustomerResource:
    """A customer with a page of their orders, the newest first.

    Raises:
        NotFound: there is no such customer, or they were erased.
        InvalidInput: the limit is out of bounds, or the cursor is not one of this list.
    """
    record = standing(customer_id)
    person = record.person
    rows = table.rows_of(person.ids)
    preferences, preferences_at = preferences_text(record)
    page, following = _page(rows, limit, cursor)
    return {
        "customer_id": person.customer_id,
        "version": person.version,
        "since": to_text(person.created_at),
        "merged": sorted(person.parts),
        "apart": sorted(person.apart),
        "erasing": bool(record.erasing_at),
        "contact": _contact(log, rows),
        "figures": figures(rows),
        "preferences": json.loads(preferences) if preferences else None,
        "preferences_at": preferences_at or None,
        "notes": notes_of(person),
        "decisions": decisions_of(person),
        "possibly_the_same": _lookalikes(person, rows),
        "orders": summaries(page),
        "cursor": following,
    }


def orders_of(customer_id: str, *, limit: int, cursor: str) -> tuple[list[dict[str, Any]], str | None]:
    """A page of a customer's orders as lists show them, the newest first, and the cursor of the next page.

    Raises:
        NotFound: there is no such customer, or they were erased.
        InvalidInput: the limit is out of bounds, or the cursor is not one of this list.
    """
    page, following = _page(table.rows_of(standing(customer_id).person.ids), limit, cursor)
    shown = views.of_orders(row.facts.order_id for row in page)
    return [shown[row.facts.order_id] for row in page if row.facts.order_id in shown], following


def summaries(rows: Sequence[Row]) -> list[CustomersOrderSummary]:
    """These orders as a customer's history shows them."""
    shown = views.of_orders(row.facts.order_id for row in rows)
    return [
        {
            "order_id": each.order_id,
            "number": each.number,
            "channel_id": each.channel_id,
            "placed_at": to_text(each.placed_at),
            "status": shown.get(each.order_id, {}).get("status"),
            "currency": each.currency,
            "total": each.total,
            "charged": each.charged,
            "refunded": each.refunded,
            "units": each.sold,
            "units_returned": each.returned,
        }
        for each in (row.facts for row in rows)
    ]


def _page(rows: Sequence[Row], limit: int, cursor: str) -> tuple[Sequence[Row], str | None]:
    """A page of rows that are sorted, the newest first. The cursor is the last order shown."""
    if not 1 <= limit <= views.MAX_LIMIT:
        raise InvalidInput(f"a page has 1 to {views.MAX_LIMIT} items", path="limit")
    after = _decoded(cursor) if cursor else ("9", "")
    rest = [row for row in rows if (to_text(row.facts.placed_at), row.facts.order_id) < after]
    page = rest[:limit]
    if len(rest) <= limit:
        return page, None
    last = json.dumps([to_text(page[-1].facts.placed_at), page[-1].facts.order_id])
    return page, base64.urlsafe_b64encode(last.encode()).decode().rstrip("=")


def _decoded(cursor: str) -> tuple[str, str]:
    try:
        placed_at, order_id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return str(placed_at), str(order_id)
    except (ValueError, TypeError, binascii.Error):
        raise InvalidInput("the cursor is not one of this list: begin again without it", path="cursor") from None


def _contact(log: OrderLog, rows: Sequence[Row]) -> CustomerName | None:
    """Who the customer is, from the one home of personal data: the newest order's log."""
    order = fold(log.entries(rows[0].facts.order_id)) if rows else None
    if order is None or order.contact is None:
        return None
    contact = order.contact
    return {
        "name": contact.name,
        "email": contact.email,
        "phone": contact.phone,
        "language": order.placed.language,
    }


def _lookalikes(person: Person, rows: Sequence[Row]) -> list[str]:
    """Customers who share a mail address or number with this one's newest orders, and were not taken apart from it."""
    signs = dict.fromkeys(
        sign for row in rows for sign in (*row.signs, *row.hints) if sign.kind is not SignKind.ACCOUNT
    )
    found = {each for sign in list(signs)[:COMPARED] for those in _led_to(sign) for each in those}
    return sorted(found - person.ids - person.apart)


def notes_of(person: Person) -> list[NoteResource]:
    """What staff wrote down, the newest first."""
    notes: list[NoteResource] = [
        {
            "note_id": item["sk"]["S"].removeprefix(table.NOTE),
            "text": item["text"]["S"],
            "actor": item["actor"]["S"],
            "at": item["at"]["S"],
        }
        for customer_id in sorted(person.ids)
        for item in table.partition(f"customer#{customer_id}", table.NOTE)
    ]
    return sorted(notes, key=lambda each: each["at"], reverse=True)


def decisions_of(person: Person) -> list[DecisionResource]:
    """Merges and splits, the newest first."""
    bodies = [
        json.loads(item["body"]["S"])
        for customer_id in sorted(person.ids)
        for item in table.partition(f"customer#{customer_id}", table.DECISION)
    ]
    decisions: list[DecisionResource] = [
        {
            "kind": body["kind"],
            "at": body["at"],
            "actor": body["actor"],
            "customer_id": body["customer_id"],
            "order_ids": body.get("order_ids", []),
        }
        for body in bodies
    ]
    return sorted(decisions, key=lambda each: each["at"], reverse=True)


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
