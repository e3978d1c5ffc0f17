"""The search for the cheapest places to ship from, timed beside HiGHS, which gets the same problems."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median, quantiles
from time import process_time
from typing import TypeVar

from infra.bench.milp import cheapest, model
from oms.sourcing.instance import Problem
from oms.sourcing.optimum import optimum

T = TypeVar("T")

SIZES = ((5, 500, 200), (10, 300, 60), (12, 2000, 12))
"""Goods, locations, and how many problems of the size are solved."""

MIXED = (10, 300, 150)
"""The same of problems of all sizes up to that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Problems of one size: processor seconds of our search, and of the solver with the time to load the model."""

    goods: int
    locations: int
    mixed: bool
    """The problems are of all sizes up to this one."""
    problems: int
    median: float
    slowest: float
    """95 of 100 took no longer."""
    solver: float
    ratio: float
    """How many times longer the solver takes, at the median of the problems."""
    exact: int
    """Problems for which the search proved that its answer is the best."""
    equal: int
    """Problems for which both found the same cost."""


def comparisons() -> list[Comparison]:
    """One for each of `SIZES` and for `MIXED`, on the same problems each time, on one thread each."""
    return [*(_compared(*size) for size in SIZES), _compared(*MIXED, mixed=True)]


def _compared(most_goods: int, most_locations: int, count: int, *, mixed: bool = False) -> Comparison:
    chance = random.Random(most_goods * most_locations)  # noqa: S311 - the same problems each time
    problems = []
    for _ in range(count):
        goods = chance.randint(1, most_goods) if mixed else most_goods
        locations = chance.randint(2, most_locations) if mixed else most_locations
        problems.append(random_problem(chance, goods=goods, locations=locations))
    # One after the other, as where nothing else is done: taking turns, each would find the caches full of the other.
    found = [_timed(lambda problem=problem: optimum(problem)) for problem in problems]  # type: ignore[misc]
    solved = [_timed(lambda program=program: cheapest(program)) for program in map(model, problems)]  # type: ignore[misc]
    ours, theirs = [seconds for seconds, _ in found], [seconds for seconds, _ in solved]
    exact = equal = 0
    for (_, best), (_, cost) in zip(found, solved, strict=True):
        assert best is not None, "the problems are made so that they can be solved"
        exact += best.exact
        equal += best.cost == cost
    return Comparison(
        goods=most_goods,
        locations=most_locations,
        mixed=mixed,
        problems=count,
        median=median(ours),
        slowest=quantiles(ours, n=20)[-1],
        solver=median(theirs),
        ratio=median(their / our for their, our in zip(theirs, ours, strict=True)),
        exact=exact,
        equal=equal,
    )


def _timed(action: Callable[[], T]) -> tuple[float, T]:
    start = process_time()
    result = action()
    return process_time() - start, result


def random_problem(chance: random.Random, *, goods: int, locations: int, most: int | None = None) -> Problem:
    """A merchant's network at random: sparse or dense, deep or shallow; parcels cost by distance, units by weight."""
    density, deep, whole = chance.choice([0.1, 0.3, 0.6, 0.9]), chance.choice([2, 8]), chance.random() < 1 / 2
    stock = [
        [chance.randint(1, deep) if chance.random() < density else 0 for _ in range(locations)] for _ in range(goods)
    ]
    needs = [
        chance.randint(1, max(row)) if whole and any(row) else min(sum(row), chance.randint(1, 9)) for row in stock
    ]
    away = [chance.randint(0, 1000) for _ in range(locations)]
    parcel = chance.choice([50, 400])
    grams = [chance.randint(0, 60) for _ in range(goods)]
    return Problem(
        needs=needs,
        stock=stock,
        fixed=[parcel + metres // 2 for metres in away],
        unit=[[weight * (1 + metres // 100) // 4 + chance.randint(0, 9) for metres in away] for weight in grams],
        whole=[whole] * goods,
        most=most,
    )
