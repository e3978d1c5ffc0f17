"""What happens to orders because of stock: one function for each thing that the third act shows."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date

from infra.demo.api import CallFailed, Json
from infra.demo.desk import Desk, id_of
from infra.demo.goods import PICKUP_STORE
from infra.demo.sale import Sale
from infra.demo.story import Act

CODE = re.compile(r"(?<!\d)(\d{3} \d{3})(?!\d)")
"""How a customer reads the code of a pick-up."""


def fetched(desk: Desk, sales: Sequence[Sale]) -> None:
    """Staff make the goods ready; the customer reads the code in the mail, and comes with it. No label is bought."""
    for sale in sales:
        order = desk.place(sale)
        desk.wait_told(order, "pickup_ready")
        (share,) = desk.api.order(order)["fulfillment_orders"]
        if share["location_id"] != PICKUP_STORE or share["status"] != "ready":
            raise CallFailed(f"order {sale.number} is {share['status']} in {share['location_id']}, and not ready")
        found = CODE.search(desk.post.mail(order, "pickup_ready"))
        if found is None:
            raise CallFailed(f"order {sale.number}: the mail has no code")
        door = f"/fulfillment-orders/{share['fulfillment_order_id']}/hand-over"
        wrong = f"{(int(found[1].replace(' ', '')) + 1) % 10**6:06d}"
        refused = desk.api.call("POST", door, {"code": wrong}, scope="fulfillment")
        if refused.status != 422:  # noqa: PLR2004 - the code is wrong
            raise CallFailed(f"a wrong code was answered {refused.status}: {refused.body.decode()[:500]}")
        desk.api.expect("POST", door, {"code": found[1]}, scope="fulfillment")
        (parcel,) = desk.api.order(order)["parcels"]
        if parcel["tracking_number"]:
            raise CallFailed(f"order {sale.number}: a label was bought for what the customer fetched")


def rejected(desk: Desk, sales: Sequence[Sale]) -> None:
    """The location does not find the goods: its stock is corrected, and another one sends them."""
    for sale in sales:
        order = desk.place(sale)
        desk.wait_told(order, "order_confirmed")
        (share,) = desk.api.order(order)["fulfillment_orders"]
        door = f"/fulfillment-orders/{share['fulfillment_order_id']}/reject"
        wish = {"reason": "not_in_stock", "note": "the shelf is empty"}
        desk.api.expect("POST", door, wish, scope="fulfillment")
        for item in sale.items:
            desk.written_off[item.sku] += item.quantity
        shown = desk.wait(order, _again, "sourced again")
        if {each["location_id"] for each in shown["fulfillment_orders"][1:]} == {share["location_id"]}:
            raise CallFailed(f"order {sale.number} was given to {share['location_id']} again, which has rejected it")


def preordered(sku: str, location_id: str, day: date) -> Act:
    """A purchase order is on its way, and customers are told its day. It comes in parts, which serve them in turn."""

    def act(desk: Desk, sales: Sequence[Sale]) -> None:
        first, second = sales
        units = sum(_units(sale) for sale in sales)
        wish = {
            "location_id": location_id,
            "supplier": "Glassworks Lauscha",
            "expected": day.isoformat(),
            "lines": [{"sku": sku, "quantity": units + 1}],
        }
        bought = desk.api.expect("POST", "/purchase-orders", wish, scope="stock:write")
        for sale in sales:
            order = desk.place(sale)
            desk.wait_told(order, "order_confirmed")
            told = desk.api.order(order)["expected_delivery"]
            if not told or date.fromisoformat(told) < day:
                raise CallFailed(f"order {sale.number} is promised for {told}, and its goods come on {day}")
        _arrives(desk, bought, sku, _units(first))
        desk.wait(id_of(first), _served, "served from the first delivery")
        if _served(desk.api.order(id_of(second))):
            raise CallFailed(f"order {second.number} was served before its turn")
        _arrives(desk, bought, sku, _units(second) + 1)
        desk.wait(id_of(second), _served, "served from the second delivery")

    return act


def runs_low(sku: str, threshold: int) -> Act:
    """Stock falls to the threshold with the first order, and below it with the second: one alert is sent, not two."""

    def act(desk: Desk, sales: Sequence[Sale]) -> None:
        for sale in sales:
            desk.wait_told(desk.place(sale), "order_confirmed")
        (alert,) = desk.wait_alerts(sku)
        if (alert["kind"], alert["threshold"], alert["location_id"]) != ("low_stock", threshold, None):
            raise CallFailed(f"an alert of another kind was sent about {sku}: {alert}")
        stands = desk.api.expect("GET", "/alerts?kind=low_stock", scope="stock:read")["alerts"]
        if [each["sku"] for each in stands].count(sku) != 1:
            raise CallFailed(f"the alert about {sku} does not stand: {stands}")

    return act


def _arrives(desk: Desk, bought: Json, sku: str, units: int) -> None:
    """A part of a purchase order comes."""
    door = f"/purchase-orders/{bought['purchase_order_id']}/receive"
    desk.api.expect("POST", door, {"lines": [{"sku": sku, "quantity": units}]}, scope="stock:write")
    desk.received[sku] += units


def _units(sale: Sale) -> int:
    return sum(item.quantity for item in sale.items)


def _again(shown: Json) -> bool:
    """Whether a second location has it."""
    return len(shown["fulfillment_orders"]) > 1


def _in(*states: str) -> Callable[[Json], bool]:
    return lambda shown: any(line["units"].get(state, 0) for line in shown["lines"] for state in states)


_served = _in("allocated", "picked", "packed", "shipped", "delivered")
