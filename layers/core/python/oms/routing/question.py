"""What a sourcing decision is asked, as routing knows it: the order's facts, stock, places, rules and calendars."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from oms.orders.contact import Address
from oms.orders.events import UnitState
from oms.orders.kits import Recipes, shelf_skus
from oms.orders.order import Order
from oms.orders.rejecting import barred
from oms.orders.transitions import FulfillmentStatus
from oms.routing.pickup import first_from, store_of
from oms.routing.ports import Ports
from oms.routing.terms import out_of_pool
from oms.setup import Location, Product
from oms.sourcing.decide import Question
from oms.sourcing.distance import Coordinates
from oms.sourcing.facts import Demand, Goods, OrderFacts
from oms.sourcing.sites import Barred, StockView, site_of


def question_of(
    order: Order,
    demand: Sequence[Demand],
    stock: StockView,
    recipes: Recipes,
    ports: Ports,
    *,
    fresh_at: str = "",
    full: Mapping[str, date] | None = None,
) -> Question:
    """Where these units of an order are to go out from, with all that the answer rests on.

    Goods that have just arrived at the location `fresh_at` are not those that it rejected. Locations in `full` have no
    room before the day.
    """
    locations = [each for each in ports.locations() if each.active]
    store = store_of(order, locations)
    kept_from = kept_from_of(order, ports, fresh_at=fresh_at)
    if store is not None and store.ship_to_store:
        kept_from = {**first_from(store, demand, stock, recipes, locations, kept_from), **kept_from}
    return Question(
        order=facts_of(order, recipes, ports, store),
        demand=tuple(demand),
        stock=stock,
        sites=tuple(site_of(each) for each in locations),
        destination=Coordinates(store.latitude, store.longitude) if store else ports.locate(destination_of(order)),
        now=ports.clock(),
        rules=tuple(ports.rules()),
        cards=ports.cards(),
        barred=kept_from,
        pinned=order.placed.pickup_location_id if store is None or not store.ship_to_store else "",
        recipes=recipes,
        full=full or {},
        joined=_joined(order, store),
        parcels=sum(_lives(each.counts) for each in order.fulfillment_orders.values()),
    )


def kept_from_of(order: Order, ports: Ports, *, fresh_at: str = "") -> Barred:
    """Who may not give an order what: locations outside its channel's pool, and those that gave it back."""
    return {**out_of_pool(order.placed.channel_id, ports), **barred(order.rejections, fresh_at=fresh_at)}


def _joined(order: Order, store: Location | None) -> frozenset[str]:
    """Who packs for the order already, and the store where the customer comes: neither needs a parcel for more."""
    packs = {
        each.location_id
        for each in order.fulfillment_orders.values()
        if each.status in {FulfillmentStatus.SCHEDULED, FulfillmentStatus.OPEN}
    }
    return frozenset(packs | ({store.location_id} if store else set()))


def facts_of(order: Order, recipes: Recipes, ports: Ports, store: Location | None = None) -> OrderFacts:
    """The order as rules see it, whatever of it has a place already; `store` is where the customer fetches it."""
    lines = [line for line in order.lines.values() if line.live and line.placed.requires_shipping]
    skus = list(dict.fromkeys(line.placed.sku for line in lines))
    known = ports.products({*skus, *(each for sku in skus for each in shelf_skus(recipes, sku))})
    worth, count, weighs = dict.fromkeys(skus, 0), dict.fromkeys(skus, 0), dict.fromkeys(skus, 0)
    for line in lines:
        placed = line.placed
        worth[placed.sku] += placed.net + placed.tax
        count[placed.sku] += placed.quantity
        weighs[placed.sku] = max(weighs[placed.sku], placed.grams)
    destination = store.address if store else destination_of(order)
    return OrderFacts(
        channel_id=order.placed.channel_id,
        fetched_at=store.location_id if store else "",
        country=destination.country,
        postal_code=destination.postal_code,
        service=order.shipping_service,
        tags=order.placed.tags,
        currency=order.placed.currency,
        value=sum(order.value_between(line.placed.line_id, 0, line.live) for line in lines),
        goods={sku: _goods(sku, known, recipes, price=worth[sku] // count[sku], grams=weighs[sku]) for sku in skus},
    )


def destination_of(order: Order) -> Address:
    """Where the parcels of an order go."""
    return (order.contact.destination if order.contact else None) or Address()


def _goods(sku: str, known: Mapping[str, Product], recipes: Recipes, *, price: int, grams: int) -> Goods:
    product = known.get(sku)
    return Goods(
        grams=(product.grams if product else 0) or grams,
        price=price,
        category=product.category if product else "",
        requires=_required([sku, *shelf_skus(recipes, sku)], known),
        markdown_percent=product.markdown_percent if product else 0,
    )


def _required(skus: Iterable[str], known: Mapping[str, Product]) -> tuple[str, ...]:
    """What a location must be able to handle: for a kit, all that its components ask for."""
    return tuple(sorted({each for sku in skus if sku in known for each in known[sku].requires}))


def _lives(counts: Mapping[UnitState, int]) -> bool:
    return any(count for state, count in counts.items() if state is not UnitState.CANCELLED)
