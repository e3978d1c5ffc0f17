"""What else could have been chosen: other sets of locations weighed by the same prices, and the best of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from oms.sourcing.choice import Choice, Scale, choose, only
from oms.sourcing.coding import Task
from oms.sourcing.optimum import WORK

MOST = 8
"""Of so many chosen locations at most it is tried what were without them: those that come last."""


def next_best(task: Task, choice: Choice) -> Choice | None:
    """The cheapest choice that does without one chosen location at least, and covers as much.

    Every other choice that is no worse in what it covers either does without one of them or takes a location more for
    nothing; so this is the best there is beside the choice, if the search ends in time. It gets a tenth of the work
    for each location that is left out. None when no other covers as much.
    """
    known: Choice | None = None
    part = replace(
        task,
        needs=choice.needs,
        most=None if choice.limited else task.most,
        work=min(task.work, WORK) // 10,
        proof=False,
    )
    for column in choice.cover.columns[-MOST:]:
        others = set(range(len(task.preferences))) - {column}
        without = replace(part, table=only(task.table, others))
        if not Scale(part).covers(others):
            continue
        found = choose(without)
        if list(found.needs) == list(choice.needs) and (known is None or found.cover.cost < known.cover.cost):
            known = found
    return known


def instead(choice: Choice, column: int, scale: Scale) -> tuple[int | None, Choice] | None:
    """The cheapest way to let a column that was not chosen take the place of one that was, or else come on top.

    The column that it replaces comes first, None if it replaces nobody. None when it would ship nothing either way.
    """
    columns = choice.cover.columns
    swaps: Iterable[tuple[int | None, Choice]] = (
        (rival, found)
        for rival in columns[-MOST:]
        if (found := scale.weigh([*(each for each in columns if each != rival), column]))
        and column in found.cover.columns
    )
    best = min(swaps, key=lambda swap: swap[1].cover.cost, default=None)
    if best is not None:
        return best
    more = scale.weigh([*columns, column])
    return (None, more) if more and column in more.cover.columns else None
