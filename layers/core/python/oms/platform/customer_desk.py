"""Customers as staff find and read them: who they are, what they bought, what was noted and decided about them."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Sequence
from typing import Any

from oms.clock import to_text
from oms.customers import signs as known_signs
from oms.customers.answers import (
    CustomerName,
    CustomerResource,
    CustomersOrderSummary,
    DecisionResource,
    FoundCustomers,
    NoteResource,
)
from oms.customers.history import Row, figures
from oms.customers.matching import Person
from oms.customers.requests import FindCustomers
from oms.customers.signs import Sign, SignKind
from oms.errors import InvalidInput
from oms.orders.evolve import fold
from oms.orders.log import OrderLog
from oms.platform import customers_table as table
from oms.platform import views
from oms.platform.customers import preferences_text, standing
from oms.platform.customers_table import Record

MAX_FOUND = 50
"""Customers that a search names."""

COMPARED = 4
"""Mail addresses and numbers of the newest orders that are compared with other customers'."""


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
