"""The warehouse over the API: its queue, its work, its papers, and what carriers say of parcels."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

import pypdfium2
import pytest
import zxingcpp

from oms.carriers.simulated import SIGNATURE_HEADER, sign, tracking_number, webhook
from oms.ids import parcel_id
from tests.support import cloud
from tests.support.gateway_api import Answer
from tests.support.merchant import BERLIN, CARRIER_SECRET, MILAN, Merchant
from tests.support.shops import Sale, canonical_order
from tests.support.world import World


@pytest.fixture
def share(merchant: Merchant) -> str:
    """The fulfillment order of an order of three units, in Berlin."""
    order_id = merchant.sell(canonical_order("F-1", [Sale("TEE", 2, "20.00"), Sale("MUG", 1, "9.00")]))
    return f"{order_id}-1"


def act(
    merchant: Merchant, share: str, action: str, body: object = None, *, wish: str = "", version: int | None = None
) -> Answer:
    headers = {"If-Match": f'"{version}"'} if version is not None else {}
    if wish:
        headers["Idempotency-Key"] = wish
    path = f"/fulfillment-orders/{share}/{action}"
    return merchant.world.http("POST", path, {} if body is None else body, headers=headers, key="fulfillment")


def queue(merchant: Merchant, query: str = "", location: str = BERLIN) -> list[Any]:
    path = f"/locations/{location}/fulfillment-orders{query}"
    found: list[Any] = merchant.get(path, key="fulfillment")["fulfillment_orders"]
    return found


def test_the_work_goes_from_the_queue_to_the_door(merchant: Merchant, world: World, share: str) -> None:
    (waiting,) = queue(merchant)
    assert (waiting["fulfillment_order_id"], waiting["status"], waiting["units"]) == (share, "open", 3)
    assert waiting["actions"] == ["accept", "reject"]
    for action, status, possible in (
        ("accept", "accepted", ["pick", "reject"]),
        ("pick", "picked", ["pack", "reject"]),
        ("pack", "packed", ["ship", "reject"]),
        ("ship", "shipped", ["deliver"]),
        ("deliver", "delivered", []),
    ):
        answer = act(merchant, share, action)
        assert answer.status == 200, answer
        assert (answer.json["status"], answer.json["actions"]) == (status, possible)
        assert answer.headers["etag"] == f'"{answer.json["version"]}"'
        world.settle()
        in_work = status not in {"shipped", "delivered"}
        assert [each["status"] for each in queue(merchant)] == ([status] if in_work else [])
        assert [each["fulfillment_order_id"] for each in queue(merchant, f"?status={status}")] == [share]
    assert merchant.order(share.partition("-")[0])["status"] == "delivered"
    assert merchant.stock("TEE")[BERLIN] == (8, 8, 0)


def test_a_fulfillment_order_shows_all_that_its_location_needs_and_no_money(merchant: Merchant, share: str) -> None:
    act(merchant, share, "accept")
    act(merchant, share, "pick", {"lines": {"1": 1}})
    act(merchant, share, "pack", {"parcel": 1, "grams": 480, "length": 300, "width": 200, "height": 100})
    shown = merchant.get(f"/fulfillment-orders/{share}", key="fulfillment")
    assert [(line["sku"], line["title"], line["units"]) for line in shown["lines"]] == [
        ("TEE", shown["lines"][0]["title"], {"allocated": 1, "packed": 1}),
        ("MUG", shown["lines"][1]["title"], {"allocated": 1}),
    ]
    (parcel,) = shown["parcels"]
    assert (parcel["grams"], parcel["lines"], parcel["status"]) == (480, {"1": 1}, "label_created")
    assert parcel["tracking_number"] == tracking_number(parcel["parcel_id"])
    assert shown["ship_to"]["city"]
    assert (shown["number"], shown["holds"], shown["actions"]) == (shown["number"], [], ["pick", "ship", "reject"])
    assert "amount" not in str(shown)
    assert "currency" not in str(shown)


def test_the_same_key_packs_one_parcel(merchant: Merchant, world: World, share: str) -> None:
    act(merchant, share, "accept")
    act(merchant, share, "pick")
    first = act(merchant, share, "pack", {"lines": {"1": 1}}, wish="box-1")
    again = act(merchant, share, "pack", {"lines": {"1": 1}}, wish="box-1")
    assert again.json == first.json
    assert list(world.labels) == [f"{share}-p1"]
    other = act(merchant, share, "pack", {"lines": {"1": 1}}, wish="box-2")
    assert len(other.json["parcels"]) == 2


def test_who_knows_an_old_version_is_told_so(merchant: Merchant, share: str) -> None:
    version = act(merchant, share, "accept").json["version"]
    stale = act(merchant, share, "pick", version=version - 1)
    assert (stale.status, stale.problem) == (412, "version-mismatch")
    assert act(merchant, share, "pick", version=version).status == 200


def test_what_is_not_possible_now_is_refused_with_what_is(merchant: Merchant, share: str) -> None:
    early = act(merchant, share, "ship")
    assert (early.status, early.problem) == (409, "not-allowed")
    assert "it is open; allowed now: accept" in early.json["detail"]
    act(merchant, share, "accept")
    greedy = act(merchant, share, "pick", {"lines": {"1": 9}})
    assert greedy.json["errors"] == [{"path": "lines.1", "message": "2 units are allocated, not 9"}]
    for body, path in (
        ({"lines": {"1": 0}}, "lines.1"),
        ({"lines": {}}, "lines"),
        ({"line": {"1": 1}}, "line"),
        ({"lines": "all"}, "lines"),
    ):
        refused = act(merchant, share, "pick", body)
        assert (refused.status, refused.json["errors"][0]["path"]) == (422, path)
    act(merchant, share, "pick")
    owl = act(merchant, share, "pack", {"carrier": "owl"})
    assert (owl.status, owl.json["errors"][0]["path"]) == (422, "carrier")


@pytest.mark.parametrize("path", ["oabc-1", "oabc", "x", "%C3%BC-1", "oabc-1-p1"])
def test_what_does_not_exist_is_not_found(merchant: Merchant, path: str) -> None:
    for method, tail in (("GET", ""), ("POST", "/accept"), ("GET", "/packing-slip.pdf"), ("GET", "/label.pdf")):
        answer = merchant.world.http(method, f"/fulfillment-orders/{path}{tail}", key="fulfillment")
        assert (answer.status, answer.problem) == (404, "not-found")


def test_nothing_leaves_while_the_order_is_held(merchant: Merchant, share: str) -> None:
    order_id = share.partition("-")[0]
    act(merchant, share, "accept")
    merchant.post(f"/orders/{order_id}/holds", {"note": "customer called"}, key="orders:write")
    held = act(merchant, share, "pick")
    assert held.status == 409
    assert "its order is held (manual); allowed now: nothing" in held.json["detail"]
    merchant.world.settle()
    assert [(each["held"], each["actions"]) for each in queue(merchant)] == [(True, [])]
    merchant.release(order_id, "manual")
    assert act(merchant, share, "pick").status == 200


def test_queues_are_of_one_location_and_one_status_and_come_in_pages(merchant: Merchant, world: World) -> None:
    ids = [merchant.sell(canonical_order(f"Q-{number}", [Sale("CAP", 1, "5.00")])) for number in range(3)]
    act(merchant, f"{ids[1]}-1", "accept")
    world.settle()
    assert [each["order_id"] for each in queue(merchant)] == [ids[0], ids[2], ids[1]]
    assert [each["order_id"] for each in queue(merchant, "?status=accepted,open")] == [ids[0], ids[2], ids[1]]
    assert [each["order_id"] for each in queue(merchant, "?status=accepted")] == [ids[1]]
    assert queue(merchant, location=MILAN) == []
    first = merchant.get(f"/locations/{BERLIN}/fulfillment-orders?limit=2", key="fulfillment")
    rest = merchant.get(f"/locations/{BERLIN}/fulfillment-orders?cursor={first['cursor']}", key="fulfillment")
    assert [each["order_id"] for each in first["fulfillment_orders"] + rest["fulfillment_orders"]] == [
        ids[0],
        ids[2],
        ids[1],
    ]
    for query, status in (("?status=lost", 422), ("?limit=0", 422), ("?cursor=x", 422)):
        answer = world.http("GET", f"/locations/{BERLIN}/fulfillment-orders{query}", key="fulfillment")
        assert answer.status == status
    assert world.http("GET", "/locations/nowhere/fulfillment-orders", key="fulfillment").status == 404


def opened(world: World, answer: Answer) -> bytes:
    """The document that a redirect leads to."""
    assert answer.status == 303, answer
    assert answer.headers["cache-control"] == "no-store"
    assert "X-Amz-Signature" in answer.headers["location"]
    key = unquote(urlsplit(answer.headers["location"]).path).removeprefix("/")
    return cloud.documents(world.name("DocumentsBucket"))[key]


def scanned(pdf: bytes) -> set[str]:
    page = pypdfium2.PdfDocument(pdf)[0]
    return {code.text for code in zxingcpp.read_barcodes(page.render(scale=3).to_pil())}


def test_papers_are_a_redirect_away_and_scanners_read_them(merchant: Merchant, world: World, share: str) -> None:
    nothing_yet = world.http("GET", f"/fulfillment-orders/{share}/label.pdf", key="fulfillment")
    assert (nothing_yet.status, nothing_yet.problem) == (404, "not-found")
    for action in ("accept", "pick"):
        act(merchant, share, action)
    act(merchant, share, "pack", {"lines": {"1": 2}})
    act(merchant, share, "pack")
    slip = world.http("GET", f"/fulfillment-orders/{share}/packing-slip.pdf", key="fulfillment")
    assert scanned(opened(world, slip)) == {share}
    for query, number in (("", 2), (f"?parcel_id={parcel_id(share, 1)}", 1)):
        label = world.http("GET", f"/fulfillment-orders/{share}/label.pdf{query}", key="fulfillment")
        assert scanned(opened(world, label)) == {tracking_number(parcel_id(share, number))}


# What carriers say.


def say(world: World, raw: bytes, *, secret: str = CARRIER_SECRET, carrier: str = "simulated", **header: str) -> Answer:
    headers = {SIGNATURE_HEADER: sign(raw, secret, at=world.clock()), **header}
    return world.http("POST", f"/carriers/{carrier}/webhooks", raw, headers=headers)


@pytest.mark.parametrize("carrier", ["simulated", "owl", "..%2Fchannels%2Fshop"])
def test_without_its_signature_a_webhook_gets_no_answer_and_changes_nothing(
    merchant: Merchant, world: World, share: str, carrier: str, capsys: pytest.CaptureFixture[str]
) -> None:
    merchant.ship(share.partition("-")[0])
    raw = webhook([merchant.scanned(tracking_number(parcel_id(share, 1)), "DL")])
    before = world.items("OrdersTable"), world.items("ReferencesTable")
    secret = "guessed" if carrier == "simulated" else CARRIER_SECRET
    answer = say(world, raw, secret=secret, carrier=carrier)
    assert answer.status == 401
    assert set(answer.json) == {"type", "title", "status"}
    assert (world.items("OrdersTable"), world.items("ReferencesTable")) == before
    assert "SignaturesRefused" in capsys.readouterr().out


def test_a_signed_body_that_is_no_webhook_is_told_what_is_wrong(world: World, merchant: Merchant) -> None:
    answer = say(world, b'{"scans": [{"tracking_number": "SIM1", "time": "soon"}]}')
    assert (answer.status, answer.json["errors"][0]["path"]) == (422, "scans[0].time")
    assert merchant.stock("TEE")[BERLIN] == (10, 10, 0)


def test_a_webhook_is_taken_whatever_it_calls_its_content(merchant: Merchant, world: World, share: str) -> None:
    merchant.ship(share.partition("-")[0])
    raw = webhook([merchant.scanned(tracking_number(parcel_id(share, 1)), "OD")])
    answer = say(world, raw, **{"Content-Type": "text/plain"})
    assert (answer.status, answer.json) == (200, {"applied": 1, "parked": 0})


def test_scans_before_the_label_wait_and_are_applied_by_the_queue(
    merchant: Merchant, world: World, share: str, capsys: pytest.CaptureFixture[str]
) -> None:
    number = tracking_number(parcel_id(share, 1))
    early = merchant.carrier_says([merchant.scanned(number, "AN"), merchant.scanned(number, "RC")])
    assert (early.status, early.json) == (202, {"applied": 0, "parked": 2})
    assert "ScansParked" in capsys.readouterr().out
    parked = world.items("ReferencesTable")
    assert len(parked) == 2
    assert {item["expires"] for item in parked} == {int(world.clock().timestamp()) + 30 * 24 * 3600}
    merchant.ship(share.partition("-")[0])
    (parcel,) = merchant.order(share.partition("-")[0])["parcels"]
    assert [scan["status"] for scan in parcel["scans"]] == ["label_created", "in_transit"]
    assert [item["entry"] for item in world.items("ReferencesTable")] == ["order"]


def test_a_webhook_that_is_faster_than_the_queue_takes_along_what_waits(
    merchant: Merchant, world: World, share: str
) -> None:
    number = tracking_number(parcel_id(share, 1))
    merchant.carrier_says([merchant.scanned(number, "RC")])
    for action in ("accept", "pick", "pack", "ship"):
        act(merchant, share, action)
    answer = merchant.carrier_says([merchant.scanned(number, "DL")])
    assert (answer.status, answer.json) == (200, {"applied": 1, "parked": 0})
    assert [item["entry"] for item in world.items("ReferencesTable")] == ["order"]
    world.settle()
    order = merchant.order(share.partition("-")[0])
    assert order["status"] == "delivered"
    assert [scan["status"] for scan in order["parcels"][0]["scans"]] == ["in_transit", "delivered"]


def test_a_delivery_heard_of_before_the_parcel_was_booked_out_counts_when_it_is(
    merchant: Merchant, world: World, share: str
) -> None:
    for action in ("accept", "pick", "pack"):
        act(merchant, share, action)
    merchant.carrier_says([merchant.scanned(tracking_number(parcel_id(share, 1)), "DL")])
    assert merchant.get(f"/fulfillment-orders/{share}", key="fulfillment")["status"] == "packed"
    shipped = act(merchant, share, "ship")
    assert shipped.json["status"] == "delivered"
    world.settle()
    assert merchant.stock("TEE")[BERLIN] == (8, 8, 0)


def test_the_work_needs_the_scope_of_fulfillment(merchant: Merchant, world: World, share: str) -> None:
    for method, path in (
        ("GET", f"/locations/{BERLIN}/fulfillment-orders"),
        ("GET", f"/fulfillment-orders/{share}"),
        ("POST", f"/fulfillment-orders/{share}/pack"),
        ("GET", f"/fulfillment-orders/{share}/label.pdf"),
    ):
        assert world.http(method, path, key="orders:read").status == 403
        assert world.http(method, path).status == 401
    assert merchant.order(share.partition("-")[0])["parcels"] == []
