"""Where the units of an order are to go out from: the choice that costs least by a rule, and what each location ships.

`docs/sourcing.md` tells the rules in words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from oms.orders.events import Explanation
from oms.sourcing.choice import Choice, choose
from oms.sourcing.coding import Pieces, Task, units_of
from oms.sourcing.distance import Coordinates, kilometres, metres
from oms.sourcing.eligibility import in_currency, tiers
from oms.sourcing.explanation import Facts, explain
from oms.sourcing.facts import Demand, OrderFacts
from oms.sourcing.objective import UNKNOWN_DISTANCE, Bill, Prices, Terms
from oms.sourcing.optimum import WORK
from oms.sourcing.promise import Journey
from oms.sourcing.rates import RateCard
from oms.sourcing.rules import STANDARD, SourcingRule
from oms.sourcing.sites import NOBODY_BARRED, Barred, Site, StockView

__all__ = ["UNKNOWN_DISTANCE", "Demand", "Site", "StockView"]
"""What a plan is made of and other modules look for here."""

Ranked = Sequence[tuple[int | None, Site]]
"""Sites in the order of preference, each with its metres to the destination, if known."""


class Assignment(NamedTuple):
    """Units of a line that a location ships."""

    location_id: str
    line_id: str
    sku: str
    quantity: int


class Unfilled(NamedTuple):
    """Units of a line that no location has, or that no location may ship by the limits of the rule."""

    line_id: str
    sku: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What a plan rests on beside goods, stock and places; the empty one is that of an order without rules."""

    order: OrderFacts = field(default_factory=OrderFacts)
    rule: SourcingRule = STANDARD
    cards: Mapping[str, RateCard] = field(default_factory=dict)
    """Rate cards by id."""
    now: datetime | None = None
    """Without it nothing is late, and nobody knows when a parcel leaves."""
    full: Mapping[str, date] = field(default_factory=dict)
    """The first day on which a location has room, for those that have none on the day on which they would ship."""
    joined: frozenset[str] = frozenset()
    """Locations that pack for the order already: what comes from there takes no parcel of its own."""
    parcels: int = 0
    """Parcels that the order has already."""


ALONE = Situation()


@dataclass(frozen=True, slots=True)
class Plan:
    """A place for every unit for which there is stock, and why there."""

    assignments: tuple[Assignment, ...]
    """By location, nearest first, then by line."""
    unfilled: tuple[Unfilled, ...]
    kilometres: Mapping[str, int | None]
    """From each chosen location to the destination, as far as it is known."""
    explanation: Explanation
    bills: Mapping[str, Bill] = field(default_factory=dict)
    """What each chosen location's share costs by the rule."""
    journeys: Mapping[str, Journey] = field(default_factory=dict)
    """When each chosen location's parcel leaves and arrives; empty when nobody said what time it is."""
    limited: str = ""
    """Which limit of the rule leaves units unfilled that are in stock; empty when none does."""
    gap: int = 0
    """Thousandths of a minor unit that another plan could save at most; 0 when it is proved that none does."""
    parcels_gap: int = 0
    """Parcels that another plan could save at most, where fewest come first."""


