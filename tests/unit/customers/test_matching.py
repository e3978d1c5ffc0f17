"""Whose an order is: the same in whatever order orders come, and undone by who undoes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from oms.customers.matching import Person, are_apart, customer_id_of, join, match, moving_signs, part
from oms.customers.signs import Sign, SignKind, account, hints_of, mail, phone, signs_of
from oms.orders.contact import Address, Contact

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)

Orders = Mapping[str, tuple[Sign, ...]]


@dataclass(slots=True)
class Desk:
    """The customers table in memory, with the rules applied to it."""

    people: dict[str, Person] = field(default_factory=dict)
    leads: dict[Sign, str] = field(default_factory=dict)
    rows: dict[str, str] = field(default_factory=dict)
    signs: dict[str, tuple[Sign, ...]] = field(default_factory=dict)

    def root(self, customer_id: str) -> Person:
        person = self.people[customer_id]
        return self.root(person.merged_into) if person.merged_into else person

    def note(self, order_id: str, signs: Sequence[Sign]) -> None:
        current = self.root(self.rows[order_id]) if order_id in self.rows else None
        leads = {sign: self.root(self.leads[sign]) for sign in signs if sign in self.leads}
        found = match(order_id, signs, leads, current)
        if found.born:
            born = BEGIN + timedelta(hours=int(order_id))
            self.people[found.customer_id] = Person(customer_id=found.customer_id, created_at=born)
        self.merge(found.customer_id, [each.customer_id for each in found.joined])
        self.leads |= dict.fromkeys(found.claimed, found.customer_id)
        self.rows.setdefault(order_id, found.customer_id)
        self.signs[order_id] = tuple(dict.fromkeys((*self.signs.get(order_id, ()), *signs)))

    def merge(self, customer_id: str, others: Iterable[str]) -> None:
        losers = [self.people[each] for each in others]
        if losers:
            self.people[customer_id] = join(self.people[customer_id], losers)
        for each in losers:
            self.people[each.customer_id] = replace(each, merged_into=customer_id)

    def split(self, customer_id: str, order_ids: set[str]) -> None:
        person = self.root(customer_id)
        own = [each for each, owner in self.rows.items() if owner in person.ids]
        going = moving_signs(
            [self.signs[each] for each in own if each in order_ids],
            [self.signs[each] for each in own if each not in order_ids],
        )
        new = Person(customer_id=f"split-{len(self.people)}", created_at=BEGIN)
        self.people[person.customer_id], self.people[new.customer_id] = part(person, new)
        self.rows |= dict.fromkeys(order_ids, new.customer_id)
        self.leads |= dict.fromkeys(going, new.customer_id)

    @property
    def partition(self) -> set[frozenset[str]]:
        found: dict[str, set[str]] = {}
        for order_id, owner in self.rows.items():
            found.setdefault(self.root(owner).customer_id, set()).add(order_id)
        return {frozenset(each) for each in found.values()}


def signs() -> st.SearchStrategy[tuple[Sign, ...]]:
    def some(kind: SignKind, count: int) -> st.SearchStrategy[Sign | None]:
        return st.sampled_from([None, *(Sign(kind, str(number)) for number in range(count))])

    drawn = st.tuples(some(SignKind.ACCOUNT, 5), some(SignKind.MAIL, 5), some(SignKind.PHONE, 4))
    return drawn.map(lambda each: tuple(sign for sign in each if sign))


HISTORIES: st.SearchStrategy[Orders] = st.lists(signs(), min_size=1, max_size=9).map(
    lambda drawn: {str(number): each for number, each in enumerate(drawn)}
)


def components(orders: Orders) -> set[frozenset[str]]:
    """Who must be one: orders that share a sign, and those that share one with them."""
    groups = [{order_id} for order_id in orders]
    for sign in {sign for each in orders.values() for sign in each}:
        sharing = [group for group in groups if any(sign in orders[each] for each in group)]
        groups = [group for group in groups if group not in sharing] + ([set().union(*sharing)] if sharing else [])
    return {frozenset(each) for each in groups}


@given(HISTORIES, st.randoms(use_true_random=False))
def test_whatever_order_orders_come_in_and_however_often_customers_are_the_same(orders: Orders, chance: Random) -> None:
    desk, arrivals = Desk(), [*orders, *orders]
    chance.shuffle(arrivals)
    for order_id in arrivals:
        desk.note(order_id, orders[order_id])
    assert desk.partition == components(orders)
    for customer_id in desk.people:
        # Every id that was ever given out leads to the one that lists it.
        root = desk.root(customer_id)
        assert customer_id in root.ids


@given(HISTORIES, st.randoms(use_true_random=False))
def test_signs_that_are_learned_later_join_as_if_they_had_been_known(orders: Orders, chance: Random) -> None:
    desk = Desk()
    learned = [(order_id, each[:count]) for order_id, each in orders.items() for count in range(len(each) + 1)]
    chance.shuffle(learned)
    for order_id, known in learned:
        before = desk.signs.get(order_id, ())
        desk.note(order_id, [*known, *before])
    assert desk.partition == components(orders)


@given(HISTORIES, HISTORIES, st.data())
def test_a_merge_that_is_split_again_leaves_every_order_where_it_was(
    orders: Orders, later: Orders, data: st.DataObject
) -> None:
    desk = Desk()
    for order_id, each in orders.items():
        desk.note(order_id, each)
    before = desk.partition
    if len(before) < 2:
        return
    one, other = data.draw(st.permutations(sorted(before, key=sorted)))[:2]
    roots = [desk.root(desk.rows[min(group)]).customer_id for group in (one, other)]
    desk.merge(roots[0], roots[1:])
    assert desk.partition == before - {one, other} | {one | other}
    desk.split(roots[0], set(other))
    assert desk.partition == before
    # Whatever comes later, the two stay apart.
    for number, each in enumerate(later.values(), start=len(orders)):
        desk.note(str(number), each)
        for order_id in orders:
            desk.note(order_id, desk.signs[order_id])
        left, right = (desk.root(desk.rows[min(group)]) for group in (one, other))
        assert left != right
        assert are_apart(left, right)


def test_the_eldest_record_stands_for_all_and_the_strongest_sign_decides_between_those_who_are_apart() -> None:
    ids = [customer_id_of(str(number)) for number in range(2)]
    young = Person(customer_id=ids[0], created_at=BEGIN + timedelta(1))
    old = Person(customer_id=ids[1], created_at=BEGIN)
    by_account, by_mail = Sign(SignKind.ACCOUNT, "1"), Sign(SignKind.MAIL, "1")
    leads = {by_account: young, by_mail: old}
    found = match("3", [by_account, by_mail], leads)
    assert (found.customer_id, found.joined, found.born) == (old.customer_id, (young,), False)
    apart_old, apart_young = part(old, young)
    found = match("3", [by_account, by_mail], {by_account: apart_young, by_mail: apart_old})
    assert (found.customer_id, found.joined) == (young.customer_id, ())
    assert join(apart_old, [apart_young]).apart == frozenset()


def test_only_what_a_channel_vouches_for_is_a_sign() -> None:
    contact = Contact(
        email="Erika@Customer.example",
        phone="+49 151 1234",
        customer_id="7",
        shipping=Address(phone="+49 (30) 998877"),
    )
    assert [sign.kind for sign in signs_of("web", contact)] == ["account"]
    assert [sign.kind for sign in hints_of(contact)] == ["mail", "phone", "phone"]
    vouched = replace(contact, verified_email="erika@customer.EXAMPLE", verified_phone="+49-151/1234")
    assert [sign.kind for sign in signs_of("web", vouched)] == ["account", "mail", "phone"]
    assert hints_of(vouched) == (phone("+4930998877"),)
    assert signs_of("web", contact) != signs_of("shop", contact)
    assert signs_of("web", Contact(email="a@customer.example", phone="+4915112345")) == ()


def test_a_sign_does_not_tell_what_it_stands_for() -> None:
    for sign in (account("web", "erika-7"), mail("erika@customer.example"), phone("+49 151 1234567")):
        assert sign is not None
        assert Sign.read(str(sign)) == sign
        for trace in ("erika", "customer", "1234567"):
            assert trace not in str(sign)
    assert mail("no address") is phone("0151 1234567") is account("web", "") is None
    assert phone("+49 151 1234567") == phone("+49(151)123-4567")
