"""What a shop takes back, until when, and what it keeps: the rules by which a customer's return is decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from oms.orders.after_sale import ReturnReason, ReturnUnits
from oms.orders.condition import ItemCondition
from oms.orders.order import Order
from oms.orders.reasons import DeclineReason
from oms.setup import Channel, Product

FAULTS = frozenset({ReturnReason.DAMAGED, ReturnReason.WRONG_ITEM, ReturnReason.NOT_AS_DESCRIBED, ReturnReason.MISSING})
"""Reasons that are the merchant's fault: no fees, and the original shipping goes back when nothing is kept."""


class Decision(StrEnum):
    """What policy says to a customer's return."""

    APPROVE = "approve"
    DECLINE = "decline"
    REFER = "refer"
    """A person decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """A decision, and the fees (minor units) that are kept when the return is approved.

    A refusal has its reason, the line that settled it, and the days of a window that is over.
    """

    decision: Decision
    code: DeclineReason = DeclineReason.OTHER
    line_id: str = ""
    days: int = 0
    restocking_fee: int = 0
    shipping_fee: int = 0


def judge(
    order: Order, units: Sequence[ReturnUnits], channel: Channel, products: Mapping[str, Product], now: datetime
) -> Ruling:
    """Decide a return of these units.

    A final sale and the end of the window bind a customer who changed their mind. Neither settles what is the
    merchant's fault: that is approved within the window, final sale or not, and afterwards a person decides. So does
    one when the channel asks for the condition and nobody said it, or when what is declined for it comes with a fault.
    """
    late = [each for each in units if _is_late(order, each, channel, products, now)]
    if late and any(each.reason in FAULTS for each in late):
        return Ruling(decision=Decision.REFER)
    if late:
        days = _window(late[0], channel, products)
        code = DeclineReason.WINDOW_OVER if days else DeclineReason.FINAL_SALE
        return Ruling(decision=Decision.DECLINE, code=code, line_id=late[0].line_id, days=days)
    for each in units:
        product = products.get(each.sku)
        if product is not None and product.final_sale and each.reason not in FAULTS:
            return Ruling(decision=Decision.DECLINE, code=DeclineReason.FINAL_SALE, line_id=each.line_id)
    spoiled = [each for each in units if not _is_fit(each, channel)]
    if any(each.reason in FAULTS or each.condition is ItemCondition.UNKNOWN for each in (units if spoiled else ())):
        return Ruling(decision=Decision.REFER)
    if spoiled:
        return Ruling(decision=Decision.DECLINE, code=DeclineReason.CONDITION, line_id=spoiled[0].line_id)
    restocking, shipping = fees(order, units, channel)
    return Ruling(decision=Decision.APPROVE, restocking_fee=restocking, shipping_fee=shipping)


def fees(order: Order, units: Sequence[ReturnUnits], channel: Channel) -> tuple[int, int]:
    """What is kept from the refund: for restocking, and for the way back.

    Restocking is a share of the value of the units that are not faulty, rounded down. The way back costs the customer
    nothing as soon as one unit is faulty: the parcel would have had to come anyway.
    """
    value = sum(
        order.value_between(line_id, order.kept(line_id) - count, count) for line_id, count in sound(units).items()
    )
    faulty = any(each.reason in FAULTS for each in units)
    return max(0, value) * channel.restocking_percent // 100, 0 if faulty else channel.return_shipping_fee


def sound(units: Sequence[ReturnUnits]) -> dict[str, int]:
    """Units by line that come back for reasons of the customer's own."""
    counted: dict[str, int] = {}
    for each in units:
        if each.reason not in FAULTS:
            counted[each.line_id] = counted.get(each.line_id, 0) + each.quantity
    return counted


def _window(units: ReturnUnits, channel: Channel, products: Mapping[str, Product]) -> int:
    """Days in which the units may be announced: the product's own, those of its category, or the channel's."""
    product = products.get(units.sku)
    if product is None:
        return channel.return_window_days
    if product.return_window_days is not None:
        return product.return_window_days
    by_category = {name.casefold(): days for name, days in channel.return_windows.items()}
    return by_category.get(product.category.casefold(), channel.return_window_days)


def _is_fit(units: ReturnUnits, channel: Channel) -> bool:
    """Whether the channel takes units back in the condition that is told. For a fault of the merchant's, in any."""
    taken = channel.return_conditions
    return not taken or units.reason in FAULTS or units.condition in taken


def _is_late(
    order: Order, units: ReturnUnits, channel: Channel, products: Mapping[str, Product], now: datetime
) -> bool:
    """Whether the window has closed. It opens with the last delivery of the line, in the customer's favour."""
    days = _window(units, channel, products)
    if days == 0:
        return True
    parcels = [parcel for parcel in order.parcels.values() if parcel.shipped.get(units.line_id)]
    delivered = [parcel.delivered_at for parcel in parcels if parcel.delivered_at is not None]
    if not delivered or len(delivered) < len(parcels):
        return False
    return now > max(delivered) + timedelta(days=days)
