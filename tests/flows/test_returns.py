"""Back from the door: a return from the customer's wish to the refund, one unit on the shelf again and one scrapped."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from tests.support.gateway_api import Answer
from tests.support.merchant import BERLIN, Merchant
from tests.support.shops import GERMAN, Sale, canonical_order
from tests.support.world import World

BROWSER = {"Accept": "text/html,application/xhtml+xml", "Content-Type": "application/x-www-form-urlencoded"}


def sold(merchant: Merchant, external_id: str, units: int = 3) -> tuple[str, str]:
    """An order at its customer's door, and the id of its line."""
    order_id = merchant.sell(canonical_order(external_id, [Sale("TEE", units, "20.00")], shipping="5.00"))
    merchant.to_the_door(order_id)
    return order_id, merchant.order(order_id)["lines"][0]["line_id"]


def link(merchant: Merchant, order_id: str) -> str:
    """The path of the customer's link."""
    answer = merchant.post(f"/orders/{order_id}/return-links", key="returns")
    assert answer.status == 200, answer
    return str(answer.json["url"]).removeprefix("https://orders.shop.example/v1")


def did(answer: Answer) -> Any:
    assert answer.status == 200, answer
    return answer.json


def test_a_customer_returns_two_units_and_is_refunded_once_they_are_in(merchant: Merchant, world: World) -> None:
    order_id, line_id = sold(merchant, "R-1")
    assert merchant.stock("TEE")[BERLIN] == (7, 7, 0)
    path = link(merchant, order_id)
    wish = {
        "units": [{"line_id": line_id, "quantity": 2, "reason": "does_not_fit", "condition": "opened"}],
        "number": 1,
    }
    for _ in range(2):
        shown = did(world.http("POST", path, wish))
    (announced,) = shown["returns"]
    assert (announced["status"], announced["send_to"][0]) == ("approved", "Warehouse Berlin")
    assert (shown["conditions"], announced["units"][0]["condition"]) == ([], "opened")

    arrived = {
        "location_id": BERLIN,
        "units": [
            {"line_id": line_id, "quantity": 1, "disposition": "restock"},
            {"line_id": line_id, "quantity": 1, "disposition": "scrap"},
        ],
    }
    return_id = f"{order_id}-r1"
    for _ in range(2):
        did(merchant.post(f"/returns/{return_id}/receive", arrived, key="returns", wish="parcel of Monday"))
    world.settle()
    done = merchant.order(order_id)
    assert merchant.stock("TEE")[BERLIN] == (8, 8, 0)
    assert done["payment"]["charged_amount"] == {"amount": 6500, "currency": "EUR"}
    assert done["payment"]["refunded_amount"] == {"amount": 4000, "currency": "EUR"}
    assert (done["due"]["amount"], done["payment"]["charged"]) == (2500, "full")
    assert (done["lines"][0]["returned"], done["lines"][0]["credited"]) == (2, 2)
    assert [part["status"] for refund in done["refunds"] for part in refund["parts"]] == ["refunded"]
    assert [wish for wish in world.charges.values() if wish.startswith("refund")] == ["refund 40.00 EUR"]

    closed = did(merchant.post(f"/returns/{return_id}/close", key="returns"))
    assert [each["status"] for each in closed["returns"]] == ["closed"]
    assert merchant.get(f"/orders/{order_id}/returns", key="returns") == closed
    assert closed["returnable"] == {line_id: 1}


