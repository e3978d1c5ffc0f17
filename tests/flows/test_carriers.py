"""FedEx from the price to the door, over a real socket: what is bought, once, and what the customer hears."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from infra.standins.wsgi import Fault
from oms.platform import cache
from tests.support import carriers_day
from tests.support.carriers_day import packed, picked
from tests.support.gateway_api import Answer
from tests.support.merchant import Merchant
from tests.support.shops import Buyer
from tests.support.world import World

HOUR = 3600
BRITISH = Buyer(street="10 Example Road", city="London", postal_code="SW1A 1AA", country="GB", phone="+442079460000")


def test_a_parcel_goes_with_fedex_from_the_price_to_the_label(merchant: Merchant, world: World) -> None:
    with carriers_day.fedex(merchant) as there:
        share = picked(merchant, "F-1")
        rates = merchant.get(f"/fulfillment-orders/{share}/rates?grams=950", key="fulfillment")
        told = {each["service"]: (each["verdict"], each["cost"]) for each in rates["candidates"]}
        assert told["fedex_2_day"] == ("cheapest_in_time", {"amount": 1725, "currency": "EUR"}), rates
        assert told["fedex_regional_economy"] == ("too_late", {"amount": 980, "currency": "EUR"})
        assert told["fedex_ground"][0] == "not_allowed"
        packed(merchant, share)
        (sent,) = there.used()
        parcel = merchant.order(share.removesuffix("-1"))["parcels"][0]
        assert (parcel["carrier"], parcel["service"], parcel["tracking_number"]) == (
            "fedex",
            "fedex_2_day",
            sent.number,
        )
        merchant.work(share.removesuffix("-1"), "ship")
        world.settle()
        assert world.http("GET", f"/fulfillment-orders/{share}/label.pdf", key="fulfillment").status == 303

        asked = there.calls.count("POST /track/v1/trackingnumbers")
        world.clock.wait(HOUR)
        for code, status in (("PU", "shipped"), ("OD", "shipped"), ("DL", "delivered")):
            there.move(sent.number, code)
            world.wait(6 * HOUR + 60)
            assert merchant.order(share.removesuffix("-1"))["status"] == status
        world.wait(24 * HOUR)
        assert there.calls.count("POST /track/v1/trackingnumbers") == asked + 3, "who has arrived is not asked about"
        scans = merchant.order(share.removesuffix("-1"))["parcels"][0]["scans"]
        assert [each["status"] for each in scans] == ["label_created", "in_transit", "out_for_delivery", "delivered"]
        told = [each["medium"] for each in world.items("MessagesTable") if each.get("kind") == "out_for_delivery"]
        assert sorted(told) == ["mail", "sms"], "heard by asking, and told once"


def test_a_label_that_nobody_got_is_taken_back_once_another_is_used(merchant: Merchant, world: World) -> None:
    with carriers_day.fedex(merchant) as there:
        first, second = picked(merchant, "F-2"), picked(merchant, "F-3")
        packed(merchant, first)
        there.listed_after = timedelta(hours=3)
        there.faults.extend([None, Fault.ANSWER_LOST])
        refused = merchant.world.http("POST", f"/fulfillment-orders/{second}/pack", {"grams": 950}, key="fulfillment")
        assert refused.status == 503, refused
        packed(merchant, second)
        world.settle()
        assert len(there.used()) == 3, "FedEx does not list the stray label yet"
        for hours, used in ((1.5, 3), (3, 2), (90, 2)):
            world.wait(hours * HOUR)
            assert len(there.used()) == used
        assert there.calls.count("POST /track/v1/referencenumbers") == 3, "it is looked for until it is found"


def test_a_label_that_is_never_found_is_for_a_person_after_some_looks(
    merchant: Merchant, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    with carriers_day.fedex(merchant) as there:
        share = picked(merchant, "F-6")
        there.faults.extend([None, None, Fault.QUESTION_LOST])
        refused = merchant.world.http("POST", f"/fulfillment-orders/{share}/pack", {"grams": 950}, key="fulfillment")
        assert refused.status == 503, refused
        packed(merchant, share)
        world.settle()
        assert "label_doubtful" not in capsys.readouterr().out
        for hours, over in ((1.5, False), (3, False), (20, False), (50, True), (90, True)):
            world.wait(hours * HOUR)
            assert (there.calls.count("POST /track/v1/referencenumbers") == 5) is over
        assert capsys.readouterr().out.count("label_doubtful") == 1
        assert not [each for each in world.items("ReferencesTable") if each["ref"] == "doubts"]


def test_a_parcel_is_declared_to_customs_on_its_way_out_and_back(merchant: Merchant, world: World) -> None:
    merchant.rules("web", return_labels=True, incoterm="DDP")
    mug = {"title": "Tasse", "grams": 320, "hs_code": "691110", "origin_country": "PT"}
    assert world.http("PUT", "/products/MUG", mug, key="setup").status in {200, 201}
    services = {"*": ["fedex_international_economy", "fedex_international_priority"]}
    with carriers_day.fedex(merchant, default_service="fedex_international_economy", services=services) as there:
        share = picked(merchant, "F-4", buyer=BRITISH)
        packed(merchant, share)
        order_id = share.removesuffix("-1")
        for action in ("ship", "deliver"):
            merchant.work(order_id, action)
        world.settle()
        line_id = merchant.order(order_id)["lines"][0]["line_id"]
        wish = {"units": [{"line_id": line_id, "quantity": 1, "reason": "other"}]}
        for path, body in ((f"/orders/{order_id}/returns", wish), (f"/returns/{order_id}-r1/approve", {})):
            answer = merchant.post(path, body, key="returns")
            assert answer.status == 200, answer
        world.settle()
        out, back = there.used()
        for sent, units in ((out, 2), (back, 1)):
            clearance = sent.request["customsClearanceDetail"]
            assert [each["quantity"] for each in clearance["commodities"]] == [units]
            assert clearance["dutiesPayment"]["paymentType"] == "SENDER"
        assert back.request["shipper"]["address"]["countryCode"] == "GB"
        (known,) = merchant.get(f"/orders/{order_id}/returns", key="returns")["returns"]
        assert (known["label"]["carrier"], known["label"]["tracking_number"]) == ("fedex", back.number)


def test_a_voided_label_is_taken_back_and_its_parcel_leaves_with_another_only(merchant: Merchant, world: World) -> None:
    with carriers_day.fedex(merchant) as there:
        share = picked(merchant, "F-5")
        packed(merchant, share)
        order_id, place = share.removesuffix("-1"), f"/fulfillment-orders/{share}/labels/{share}-p1"
        (first,) = there.used()
        assert merchant.post(f"{place}/void", key="fulfillment").status == 200
        world.settle()
        assert there.used() == []
        refused = merchant.post(f"/fulfillment-orders/{share}/ship", key="fulfillment")
        assert (refused.status, "the label was voided" in refused.json["detail"]) == (409, True)
        wish = {"carrier": "fedex", "service": "fedex_2_day", "label_format": "zpl"}
        assert merchant.post(place, wish, key="fulfillment").status == 200
        (second,) = there.used()
        assert second.number != first.number
        merchant.work(order_id, "ship")
        world.settle()
        assert [each.number for each in there.used()] == [second.number]
        assert merchant.post(f"{place}/void", key="fulfillment").status == 409


def test_the_day_ends_with_a_driver_and_a_manifest(merchant: Merchant) -> None:
    carriers_day.day(merchant)


def test_secrets_of_carriers_are_written_one_by_one_and_never_shown(merchant: Merchant, world: World) -> None:
    def set_up(name: str, body: dict[str, Any], status: int = 200) -> Answer:
        answer = world.http("PUT", f"/carriers/{name}/secrets", body, key="setup")
        assert answer.status == status, answer
        return answer

    with carriers_day.fedex(merchant) as there:
        there.api_key = "a new key"
        shown = set_up("fedex", {"credentials": {"api_key": there.api_key, "track_api_key": "of tracking"}})
        assert shown.json["secrets"].keys() == {"api_key", "secret_key", "track_api_key"}
        gone = set_up("fedex", {"credentials": {"track_api_key": None}})
        assert gone.json["secrets"].keys() == {"api_key", "secret_key"}
        assert there.api_key not in shown.body
        cache.forget_all()
        share = picked(merchant, "F-9")
        rates = merchant.get(f"/fulfillment-orders/{share}/rates?grams=950", key="fulfillment")
        assert rates["candidates"][0]["verdict"] == "cheapest_in_time", rates

        wrong = set_up("fedex", {"credentials": {"client_id": "of another carrier"}}, 422)
        assert "another carrier" not in wrong.body
    set_up("easypost", {"webhook_secret": "correct horse"})
    rotated = set_up("easypost", {"webhook_secret": "battery staple"}).json["secrets"]
    assert rotated["webhook_secret"]["previous_until"]
    set_up("shippo", {"credentials": {"webhook_token": "in its address"}})
    set_up("nobody", {"webhook_secret": "correct horse"}, 404)
