"""What a store's set-up says about customers who fetch their goods there, checked."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from oms.setup import ID_PATTERN, WEEKDAYS

HOURS = re.compile(
    r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-4]):[0-5]\d(, ?([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-4]):[0-5]\d)*"
)


def _hours(value: dict[str, str]) -> dict[str, str]:
    for day, hours in value.items():
        if day not in WEEKDAYS:
            raise ValueError(f"no such day: {day!r}; there are {', '.join(WEEKDAYS)}")
        if not HOURS.fullmatch(hours):
            raise ValueError(f"{day}: write hours as 10:00-19:00, or 10:00-13:00, 15:00-19:00")
        ends = re.findall(r"\d\d:\d\d", hours)
        if ends != sorted(set(ends)) or ends[-1] > "24:00":
            raise ValueError(f"{day}: {hours} does not go forward")
    return {day: value[day] for day in WEEKDAYS if day in value}


OpeningHours = Annotated[dict[str, str], AfterValidator(_hours)]
PickupNames = Annotated[
    dict[Annotated[str, Field(min_length=1, max_length=200)], Annotated[str, Field(pattern=ID_PATTERN)]],
    Field(max_length=2000),
]


def pairs_in_a_cell(value: object) -> object:
    """`mon=10:00-19:00|tue=10:00-19:00`, as CSV has it."""
    if not isinstance(value, str):
        return value
    found: dict[str, str] = {}
    for each in (part for part in value.split("|") if part.strip()):
        name, _, given = (part.strip() for part in each.partition("="))
        if name in found:
            raise ValueError(f"{name!r} stands there twice")
        found[name] = given
    return found