def test_a_browser_gets_a_page_that_works_without_scripts_and_tells_nobodys_name(
    merchant: Merchant, world: World
) -> None:
    order_id, line_id = sold(merchant, "R-2")
    path = link(merchant, order_id)
    page = world.http("GET", path, headers=BROWSER)
    assert page.status == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert '<html lang="de">' in page.body
    assert "<script" not in page.body
    assert page.body.count("<label for=") == page.body.count("<input id=") + page.body.count("<select id=") == 2
    for private in (GERMAN.email, GERMAN.name):
        assert private not in page.body

    form = {"number": "1", f"quantity:{line_id}": "1", f"reason:{line_id}": "changed_mind"}
    for _ in range(2):
        sent = world.http("POST", path, urlencode(form).encode(), headers=BROWSER)
        assert (sent.status, sent.headers["location"]) == (303, path.rsplit("/", 1)[1])
    assert "Rücksendung 1: angenommen" in world.http("GET", path, headers=BROWSER).body

    form = {"number": "2", f"quantity:{line_id}": "3", f"reason:{line_id}": "changed_mind"}
    refused = world.http("POST", path, urlencode(form).encode(), headers=BROWSER)
    assert (refused.status, "2 of 3 units can be returned" in refused.body) == (409, True)
    for broken in (b"", b"number=1", urlencode({f"quantity:{line_id}": "many"}).encode()):
        assert world.http("POST", path, broken, headers=BROWSER).status == 422


def test_a_link_that_was_tampered_with_or_is_over_opens_nothing(merchant: Merchant, world: World) -> None:
    order_id, _ = sold(merchant, "R-3", 1)
    other, _ = sold(merchant, "R-4", 1)
    path = link(merchant, order_id)
    claim, signature = path.rsplit(".", 1)
    for forged in (
        path.replace(order_id, other),
        f"{claim}0.{signature}",
        f"{claim}.{signature[:-2]}",
        f"/return/{order_id}",
        "/return/..",
        "/return/%C3%A9.1.2",
    ):
        answer = world.http("GET", forged)
        assert (answer.status, answer.problem) == (401, "unauthenticated"), forged
        page = world.http("GET", forged, headers=BROWSER | {"Accept-Language": "fr-CH, en;q=0.5"})
        assert (page.status, '<html lang="fr">' in page.body) == (401, True)
    assert world.http("GET", path).status == 200
    world.clock.wait(91 * 86400)
    assert world.http("GET", path).status == 401
    assert world.http("POST", path, {"units": []}).status == 401


def test_a_damaged_order_is_refunded_whole_without_coming_back(merchant: Merchant, world: World) -> None:
    order_id, line_id = sold(merchant, "R-5", 2)
    body = {"units": [{"line_id": line_id, "quantity": 2, "reason": "damaged"}]}
    assert did(merchant.post(f"/orders/{order_id}/claims", body, key="returns"))["due"]["amount"] == 0
    world.settle()
    done = merchant.order(order_id)
    assert done["payment"]["refunded_amount"]["amount"] == 4500
    assert done["actions"] == []
    again = merchant.post(f"/orders/{order_id}/claims", body, key="returns")
    assert (again.status, again.json["errors"][0]["message"]) == (409, "0 of 2 units can be credited")


def test_staff_decide_what_policy_would_not(merchant: Merchant, world: World) -> None:
    order_id, line_id = sold(merchant, "R-6")
    one = [{"line_id": line_id, "quantity": 1, "reason": "other"}]
    did(merchant.post(f"/orders/{order_id}/returns", {"units": one, "note": "called"}, key="returns"))
    return_id = f"{order_id}-r1"
    place = f"/returns/{return_id}"
    declined = did(merchant.post(f"{place}/decline", {"reason": "worn"}, key="returns"))
    assert declined["returns"][0]["declined"] == "worn"
    approved = did(merchant.post(f"{place}/approve", {"shipping_fee": 300}, key="returns"))
    assert approved["returns"][0]["actions"] == ["receive", "decline", "close", "exchange"]
    two = [{"line_id": line_id, "quantity": 2, "disposition": "refurbish"}]
    assert merchant.post(f"{place}/receive", {"location_id": "moon", "units": two}, key="returns").status == 422
    did(merchant.post(f"{place}/receive", {"location_id": BERLIN, "units": two}, key="returns"))
    did(merchant.post(f"{place}/credit", {"units": {line_id: 1}, "charges": 100}, key="returns"))
    refused = [{"line_id": line_id, "quantity": 1, "disposition": "restock"}]
    body = {"location_id": BERLIN, "units": refused, "credit": True}
    did(merchant.post(f"/orders/{order_id}/receipts", body, key="returns"))
    world.settle()
    done = merchant.order(order_id)
    assert done["payment"]["refunded_amount"]["amount"] == 6000 - 300 + 100
    # On the books, and not for sale until somebody has made them good.
    assert merchant.stock("TEE")[BERLIN] == (10, 8, 0)


