"""Whose an order is: pure rules over what its signs lead to.

Customers are joined, never copied: when an order shows that two records are one person, the younger points to the
elder (`merged_into`), which lists it among its `parts`. Orders and signs stay with the part that they were given to, so
joining takes one transaction however long the histories are, and every id that was ever given out leads somewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from oms.customers.signs import Sign
from oms.ids import derived


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A customer's record as far as matching needs it. `version` changes with each merge and split."""

    customer_id: str
    created_at: datetime
    version: int = 1
    parts: frozenset[str] = field(default_factory=frozenset)
    """Records that were joined to this one."""
    apart: frozenset[str] = field(default_factory=frozenset)
    """Records that somebody has taken apart from this one: no sign joins them again."""
    merged_into: str = ""

    @property
    def ids(self) -> frozenset[str]:
        """All ids that mean this customer."""
        return self.parts | {self.customer_id}


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Whose an order is, and what else its signs say.

    `joined` are the records that turn out to be this customer's too; `claimed` signs led nowhere before.
    """

    customer_id: str
    born: bool = False
    joined: tuple[Person, ...] = ()
    claimed: tuple[Sign, ...] = ()


def customer_id_of(order_id: str) -> str:
    """The id of the customer who is first seen in this order."""
    return "c" + derived("customer", order_id)


def match(order_id: str, signs: Sequence[Sign], leads: Mapping[Sign, Person], current: Person | None = None) -> Match:
    """Decide whose an order is.

    `signs` are the order's, the strongest first; `leads` says for those that are known whose they are (the record that
    others were merged into); `current` is whose the order is already. An order stays with its customer; a new one goes
    to the customer of its strongest sign. All others that its signs lead to are joined, the eldest record standing for
    all, except those that somebody has taken apart.
    """
    found = [*([current] if current else []), *(leads[sign] for sign in signs if sign in leads)]
    claimed = tuple(sign for sign in signs if sign not in leads)
    if not found:
        return Match(customer_id=customer_id_of(order_id), born=True, claimed=claimed)
    group: list[Person] = []
    for person in found:
        if all(person.customer_id != each.customer_id and not are_apart(person, each) for each in group):
            group.append(person)
    eldest = min(group, key=lambda each: (each.created_at, each.customer_id))
    return Match(
        customer_id=eldest.customer_id,
        joined=tuple(each for each in group if each is not eldest),
        claimed=claimed,
    )


def are_apart(one: Person, other: Person) -> bool:
    """Whether somebody has decided that these are two people."""
    return bool(one.apart & other.ids or other.apart & one.ids)


def join(eldest: Person, others: Iterable[Person]) -> Person:
    """The record that stands for all of these from now on; what was apart among them is no more."""
    parts, apart = set(eldest.parts), set(eldest.apart)
    for each in others:
        parts |= each.ids
        apart |= each.apart
    return replace(
        eldest,
        version=eldest.version + 1,
        parts=frozenset(parts),
        apart=frozenset(apart - parts - {eldest.customer_id}),
    )


def part(person: Person, new: Person) -> tuple[Person, Person]:
    """Two records that no sign joins again: the old one, and the one that orders were taken out for."""
    return (
        replace(person, version=person.version + 1, apart=person.apart | {new.customer_id}),
        replace(new, apart=new.apart | {person.customer_id}),
    )


def moving_signs(moved: Iterable[Iterable[Sign]], staying: Iterable[Iterable[Sign]]) -> frozenset[Sign]:
    """The signs that go along with orders taken out: those that no order which stays has."""
    return frozenset(sign for signs in moved for sign in signs) - frozenset(sign for signs in staying for sign in signs)
