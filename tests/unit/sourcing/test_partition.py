"""One unit of each of many goods from sparse stock: what the search by columns leaves open, that by rows proves."""

from __future__ import annotations

import random
from dataclasses import replace

from infra.bench.milp import cheapest_by_milp
from infra.bench.sourcing import random_problem
from oms.sourcing.instance import FINE, Instance, Problem, cheapest_single
from oms.sourcing.optimum import optimum
from oms.sourcing.partition import cheapest_partition


def of_single_units(chance: random.Random, goods: int, locations: int, share: float) -> Problem:
    """One unit of each; each location has it with this chance, and there is at least one that has."""
    problem = random_problem(chance, goods=goods, locations=locations)
    stock = [[int(chance.random() < share) for _ in range(locations)] for _ in range(goods)]
    for row in stock:
        row[chance.randrange(locations)] = 1
    return replace(problem, needs=[1] * goods, stock=stock, whole=[False] * goods, most=None)


def dear_parcels(problem: Problem) -> Problem:
    """The same by the rule of the house: fewest parcels, whatever a unit costs."""
    parcels = [1_000_000 + cost for cost in problem.fixed]
    return replace(problem, fixed=parcels, unit=[[0] * len(parcels) for _ in problem.needs])


def cost_of(problem: Problem) -> int | None:
    instance = Instance(problem, cheapest_single(problem))
    found = cheapest_partition(instance, instance.columns)
    return None if found is None else found.cost // FINE + instance.anyway


def test_sharing_out_sets_of_rows_costs_what_an_exact_solver_finds() -> None:
    chance = random.Random(5)  # noqa: S311 - the same problems each time
    for _ in range(20):
        problem = of_single_units(chance, chance.randint(2, 8), chance.randint(3, 60), chance.choice([0.05, 0.2, 0.5]))
        for each in (problem, dear_parcels(problem)):
            assert cost_of(each) == cheapest_by_milp(each)


def test_twelve_goods_that_few_of_many_locations_have_are_proved() -> None:
    chance = random.Random(6)  # noqa: S311 - the same problems each time
    for locations in (300, 600, 2000):
        problem = dear_parcels(of_single_units(chance, 12, locations, 0.02))
        found = optimum(problem, work=0)
        assert found is not None
        assert found.exact
        assert found.cost == cost_of(problem)


def test_locations_that_have_a_part_of_what_is_needed_are_left_to_the_other_search() -> None:
    chance = random.Random(7)  # noqa: S311 - the same problems each time
    problem = of_single_units(chance, 3, 5, 0.9)
    assert cost_of(replace(problem, needs=[2, 1, 1])) is None