def test_the_label_for_the_way_back_is_bought_once_and_opens_from_the_customers_page(
    merchant: Merchant, world: World
) -> None:
    channel = {"platform": "canonical", "name": "Example Web", "gateway": "simulated", "return_labels": True}
    assert world.http("PUT", "/channels/web", channel, key="setup").status in {200, 201}
    order_id, line_id = sold(merchant, "R-7")
    path, return_id = link(merchant, order_id), f"{order_id}-r1"
    did(world.http("POST", path, {"units": [{"line_id": line_id, "quantity": 1, "reason": "other"}], "number": 1}))
    assert world.http("GET", f"{path}/1/label.pdf").status == 404
    world.settle()
    world.settle()
    assert [key for key in world.labels if "-r1" in key] == [f"{return_id}-to-{BERLIN}"]
    (known,) = merchant.get(f"/orders/{order_id}/returns", key="returns")["returns"]
    assert known["label"]["carrier"] == "simulated"

    (shown,) = did(world.http("GET", path))["returns"]
    assert shown["label"] == f"{path.rsplit('/', 1)[1]}/1/label.pdf"
    assert f'href="{shown["label"]}"' in world.http("GET", path, headers=BROWSER).body
    for opened in (
        world.http("GET", f"{path}/1/label.pdf"),
        world.http("GET", f"/returns/{return_id}/label.pdf", key="returns"),
    ):
        assert (opened.status, f"{return_id}-label.pdf" in opened.headers["location"]) == (303, True)
    assert world.http("GET", f"{path}x/1/label.pdf").status == 401

    number = known["label"]["tracking_number"]
    assert merchant.carrier_says([merchant.scanned(number, "DP")]).json == {"applied": 1, "parked": 0}
    (known,) = merchant.get(f"/orders/{order_id}/returns", key="returns")["returns"]
    assert [scan["status"] for scan in known["label"]["scans"]] == ["in_transit"]


def returning(merchant: Merchant, order_id: str, line_id: str, units: int = 1) -> str:
    """A return that may come."""
    wish = [{"line_id": line_id, "quantity": units, "reason": "does_not_fit"}]
    did(merchant.post(f"/orders/{order_id}/returns", {"units": wish}, key="returns"))
    did(merchant.post(f"/returns/{order_id}-r1/approve", {"shipping_fee": 0}, key="returns"))
    return f"{order_id}-r1"


def books(merchant: Merchant, *order_ids: str) -> tuple[int, int]:
    """Over these orders: what was charged and neither went back nor pays for another order; and what is due."""
    orders = [merchant.order(each) for each in order_ids]
    paid = [each["payment"] for each in orders]
    kept = sum(
        each["charged_amount"]["amount"] - each["refunded_amount"]["amount"] - each["transferred_amount"]["amount"]
        for each in paid
    )
    return kept, sum(each["due"]["amount"] for each in orders)


