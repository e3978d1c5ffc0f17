"""Edits and cancellations after the sale, over the API: previewed, carried out, paid for, and answered by locations."""

from __future__ import annotations

from typing import Any

from oms.ids import order_id as derive_order_id
from tests.support.gateway_api import Answer
from tests.support.merchant import BERLIN, MILAN, SHOPIFY, Merchant
from tests.support.shops import Sale, canonical_order, shopify_order
from tests.support.world import World

Json = dict[str, Any]


def euro(amount: int) -> Json:
    return {"amount": amount, "currency": "EUR"}


def sold(merchant: Merchant, external_id: str, units: int = 3, **how: Any) -> str:
    """Units at 20.00 with 5.00 for shipping, authorised by the gateway and allocated in Berlin."""
    return merchant.sell(canonical_order(external_id, [Sale("TEE", units, "20.00")], shipping="5.00", **how))


def edit(
    world: World, order_id: str, body: Json, *, version: object = None, key: str = "k", preview: bool = False
) -> Answer:
    headers = {"Idempotency-Key": key} | ({} if version is None else {"If-Match": f'"{version}"'})
    path = f"/orders/{order_id}/edits" + ("?preview=true" if preview else "")
    return world.http("POST", path, body, key="orders:write", headers=headers)


def entries(world: World) -> int:
    return len(world.items("OrdersTable"))


def test_an_edit_is_previewed_carried_out_once_and_paid_for_to_the_cent(merchant: Merchant, world: World) -> None:
    order_id = sold(merchant, "E-1")
    wish = {
        "add": [{"sku": "MUG", "quantity": 2, "unit_price": euro(1190), "tax": euro(380)}],
        "lines": [{"line_id": "1", "quantity": 2}],
        "shipping": {"service": "express", "title": "Express", "amount": euro(900)},
    }
    before, levels = entries(world), merchant.stock("TEE")
    shown = edit(world, order_id, wish, preview=True)
    assert (shown.status, entries(world), merchant.stock("TEE")) == (200, before, levels), "a preview writes nothing"
    assert shown.json["preview"] is True
    assert (shown.json["due"]["before"], shown.json["due"]["after"]) == (euro(6500), euro(7280))
    assert shown.json["total"]["after"] == euro(9280)
    assert (shown.json["to_collect"], shown.json["collected_by"]) == (euro(780), "instrument")
    assert (shown.json["to_refund"], shown.json["to_release"]) == (euro(0), euro(0))
    assert shown.json["cancelled"] == [{"line_id": "1", "sku": "TEE", "quantity": 1, "location_id": BERLIN}]
    assert [(each["sku"], each["title"], each["net"]["amount"]) for each in shown.json["added"]] == [
        ("MUG", "Article MUG", 2000)
    ]

    assert edit(world, order_id, wish).problem == "version-required"
    assert edit(world, order_id, wish, version=99).problem == "version-mismatch"
    for _ in range(2):
        done = edit(world, order_id, wish, version=shown.headers["etag"].strip('"'))
        assert (done.status, done.json["due"]) == (200, euro(7280)), done
    world.settle()
    order = merchant.order(order_id)
    assert [(line["sku"], line["quantity"], line["added"]) for line in order["lines"]] == [
        ("TEE", 3, False),
        ("MUG", 2, True),
    ]
    assert (order["shipping_service"], [each["title"] for each in order["charges"]]) == ("express", ["Express"])
    assert order["payment"]["covered_amount"] == euro(7280)
    merchant.to_the_door(order_id)
    order = merchant.order(order_id)
    assert (order["payment"]["charged"], order["payment"]["charged_amount"]) == ("full", euro(7280))
    assert sum(int(each.split()[1].replace(".", "")) for each in world.charges.values() if "capture" in each) == 7280
    assert merchant.stock("MUG")[BERLIN] == (8, 8, 0)
    assert merchant.stock("TEE")[BERLIN] == (8, 8, 0)
    refused = edit(world, order_id, wish, version=order["version"], key="late")
    assert (refused.status, refused.problem) == (409, "not-allowed")


def test_what_does_not_fit_the_order_is_refused_field_by_field(merchant: Merchant, world: World) -> None:
    order_id = sold(merchant, "E-2")
    body = {
        "add": [{"sku": "NOPE", "quantity": 1, "unit_price": {"amount": 1, "currency": "USD"}}],
        "shipping": {"service": "x", "amount": {"amount": 1, "currency": "USD"}},
    }
    refused = edit(world, order_id, body, preview=True)
    assert (refused.status, [each["path"] for each in refused.json["errors"]]) == (
        422,
        ["add[0].unit_price.currency", "shipping.amount.currency", "add[0].sku"],
    )
    dear = {"add": [{"sku": "MUG", "quantity": 1, "unit_price": euro(100), "tax": euro(101)}]}
    assert edit(world, order_id, dear, preview=True).json["errors"][0]["path"] == "add[0].tax"
    twice = {"lines": [{"line_id": "1", "quantity": 1}, {"line_id": "1", "quantity": 2}]}
    assert edit(world, order_id, twice, version=1).json["errors"][0]["path"] == "lines[1]"
    bodies: tuple[Json, ...] = ({"charges": []}, {"lines": [{"line_id": "1", "quantity": -1}]}, {"shipping": {}}, {})
    for wrong in bodies:
        assert edit(world, order_id, wrong, version=1).status == 422
    path = f"/orders/{order_id}/edits"
    assert world.http("POST", f"{path}?preview=yes", {"contact": {"name": "K"}}, key="orders:write").status == 422
    assert world.http("POST", f"{path}?preview=true", {}).status == 401
    assert world.http("POST", f"{path}?preview=true", {}, key="orders:read").status == 403
    answers = f"/fulfillment-orders/{order_id}-1/cancellation"
    for call in ("accept", "decline"):
        assert world.http("POST", f"{answers}/{call}", {"reason": "no"}).status == 401
        assert world.http("POST", f"{answers}/{call}", {"reason": "no"}, key="orders:write").status == 403
        assert world.http("POST", f"{answers}/{call}", {"reason": "no"}, key="fulfillment").status in {409, 422}

    # A new address in another country: what nobody works on is sourced anew, and nothing else changes.
    merchant.receive("TEE", 5, location=MILAN)
    rome = {"name": "K", "line1": "Via Roma 1", "city": "Roma", "postal_code": "00184", "country": "IT"}
    shown = edit(world, order_id, {"contact": {"shipping": rome}}, preview=True)
    assert [(unit["location_id"], unit["quantity"]) for unit in shown.json["resourced"]] == [(BERLIN, 3)]
    assert edit(world, order_id, {"contact": {"shipping": rome}}).status == 200
    world.settle()
    order = merchant.order(order_id)
    assert [(each["location_id"], each["status"]) for each in order["fulfillment_orders"]] == [
        (BERLIN, "cancelled"),
        (MILAN, "open"),
    ]
    assert (merchant.stock("TEE")[BERLIN], order["due"]) == ((10, 10, 0), euro(6500))


