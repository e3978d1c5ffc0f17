"""Where the units of an order are to go out from: fewest parcels first, then nearest.

`docs/sourcing.md` tells the rule in words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from oms.orders.events import Explanation
from oms.sourcing.distance import Coordinates, kilometres, metres
from oms.sourcing.explanation import Facts, explain
from oms.sourcing.instance import Problem
from oms.sourcing.optimum import WORK, optimum
from oms.sourcing.sites import NOBODY_BARRED, Barred, Site, StockView

__all__ = ["Site", "StockView"]
"""What a plan is made of and other modules look for here."""

UNKNOWN_DISTANCE = 20_100_000
"""Metres to a location whose distance is not known: farther than any two places on earth are."""


@dataclass(frozen=True, slots=True)
class Demand:
    """Units of an order's line that need a place."""

    line_id: str
    sku: str
    quantity: int


class Assignment(NamedTuple):
    """Units of a line that a location ships."""

    location_id: str
    line_id: str
    sku: str
    quantity: int


class Unfilled(NamedTuple):
    """Units of a line that no location has."""

    line_id: str
    sku: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Plan:
    """A place for every unit for which there is stock, and why there."""

    assignments: tuple[Assignment, ...]
    """By location, nearest first, then by line."""
    unfilled: tuple[Unfilled, ...]
    kilometres: Mapping[str, int | None]
    """From each chosen location to the destination, as far as it is known."""
    explanation: Explanation


def plan(
    demand: Iterable[Demand],
    stock: StockView,
    sites: Iterable[Site],
    destination: Coordinates | None,
    *,
    barred: Barred = NOBODY_BARRED,
    work: int = WORK,
) -> Plan:
    """Choose the fewest locations that have what can be had of the demand, of these the nearest, and share it out.

    Whatever all locations together can cover is covered; when a sku is short, its earlier lines get it. The same
    facts give the same plan, in whatever order they come. Without a destination all distances count as equal, and
    priority, then location id decide. Stock at a location that is not among `sites` does not count, nor does what is
    `barred`; the explanation then says why.
    """
    lines = _lines(demand)
    ranked = _ranked(sites, destination)
    wanted: dict[str, int] = {}
    for line in lines:
        wanted[line.sku] = wanted.get(line.sku, 0) + line.quantity
    skus = sorted(wanted)
    table = [[_given(stock, sku, site.location_id, barred) for _, site in ranked] for sku in skus]
    needs = [min(wanted[sku], sum(row)) for sku, row in zip(skus, table, strict=True)]
    problem = Problem(
        needs=needs,
        stock=table,
        fixed=_costs(ranked),
        unit=[[0] * len(ranked)] * len(skus),
        whole=[False] * len(skus),
    )
    cover = optimum(problem, work=work)
    assert cover is not None, "all locations together have what is needed"
    pieces = {sku: _pieces(need, row, cover.columns) for sku, need, row in zip(skus, needs, table, strict=True)}
    shares, unfilled = _share(lines, pieces)
    facts = Facts(
        locations=[site.location_id for _, site in ranked],
        metres=[away for away, _ in ranked],
        priorities=[site.priority for _, site in ranked],
        wanted=[wanted[sku] for sku in skus],
        needs=needs,
        stock=table,
        barred=_words(barred, skus),
    )
    return Plan(
        assignments=tuple(
            Assignment(ranked[column][1].location_id, line.line_id, line.sku, quantity)
            for column, line, quantity in sorted(shares, key=lambda share: share[0])
        ),
        unfilled=unfilled,
        kilometres={
            ranked[column][1].location_id: None if away is None else kilometres(away)
            for column in cover.columns
            for away in [ranked[column][0]]
        },
        explanation=explain(facts, cover),
    )


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


def _ranked(sites: Iterable[Site], destination: Coordinates | None) -> list[tuple[int | None, Site]]:
    """The sites in the order of preference, each with its metres to the destination, if known."""
    known: dict[str, tuple[int | None, Site]] = {}
    for site in sites:
        place = site.coordinates
        known[site.location_id] = (metres(place, destination) if place and destination else None, site)
    return sorted(
        known.values(),
        key=lambda item: (
            UNKNOWN_DISTANCE if item[0] is None else item[0],
            item[1].priority,
            item[1].location_id,
        ),
    )


def _costs(ranked: Sequence[tuple[int | None, Site]]) -> list[int]:
    """A number for each site; sums of them compare by parcels, then metres, then priorities, then places in the row."""
    away = [UNKNOWN_DISTANCE if each is None else each for each, _ in ranked]
    first = min((site.priority for _, site in ranked), default=0)
    preferences = [site.priority - first for _, site in ranked]
    places = len(ranked) ** 2 + 1
    priorities = sum(preferences) + 1
    parcel = sum(away) + 1
    return [
        ((parcel + metres) * priorities + preference) * places + place
        for place, (metres, preference) in enumerate(zip(away, preferences, strict=True))
    ]


def _pieces(need: int, row: Sequence[int], columns: Sequence[int]) -> list[tuple[int, int]]:
    """What each chosen column gives of one sku: all from one if one has it all, else the largest stocks first."""
    if not need:
        return []
    whole = next((column for column in columns if row[column] >= need), None)
    order = [whole] if whole is not None else sorted(columns, key=lambda column: (-row[column], column))
    pieces = []
    for column in order:
        units = min(need, row[column])
        if units:
            pieces.append((column, units))
            need -= units
    return pieces


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
