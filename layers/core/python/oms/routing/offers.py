"""Substitutes that are offered by rule: as soon as nobody knows when goods come, if the channel wants it."""

from __future__ import annotations

from datetime import timedelta

from oms.orders.draft import Draft
from oms.orders.events import OrderEvent, UnitState
from oms.orders.kits import parts
from oms.orders.order import Line, Order
from oms.orders.substitution import Substitute, offer
from oms.routing.ports import Ports
from oms.routing.promises import outlook


def offered(order: Order, ports: Ports) -> list[OrderEvent]:
    """Offers for lines that wait for goods of which none are on their way: the best substitute that is there.

    A line is offered something by rule once; what more is offered for it, somebody decides.
    """
    channel = ports.channel(order.placed.channel_id)
    if channel is None or not channel.substitute_offer_hours or order.confirmed is None:
        return []
    expires_at = ports.clock() + timedelta(hours=channel.substitute_offer_hours)
    draft = Draft(order)
    had = {each.offered.line_id for each in order.offers.values()}
    for line_id, line in order.lines.items():
        if line_id in had or not line.counts.get(UnitState.BACKORDERED) or _comes(order, line, ports):
            continue
        if (substitute := _substitute(line, ports)) is not None:
            draft.add(offer(draft.order, substitute, expires_at=expires_at))
    return draft.events


def _comes(order: Order, line: Line, ports: Ports) -> bool:
    """Whether it is known when all that the line waits for comes."""
    waiting = dict(parts(order.kits, line.placed.sku, line.counts[UnitState.BACKORDERED]))
    return outlook(order, waiting, ports).arrives is not None


def _substitute(line: Line, ports: Ports) -> Substitute | None:
    """The first of the product's substitutes of which there is enough for all that waits."""
    quantity = line.counts[UnitState.BACKORDERED]
    sold = ports.products([line.placed.sku]).get(line.placed.sku)
    known = ports.products(sold.substitutes) if sold and sold.substitutes else {}
    for sku in sold.substitutes if sold else ():
        product = known.get(sku)
        if product is not None and sum(ports.sku_stock(sku).sellable().values()) >= quantity:
            return Substitute(
                line_id=line.placed.line_id, sku=sku, title=product.title, quantity=quantity, grams=product.grams
            )
    return None
