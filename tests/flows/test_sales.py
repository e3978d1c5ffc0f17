"""From the shop to the door: what a merchant and a customer see of an order that meets no trouble."""

from __future__ import annotations

import pytest

from oms.ids import order_id as derive_order_id
from tests.support.merchant import BERLIN, MILAN, SHOPIFY, WOO, Merchant
from tests.support.shops import GERMAN, ITALIAN, Sale, canonical_order, shopify_order, woo_order
from tests.support.world import World


def test_a_prepaid_shopify_order_reaches_the_door(merchant: Merchant, world: World) -> None:
    order = shopify_order(1001, [Sale("TEE", 2, "19.90"), Sale("MUG", 1, "9.50")])
    assert merchant.shopify(order).status in {200, 201}
    world.settle()
    order_id = derive_order_id(SHOPIFY, str(order["id"]))
    placed = merchant.order(order_id)
    assert placed["status"] == "in_fulfillment"
    assert placed["total"] == {"amount": 5420, "currency": "EUR"}
    assert placed["payment"]["charged"] == "full"
    assert merchant.stock("TEE")[BERLIN] == (10, 8, 2)

    merchant.to_the_door(order_id)
    done = merchant.order(order_id)
    assert done["status"] == "delivered"
    assert [line["units"] for line in done["lines"]] == [{"delivered": 2}, {"delivered": 1}]
    assert merchant.stock("TEE")[BERLIN] == (8, 8, 0)
    assert merchant.stock("MUG")[BERLIN] == (9, 9, 0)
    # The shop took the money: nothing is charged again.
    assert world.charges == {}
    subjects = merchant.mails(GERMAN.email)
    assert len(subjects) == 3
    assert all("#1001" in subject for subject in subjects)


def test_a_woocommerce_order_reaches_the_door_and_the_customer_reads_italian(merchant: Merchant, world: World) -> None:
    assert merchant.woo(woo_order(77, [Sale("CAP", 1, "15.00")])).status in {200, 201}
    world.settle()
    order_id = derive_order_id(WOO, "77")
    merchant.to_the_door(order_id)
    done = merchant.order(order_id)
    assert done["status"] == "delivered"
    assert done["total"] == {"amount": 2562, "currency": "EUR"}
    assert len(merchant.mails(ITALIAN.email)) == 3
    assert "Ordine" in merchant.mails(ITALIAN.email)[0] or "ordine" in merchant.mails(ITALIAN.email)[0]


def test_our_gateway_authorises_at_routing_and_captures_at_shipment(merchant: Merchant, world: World) -> None:
    order_id = merchant.sell(canonical_order("A-1", [Sale("TEE", 1, "19.90")]))
    placed = merchant.order(order_id)
    assert (placed["payment"]["authorised"], placed["payment"]["charged"]) == ("full", "none")
    merchant.ship(order_id)
    shipped = merchant.order(order_id)
    assert shipped["status"] == "shipped"
    assert shipped["payment"]["charged"] == "full"
    assert shipped["payment"]["charged_amount"] == {"amount": 2480, "currency": "EUR"}
    assert sorted(world.charges.values()) == ["authorise 24.80 EUR", "capture 24.80 EUR"]


def test_two_locations_ship_one_order_in_two_parcels_and_each_is_charged_once(merchant: Merchant, world: World) -> None:
    merchant.receive("POSTER", 5, location=MILAN)
    merchant.world.http("PUT", "/products/POSTER", {"title": "Poster"}, key="setup")
    order_id = merchant.sell(canonical_order("A-2", [Sale("TEE", 1, "20.00"), Sale("POSTER", 2, "10.00")]))
    shares = merchant.order(order_id)["fulfillment_orders"]
    assert sorted(share["location_id"] for share in shares) == [BERLIN, MILAN]

    merchant.ship(order_id, location=BERLIN)
    half = merchant.order(order_id)
    assert half["status"] == "partially_shipped"
    assert half["payment"]["charged"] == "partial"

    merchant.ship(order_id, location=MILAN)
    merchant.scan(order_id)
    done = merchant.order(order_id)
    assert done["status"] == "delivered"
    assert done["payment"]["charged_amount"] == done["total"]
    captures = [wish for wish in world.charges.values() if wish.startswith("capture")]
    assert len(captures) == 2


