"""What happens to orders after the sale: one function for each thing that the second act shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from infra.demo.api import CallFailed, Json
from infra.demo.desk import Desk
from infra.demo.goods import Article
from infra.demo.sale import Sale
from infra.demo.story import Act
from oms.payments.notices import DisputeNews, Notice, Told
from oms.payments.simulated_notices import webhook


def part_cancelled(units: int) -> Act:
    """Units of the first line are cancelled before anybody picks; the rest is sent, and only that is charged."""

    def act(desk: Desk, sales: Sequence[Sale]) -> None:
        for sale in sales:
            order = desk.place(sale)
            desk.wait_told(order, "order_confirmed")
            wish = {"lines": [{"line_id": "1", "quantity": units}], "code": "customer", "reason": "too many"}
            desk.api.expect("POST", f"/orders/{order}/cancel", wish, scope="ops")

    return act


def edited(article: Article, price: int, shipping: int) -> Act:
    """One unit of the first line goes, an article comes in its place, and it is to go by express.

    The effect is looked at first, and has to be what then happens.
    """

    def act(desk: Desk, sales: Sequence[Sale]) -> None:
        for sale in sales:
            order = desk.place(sale)
            desk.wait_told(order, "order_confirmed")
            shown = desk.api.order(order)
            wish = {
                "lines": [{"line_id": "1", "quantity": sale.items[0].quantity - 1}],
                "add": [
                    {
                        "sku": article.sku,
                        "quantity": 1,
                        "unit_price": _money(sale, price),
                        "tax": _money(sale, sale.tax_on(price)),
                    }
                ],
                "shipping": {
                    "service": "express",
                    "amount": _money(sale, shipping),
                    "tax": _money(sale, sale.tax_on(shipping)),
                },
                "reason": "the customer would like something else, and faster",
            }
            here = f"/orders/{order}/edits"
            version = {"If-Match": f'"{shown["version"]}"'}
            desk.api.expect("POST", f"{here}?preview=true", wish, scope="ops", headers=version)
            if desk.api.order(order)["version"] != shown["version"]:
                raise CallFailed(f"order {order}: the preview of an edit has changed it")
            desk.api.expect("POST", here, wish, scope="ops", headers=version)

    return act


def held_for_fraud(desk: Desk, sales: Sequence[Sale]) -> None:
    """The customer's mail address is a throwaway one; somebody telephones, and lets the order go on."""
    for sale in sales:
        order = desk.place(sale)
        desk.release(order, desk.wait_held(order, "fraud"), "called back: it is a gift, and the customer is known")


def sent_back(desk: Desk, sales: Sequence[Sale]) -> None:
    """The customer announces two units of the first line over the signed link; one is sold again, one is scrap."""
    for sale in sales:
        known = _announced(desk, desk.place(sale), 2, "changed_mind")
        _receive(desk, known, "restock", "scrap")


def exchanged(article: Article, price: int) -> Act:
    """What came does not fit; the customer wants an article that costs more, which goes out when the first is back.

    The second sale is the exchange, which nobody posts.
    """

    def act(desk: Desk, sales: Sequence[Sale]) -> None:
        sale, other = sales
        known = _announced(desk, desk.place(sale), 1, "does_not_fit")
        goods = {"sku": article.sku, "quantity": 1, "price": price, "tax": other.tax_on(price)}
        place = f"/returns/{known['return_id']}/exchange"
        desk.api.expect("POST", place, {"lines": [goods], "ship": "on_receipt", "number": 1}, scope="returns")
        _receive(desk, known, "restock")

    return act


def disputed(desk: Desk, sales: Sequence[Sale]) -> None:
    """The customer contests the charge at the bank after the parcel has come, and the bank gives the money back."""
    for sale in sales:
        order = desk.place(sale)
        shown = desk.wait(order, _delivered_and_paid, "delivered and paid")
        payment = shown["payment"]["payments"][0]
        news = DisputeNews(
            dispute_id=f"dp-{sale.number}", amount=payment["captured"]["amount"], reason="product_not_received"
        )
        for number, each in enumerate((news, replace(news, won=False)), 1):
            notice = Notice(
                notice_id=f"{sale.number}-{number}",
                gateway=payment["gateway"],
                reference=payment["reference"],
                told=Told.DISPUTED,
                dispute=each,
                order_id=order,
            )
            body, headers = webhook(notice, desk.gateway_secret)
            reply = desk.api.call("POST", f"/payments/{payment['gateway']}/webhooks", body, headers=headers)
            if reply.status != 200:  # noqa: PLR2004 - ok
                raise CallFailed(f"the gateway's webhook was answered {reply.status}: {reply.body.decode()[:500]}")
            desk.wait(order, lambda now: bool(now["payment"]["payments"][0]["disputes"]), "disputed")


def _delivered_and_paid(shown: Json) -> bool:
    return bool(shown["status"] == "delivered" and shown["payment"]["charged"] == "full")


def _announced(desk: Desk, order: str, units: int, reason: str) -> Json:
    """A return of units of the first line: announced by the customer over the link, approved by policy, and told so.

    Raises:
        CallFailed: it is not.
    """
    desk.wait(order, _delivered_and_paid, "delivered and paid")
    link = desk.api.expect("POST", f"/orders/{order}/return-links", {}, scope="returns")["url"]
    wish = {"units": [{"line_id": "1", "quantity": units, "reason": reason}], "number": 1}
    reply = desk.api.call("POST", f"/return/{link.rpartition('/')[2]}", wish)
    known: Json = desk.api.expect("GET", f"/orders/{order}/returns", scope="returns")["returns"][0]
    if known["status"] != "approved":
        raise CallFailed(f"the customer's return is {known['status']}: {reply.status} {reply.body.decode()[:500]}")
    desk.wait_told(order, "return_approved")
    return known


def _receive(desk: Desk, known: Json, *dispositions: str) -> None:
    """Book in units of the first line, one for each disposition."""
    units = [{"line_id": "1", "quantity": 1, "disposition": each} for each in dispositions]
    receipt = {"location_id": known["location_id"], "units": units, "receipt": 1}
    desk.api.expect("POST", f"/returns/{known['return_id']}/receive", receipt, scope="returns")


def _money(sale: Sale, amount: int) -> Json:
    return {"amount": amount, "currency": sale.currency}
