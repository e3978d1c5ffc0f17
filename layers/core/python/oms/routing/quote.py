"""What a basket can be promised before it is an order: how much of it, from where, and when it should arrive.

It is sourced like an order, by the same function with the same rules, first from what is there and then, for the rest,
from what comes, on each day on which something does. Nothing is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time

from oms.orders.contact import Contact
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
from oms.routing.quoted import Answer, Basket, LineQuote, Part, Quote
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


def quote(wish: Basket, ports: Ports, read: Read) -> Quote:
    """What a basket can be promised; each sku on a shelf is read once."""
    basket, channel = wish.units, wish.channel
    known, today = ports.products(basket), ports.clock().date()
    order = _as_order({sku: units for sku, units in basket.items() if sku in known}, wish, ports.clock())
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

    def round_of(units: Sequence[Demand], day: date, now: datetime) -> tuple[Unfilled, ...]:
        view = _left(seen, day, recipes, found)
        question = question_of(order, units, view, recipes, replace(ports, clock=lambda: now))
        return _sent(replace(question, parcels=len({part.location_id for _, part in found.parts})), day, found)

    rest = round_of(demand, today, ports.clock())
    stock = {sku: of_sku for sku, (of_sku, _) in shelf.items()}
    found.waiting = waiting_of(order, rest, recipes, stock, ports)
    rest = found.waiting.units
    out = {sku: product.release_date or today for sku, product in ports.products([each.sku for each in demand]).items()}
    arrivals = {moment.day for each in seen.values() for moment in each.moments}
    for day in sorted(each for each in {*arrivals, *out.values()} if each > today):
        due = [each for each in rest if out[each.sku] <= day]
        if not due:
            continue
        units = [Demand(each.line_id, each.sku, each.quantity) for each in due]
        later = round_of(units, day, datetime.combine(day, time(), UTC))
        rest = (*(each for each in rest if out[each.sku] > day), *later)
    found.undated = list(rest)
    return found


def _left(seen: Mapping[str, Outlook], day: date, recipes: Recipes, found: _Found) -> dict[str, dict[str, int]]:
    """What may be promised on a day, by sku and location, beyond what the basket has been promised before."""
    view = {sku: dict(each.on(day).free) for sku, each in seen.items()}
    for sku, part in found.parts:
        for on_shelf, units in parts(recipes, sku, part.quantity):
            view[on_shelf][part.location_id] = max(0, view[on_shelf].get(part.location_id, 0) - units)
    return view


def _sent(question: Question, day: date, found: _Found) -> tuple[Unfilled, ...]:
    """Note what would be sent on a day, and from where; returns what is left over."""
    plan = decide(question, proof=False).plan
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


def _as_order(basket: Mapping[str, int], wish: Basket, now: datetime) -> Order:
    """The order that the basket would be, as far as sourcing looks at one. Its goods cost nothing."""
    channel = wish.channel
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
        pickup_location_id=wish.pickup,
    )
    order = evolve(None, placed, order_id="basket", at=now)
    return replace(order, contact=Contact(shipping=wish.destination))
