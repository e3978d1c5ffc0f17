from __future__ import annotations

import random
from collections.abc import Iterable
from itertools import combinations

import pytest

from oms.sourcing.cover import Problem, best_cover

Key = tuple[int, int, int, tuple[int, ...]]


def _key(problem: Problem, columns: Iterable[int]) -> Key:
    chosen = tuple(sorted(columns))
    distance, priority = (sum(each[c] for c in chosen) for each in (problem.metres, problem.priorities))
    return len(chosen), distance, priority, chosen


def _covers(problem: Problem, columns: Iterable[int]) -> bool:
    chosen = tuple(columns)
    return all(sum(row[c] for c in chosen) >= need for need, row in zip(problem.needs, problem.stock, strict=True))


def _brute_force(problem: Problem) -> tuple[int, ...]:
    everything = range(len(problem.metres))
    for size in range(len(everything) + 1):
        found = [columns for columns in combinations(everything, size) if _covers(problem, columns)]
        if found:
            return min(found, key=lambda columns: _key(problem, columns))
    raise AssertionError("no cover at all")


def _problem(seed: int, *, rows: int, columns: int, density: float, most: int, places: int) -> Problem:
    """A problem of these sizes; few `places` make distances equal, a small `most` makes rows need several columns."""
    chance = random.Random(seed)  # noqa: S311 - the same figures each time
    ranked = sorted((chance.randrange(places) * 1000, chance.randrange(2)) for _ in range(columns))
    stock = [[chance.randint(1, most) if chance.random() < density else 0 for _ in range(columns)] for _ in range(rows)]
    return Problem(
        needs=[min(sum(row), chance.randint(1, 5)) for row in stock],
        stock=stock,
        metres=[metres for metres, _ in ranked],
        priorities=[priority for _, priority in ranked],
    )


@pytest.mark.parametrize(
    ("rows", "density", "most", "places"),
    [
        (6, 0.35, 9, 50),
        (6, 0.35, 9, 2),
        (8, 0.5, 2, 50),
        (4, 0.7, 2, 3),
        (8, 0.25, 3, 5),
        (3, 0.9, 1, 2),
        (10, 0.4, 3, 4),
    ],
)
def test_a_cover_is_the_one_that_trying_everything_finds(rows: int, density: float, most: int, places: int) -> None:
    for seed in range(60):
        problem = _problem(seed, rows=rows, columns=9, density=density, most=most, places=places)
        cover = best_cover(problem)
        assert cover.exact
        assert cover.columns == _brute_force(problem), seed


def test_taking_what_helps_most_each_time_would_be_wrong() -> None:
    """The classic: one column has most of everything, and the two that together have all are the better choice."""
    problem = Problem(
        needs=[1] * 6,
        stock=[[1, 0, 1], [1, 0, 0], [1, 1, 0], [1, 1, 0], [0, 1, 1], [0, 1, 0]],
        metres=[10, 20, 30],
        priorities=[0, 0, 0],
    )
    assert best_cover(problem).columns == (0, 1)
    tempting = Problem(
        needs=[1] * 6,
        stock=[[1, 1, 0], [1, 1, 0], [0, 1, 1], [0, 1, 1], [1, 0, 0], [0, 0, 1]],
        metres=[20, 10, 30],
        priorities=[0, 0, 0],
    )
    assert best_cover(tempting).columns == (0, 2)


def test_out_of_work_a_cover_is_still_a_cover_and_says_that_it_may_not_be_the_best() -> None:
    inexact = 0
    for seed in range(60):
        problem = _problem(seed, rows=8, columns=12, density=0.4, most=3, places=9)
        cover = best_cover(problem, work=150)
        assert _covers(problem, cover.columns)
        inexact += not cover.exact
        if cover.exact:
            assert cover.columns == _brute_force(problem)
    assert inexact > 10, "the bound on the work is never met: the test shows nothing"


def test_what_nobody_needs_is_not_fetched() -> None:
    assert best_cover(Problem(needs=[], stock=[], metres=[1, 2], priorities=[0, 0])).columns == ()
    assert best_cover(Problem(needs=[0], stock=[[5, 5]], metres=[1, 2], priorities=[0, 0])).columns == ()


def test_more_than_there_is_cannot_be_covered() -> None:
    with pytest.raises(ValueError, match="more than all columns"):
        best_cover(Problem(needs=[3], stock=[[1, 1]], metres=[1, 2], priorities=[0, 0]))
