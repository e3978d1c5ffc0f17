"""What a refund is on Amazon: amounts by item and component, which add up to our figure exactly.

Amazon's own document says what each item and its shipping cost, and whether taxes stand beside the prices: only then
does Amazon take them apart from the principal (amzn/selling-partner-api-models, issue 1372).
"""

from __future__ import annotations

from collections.abc import Sequence

from oms.channels.amazon.feed_paper import NO_INVENTORY, Adjusted
from oms.channels.amazon.figures import ITEM, SHIPPING, Figures
from oms.channels.amazon.payload import OrderItem
from oms.channels.figures import shared
from oms.channels.outbound import MoneyBack
from oms.errors import Refused
from oms.orders.events import PriceMode
from oms.orders.reasons import CancellationReason

RETURN, CUSTOMER, GENERAL = "CustomerReturn", "CustomerCancel", "GeneralAdjustment"


def adjusted(items: Sequence[OrderItem], found: Figures, refund: MoneyBack) -> list[Adjusted]:
    """The items that money goes back for.

    Where the units and the shipping that the refund names do not add up to it, it is their share, or the rest is
    spread over what else the items and their shipping cost.

    Raises:
        Refused: Amazon tells of no item that it could go back for.
    """
    returned, cancelled = ({each.external_line_id: each for each in part} for part in (refund.lines, refund.cancelled))
    ids = [item.order_item_id for item in items]
    named = [sum(part[each].amount for part in (returned, cancelled) if each in part) for each in ids]
    goods, ways = ([_value(found, each, category) for each in ids] for category in (ITEM, SHIPPING))
    values = [*goods, *ways]
    wanted = [*named, *(shared(refund.shipping, ways) if sum(ways) else [0] * len(ids))]
    if sum(wanted) > refund.amount:
        wanted = shared(refund.amount, wanted)
    rest = refund.amount - sum(wanted)
    room = [max(value - part, 0) for value, part in zip(values, wanted, strict=True)]
    weights = room if sum(room) >= rest else values if sum(values) else [1] * len(ids) + [0] * len(ids)
    amounts = [part + more for part, more in zip(wanted, shared(rest, weights), strict=True)]
    made = [
        Adjusted(
            item_id=item_id,
            reason=_reason(refund, cancelled=item_id in cancelled, returned=item_id in returned),
            components={
                **_split(found, item_id, ITEM, amount, ("Principal", "Tax")),
                **_split(found, item_id, SHIPPING, way, ("Shipping", "ShippingTax")),
            },
            returned=returned[item_id].quantity if item_id in returned else 0,
            cancelled=cancelled[item_id].quantity if item_id in cancelled else 0,
        )
        for item_id, amount, way in zip(ids, amounts[: len(ids)], amounts[len(ids) :], strict=True)
        if amount or way
    ]
    if not made:
        raise Refused("Amazon tells of no item of the order that money could go back for")
    return made


def _value(found: Figures, item_id: str, category: str) -> int:
    """What of an item's price is of a category, with the tax where that stands beside."""
    return sum(_parts(found, item_id, category))


def _parts(found: Figures, item_id: str, category: str) -> tuple[int, int]:
    costs = found.costs[item_id]
    tax = costs.taxes[category] if found.prices is PriceMode.NET else 0
    return max(costs.amounts[category] - costs.discounts[category], 0), max(tax, 0)


def _split(found: Figures, item_id: str, category: str, amount: int, names: tuple[str, str]) -> dict[str, int]:
    """An amount as price and tax, in the proportion in which they were charged."""
    price, tax = _parts(found, item_id, category)
    shares = shared(amount, [price, tax] if price or tax else [1, 0])
    return {name: share for name, share in zip(names, shares, strict=True) if share}


def _reason(refund: MoneyBack, *, cancelled: bool, returned: bool) -> str:
    if cancelled:
        return CUSTOMER if refund.code is CancellationReason.CUSTOMER else NO_INVENTORY
    return RETURN if returned else GENERAL
