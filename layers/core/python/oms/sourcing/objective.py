"""What a choice of locations costs by the third layer of a rule, in the form in which the optimum is searched.

Costs are thousandths of a minor unit of the rule's currency, so that a metre of a kilometre's cost is a whole number.
Prices by weight go up in steps; the search needs costs that grow evenly with the units. It is given even prices that
are nowhere above the true ones and meet them where a location ships all that it could, so what it proves is proved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple

from oms.sourcing.distance import kilometres
from oms.sourcing.eligibility import in_currency
from oms.sourcing.facts import Goods, OrderFacts
from oms.sourcing.promise import Journey, journey
from oms.sourcing.rates import Destination, RateCard, Zone, edge_below, price, zone_of
from oms.sourcing.rules import SourcingRule
from oms.sourcing.sites import Site

UNKNOWN_DISTANCE = 20_100_000
"""Metres to a location whose distance is not known: farther than any two places on earth are."""

MILLI = 1000
_PERCENT = MILLI // 100


class Bill(NamedTuple):
    """What a location's share of a plan costs, in thousandths of a minor unit of the rule's currency."""

    parcel: int = 0
    shipping: int = 0
    """Shipping by the rate card and handling, at the percentage at which they count."""
    distance: int = 0
    lateness: int = 0
    balance: int = 0
    markdown: int = 0

    @property
    def total(self) -> int:
        """All of it."""
        return sum(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What prices are made of, beside the goods and where they are."""

    rule: SourcingRule
    order: OrderFacts
    cards: Mapping[str, RateCard]
    now: datetime | None = None
    """Without it nothing is late."""
    full: Mapping[str, date]
    """The first day on which a location has room, for those that have none on the day on which they would ship."""
    joined: frozenset[str] = frozenset()
    """Locations that pack for the order already: what comes from there takes no parcel of its own."""


