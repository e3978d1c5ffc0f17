"""Who in a line gets their units from which delivery: pure arithmetic of what is there, what comes, and who waits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from oms.stock.expected import Expected


@dataclass(frozen=True, slots=True)
class Supply:
    """Units of a sku that are at a location from a day on."""

    day: date
    location_id: str
    units: int


def supplies(there: Mapping[str, int], coming: Iterable[Expected], today: date) -> tuple[Supply, ...]:
    """What there is for a line, in the order in which it comes; what should have come counts as coming today."""
    found = [Supply(today, location_id, units) for location_id, units in sorted(there.items()) if units > 0]
    later = [Supply(max(each.expected, today), each.location_id, each.quantity) for each in coming if each.quantity > 0]
    return tuple(found + sorted(later, key=lambda each: (each.day, each.location_id)))


def last_of(found: Sequence[Supply], units: int) -> Supply | None:
    """The supply that brings unit number `units` of the line; None when it is not on its way."""
    for each in found:
        units -= each.units
        if units <= 0:
            return each
    return None


def moved(before: Sequence[Supply], after: Sequence[Supply], ahead: int, units: int, *, shift: int = 0) -> bool:
    """Whether somebody who waits for `units` behind `ahead` others gets the last of them on another day or elsewhere.

    `shift` is how many more units are ahead after than before.
    """
    return _when(before, ahead - shift + units) != _when(after, ahead + units)


def _when(found: Sequence[Supply], units: int) -> tuple[date, str] | None:
    last = last_of(found, units)
    return None if last is None else (last.day, last.location_id)
