"""What a basket can be promised before it is an order: how much of it, from where, and when it should arrive.

It is sourced like an order, by the same function with the same rules, first from what is there and then, for the rest,
from what comes, on each day on which something does. Nothing is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from enum import StrEnum

from oms.orders.contact import Address, Contact
from oms.orders.events import OrderPlaced, PaymentMethod, PaymentTerms, PlacedLine
from oms.orders.evolve import evolve
from oms.orders.kits import Component, Recipes, parts, shelf_skus
from oms.orders.order import Order
from oms.orders.reserving import ReservedUnits
from oms.orders.sold import unit_runs
from oms.routing.kits import NoRecipe, recipes_of
from oms.routing.limits import Waiting, waiting_of
from oms.routing.ports import Ports
from oms.routing.question import question_of
from oms.routing.terms import pools
from oms.setup import Channel, Product
from oms.sourcing.decide import Question, decide
from oms.sourcing.facts import Demand
from oms.sourcing.plan import Unfilled
from oms.stock.availability import Outlook, outlook
from oms.stock.expected import Expected
from oms.stock.levels import SkuStock
from oms.stock.shares import kept_back, pool_of

Read = Callable[[str], tuple[SkuStock, Sequence[Expected]]]
"""Levels of a sku as they are, and what is on its way."""


class Answer(StrEnum):
    """What a basket's line can be promised."""

    IN_STOCK = "in_stock"
    INCOMING = "incoming"
    """All of it, a part with goods that are on their way."""
    BACKORDER = "backorder"
    """It may be ordered, and nobody knows yet when all of it comes."""
    UNAVAILABLE = "unavailable"
    """More would wait for stock than the product lets wait: the order would be held."""
    UNKNOWN = "unknown"
    """There is no such product."""


@dataclass(frozen=True, slots=True)
class Part:
    """Units of a line that one location can send: from which day on it has them, and when they should arrive."""

    location_id: str
    quantity: int
    available_on: date
    arrives: date


@dataclass(frozen=True, slots=True, kw_only=True)
class LineQuote:
    """What one sku of the basket can be promised."""

    sku: str
    quantity: int
    answer: Answer
    steps: tuple[tuple[date, int], ...] = ()
    """Units that may be promised in all, from each day on that changes it; the first is today."""
    parts: tuple[Part, ...] = ()
    undated: int = 0
    """Units that may be ordered and have no day."""
    refused: int = 0
    """Units beyond those that may wait."""
    product: Product | None = None

    @property
    def available(self) -> int:
        """Units that may be promised from stock, whatever the basket asks for."""
        return self.steps[0][1] if self.steps else 0

    @property
    def arrives(self) -> date | None:
        """When all of it should be there; None when that is not known."""
        known = sum(part.quantity for part in self.parts) == self.quantity
        return max(part.arrives for part in self.parts) if known else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What a basket can be promised, line by line, on its own: it is sourced together."""

    lines: tuple[LineQuote, ...]
    reserved: tuple[ReservedUnits, ...] = ()
    """What lies on shelves of the units that are in stock, and where."""

    @property
    def arrives(self) -> date | None:
        """When the last of it should be there; None when that is not known of all."""
        days = [line.arrives for line in self.lines]
        return None if None in days else max((day for day in days if day), default=None)

    @property
    def orderable(self) -> bool:
        """Whether an order for it would go on without anybody's help."""
        return all(line.answer not in {Answer.UNAVAILABLE, Answer.UNKNOWN} for line in self.lines)


def quote(basket: Mapping[str, int], destination: Address, channel: Channel | None, ports: Ports, read: Read) -> Quote:
    """What units of these skus can be promised to a channel's customer there; each shelf is read once.

    Without a country the days on which things arrive are those of the farthest customer.
    """
    known, today = ports.products(basket), ports.clock().date()
    order = _as_order({sku: units for sku, units in basket.items() if sku in known}, destination, channel, ports)
    recipes = _recipes(order, ports)
    demand = [
        Demand(line_id=line_id, sku=line.placed.sku, quantity=line.placed.quantity)
        for line_id, line in order.lines.items()
        if line.placed.sku in recipes or not known[line.placed.sku].components
    ]
    shelf = {sku: read(sku) for sku in dict.fromkeys(each for line in demand for each in shelf_skus(recipes, line.sku))}
    seen = _outlooks(shelf, channel, ports)
    found = _sourced(order, demand, recipes, seen, shelf, ports)
    return Quote(
        lines=tuple(_line(sku, units, known.get(sku), recipes, seen, found, today) for sku, units in basket.items()),
        reserved=tuple(
            ReservedUnits(sku=on_shelf, location_id=part.location_id, quantity=units)
            for sku, part in found.parts
            if part.available_on == today
            for on_shelf, units in parts(recipes, sku, part.quantity)
        ),
    )


@dataclass(slots=True)
class _Found:
    parts: list[tuple[str, Part]]
    waiting: Waiting
    undated: list[Unfilled]


def _outlooks(
    shelf: Mapping[str, tuple[SkuStock, Sequence[Expected]]], channel: Channel | None, ports: Ports
) -> dict[str, Outlook]:
    places = {each.location_id: each for each in ports.locations()}
    pool = pool_of(channel, places.values())
    products = ports.products(shelf)
    today = ports.clock().date()
    return {
        sku: outlook(
            stock,
            expected,
            today,
            kept=lambda place, sku=sku: kept_back(places.get(place), products.get(sku)),  # type: ignore[misc]
            pools=pools(stock, ports),
            pool=pool,
            hidden=channel.stock_buffer if channel else 0,
        )
        for sku, (stock, expected) in shelf.items()
    }


