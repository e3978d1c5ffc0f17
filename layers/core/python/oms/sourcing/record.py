"""What a decision rested on, small enough for the log, and back: so that it can be made again from the log alone.

Kept are the order's facts, the units that were asked for, the rule in full, and each location that had any of them: its
set-up, its distance, its stock, what a parcel from there is charged by, and what it was kept from. Left out are
locations that had none of the goods, as they change nothing, and the customer's postal code and place, which stand with
the address and leave with it. Of more than `MOST_SITES` locations those that were chosen, warehouses, and the nearest
are kept, and fewer if the text would get too long; `left_out` counts the others. What is found again is then the best
choice among those that were kept, which the whole choice is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache
from typing import Any

from oms.orders.kits import Recipes
from oms.setup import LocationKind
from oms.sourcing.decide import Decision, Question, decide
from oms.sourcing.distance import kilometres
from oms.sourcing.facts import Demand, OrderFacts
from oms.sourcing.plan import Plan, distance_of
from oms.sourcing.rates import Destination, RateCard, Zone, zone_of
from oms.sourcing.rules import Applies, SourcingRule
from oms.sourcing.sites import Site

MOST_SITES = 40
"""Locations that a record keeps."""

LONGEST = 96 * 1024
"""Bytes of a record's JSON text; an entry of the log holds 400 kB."""

NOW = 1
"""The version of the records that are written today."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """What parcels from a location are charged by: the zone of its rate card that this destination is in."""

    currency: str
    zone: Zone | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A question with what it could not do without. Defaults are left out of its JSON."""

    v: int
    now: datetime
    order: OrderFacts
    rule: SourcingRule
    demand: tuple[tuple[str, str, int], ...]
    """Line, sku, units."""
    sites: tuple[Site, ...] = ()
    """With their distances; their `rate_card` is a number in `tariffs`, or empty."""
    stock: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """By sku on the shelf, units at each of `sites`."""
    tariffs: tuple[Tariff, ...] = ()
    barred: tuple[tuple[str, str, str], ...] = ()
    """Location, sku or nothing, why."""
    recipes: Recipes = field(default_factory=dict)
    full: Mapping[str, date] = field(default_factory=dict)
    pinned: str = ""
    joined: tuple[str, ...] = ()
    parcels: int = 0
    left_out: int = 0
    """Locations with stock that are not kept."""


def record_of(decision: Decision) -> dict[str, Any]:
    """The JSON values of a record; empty if even the least of it is too long."""
    question = decision.question
    chosen = {each.location_id for each in decision.plan.assignments}
    held = {place for row in question.stock.values() for place, units in row.items() if units > 0}
    able = [(distance_of(site, question.destination), site) for site in question.sites if site.location_id in held]
    able.sort(key=lambda pair: (pair[1].location_id not in chosen, *_worth_keeping(*pair)))
    keep = min(len(able), MOST_SITES)
    while True:
        values: dict[str, Any] = _adapter().dump_python(
            _record(question, decision.rule, able[:keep], len(able) - keep), mode="json", exclude_defaults=True
        )
        if len(json.dumps(values)) <= LONGEST:
            return values
        if keep <= len(chosen):
            return {}
        keep = max(len(chosen), keep // 2)


def written(decision: Decision) -> Plan:
    """The plan as it goes into the log: its explanation with the next best choice, and with what it rested on."""
    explanation = decide(decision.question, alternatives=True).plan.explanation
    return replace(decision.plan, explanation=replace(explanation, inputs=record_of(decision)))


def question_of(values: Mapping[str, Any], *, postal_code: str = "") -> Question:
    """The question of a record, to which `decide` has the answer of the record.

    With the `postal_code` of the address it can be put to other rules, too.

    Raises:
        ValueError: it is no record, or of a version that is not known.
    """
    record: Record = _adapter().validate_python(values)
    if record.v != NOW:
        raise ValueError(f"records of version {record.v} are not known")
    names = [site.location_id for site in record.sites]
    return Question(
        order=replace(record.order, postal_code=postal_code),
        demand=tuple(Demand(*each) for each in record.demand),
        stock={sku: dict(zip(names, units, strict=True)) for sku, units in record.stock.items()},
        sites=record.sites,
        destination=None,
        now=record.now,
        rules=(replace(record.rule, applies=Applies(), active=True),),
        cards={str(number): _card(number, each) for number, each in enumerate(record.tariffs)},
        barred={(location_id, sku): why for location_id, sku, why in record.barred},
        recipes=record.recipes,
        full=record.full,
        pinned=record.pinned,
        joined=frozenset(record.joined),
        parcels=record.parcels,
    )


def _worth_keeping(away: int | None, site: Site) -> tuple[bool, bool, int, str]:
    """Warehouses first, as rules on trial may prefer them to the many stores that are nearer; then the nearest."""
    return site.kind is not LocationKind.WAREHOUSE, away is None, away or 0, site.location_id


def left_out_of(values: Mapping[str, Any]) -> int:
    """How many locations with stock a record does not keep."""
    return int(values.get("left_out", 0))


def _record(question: Question, rule: SourcingRule, kept: Sequence[tuple[int | None, Site]], left_out: int) -> Record:
    names = [site.location_id for _, site in kept]
    tariffs, numbers = _tariffs(question, kept)
    return Record(
        v=NOW,
        now=question.now,
        order=replace(question.order, postal_code=""),
        rule=rule,
        demand=tuple((each.line_id, each.sku, each.quantity) for each in question.demand),
        sites=tuple(
            replace(site, away=away, latitude=None, longitude=None, rate_card=numbers.get(site.location_id, ""))
            for away, site in kept
        ),
        stock={sku: tuple(max(0, row.get(name, 0)) for name in names) for sku, row in question.stock.items()},
        tariffs=tariffs,
        barred=tuple((place, sku, why) for (place, sku), why in sorted(question.barred.items()) if place in set(names)),
        recipes=question.recipes,
        full={name: day for name, day in question.full.items() if name in set(names)},
        pinned=question.pinned,
        joined=tuple(sorted(question.joined)),
        parcels=question.parcels,
        left_out=left_out,
    )


def _tariffs(question: Question, kept: Iterable[tuple[int | None, Site]]) -> tuple[tuple[Tariff, ...], dict[str, str]]:
    """What the locations' parcels are charged by, each once, and its number by location."""
    order = question.order
    to = Destination(order.country, order.postal_code, order.service)
    known: dict[tuple[str, str], int] = {}
    tariffs, numbers = list[Tariff](), dict[str, str]()
    for away, site in kept:
        card = question.cards.get(site.rate_card)
        if card is None:
            continue
        zone = zone_of(card, to, None if away is None else kilometres(away))
        key = site.rate_card, zone.name if zone else ""
        if key not in known or tariffs[known[key]].zone != _bare(zone):
            known[key] = len(tariffs)
            tariffs.append(Tariff(currency=card.currency, zone=_bare(zone)))
        numbers[site.location_id] = str(known[key])
    return tuple(tariffs), numbers


def _bare(zone: Zone | None) -> Zone | None:
    """A zone without what it asks of a destination: it was met."""
    return zone and replace(zone, countries=(), postal_prefixes=(), up_to_km=None, services=())


def _card(number: int, tariff: Tariff) -> RateCard:
    zones = (tariff.zone,) if tariff.zone else ()
    return RateCard(card_id=str(number), currency=tariff.currency, zones=zones)


@cache
def _adapter() -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(Record)
