"""The words for a choice of locations: every candidate, what it could cover, and why it won or lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from oms.orders.events import Candidate, Explanation
from oms.sourcing.distance import METRES_PER_KILOMETRE, kilometres
from oms.sourcing.optimum import Optimum

KEPT = 25
"""How many candidates an explanation keeps: the chosen ones first, then the nearest."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What was known when the choice was made; locations in the order of preference, goods by row."""

    locations: Sequence[str]
    metres: Sequence[int | None]
    priorities: Sequence[int]
    wanted: Sequence[int]
    needs: Sequence[int]
    """What of `wanted` all locations together have."""
    stock: Sequence[Sequence[int]]
    barred: Mapping[str, str] = field(default_factory=dict)
    """Why locations may give nothing, or nothing of some goods, by location id."""


def explain(facts: Facts, cover: Optimum) -> Explanation:
    """Why the units go out from the locations of `cover`; see `oms.orders.events.Candidate` for the fields."""
    chosen = set(cover.columns)
    order = sorted(range(len(facts.locations)), key=lambda column: (column not in chosen, column))
    away = [facts.metres[column] for column in cover.columns]
    known = [metres for metres in away if metres is not None]
    return Explanation(
        considered=len(facts.locations),
        parcels=len(cover.columns),
        kilometres=kilometres(sum(known)) if known and len(known) == len(away) else None,
        candidates=tuple(_candidate(facts, cover, column) for column in order[:KEPT]),
    )


def _candidate(facts: Facts, cover: Optimum, column: int) -> Candidate:
    metres = facts.metres[column]
    coverable = sum(min(want, row[column]) for want, row in zip(facts.wanted, facts.stock, strict=True))
    chosen = column in cover.columns
    words = _won(facts, cover, coverable) if chosen else _lost(facts, cover, column, coverable)
    return Candidate(
        location_id=facts.locations[column],
        kilometres=None if metres is None else kilometres(metres),
        coverable=coverable,
        chosen=chosen,
        verdict=words,
    )


def _won(facts: Facts, cover: Optimum, coverable: int) -> str:
    asked, parcels = sum(facts.wanted), len(cover.columns)
    share = f"has all {asked} units" if coverable == asked else f"has {coverable} of {asked} units"
    if not cover.exact:
        return f"{share}: belongs to the best choice found before the search was cut short"
    if parcels == 1:
        return f"{share}: the nearest that alone has what can be had"
    return f"{share}: belongs to the nearest choice of {parcels} parcels, and fewer cannot do"


def _lost(facts: Facts, cover: Optimum, column: int, coverable: int) -> str:
    """Whether it could stand in for a chosen location, and if so, what speaks against it."""
    if not coverable:
        return facts.barred.get(facts.locations[column], "has none of the goods")
    share = f"has {coverable} of {sum(facts.wanted)} units"
    rivals = [rival for rival in cover.columns if _stands_in(facts, cover, column, rival)]
    if not rivals:
        return f"{share}: would take a further parcel"
    # The farthest of those that it could replace is the one against which it does best.
    rival = max(rivals)
    mine, theirs = facts.metres[column], facts.metres[rival]
    name = facts.locations[rival]
    if mine is None and theirs is not None:
        return f"{share}: could replace {name}, but its distance is not known"
    if mine is not None and theirs is not None and mine > theirs:
        return f"{share}: could replace {name}, but is {_farther(mine - theirs)} farther"
    if facts.priorities[column] > facts.priorities[rival]:
        return f"{share}: could replace {name}, as near, but comes after it by priority"
    if column > rival:
        return f"{share}: could replace {name}, as near and of the same priority, but comes after it by name"
    return f"{share}: could replace {name}; the search was cut short before it was tried"


def _farther(metres: int) -> str:
    return f"{kilometres(metres)} km" if metres >= METRES_PER_KILOMETRE else f"{metres} m"


def _stands_in(facts: Facts, cover: Optimum, column: int, rival: int) -> bool:
    """Whether the choice would still cover everything with `column` in the place of `rival`."""
    others = [other for other in cover.columns if other != rival]
    return all(
        row[column] + sum(row[other] for other in others) >= need
        for need, row in zip(facts.needs, facts.stock, strict=True)
    )
