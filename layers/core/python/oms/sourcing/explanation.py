"""The words for a choice of locations: every candidate, what it could cover, and why it won or lost.

A candidate that lost is weighed against the choice by the same prices: what would it cost to let it take the place of
one that was chosen, or come on top? The difference is told in what the rule weighs: parcels, money, kilometres, days.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from oms.money import Money
from oms.orders.explained import Alternative, Candidate, Explanation
from oms.sourcing.alternatives import instead, next_best
from oms.sourcing.choice import Choice, Scale
from oms.sourcing.coding import Task, units_of
from oms.sourcing.distance import METRES_PER_KILOMETRE, kilometres
from oms.sourcing.facts import OrderFacts
from oms.sourcing.objective import MILLI, UNKNOWN_DISTANCE, Bill, Terms
from oms.sourcing.rules import SourcingRule

KEPT = 25
"""How many candidates an explanation keeps: the chosen ones first, then the nearest."""

_PARTS = {
    "parcel": "parcels",
    "shipping": "shipping",
    "distance": "distance",
    "lateness": "lateness",
    "balance": "balance of stock",
    "markdown": "markdowns",
}
"""What the parts of a bill are called."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What was known when the choice was made; locations in the order of preference, goods by row."""

    locations: Sequence[str]
    metres: Sequence[int | None]
    priorities: Sequence[int]
    wanted: Sequence[int]
    task: Task
    choice: Choice
    terms: Terms
    barred: Mapping[str, str] = field(default_factory=dict)
    """Why locations may give nothing, or nothing of some goods, by location id."""

    @property
    def currency(self) -> str:
        """In which the rule weighs; empty where it weighs no money."""
        return currency_of(self.terms.rule, self.terms.order)


@dataclass(frozen=True, slots=True)
class _Sum:
    """What a choice comes to."""

    parcels: int
    metres: int | None
    bill: Bill
    arrives: date | None