def test_an_order_is_split_only_as_much_as_stock_demands(merchant: Merchant) -> None:
    merchant.receive("TEE", 5, location=MILAN)
    order_id = merchant.sell(canonical_order("A-3", [Sale("TEE", 3, "20.00"), Sale("MUG", 1, "10.00")], buyer=ITALIAN))
    # Milan is nearer, but Berlin alone has both.
    assert [share["location_id"] for share in merchant.order(order_id)["fulfillment_orders"]] == [BERLIN]
    alone = merchant.sell(canonical_order("A-4", [Sale("TEE", 3, "20.00")], buyer=ITALIAN))
    assert [share["location_id"] for share in merchant.order(alone)["fulfillment_orders"]] == [MILAN]


@pytest.mark.parametrize(
    ("currency", "price", "shipping", "total"),
    [("JPY", "1980", "500", 2480), ("KWD", "6.125", "1.500", 7625), ("USD", "20.01", "4.99", 2500)],
)
def test_currencies_with_other_minor_units(
    merchant: Merchant, world: World, currency: str, price: str, shipping: str, total: int
) -> None:
    order = canonical_order("A-5", [Sale("TEE", 1, price)], currency=currency, shipping=shipping)
    order_id = merchant.sell(order)
    merchant.to_the_door(order_id)
    done = merchant.order(order_id)
    assert done["status"] == "delivered"
    assert done["payment"]["charged_amount"] == {"amount": total, "currency": currency}
    assert len(world.charges) == 2


def test_scans_that_come_twice_late_and_out_of_order_end_in_one_delivery(merchant: Merchant) -> None:
    order_id = merchant.sell(canonical_order("A-6", [Sale("TEE", 1, "20.00")]))
    merchant.ship(order_id)
    (parcel,) = merchant.order(order_id)["parcels"]
    number = parcel["tracking_number"]
    departed, delivered = merchant.scanned(number, "DP"), merchant.scanned(number, "DL")
    for scans in ([delivered], [departed, delivered], [departed]):
        assert merchant.carrier_says(scans).status == 200
    merchant.world.settle()
    done = merchant.order(order_id)
    assert done["status"] == "delivered"
    assert [scan["status"] for scan in done["parcels"][0]["scans"]] == ["in_transit", "delivered"]
    assert len(merchant.mails(GERMAN.email)) == 3


def test_a_scan_of_a_parcel_not_known_yet_is_parked_and_not_lost(merchant: Merchant) -> None:
    order_id = merchant.sell(canonical_order("A-7", [Sale("TEE", 1, "20.00")]))
    for action in ("accept", "pick"):
        merchant.work(order_id, action)
    twin = _tracking_number_of_the_next_parcel(merchant, order_id)
    assert merchant.carrier_says([merchant.scanned(twin, "AN")]).status in {200, 202}
    merchant.work(order_id, "pack")
    merchant.world.settle()
    (parcel,) = merchant.order(order_id)["parcels"]
    assert parcel["tracking_number"] == twin
    assert [scan["status"] for scan in parcel["scans"]] == ["label_created"]


def _tracking_number_of_the_next_parcel(merchant: Merchant, order_id: str) -> str:
    """What the carrier will call the parcel: its number follows from the key, which is the parcel's id."""
    from oms.carriers.simulated import tracking_number
    from oms.ids import parcel_id

    (share,) = merchant.order(order_id)["fulfillment_orders"]
    return tracking_number(parcel_id(share["fulfillment_order_id"], 1))


def test_no_personal_data_leaves_the_log_but_in_messages_and_labels(
    merchant: Merchant, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.support.state import published

    order_id = merchant.sell(canonical_order("A-8", [Sale("TEE", 1, "20.00")]))
    merchant.to_the_door(order_id)
    private = (GERMAN.email, GERMAN.last, GERMAN.phone, GERMAN.street)
    told = [str(each) for each in published(world)]
    lists = [str(item) for table in ("ViewsTable", "StockTable", "ReferencesTable") for item in world.items(table)]
    logged = capsys.readouterr().out
    for secret in private:
        assert not [text for text in told if secret in text]
        assert not [text for text in lists if secret in text]
        assert secret not in logged
    assert f'"order_id":"{order_id}"' in logged.replace(" ", "")