class Prices:
    """What each location costs, by column, and each unit from there, by row and column."""

    def __init__(
        self,
        terms: Terms,
        ranked: Sequence[tuple[int | None, Site]],
        skus: Sequence[str],
        needs: Sequence[int],
        table: Sequence[Sequence[int]],
    ) -> None:
        self._terms, self._ranked, self._needs, self._table = terms, ranked, needs, table
        self._goods: Sequence[Goods] = [terms.order.of(sku) for sku in skus]
        self._columns = range(len(ranked))
        self._stock = [sum(row) for row in table]
        self._zones = self._read_zones()
        self._late = self._lateness()
        self._saved = self._savings()
        wish = terms.rule.objective
        self.fixed = [0] * len(ranked)
        self.lump = [0] * len(ranked)
        """What it costs that a location ships anything, beside its price by weight."""
        self.extra: list[list[int]] = []
        """What a unit costs beside, by row and column; empty where prices are even."""
        if wish.shipping or wish.balance or wish.markdown:
            self.unit = [[0] * len(ranked) for _ in skus]
        else:
            self.unit = [[0] * len(ranked)] * len(skus)
        if not self.even:
            self.extra = [[0] * len(ranked) for _ in skus]
        for column in self._columns:
            self._price(column)

    @property
    def even(self) -> bool:
        """Whether the prices are the true ones for any share, and not only for the largest."""
        return not self._zones

    @property
    def zones(self) -> Mapping[int, Zone]:
        """The prices by weight, by column; a column without any sends nothing."""
        return self._zones

    @property
    def rate(self) -> int:
        """What a minor unit of the zones' prices is in costs."""
        return self._terms.rule.objective.shipping * _PERCENT

    @property
    def grams(self) -> list[int]:
        """What a unit of each row weighs."""
        return [each.grams for each in self._goods]

    def most(self, needs: Sequence[int]) -> int:
        """More than any way to share so much out can cost."""
        if self.even:
            return sum(self.fixed) + sum(need * max(row, default=0) for need, row in zip(needs, self.unit, strict=True))
        grams = max(1, sum(need * each for need, each in zip(needs, self.grams, strict=True)))
        known = {id(zone): price(zone, grams) for zone in self._zones.values()}
        shipping = self.rate * sum(known[id(zone)] for zone in self._zones.values())
        return (
            sum(self.lump) + shipping + sum(need * max(row) for need, row in zip(needs, self.extra, strict=True) if row)
        )

    def bill(self, column: int, units: Mapping[int, int]) -> Bill:
        """What it truly costs when a location ships so many units of each row."""
        wish, (away, site) = self._terms.rule.objective, self._ranked[column]
        return Bill(
            parcel=0 if site.location_id in self._terms.joined else wish.parcel * MILLI,
            shipping=self._shipping(column, units),
            distance=wish.kilometre * (UNKNOWN_DISTANCE if away is None else away),
            lateness=self._late[column],
            balance=sum(count * self._imbalance(row, column) for row, count in units.items()),
            markdown=sum(count * self._unsaved(row, column) for row, count in units.items()),
        )

    def _fetched_at(self, column: int) -> bool:
        """Whether the customer comes there: nothing is sent then."""
        return self._ranked[column][1].location_id == (self._terms.order.fetched_at or None)

    def _price(self, column: int) -> None:
        wish, fixed = self._terms.rule.objective, self.bill(column, {})
        self.fixed[column] = fixed.parcel + fixed.distance + fixed.lateness
        if not (wish.shipping or wish.balance or wish.markdown):
            return
        shipping, units = self._even_shipping(column)
        parcel, unit = self._handling(column) if column in self._zones else (0, 0)
        self.lump[column] = self.fixed[column] + self.rate * parcel
        self.fixed[column] += shipping
        for row in range(len(self._needs)):
            beside = self._imbalance(row, column) + self._unsaved(row, column)
            self.unit[row][column] = units[row] + beside
            if self.extra:
                self.extra[row][column] = self.rate * unit + beside

    # Shipping by rate cards.

    def _read_zones(self) -> dict[int, Zone]:
        """Each location's zone for this destination, in the rule's currency; the dearest for those without one."""
        if not self._terms.rule.objective.shipping:
            return {}
        order = self._terms.order
        to = Destination(order.country, order.postal_code, order.service)
        zones: dict[int, Zone] = {}
        converted: dict[int, Zone | None] = {}
        for column, (away, site) in enumerate(self._ranked):
            card = self._terms.cards.get(site.rate_card)
            zone = zone_of(card, to, None if away is None else kilometres(away)) if card else None
            if card and zone:
                if id(zone) not in converted:
                    converted[id(zone)] = _converted(zone, card.currency, self._terms)
                if known := converted[id(zone)]:
                    zones[column] = known
        if not zones:
            return {}
        grams = max(1, sum(each.grams * need for each, need in zip(self._goods, self._needs, strict=True)))
        able = [zone for column, zone in zones.items() if any(row[column] for row in self._table)]
        dearest = max(able or zones.values(), key=lambda zone: (price(zone, grams), zone.name))
        return {column: zones.get(column, dearest) for column in self._columns if not self._fetched_at(column)}

    def _shipping(self, column: int, units: Mapping[int, int]) -> int:
        if column not in self._zones or not units:
            return 0
        grams = sum(count * self._goods[row].grams for row, count in units.items())
        parcel, unit = self._handling(column)
        cost = price(self._zones[column], max(1, grams)) + parcel + unit * sum(units.values())
        return cost * self._terms.rule.objective.shipping * _PERCENT

    def _handling(self, column: int) -> tuple[int, int]:
        site = self._ranked[column][1]
        card = self._terms.cards.get(site.rate_card)
        currency = card.currency if card else ""
        parcel, unit = (
            in_currency(amount, currency, self._terms.rule) for amount in (site.handling_parcel, site.handling_unit)
        )
        return parcel or 0, unit or 0

    def _even_shipping(self, column: int) -> tuple[int, list[int]]:
        """A fixed cost and a cost per unit that are together nowhere above the true one."""
        rows = range(len(self._needs))
        if column not in self._zones:
            return 0, [0] * len(rows)
        factor = self._terms.rule.objective.shipping * _PERCENT
        most = [min(need, row[column]) for need, row in zip(self._needs, self._table, strict=True)]
        grams = sum(count * each.grams for count, each in zip(most, self._goods, strict=True))
        edge = edge_below(self._zones[column], max(1, grams))
        by_unit = [-(-factor * edge.rise * each.grams // edge.run) for each in self._goods]
        fixed = factor * edge.price - sum(map(int.__mul__, by_unit, most))
        if edge.grams != max(1, grams) or fixed < 0:
            by_unit = [factor * edge.rise * each.grams // edge.run for each in self._goods]
            fixed = factor * (edge.price * edge.run - edge.rise * edge.grams) // edge.run
        parcel, unit = self._handling(column)
        return max(0, fixed) + factor * parcel, [each + factor * unit for each in by_unit]

    # Days.

    def journey_of(self, column: int) -> Journey:
        """When a location would hand its parcel over, and when it would arrive."""
        away, site = self._ranked[column]
        assert self._terms.now is not None
        far = None if away is None else kilometres(away)
        order = self._terms.order
        card = self._terms.cards.get(site.rate_card)
        zone = zone_of(card, Destination(order.country, order.postal_code, order.service), far) if card else None
        first = self._terms.full.get(site.location_id)
        if self._fetched_at(column):
            ready = journey(self._terms.now, site, far, order.country, days=0, first=first).leaves
            return Journey(ready, ready)
        return journey(
            self._terms.now,
            site,
            far,
            order.country,
            days=zone.days if zone else None,
            first=first,
        )

    def _lateness(self) -> list[int]:
        """What it costs that a location's parcel comes later than the fastest of those that have something."""
        weight = self._terms.rule.objective.late_day
        if not weight or self._terms.now is None:
            return [0] * len(self._ranked)
        able = [column for column in self._columns if any(row[column] for row in self._table)]
        days = {column: self.journey_of(column).arrives for column in able}
        first = min(days.values(), default=None)
        return [
            weight * MILLI * (days[column] - first).days if first and column in days else 0 for column in self._columns
        ]

    # Stock.

    def _imbalance(self, row: int, column: int) -> int:
        """The more of a sku's stock a location has, the better it can spare a unit."""
        weight, there = self._terms.rule.objective.balance, self._stock[row]
        return weight * MILLI * (there - self._table[row][column]) // there if weight and there else 0

    def _savings(self) -> list[int]:
        """What a unit's sale saves of its price at best, by row: see `_unsaved`."""
        if not self._terms.rule.objective.markdown:
            return [0] * len(self._goods)
        return [
            max((self._saving(row, column) for column in self._columns if have[column]), default=0)
            for row, have in enumerate(self._table)
        ]

    def _saving(self, row: int, column: int) -> int:
        goods = self._goods[row]
        worth = in_currency(goods.price, self._terms.order.currency, self._terms.rule) or 0
        percents = goods.markdown_percent * self._ranked[column][1].unsold_percent
        return worth * percents * self._terms.rule.objective.markdown // MILLI

    def _unsaved(self, row: int, column: int) -> int:
        """What is lost because the unit is not taken from where it would lose most of its price."""
        return max(0, self._saved[row] - self._saving(row, column)) if self._saved[row] else 0


def _converted(zone: Zone, currency: str, terms: Terms) -> Zone | None:
    """A zone with its prices in the rule's currency; None when the rule cannot tell."""
    rule = terms.rule if terms.rule.currency else replace(terms.rule, currency=terms.order.currency)
    if currency == rule.currency:
        return zone
    if in_currency(0, currency, rule) is None:
        return None
    return replace(
        zone,
        steps=tuple(replace(step, price=in_currency(step.price, currency, rule) or 0) for step in zone.steps),
        per_kilogram=in_currency(zone.per_kilogram, currency, rule) or 0,
    )