def explain(facts: Facts, *, alternatives: bool = False) -> Explanation:
    """Why the units go out from where they do; see `oms.orders.explained` for the fields.

    The next best choice is looked for only where `alternatives` are asked for, as it takes further searches.
    """
    words = _Words(facts)
    chosen, mine = set(facts.choice.cover.columns), words.mine
    order = sorted(range(len(facts.locations)), key=lambda column: (column not in chosen, column))
    return Explanation(
        considered=len(facts.locations),
        parcels=len(chosen),
        kilometres=_kilometres(mine.metres),
        candidates=tuple(words.candidate(column) for column in order[:KEPT]),
        currency=facts.currency,
        cost=words.money(mine.bill.total),
        arrives=mine.arrives,
        gap=-(-facts.choice.gap // MILLI),
        parcels_gap=facts.choice.parcels_gap,
        limited=facts.choice.limited,
        next_best=words.next_best() if alternatives and chosen else None,
    )


class _Words:
    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._task = replace(facts.task, needs=facts.choice.needs)
        self._scale = Scale(self._task)
        self.mine = self._sum(facts.choice)

    def money(self, amount: int) -> int | None:
        """Thousandths to minor units, to the nearest; None where the rule weighs no money."""
        return (amount + MILLI // 2) // MILLI if self._facts.currency else None

    def candidate(self, column: int) -> Candidate:
        """A location, and why it won or lost."""
        facts, away = self._facts, self._facts.metres[column]
        have = [row[column] for row in facts.task.table]
        coverable = sum(min(want, units) for want, units in zip(facts.wanted, have, strict=True))
        chosen = column in facts.choice.cover.columns
        words, cost = self._won(column, coverable) if chosen else self._lost(column, coverable)
        return Candidate(
            location_id=facts.locations[column],
            kilometres=_kilometres(away),
            coverable=coverable,
            chosen=chosen,
            verdict=words,
            cost=cost,
            arrives=self._arrives([column]) if coverable else None,
        )

    def next_best(self) -> Alternative | None:
        """The best choice that does without one of the chosen locations."""
        found = next_best(self._facts.task, self._facts.choice)
        if found is None:
            return None
        theirs = self._sum(found)
        return Alternative(
            location_ids=tuple(self._facts.locations[column] for column in found.cover.columns),
            parcels=theirs.parcels,
            kilometres=_kilometres(theirs.metres),
            verdict=self._against(theirs) or "as good, and comes after it by priority or name",
            cost=self.money(theirs.bill.total),
            arrives=theirs.arrives,
        )

    def _won(self, column: int, coverable: int) -> tuple[str, int | None]:
        facts, parcels = self._facts, len(self._facts.choice.cover.columns)
        asked, cost = sum(facts.wanted), self.money(self._bill(facts.choice, column).total)
        share = f"has all {asked} units" if coverable == asked else f"has {coverable} of {asked} units"
        best = "cheapest" if facts.currency else "nearest"
        if not facts.choice.cover.exact:
            return f"{share}: belongs to the best choice found before the search was cut short", cost
        if parcels == 1:
            return f"{share}: the {best} that alone has what can be had", cost
        if facts.task.fewest:
            return f"{share}: belongs to the {best} choice of {parcels} parcels, and fewer cannot do", cost
        return f"{share}: belongs to the {best} choice, which takes {parcels} parcels", cost

    def _lost(self, column: int, coverable: int) -> tuple[str, int | None]:
        """Whether it could stand in for a chosen location, and if so, what speaks against it."""
        facts = self._facts
        if not coverable:
            return facts.barred.get(facts.locations[column], "has none of the goods"), None
        share = f"has {coverable} of {sum(facts.wanted)} units"
        if not any(facts.choice.needs):
            return f"{share}: {facts.choice.limited or 'nothing is needed'}", None
        swap = instead(facts.choice, column, self._scale)
        if swap is None:
            return f"{share}: would take a further parcel", None
        rival, found = swap
        theirs = self._sum(found)
        more = self.money(max(0, theirs.bill.total - self.mine.bill.total))
        against = self._against(theirs)
        if rival is None:
            return f"{share}: would take a further parcel" + (f", {against}" if against and more else ""), more
        return f"{share}: could replace {facts.locations[rival]}, {self._but(column, rival, theirs, against)}", more

    def _but(self, column: int, rival: int, theirs: _Sum, against: str) -> str:
        facts = self._facts
        mine, other = facts.metres[column], facts.metres[rival]
        if theirs.bill.total < self.mine.bill.total - MILLI and theirs.parcels <= self.mine.parcels:
            return "but the limits of the rule forbid it" if facts.choice.cover.exact else _CUT_SHORT
        if against:
            return f"but {against}"
        if mine is None and other is not None:
            return "but its distance is not known"
        like = "as near" if not facts.currency else "as cheap"
        if facts.priorities[column] > facts.priorities[rival]:
            return f"{like}, but comes after it by priority"
        if column > rival:
            return f"{like} and of the same priority, but comes after it by name"
        return _CUT_SHORT

    def _against(self, theirs: _Sum) -> str:
        """How another choice is worse, in what the rule weighs; empty when it is not."""
        facts, mine = self._facts, self.mine
        said = []
        if theirs.parcels > mine.parcels and facts.task.fewest:
            count = theirs.parcels - mine.parcels
            said.append(f"takes {count} {'parcel' if count == 1 else 'parcels'} more")
        more = theirs.bill.total - mine.bill.total
        if facts.currency:
            if self.money(more):
                said.append(f"costs {self._amount(abs(more))} {'more' if more > 0 else 'less'}{self._parts(theirs)}")
        elif theirs.metres is None and mine.metres is not None:
            return " and ".join([*said, "its distance is not known"])
        elif theirs.metres is not None and mine.metres is not None and theirs.metres > mine.metres:
            said.append(f"is {_farther(theirs.metres - mine.metres)} farther")
        if said and theirs.arrives and mine.arrives and theirs.arrives > mine.arrives:
            days = (theirs.arrives - mine.arrives).days
            said.append(f"arrives {days} {'day' if days == 1 else 'days'} later")
        return " and ".join(said)

    def _parts(self, theirs: _Sum) -> str:
        """What the difference is made of: ` (shipping 2.70 EUR more, distance 0.40 EUR less)`."""
        told = []
        for name, words in _PARTS.items():
            more = getattr(theirs.bill, name) - getattr(self.mine.bill, name)
            if not self.money(abs(more)):
                continue
            far = ""
            if name == "distance" and theirs.metres is not None and self.mine.metres is not None:
                far = f" for {_farther(abs(theirs.metres - self.mine.metres))}"
            told.append(f"{words} {self._amount(abs(more))} {'more' if more > 0 else 'less'}{far}")
        return f" ({', '.join(told)})" if told else ""

    def _amount(self, amount: int) -> str:
        return str(Money(self.money(amount) or 0, self._facts.currency))

    def _sum(self, choice: Choice) -> _Sum:
        facts, columns = self._facts, choice.cover.columns
        away = [facts.metres[column] for column in columns]
        known = [metres for metres in away if metres is not None]
        bills = [self._bill(choice, column) for column in columns]
        return _Sum(
            parcels=sum(column not in facts.task.joined for column in columns),
            metres=sum(known) if known and len(known) == len(away) else None,
            bill=Bill(*map(sum, zip(*bills, strict=True))) if bills else Bill(),
            arrives=self._arrives(columns),
        )

    def _bill(self, choice: Choice, column: int) -> Bill:
        return self._facts.task.prices.bill(column, units_of(choice.pieces, column))

    def _arrives(self, columns: Sequence[int]) -> date | None:
        if self._facts.terms.now is None:
            return None
        return max((self._facts.task.prices.journey_of(column).arrives for column in columns), default=None)


_CUT_SHORT = "and the search was cut short before it was tried"


def currency_of(rule: SourcingRule, order: OrderFacts) -> str:
    """The currency in which a rule weighs an order's plans; empty where it weighs no money."""
    wish = rule.objective
    money = wish.parcel or wish.shipping or wish.late_day or wish.balance or wish.markdown
    return rule.currency or (order.currency if money else "")


def _kilometres(metres: int | None) -> int | None:
    return None if metres is None else kilometres(metres)


def _farther(metres: int) -> str:
    if metres >= UNKNOWN_DISTANCE:
        return "an unknown way"
    return f"{kilometres(metres)} km" if metres >= METRES_PER_KILOMETRE else f"{metres} m"