def plan(
    demand: Iterable[Demand],
    stock: StockView,
    sites: Iterable[Site],
    destination: Coordinates | None,
    *,
    barred: Barred = NOBODY_BARRED,
    situation: Situation = ALONE,
    work: int = WORK,
    proof: bool = True,
    alternatives: bool = False,
) -> Plan:
    """Choose the locations that have what can be had of the demand, at the least cost by the rule, and share it out.

    Whatever all locations together can cover is covered, as far as the rule's limits allow; when a sku is short, its
    earlier lines get it. The same facts give the same plan, in whatever order they come. Without a destination all
    distances count as equal, and priority, then location id decide. Stock at a location that is not among `sites` does
    not count, nor does what is `barred`; the explanation then says why. It names the next best choice where
    `alternatives` are asked for, at the cost of a search for each location that is chosen. Without `proof` a plan may
    cost more than it must, by what its `gap` says, and takes no more than half a second.
    """
    lines = _lines(demand)
    ranked = ranked_sites(sites, destination)
    wanted: dict[str, int] = {}
    for line in lines:
        wanted[line.sku] = wanted.get(line.sku, 0) + line.quantity
    skus = sorted(wanted)
    table = [[_given(stock, sku, site.location_id, barred) for _, site in ranked] for sku in skus]
    chosen = _chosen(lines, skus, ranked, table, situation, Effort(work, proof))
    shares, unfilled = _share(lines, dict(zip(skus, _pieces(chosen.choice.pieces, skus), strict=True)))
    facts = Facts(
        locations=[site.location_id for _, site in ranked],
        metres=[away for away, _ in ranked],
        priorities=[site.priority for _, site in ranked],
        wanted=[wanted[sku] for sku in skus],
        task=chosen.task,
        choice=chosen.choice,
        terms=_terms(situation),
        barred={**chosen.later, **_words(barred, skus)},
    )
    columns = chosen.choice.cover.columns
    names = {column: ranked[column][1].location_id for column in columns}
    return Plan(
        assignments=tuple(
            Assignment(names[column], line.line_id, line.sku, quantity)
            for column, line, quantity in sorted(shares, key=lambda share: share[0])
        ),
        unfilled=unfilled,
        kilometres={
            names[column]: None if away is None else kilometres(away)
            for column in columns
            for away in [ranked[column][0]]
        },
        explanation=explain(facts, alternatives=alternatives),
        bills={
            names[column]: chosen.task.prices.bill(column, units_of(chosen.choice.pieces, column)) for column in columns
        },
        journeys={}
        if situation.now is None
        else {names[each]: chosen.task.prices.journey_of(each) for each in columns},
        limited=chosen.choice.limited,
        gap=chosen.choice.gap,
        parcels_gap=chosen.choice.parcels_gap,
    )


class Effort(NamedTuple):
    """How much work the search may take, and whether what it leaves open is to be proved."""

    work: int
    proof: bool


class _Chosen(NamedTuple):
    """A choice, among the locations that were asked; and why the others were not."""

    choice: Choice
    task: Task
    later: Mapping[str, str]


def _chosen(
    lines: Sequence[Demand],
    skus: Sequence[str],
    ranked: Ranked,
    table: Sequence[Sequence[int]],
    situation: Situation,
    effort: Effort,
) -> _Chosen:
    """Ask the first group of locations, then with the further ones, until all is covered that all together can."""
    rule = situation.rule
    wanted = [[line.quantity for line in lines if line.sku == sku] for sku in skus]
    whole = not rule.split_lines
    most = _needs(wanted, table, whole=whole)
    groups = tiers([site for _, site in ranked], rule, situation.full)
    best: _Chosen | None = None
    for group in groups:
        inside = [site.location_id in group for _, site in ranked]
        part = (
            table
            if all(inside)
            else [[units * asked for units, asked in zip(row, inside, strict=True)] for row in table]
        )
        needs = _needs(wanted, part, whole=whole)
        if needs != most and group is not groups[-1]:
            continue
        prices = Prices(_terms(situation), ranked, skus, needs, part)
        task = _task(situation, ranked, skus, needs, part, prices, effort)
        choice = choose(task)
        if whole and not choice.limited and sum(most) < sum(_needs(wanted, table, whole=False)):
            choice = choice._replace(limited=_TORN)
        if best is None or _worth(task, choice) > _worth(task, best.choice):
            best = _Chosen(choice, task, _not_asked(ranked, group, situation))
        if list(choice.needs) == list(most):
            break
    assert best is not None, "there is always a group, if only an empty one"
    return best


def _worth(task: Task, choice: Choice) -> tuple[int, int]:
    """What a choice covers: by value, then in units."""
    return sum(map(int.__mul__, choice.needs, task.values)), sum(choice.needs)


_TORN = "no location has all of it, and lines are not to be split"


def _needs(wanted: Sequence[Sequence[int]], table: Sequence[Sequence[int]], *, whole: bool) -> list[int]:
    """What can be had of each row: of one that is not to be torn, the first lines that one location has together."""
    if not whole:
        return [min(sum(each), sum(row)) for each, row in zip(wanted, table, strict=True)]
    needs = []
    for each, row in zip(wanted, table, strict=True):
        together, most = 0, max(row, default=0)
        for quantity in each:
            if together + quantity > most:
                break
            together += quantity
        needs.append(together)
    return needs


def _terms(situation: Situation) -> Terms:
    return Terms(
        rule=situation.rule,
        order=situation.order,
        cards=situation.cards,
        now=situation.now,
        full=situation.full,
        joined=situation.joined,
    )


