"""What happens on the platforms of the fourth act, and what is looked at there afterwards."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from http import HTTPStatus

from infra.demo import shopify
from infra.demo.api import Json
from infra.demo.courier import FEDEX
from infra.demo.desk import PAUSE, Desk, NeverCame, id_of
from infra.demo.sale import Sale


def sold(desk: Desk, sales: Sequence[Sale]) -> None:
    """Customers buy there; the parcels leave here; each platform is told of every parcel with its number."""
    for sale in sales:
        desk.outside.sell(sale)
    for sale in sales:
        _arrived(desk, sale)
        _confirmed(desk, sale)


def cancelled(desk: Desk, sales: Sequence[Sale]) -> None:
    """Service cancels what a shop has sold and been paid for: the shop is told, and gives the money back."""
    for sale in sales:
        desk.outside.sell(sale)
        order = id_of(sale)
        desk.wait_told(order, "order_confirmed")
        desk.api.expect("POST", f"/orders/{order}/cancel", {"reason": "the customer changed their mind"}, scope="ops")
        _cancelled_there(desk, sale)
        desk.wait_told(order, "refund_made")
        desk.tally["cancelled here, told there"] += 1


def cancelled_in_time(desk: Desk, sales: Sequence[Sale]) -> None:
    """The same on a marketplace that takes its time: when it has done it the money is back, and the customer hears so.

    Nobody waits for that here. It belongs to how the order ends.
    """
    for sale in sales:
        desk.outside.sell(sale)
        order = id_of(sale)
        desk.wait_told(order, "order_confirmed")
        desk.api.expect("POST", f"/orders/{order}/cancel", {"code": "customer"}, scope="ops")
        desk.tally["cancelled here, told there"] += 1


def _arrived(desk: Desk, sale: Sale) -> None:
    def is_here() -> bool:
        reply = desk.api.call("GET", f"/orders/{id_of(sale)}", scope="orders:read")
        return reply.status == HTTPStatus.OK

    _until(desk, is_here, f"order {sale.number} never came from {sale.form}")


def _confirmed(desk: Desk, sale: Sale) -> None:
    shown = desk.wait(id_of(sale), _left, "sent")
    for parcel in shown["parcels"]:
        if parcel["carrier"] == FEDEX:
            desk.outside.courier.call_in_vain(parcel["tracking_number"])
            desk.wait_told(id_of(sale), "delivery_failed")
            desk.outside.courier.deliver(parcel["tracking_number"])
            desk.tally["labels of FedEx"] += 1
    shown = desk.wait(id_of(sale), lambda order: order["status"] == "delivered", "delivered")
    numbers = {parcel["tracking_number"] for parcel in shown["parcels"]}
    shops = desk.outside.shops
    _until(
        desk,
        lambda: shops.confirmed(sale) == numbers,
        f"{sale.form} knows parcels {shops.confirmed(sale)} of order {sale.number}, not {numbers}",
    )
    desk.tally["parcels confirmed there"] += len(numbers)


def _left(order: Json) -> bool:
    return order["status"] in {"shipped", "delivered"}


def _cancelled_there(desk: Desk, sale: Sale) -> None:
    there = desk.outside.shops.shopify.orders[shopify.external_id(sale)]
    _until(desk, lambda: bool(there["cancelled_at"]), f"the shop never heard that {sale.number} is cancelled")


def _until(desk: Desk, so: Callable[[], bool], otherwise: str) -> None:
    """Look until something is so.

    Raises:
        NeverCame: it was not, for the whole patience.
    """
    deadline = time.monotonic() + desk.patience
    while not so():
        if time.monotonic() > deadline or desk.stopped.wait(PAUSE):
            raise NeverCame(otherwise)
