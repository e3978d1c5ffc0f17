"""When plans fail, over the API: rejected picks, goods that are on their way, other goods in their place."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from tests.support import cloud
from tests.support.merchant import BERLIN, MILAN, Merchant
from tests.support.shops import Sale, canonical_order
from tests.support.world import World

TO = "erika@customer.example"


@pytest.fixture
def two_places(world: World) -> Merchant:
    """Three shirts in Berlin, two in Milan, and ten mugs in Berlin."""
    return Merchant(world).open({("TEE", BERLIN): 3, ("TEE", MILAN): 2, ("MUG", BERLIN): 10})


def reject(merchant: Merchant, share: str, reason: str, *, lines: dict[str, int] | None = None, wish: str = "") -> Any:
    body = {"reason": reason, "note": "shelf 4"} | ({"lines": lines} if lines else {})
    answer = merchant.post(f"/fulfillment-orders/{share}/reject", body, key="fulfillment", wish=wish)
    assert answer.status == 200, answer
    return answer.json


def offered(merchant: Merchant, order_id: str, **wish: object) -> str:
    """Mugs are offered in place of the first line; the link in the mail."""
    body = {"line_id": "1", "sku": "MUG", **wish}
    answer = merchant.post(f"/orders/{order_id}/substitutions", body, key="orders:write")
    assert answer.status == 200, answer
    merchant.world.settle()
    mail = cloud.mails()[-1]
    assert mail.subject.startswith("Eine Alternative")
    (link,) = set(re.findall(r"/offer/[\w.-]+", str(mail.body)))
    return link


def queued(merchant: Merchant, queue: str) -> list[tuple[str, list[str]]]:
    page = merchant.get(f"/queues/{queue}")
    return [(each["order_id"], [matter["reason"] for matter in each["matters"]]) for each in page["orders"]]


def test_a_rejected_pick_is_sourced_again_and_the_stock_is_corrected_once(two_places: Merchant, world: World) -> None:
    merchant = two_places
    order_id = merchant.sell(canonical_order("W-1", [Sale("TEE", 2, "20.00"), Sale("MUG", 1, "9.00")]))
    share = f"{order_id}-1"
    for _ in range(2):
        shown = reject(merchant, share, "not_in_stock", lines={"1": 2}, wish="the shelf is empty")
    assert shown["rejections"][0]["units"] == {"1": 2}
    world.settle()
    assert merchant.stock("TEE") == {BERLIN: (1, 1, 0), MILAN: (2, 0, 2)}
    order = merchant.order(order_id)
    assert {each["location_id"]: each["status"] for each in order["fulfillment_orders"]} == {
        BERLIN: "open",
        MILAN: "open",
    }
    routing = merchant.get(f"/orders/{order_id}/routing")
    verdicts = {each["location_id"]: each["verdict"] for each in routing["decisions"][-1]["candidates"]}
    assert "did not find" in verdicts[BERLIN]
    reject(merchant, f"{order_id}-2", "damaged")
    world.settle()
    level = next(x for x in merchant.get("/stock/TEE", key="stock:read")["levels"] if x["location_id"] == MILAN)
    assert (level["on_hand"], level["available"], level["unavailable"]) == (2, 0, {"damaged": 2})
    assert queued(merchant, "unfillable") == [(order_id, ["rejected"])]
    assert merchant.mails(TO)[-1].startswith("Neues zur Lieferung")
    merchant.ship(order_id)
    assert merchant.order(order_id)["status"] == "partially_shipped"


def test_a_backorder_is_promised_by_its_purchase_order_and_told_when_that_slips(
    two_places: Merchant, world: World
) -> None:
    merchant = two_places
    today = world.clock.instant.date()

    def purchase(days: int) -> dict[str, object]:
        return {"expected": (today + timedelta(days=days)).isoformat()}

    placed = merchant.post(
        "/purchase-orders",
        {
            "purchase_order_id": "PO-1",
            "location_id": BERLIN,
            "lines": [{"sku": "CAP", "quantity": 3, **purchase(7)}],
        },
        key="stock:write",
    )
    assert placed.status == 201, placed
    world.settle()
    first, second = (merchant.sell(canonical_order(f"W-{n}", [Sale("CAP", 2, "10.00")])) for n in (2, 3))
    promised = merchant.order(first)
    assert promised["goods_expected"] == purchase(7)["expected"]
    assert promised["expected_delivery"] > promised["goods_expected"]
    assert merchant.order(second)["expected_delivery"] is None, "one unit of three is left for it"

    changed = merchant.post(
        "/purchase-orders/PO-1/change", {"lines": [{"line": 1, "quantity": 4, **purchase(7)}]}, key="stock:write"
    )
    assert changed.status == 200, changed
    world.settle()
    assert merchant.order(second)["goods_expected"] == purchase(7)["expected"]
    mails = len(merchant.mails(TO))

    merchant.post("/purchase-orders/PO-1/change", {"lines": [{"line": 1, **purchase(21)}]}, key="stock:write")
    world.settle()
    assert [merchant.order(each)["goods_expected"] for each in (first, second)] == [purchase(21)["expected"]] * 2
    assert len(merchant.mails(TO)) == mails + 2, "both are told, once"

    received = merchant.post(
        "/purchase-orders/PO-1/receive", {"lines": [{"sku": "CAP", "quantity": 3}]}, key="stock:write"
    )
    assert received.status == 200, received
    world.settle()
    assert [merchant.order(each)["lines"][0]["units"] for each in (first, second)] == [
        {"allocated": 2},
        {"allocated": 1, "backordered": 1},
    ]
    assert merchant.order(first)["goods_expected"] is None
    assert merchant.order(second)["goods_expected"] == purchase(21)["expected"]
    assert len(merchant.mails(TO)) == mails + 2, "that it comes sooner the parcel tells"

    third = merchant.sell(canonical_order("W-7", [Sale("CAP", 1, "10.00")]))
    assert merchant.order(third)["goods_expected"] is None
    merchant.post(f"/orders/{second}/cancel", {"lines": [{"line_id": "1", "quantity": 1}]}, key="orders:write")
    world.settle()
    assert merchant.order(third)["goods_expected"] == purchase(21)["expected"], "it moved up in the line"
    assert not world.depth("RouteDeadLetters")


def test_a_customer_takes_other_goods_by_the_link_in_the_mail(two_places: Merchant, world: World) -> None:
    merchant = two_places
    order_id = merchant.sell(canonical_order("W-4", [Sale("CAP", 3, "10.00")]))
    assert "offer_substitute" in merchant.order(order_id)["actions"]
    link = offered(merchant, order_id, quantity=2)
    shown = world.http("GET", link)
    assert (shown.json["status"], shown.json["offered"], shown.json["quantity"]) == ("open", "Article MUG", 2)
    assert shown.json["price"] == shown.json["price_before"]
    browser = {"Accept": "text/html"}
    page = world.http("GET", link, headers=browser)
    assert page.headers["content-type"].startswith("text/html")
    form = {**browser, "Content-Type": "application/x-www-form-urlencoded"}
    due = merchant.order(order_id)["due"]
    answer = world.http("POST", link, b"answer=accept", headers=form)
    assert (answer.status, answer.headers["location"]) == (303, link.removeprefix("/offer/"))
    world.settle()
    order = merchant.order(order_id)
    assert (order["due"], order["offers"][0]["status"]) == (due, "accepted")
    assert [(line["sku"], line["units"]) for line in order["lines"]] == [
        ("CAP", {"backordered": 1, "cancelled": 2}),
        ("MUG", {"allocated": 2}),
    ]
    late = world.http("POST", link, {"answer": "decline"})
    assert late.status == 409, late
    for wrong in (link[:-1], link.replace("/offer/", "/return/")):
        assert world.http("GET", wrong).status == 401


def test_the_last_that_waits_can_be_answered_by_a_program(two_places: Merchant, world: World) -> None:
    merchant = two_places
    order_id = merchant.sell(canonical_order("W-6", [Sale("CAP", 1, "10.00")]))
    answer = world.http("POST", offered(merchant, order_id), {"answer": "accept"})
    assert answer.json["status"] == "accepted"
    world.settle()
    assert merchant.order(order_id)["lines"][1]["units"] == {"allocated": 1}


def test_staff_take_an_offer_back_or_answer_it_for_the_customer(two_places: Merchant, world: World) -> None:
    merchant = two_places
    order_id = merchant.sell(canonical_order("W-5", [Sale("CAP", 1, "10.00")]))
    for number, answer in enumerate(("refuse", "accept"), 1):
        merchant.post(f"/orders/{order_id}/substitutions", {"line_id": "1", "sku": "MUG"}, key="orders:write")
        said = merchant.post(
            f"/substitutions/{order_id}-s{number}/{answer}",
            {"why": "withdrawn"} if answer == "refuse" else {},
            key="orders:write",
        )
        assert said.status == 200, said
    world.settle()
    assert [each["status"] for each in merchant.order(order_id)["offers"]] == ["withdrawn", "accepted"]
    assert merchant.order(order_id)["status"] == "in_fulfillment"