def _task(
    situation: Situation,
    ranked: Ranked,
    skus: Sequence[str],
    needs: Sequence[int],
    table: Sequence[Sequence[int]],
    prices: Prices,
    effort: Effort,
) -> Task:
    rule, order = situation.rule, situation.order
    values = [in_currency(order.of(sku).price, order.currency, rule) for sku in skus]
    return Task(
        needs=needs,
        table=table,
        whole=not rule.split_lines,
        prices=prices,
        preferences=[site.priority for _, site in ranked],
        values=[each or 0 for each in values],
        fewest=rule.objective.fewest_parcels,
        joined=frozenset(column for column, (_, site) in enumerate(ranked) if site.location_id in situation.joined),
        parcels=situation.parcels,
        most=rule.max_parcels,
        # What cannot be told in the rule's currency cannot be worth too little.
        least_value=0 if None in values else rule.min_value_per_split,
        work=effort.work,
        proof=effort.proof,
    )


def _not_asked(ranked: Ranked, group: frozenset[str], situation: Situation) -> dict[str, str]:
    """Why locations were not asked that would have been, had the others not had everything."""
    return {
        site.location_id: f"has no room before {situation.full[site.location_id]}, and others have what is needed"
        if site.location_id in situation.full
        else "stands in a later group, and those before have what can be had"
        for _, site in ranked
        if site.location_id not in group
    }


def _pieces(pieces: Pieces, skus: Sequence[str]) -> list[list[tuple[int, int]]]:
    """What each column gives of each sku."""
    return [list(pieces.get(row, ())) for row in range(len(skus))]


def _given(stock: StockView, sku: str, location_id: str, barred: Barred) -> int:
    if (location_id, sku) in barred or (location_id, "") in barred:
        return 0
    return max(0, stock.get(sku, {}).get(location_id, 0))


def _words(barred: Barred, skus: Sequence[str]) -> dict[str, str]:
    """Why locations may give nothing, or nothing of some of the skus, by location."""
    words: dict[str, list[str]] = {}
    for location_id, sku in sorted(barred):
        if not sku:
            words[location_id] = [barred[location_id, sku]]
        elif sku in skus and (location_id, "") not in barred:
            words.setdefault(location_id, []).append(f"{sku}: {barred[location_id, sku]}")
    return {location_id: "; ".join(each) for location_id, each in words.items()}


def _lines(demand: Iterable[Demand]) -> list[Demand]:
    """One demand for each line and sku, in the order of their ids: "2" before "10"."""
    total: dict[tuple[str, str], int] = {}
    for line in demand:
        if line.quantity > 0:
            total[line.line_id, line.sku] = total.get((line.line_id, line.sku), 0) + line.quantity
    keys = sorted(total, key=lambda key: (len(key[0]), key))
    return [Demand(line_id, sku, total[line_id, sku]) for line_id, sku in keys]


def distance_of(site: Site, destination: Coordinates | None) -> int | None:
    """Metres from a location to the destination; None when they are not known."""
    if site.away is not None:
        return site.away
    place = site.coordinates
    return metres(place, destination) if place and destination else None


def ranked_sites(sites: Iterable[Site], destination: Coordinates | None) -> Ranked:
    """The sites in the order of preference, each with its metres to the destination, if known."""
    known: dict[str, tuple[int | None, Site]] = {}
    for site in sites:
        known[site.location_id] = (distance_of(site, destination), site)
    return sorted(
        known.values(),
        key=lambda item: (
            UNKNOWN_DISTANCE if item[0] is None else item[0],
            item[1].priority,
            item[1].location_id,
        ),
    )


def _share(
    lines: Sequence[Demand], pieces: Mapping[str, list[tuple[int, int]]]
) -> tuple[list[tuple[int, Demand, int]], tuple[Unfilled, ...]]:
    """Give each line its units out of its sku's pieces; the lines that come last go short."""
    shares: list[tuple[int, Demand, int]] = []
    unfilled: list[Unfilled] = []
    for line in lines:
        missing = line.quantity
        left = pieces[line.sku]
        while missing and left:
            column, units = left[0]
            taken = min(missing, units)
            shares.append((column, line, taken))
            missing -= taken
            left[:1] = [(column, units - taken)] if units > taken else []
        if missing:
            unfilled.append(Unfilled(line.line_id, line.sku, missing))
    return shares, tuple(unfilled)