Shelf = Mapping[str, tuple[SkuStock, Sequence[Expected]]]
"""What was read, by sku on the shelf."""


def _sourced(
    order: Order,
    demand: Sequence[Demand],
    recipes: Recipes,
    seen: Mapping[str, Outlook],
    shelf: Shelf,
    ports: Ports,
) -> _Found:
    today = ports.clock().date()
    found = _Found([], Waiting(()), [])
    if not demand:
        return found
    question = question_of(order, demand, {}, recipes, ports)
    rest = _round(question, today, seen, found)
    stock = {sku: of_sku for sku, (of_sku, _) in shelf.items()}
    found.waiting = waiting_of(order, rest, recipes, stock, ports)
    rest = found.waiting.units
    out = {sku: product.release_date or today for sku, product in ports.products([each.sku for each in demand]).items()}
    arrivals = {moment.day for each in seen.values() for moment in each.moments}
    for day in sorted(each for each in {*arrivals, *out.values()} if each > today):
        due = [each for each in rest if out[each.sku] <= day]
        if not due:
            continue
        later = replace(
            question,
            demand=tuple(Demand(each.line_id, each.sku, each.quantity) for each in due),
            now=datetime.combine(day, time(), UTC),
            parcels=len({part.location_id for _, part in found.parts}),
        )
        rest = (*(each for each in rest if out[each.sku] > day), *_round(later, day, seen, found))
    found.undated = list(rest)
    return found


def _round(question: Question, day: date, seen: Mapping[str, Outlook], found: _Found) -> tuple[Unfilled, ...]:
    """Source with what is there on a day, beyond what was promised before; returns what is left over."""
    view = {sku: dict(each.on(day).free) for sku, each in seen.items()}
    for sku, part in found.parts:
        for on_shelf, units in parts(question.recipes, sku, part.quantity):
            view[on_shelf][part.location_id] = max(0, view[on_shelf].get(part.location_id, 0) - units)
    plan = decide(replace(question, stock=view)).plan
    for each in plan.assignments:
        arrives = plan.journeys[each.location_id].arrives
        found.parts.append((each.sku, Part(each.location_id, each.quantity, day, arrives)))
    return plan.unfilled


def _line(
    sku: str,
    quantity: int,
    product: Product | None,
    recipes: Recipes,
    seen: Mapping[str, Outlook],
    found: _Found,
    today: date,
) -> LineQuote:
    if product is None or (product.components and sku not in recipes):
        return LineQuote(sku=sku, quantity=quantity, answer=Answer.UNKNOWN, refused=quantity, product=product)
    mine = tuple(part for of, part in found.parts if of == sku)
    undated = sum(each.quantity for each in found.undated if each.sku == sku)
    refused = sum(each.quantity for each in found.waiting.beyond if each.sku == sku)
    answer = Answer.IN_STOCK
    if refused:
        answer = Answer.UNAVAILABLE
    elif undated:
        answer = Answer.BACKORDER
    elif any(part.available_on > today for part in mine):
        answer = Answer.INCOMING
    return LineQuote(
        sku=sku,
        quantity=quantity,
        answer=answer,
        steps=tuple(_steps(sku, recipes, seen)),
        parts=mine,
        undated=undated,
        refused=refused,
        product=product,
    )


def _steps(sku: str, recipes: Recipes, seen: Mapping[str, Outlook]) -> Iterator[tuple[date, int]]:
    """As `Outlook.steps`; of a kit, as many as could be put together at each location."""
    needs = list(parts(recipes, sku, 1))
    if sku not in recipes:
        yield from seen[sku].steps
        return
    last = None
    for day in sorted({moment.day for each, _ in needs for moment in seen[each].moments}):
        free = [(seen[each].on(day).free, units) for each, units in needs]
        places = set.intersection(*(set(row) for row, _ in free))
        kits = sum(min(row[place] // units for row, units in free) for place in places)
        if kits != last:
            yield day, kits
            last = kits


def _recipes(order: Order, ports: Ports) -> Recipes:
    """What kits are made of; one that cannot be put together is left out."""
    recipes: dict[str, tuple[Component, ...]] = {}
    for line in order.lines.values():
        try:
            recipes |= recipes_of(order, [line.placed.sku], ports.products)
        except NoRecipe:
            continue
    return recipes


def _as_order(basket: Mapping[str, int], destination: Address, channel: Channel | None, ports: Ports) -> Order:
    """The order that the basket would be, as far as sourcing looks at one. Its goods cost nothing."""
    now = ports.clock()
    placed = OrderPlaced(
        channel_id=channel.channel_id if channel else "",
        external_id="",
        number="",
        currency=(channel.currency if channel else "") or "EUR",
        placed_at=now,
        language="",
        lines=tuple(
            PlacedLine(
                line_id=str(number),
                sku=sku,
                title="",
                quantity=units,
                net=0,
                tax=0,
                units=unit_runs(units, 0, 0),
            )
            for number, (sku, units) in enumerate(basket.items(), 1)
        ),
        total=0,
        payment=PaymentTerms(method=PaymentMethod.UNPAID),
    )
    order = evolve(None, placed, order_id="basket", at=now)
    return replace(order, contact=Contact(shipping=destination))