def test_an_exchange_goes_out_at_once_and_the_difference_is_collected(merchant: Merchant, world: World) -> None:
    order_id, line_id = sold(merchant, "X-1", 2)
    return_id = returning(merchant, order_id, line_id)
    goods = {"lines": [{"sku": "MUG", "quantity": 1, "price": 2700}], "ship": "at_once", "number": 1}
    for _ in range(2):
        shown = did(merchant.post(f"/returns/{return_id}/exchange", goods, key="returns"))
    assert [each["status"] for each in shown["exchanges"]] == ["requested"]
    world.settle()
    (exchange,) = merchant.get(f"/orders/{order_id}/returns", key="returns")["exchanges"]
    other = exchange["order_id"]
    assert merchant.order(other)["exchange_of"] == order_id
    assert merchant.order(other)["contact"] == merchant.order(order_id)["contact"]
    merchant.to_the_door(other)
    assert books(merchant, order_id, other) == (4500 + 700, 4500 + 2700), "2000 are still to come back"

    came = {"location_id": BERLIN, "units": [{"line_id": line_id, "quantity": 1, "disposition": "restock"}]}
    did(merchant.post(f"/returns/{return_id}/receive", came, key="returns"))
    world.settle()
    assert books(merchant, order_id, other) == (5200, 5200)
    assert merchant.order(order_id)["payment"]["charged"] == merchant.order(other)["payment"]["charged"] == "full"
    assert not [wish for wish in world.charges.values() if wish.startswith("refund")]
    assert merchant.stock("MUG")[BERLIN] == (9, 9, 0)


def test_an_exchange_waits_for_the_receipt_and_its_cancellation_refunds(merchant: Merchant, world: World) -> None:
    order_id, line_id = sold(merchant, "X-2", 2)
    return_id = returning(merchant, order_id, line_id)
    did(merchant.post(f"/returns/{return_id}/exchange", {"lines": [{"sku": "CAP", "quantity": 1}]}, key="returns"))
    world.settle()
    came = {"location_id": BERLIN, "units": [{"line_id": line_id, "quantity": 1, "disposition": "restock"}]}
    received = did(merchant.post(f"/returns/{return_id}/receive", came, key="returns"))
    assert received["exchanges"][0]["order_id"] is None
    world.settle()
    order = merchant.order(order_id)
    (exchange,) = order["exchanges"]
    other = exchange["order_id"]
    assert (exchange["status"], exchange["transferred"]["amount"]) == ("placed", 2000)
    assert [(part["order_id"], part["status"]) for part in order["refunds"][0]["parts"]] == [(other, "refunded")]
    assert merchant.order(other)["payment"]["charged"] == "full"
    refused = merchant.post(f"/returns/{return_id}/exchange/cancel", key="returns")
    assert (refused.status, other in refused.json["detail"]) == (409, True)

    assert merchant.post(f"/orders/{other}/cancel", key="ops").status == 200
    world.settle()
    order = merchant.order(order_id)
    assert (order["exchanges"][0]["status"], order["exchanges"][0]["transferred"]["amount"]) == ("cancelled", 0)
    assert order["payment"]["refunded_amount"]["amount"] == 2000
    assert books(merchant, order_id, other) == (2500, 2500)
    assert merchant.stock("CAP")[BERLIN] == (10, 10, 0)


def test_an_exchange_that_is_not_wanted_any_more_is_refunded_like_any_return(merchant: Merchant, world: World) -> None:
    order_id, line_id = sold(merchant, "X-3", 1)
    return_id = returning(merchant, order_id, line_id)
    place = f"/returns/{return_id}/exchange"
    did(merchant.post(place, {"lines": [{"sku": "CAP", "quantity": 1}]}, key="returns"))
    for bad in ({"lines": []}, {"lines": [{"sku": "MOON", "quantity": 1}]}, {"lines": [], "gateway": "x"}):
        assert merchant.post(place, bad, key="returns").status == 422
    cancelled = did(merchant.post(f"{place}/cancel", {"reason": "keeps the money"}, key="returns"))
    assert [each["status"] for each in cancelled["exchanges"]] == ["cancelled"]
    came = {"location_id": BERLIN, "units": [{"line_id": line_id, "quantity": 1, "disposition": "restock"}]}
    did(merchant.post(f"/returns/{return_id}/receive", came, key="returns"))
    world.settle()
    assert merchant.order(order_id)["payment"]["refunded_amount"]["amount"] == 2000
