"""What goes otherwise than planned, and the way out of each: one function for each thing that is shown."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from infra.demo import canonical, goods
from infra.demo.api import CallFailed
from infra.demo.desk import Desk, id_of
from infra.demo.people import Customer
from infra.demo.sale import Form, Paid, Sale


def just_post(desk: Desk, sales: Sequence[Sale]) -> None:
    """Nothing happens but what always does."""
    for sale in sales:
        desk.place(sale)


def posted_twice(desk: Desk, sales: Sequence[Sale]) -> None:
    """The channel's first delivery seemed lost to it, so it sent the order again."""
    for sale in sales:
        desk.place(sale, times=2)


def posted_at_once(desk: Desk, sales: Sequence[Sale]) -> None:
    """Eight deliveries of each order at the same moment."""
    for sale in sales:
        desk.place(sale, times=8, at_once=True)


def forged_first(desk: Desk, sales: Sequence[Sale]) -> None:
    """Somebody who does not know the secret posts the order first: refused, and nothing is written."""
    for sale in sales:
        reply = desk.deliver(sale, secret="not the channel's secret")  # noqa: S106 - that is the point
        if reply.status != 401:  # noqa: PLR2004 - not authenticated
            raise CallFailed(f"a forged webhook was answered {reply.status}")
        reply = desk.api.call("GET", f"/orders/{id_of(sale)}", scope="orders:read")
        if reply.status != 404:  # noqa: PLR2004 - not found
            raise CallFailed(f"a forged webhook left something: {reply.status}")
        desk.tally["forgeries refused"] += 1
        desk.place(sale)


def stock_arrives(desk: Desk, sales: Sequence[Sale]) -> None:
    """Three customers wait for stools, one after the other; deliveries serve them in that order.

    The third has bought something else too, which leaves at once.
    """
    first, second, third = sales
    for sale in sales:
        order = desk.place(sale)
        desk.wait(order, lambda shown: _waiting(shown) > 0, "backordered")
    desk.wait(id_of(third), lambda shown: shown["status"] == "partially_shipped", "shipped in part")
    desk.receive(goods.STOOL.sku, "hamburg", _units(first), "PO-7001")
    desk.wait(id_of(first), lambda shown: _waiting(shown) == 0, "served from the delivery")
    for sale in (second, third):
        if not _waiting(desk.api.order(id_of(sale))):
            raise CallFailed(f"order {sale.number} was served before its turn")
    desk.receive(goods.STOOL.sku, "verona", _units(second) + _units(third), "PO-7002")


def unknown_sku(desk: Desk, sales: Sequence[Sale]) -> None:
    """Sold before it was set up: set it up, receive some, release the hold. It is the first line."""
    for sale in sales:
        order = desk.place(sale)
        handle = desk.wait_held(order, "unknown_sku")
        novel = sale.items[0]
        product = {"title": novel.title, "grams": novel.grams}
        desk.api.expect("PUT", f"/products/{novel.sku}", product, scope="setup")
        desk.receive(novel.sku, "lyon", novel.quantity, "PO-7003")
        desk.release(order, handle, "set up now")


def mistyped(buyer: Customer) -> Customer:
    """The customer, with a postal code that does not exist in the country."""
    return replace(buyer, postal_code=f"{buyer.postal_code[:2]}")


def bad_address(desk: Desk, sales: Sequence[Sale]) -> None:
    """The postal code cannot be right; the customer writes, and the address is edited."""
    for sale in sales:
        order = desk.place(replace(sale, customer=mistyped(sale.customer)))
        desk.wait_held(order, "bad_address")
        desk.wait_told(order, "action_needed")
        shipping = canonical.contact(sale.customer)["shipping"]
        desk.api.expect("POST", f"/orders/{order}/edits", {"contact": {"shipping": shipping}}, scope="ops")


def bad_address_mended_there(desk: Desk, sales: Sequence[Sale]) -> None:
    """Likewise, but the address is corrected in the shop, which tells us."""
    for sale in sales:
        order = desk.place(replace(sale, customer=mistyped(sale.customer)))
        desk.wait_held(order, "bad_address")
        desk.wait_told(order, "action_needed")
        desk.change(sale, "orders/updated" if sale.form is Form.SHOPIFY else "order.updated")


def declined(desk: Desk, sales: Sequence[Sale]) -> None:
    """The gateway declines, at once or later; the customer pays with another card."""
    for sale in sales:
        order = desk.place(sale)
        desk.wait_held(order, "payment_declined")
        desk.wait_told(order, "action_needed")
        desk.api.expect("POST", f"/orders/{order}/payments", {"instrument": "sim_ok"}, scope="ops")


def total_mismatch(desk: Desk, sales: Sequence[Sale]) -> None:
    """The shop's total is not what its lines say; somebody looks at it, and lets it pass."""
    for sale in sales:
        order = desk.place(sale)
        desk.release(order, desk.wait_held(order, "total_mismatch"), "checked with the shop: its figure is right")


def held_by_hand(desk: Desk, sales: Sequence[Sale]) -> None:
    """The customer asks to wait; later the hold is released."""
    for sale in sales:
        order = desk.place(sale)
        note = {"note": "the customer is away until Thursday"}
        desk.api.expect("POST", f"/orders/{order}/holds", note, scope="ops")
        handle = desk.wait_held(order, "manual")
        time.sleep(3)
        desk.release(order, handle, "back home")


def paid_later(desk: Desk, sales: Sequence[Sale]) -> None:
    """The shop waits for a bank transfer; nothing is shipped before it says that the money is there."""
    for sale in sales:
        order = desk.place(sale)
        desk.wait_held(order, "payment_pending")
        desk.wait_told(order, "action_needed")
        desk.change(replace(sale, paid=Paid.IN_FULL), "orders/paid" if sale.form is Form.SHOPIFY else "order.updated")


def captured_there(desk: Desk, sales: Sequence[Sale]) -> None:
    """The shop has only reserved the money, and takes it when the parcel has left."""
    for sale in sales:
        order = desk.place(sale)
        desk.wait(order, lambda shown: shown["status"] in {"shipped", "delivered"}, "shipped")
        desk.change(replace(sale, paid=Paid.IN_FULL), "orders/paid")


def cancelled_here(desk: Desk, sales: Sequence[Sale]) -> None:
    """Service cancels the whole order before anybody has begun to pick; what was reserved is let go."""
    for sale in sales:
        order = desk.place(sale)
        desk.wait_told(order, "order_confirmed")
        desk.api.expect("POST", f"/orders/{order}/cancel", {"reason": "the customer changed their mind"}, scope="ops")


def cancelled_there(desk: Desk, sales: Sequence[Sale]) -> None:
    """The order is cancelled in the shop, which tells us."""
    for sale in sales:
        order = desk.place(sale)
        if sale.form is Form.SHOPIFY:
            desk.wait_told(order, "order_confirmed")
            desk.change(sale, "orders/cancelled", cancelled=True)
        else:
            desk.wait_told(order, "action_needed")
            desk.change(sale, "order.updated", status="cancelled")


def _waiting(shown: dict[str, object]) -> int:
    lines = shown["lines"]
    assert isinstance(lines, list)
    return sum(line["units"].get("backordered", 0) for line in lines)


def _units(sale: Sale) -> int:
    return sum(item.quantity for item in sale.items if item.sku == goods.STOOL.sku)