def test_a_location_is_asked_and_accepts_declines_or_ships_all_the_same(merchant: Merchant, world: World) -> None:
    shares, wish = {}, {"lines": [{"line_id": "1", "quantity": 2}], "reason": "changed her mind", "code": "customer"}
    for name in ("yes", "no", "late"):
        order_id = sold(merchant, f"C-{name}")
        for action in ("accept", "pick", "pack"):
            merchant.work(order_id, action)
        shown = world.http("POST", f"/orders/{order_id}/cancel?preview=true", wish, key="orders:write").json
        assert (shown["requests"][0]["units"], shown["due"]["after"]) == ({"1": 2}, euro(6500))
        for _ in range(2):
            asked = merchant.post(f"/orders/{order_id}/cancel", wish, key="orders:write", wish=f"cancel {name}")
            assert (asked.status, asked.json["due"]) == (200, euro(6500)), asked
        shares[name] = f"/fulfillment-orders/{order_id}-1", order_id
    world.settle()
    queue = merchant.get(f"/locations/{BERLIN}/fulfillment-orders", key="fulfillment")["fulfillment_orders"]
    assert all("cancellation/accept" in each["actions"] for each in queue)

    share, order_id = shares["yes"]
    for _ in range(2):
        done = merchant.post(f"{share}/cancellation/accept", key="fulfillment", wish="put back")
        assert done.status == 200, done
    assert done.json["cancellations"][0]["status"] == "accepted"
    assert merchant.stock("TEE")[BERLIN] == (10, 3, 7)
    merchant.ship(order_id)
    order = merchant.order(order_id)
    assert (order["due"], order["payment"]["charged_amount"]) == (euro(2500), euro(2500))
    assert "void 40.00 EUR" in world.charges.values()

    share, order_id = shares["no"]
    assert merchant.post(f"{share}/cancellation/decline", {"reason": "on the van"}, key="fulfillment").status == 200
    refused = merchant.post(f"{share}/cancellation/accept", key="fulfillment")
    assert (refused.status, refused.problem) == (409, "not-allowed")
    merchant.ship(order_id)
    assert merchant.order(order_id)["payment"]["charged_amount"] == euro(6500)

    share, order_id = shares["late"]
    merchant.ship(order_id)
    order = merchant.order(order_id)
    (request,) = order["fulfillment_orders"][0]["cancellations"]
    assert (request["status"], request["late"], order["payment"]["charged_amount"]) == ("declined", True, euro(6500))
    kinds = [event["type"] for event in merchant.get(f"/orders/{order_id}/events")["events"]]
    assert kinds.count("CancellationRequested") == kinds.count("CancellationDeclined") == 1


def test_what_the_channel_sold_is_cancelled_in_work_and_paid_for_elsewhere(merchant: Merchant, world: World) -> None:
    shop = shopify_order(4001, [Sale("TEE", 2, "20.00")])
    assert merchant.shopify(shop).status < 300
    world.settle()
    order_id = derive_order_id(SHOPIFY, str(shop["id"]))
    order = merchant.order(order_id)
    due = order["due"]["amount"]
    more = {"lines": [{"line_id": order["lines"][0]["line_id"], "quantity": 3, "unit_price": euro(1000)}]}
    assert edit(world, order_id, more, version=order["version"]).status == 200
    world.settle()
    assert merchant.holds(order_id) == ["payment_pending"]
    paid = {"gateway": "simulated", "instrument": "sim_ok"}
    assert merchant.post(f"/orders/{order_id}/payments", paid, key="orders:write").status == 200
    world.settle()
    order = merchant.order(order_id)
    assert (order["status"], order["payment"]["covered_amount"]["amount"]) == ("in_fulfillment", due + 1000)

    merchant.work(order_id, "accept")
    changed = shop | {"cancelled_at": "2026-03-02T12:00:00+01:00", "updated_at": "2026-03-02T12:00:00+01:00"}
    assert merchant.shopify(changed, topic="orders/cancelled").status < 300
    world.settle()
    assert "cancellation/accept" in merchant.order(order_id)["fulfillment_orders"][0]["actions"]
    merchant.work(order_id, "cancellation/accept")
    world.settle()
    order = merchant.order(order_id)
    assert (order["status"], order["due"]["amount"], merchant.stock("TEE")[BERLIN]) == ("cancelled", 0, (10, 10, 0))
    assert "void 10.00 EUR" in world.charges.values()
    assert [part["status"] for refund in order["refunds"] for part in refund["parts"]] == ["requested"]
