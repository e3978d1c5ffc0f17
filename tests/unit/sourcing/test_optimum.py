"""The search for the cheapest cover, against trying everything, and against HiGHS, a solver of integer programs."""

from __future__ import annotations

import os
import random
from dataclasses import replace
from itertools import combinations

import pytest

from infra.bench.milp import cheapest_by_milp
from infra.bench.sourcing import random_problem
from oms.sourcing.instance import Problem
from oms.sourcing.optimum import optimum

INSTANCES = 1000 if os.environ.get("OMS_FULL") else 50
UNBOUNDED = 10**12


def _cost(problem: Problem, columns: tuple[int, ...]) -> int | None:
    """What a set of columns costs when each row is filled from the cheapest; None when they do not cover."""
    total = sum(problem.fixed[column] for column in columns)
    for need, stock, unit, whole in zip(problem.needs, problem.stock, problem.unit, problem.whole, strict=True):
        missing = need
        for cost, column in sorted((unit[column], column) for column in columns):
            taken = min(missing, stock[column])
            if whole and taken < missing:
                continue
            total += taken * cost
            missing -= taken
        if missing:
            return None
    return total


def _by_trying_everything(problem: Problem) -> int | None:
    sizes = range((problem.most or len(problem.fixed)) + 1)
    sets = (columns for size in sizes for columns in combinations(range(len(problem.fixed)), size))
    return min((cost for columns in sets if (cost := _cost(problem, columns)) is not None), default=None)


@pytest.mark.parametrize("most", [None, 1, 2, 3])
def test_nothing_is_cheaper_than_the_optimum(most: int | None) -> None:
    chance = random.Random(3)  # noqa: S311 - the same problems each time
    for _ in range(60):
        problem = random_problem(chance, goods=chance.randint(1, 5), locations=chance.randint(1, 8), most=most)
        found = optimum(problem)
        assert (found.cost if found else None) == _by_trying_everything(problem)
        if found:
            assert found.exact
            assert _cost(problem, found.columns) == found.cost
            assert len(found.columns) <= (most or 8)


def test_goods_that_must_not_be_torn_stand_beside_others() -> None:
    chance = random.Random(11)  # noqa: S311 - the same problems each time
    for _ in range(60):
        problem = random_problem(chance, goods=chance.randint(2, 5), locations=chance.randint(2, 8))
        whole = [chance.random() < 1 / 2 for _ in problem.needs]
        needs = [
            min(need, max(row)) if each else need
            for need, row, each in zip(problem.needs, problem.stock, whole, strict=True)
        ]
        mixed = replace(problem, needs=needs, whole=whole)
        found = optimum(mixed)
        assert found
        assert found.exact
        assert found.cost == _by_trying_everything(mixed) == _cost(mixed, found.columns)


def test_the_optimum_costs_what_an_exact_solver_finds() -> None:
    chance = random.Random(20)  # noqa: S311 - the same problems each time
    for number in range(INSTANCES):
        problem = random_problem(chance, goods=chance.randint(1, 10), locations=chance.randint(2, 300))
        found = optimum(problem, work=UNBOUNDED)
        assert found is not None
        assert found.exact, f"problem {number}"
        assert _cost(problem, found.columns) == found.cost
        assert found.cost == cheapest_by_milp(problem), f"problem {number}"


def test_twelve_lines_over_two_thousand_locations_are_proved() -> None:
    chance = random.Random(5)  # noqa: S311 - the same problems each time
    for density in (0.02, 0.3):
        stock = [[chance.randint(1, 8) if chance.random() < density else 0 for _ in range(2000)] for _ in range(12)]
        problem = Problem(
            needs=[chance.randint(1, 6) for _ in stock],
            stock=stock,
            fixed=[400 + chance.randint(0, 700) for _ in range(2000)],
            unit=[[chance.randint(0, 90) for _ in range(2000)] for _ in stock],
            whole=[False] * 12,
        )
        found = optimum(problem)
        assert found
        assert found.exact


def test_out_of_work_the_answer_covers_and_says_what_it_may_miss() -> None:
    chance = random.Random(8)  # noqa: S311 - the same problems each time
    inexact = 0
    for _ in range(60):
        problem = random_problem(chance, goods=8, locations=30)
        best, quick = optimum(problem, work=UNBOUNDED), optimum(problem, work=1000)
        assert best
        assert quick
        assert _cost(problem, quick.columns) == quick.cost
        assert quick.bound <= best.cost <= quick.cost
        inexact += not quick.exact
    assert inexact > 10, "the bound on the work is never met: the test shows nothing"


def test_what_nobody_needs_is_not_fetched() -> None:
    nothing = Problem(needs=[0], stock=[[5, 5]], fixed=[1, 2], unit=[[0, 0]], whole=[False])
    found = optimum(nothing)
    assert found
    assert (found.columns, found.cost) == ((), 0)


def test_more_than_there_is_has_no_answer() -> None:
    assert optimum(Problem(needs=[3], stock=[[1, 1]], fixed=[1, 2], unit=[[0, 0]], whole=[False])) is None


def test_a_dear_parcel_less_is_worth_dearer_units() -> None:
    problem = Problem(
        needs=[2, 1],
        stock=[[2, 0, 2], [0, 1, 1]],
        fixed=[100, 100, 100],
        unit=[[1, 1, 40], [1, 1, 30]],
        whole=[False, False],
    )
    found = optimum(problem)
    assert found
    assert (found.columns, found.cost) == ((0, 1), 203), "two parcels at 203 beat one at 210"
