"""Windows by category, the condition of what comes back, and what is booked in without credit."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from oms.orders.after_sale import Disposition, ReturnReason, ReturnStatus, UnitsReceived
from oms.orders.codec import dump_events, load_events
from oms.orders.condition import ItemCondition
from oms.orders.events import OrderEvent
from oms.orders.log import load
from oms.orders.order import Order
from oms.orders.reasons import DeclineReason
from oms.platform import setup_items
from oms.returns.credits import StaffCredit, credit_more, receive_and_credit, receive_unannounced_and_credit
from oms.returns.decisions import Wanted
from oms.returns.receiving import Arrived, Receipt
from oms.returns.refusal import refusal
from oms.returns.requests import ClaimUnits, CustomerReturn, ReceiveReturn
from oms.returns.texts import LANGUAGES
from oms.setup import Channel, Platform, Product
from oms.setup_channel import ChannelForm, ChannelRow
from oms.setup_forms import ProductForm
from oms.views.after_sale import customers_order, order_returns
from oms.views.return_page import form_values, page
from tests.support.orders import line
from tests.unit.returns.bazaar import Bazaar, check
from tests.unit.returns.shop import ORDER, RETURN, Shop, came
from tests.unit.returns.test_page import Tags
from tests.unit.returns.test_policy import asks, status

DAY = 86400
FIT = (ItemCondition.UNOPENED, ItemCondition.OPENED)
BASE = {"platform": "canonical", "name": "Shop"}


def used(
    count: int = 1,
    condition: ItemCondition = ItemCondition.USED,
    reason: ReturnReason = ReturnReason.CHANGED_MIND,
    line_id: str = "1",
) -> Wanted:
    return Wanted(line_id=line_id, quantity=count, reason=reason, condition=condition)


def spoiled(count: int, disposition: Disposition = Disposition.SCRAP) -> Arrived:
    return Arrived(line_id="1", quantity=count, disposition=disposition, credit=False)


@pytest.mark.parametrize(
    ("own", "category", "days"), [(None, "", 30), (None, "Garden", 30), (None, "SHOES", 60), (10, "shoes", 10)]
)
def test_the_products_own_window_goes_before_its_categorys_and_that_before_the_channels(
    shop: Shop, own: int | None, category: str, days: int
) -> None:
    shop.channel = replace(shop.channel, return_windows={"Shoes": 60})
    shop.delivered(line("1", "mug", 2, 2000))
    shop.products["mug"] = replace(shop.products["mug"], return_window_days=own, category=category)
    shop.tick((days - 1) * DAY)
    assert status(asks(shop, used())) is ReturnStatus.APPROVED
    shop.tick(2 * DAY)
    order = asks(shop, used())
    declined = order.after_sale.returns["o1-r2"].declined
    assert declined is not None
    assert (declined.code, declined.days) == (DeclineReason.WINDOW_OVER, days)


def test_a_category_may_take_nothing_back(shop: Shop) -> None:
    shop.channel = replace(shop.channel, return_windows={"swimwear": 0})
    shop.delivered(line("1", "mug", 1, 1000))
    shop.products["mug"] = replace(shop.products["mug"], category="Swimwear")
    assert declined_as(asks(shop, used())) is DeclineReason.FINAL_SALE


def declined_as(order: Order) -> DeclineReason:
    declined = list(order.after_sale.returns.values())[-1].declined
    assert declined is not None
    return declined.code


@pytest.mark.parametrize(
    ("condition", "reason", "expected"),
    [
        (ItemCondition.OPENED, ReturnReason.CHANGED_MIND, ReturnStatus.APPROVED),
        (ItemCondition.USED, ReturnReason.CHANGED_MIND, ReturnStatus.DECLINED),
        (ItemCondition.USED, ReturnReason.DOES_NOT_FIT, ReturnStatus.DECLINED),
        (ItemCondition.USED, ReturnReason.DAMAGED, ReturnStatus.APPROVED),
        (ItemCondition.UNKNOWN, ReturnReason.NOT_AS_DESCRIBED, ReturnStatus.APPROVED),
        (ItemCondition.UNKNOWN, ReturnReason.CHANGED_MIND, ReturnStatus.REQUESTED),
    ],
)
def test_what_the_customer_used_is_declined_and_a_fault_never(
    shop: Shop, condition: ItemCondition, reason: ReturnReason, expected: ReturnStatus
) -> None:
    shop.channel = replace(shop.channel, return_conditions=FIT)
    shop.delivered(line("1", "mug", 1, 1000))
    assert status(asks(shop, used(1, condition, reason))) is expected


@pytest.mark.parametrize("condition", ItemCondition)
def test_without_a_rule_the_condition_is_all_one(shop: Shop, condition: ItemCondition) -> None:
    shop.delivered(line("1", "mug", 1, 1000))
    assert status(asks(shop, used(1, condition))) is ReturnStatus.APPROVED


def test_a_used_unit_beside_a_faulty_one_is_left_to_a_person(shop: Shop) -> None:
    shop.channel = replace(shop.channel, return_conditions=FIT)
    shop.delivered(line("1", "mug", 2, 2000))
    order = asks(shop, used(), used(reason=ReturnReason.DAMAGED))
    assert status(order) is ReturnStatus.REQUESTED


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_line_that_settled_it_is_named_in_every_language(shop: Shop, language: str) -> None:
    shop.channel = replace(shop.channel, return_conditions=FIT)
    shop.delivered(line("1", "mug", 1, 1000), line("2", "cap", 1, 500))
    order = asks(shop, used(1, ItemCondition.OPENED), used(line_id="2"))
    declined = order.after_sale.returns[RETURN].declined
    assert declined is not None
    assert (declined.code, declined.line_id) == (DeclineReason.CONDITION, "2")
    (said,) = refusal(order, declined, language)
    assert "Cap" in said
    (plain,) = refusal(order, replace(declined, line_id=""), language)
    assert plain == LANGUAGES[language]["refused_condition_plain"]


def test_units_of_one_reason_in_two_conditions_are_credited_together(shop: Shop) -> None:
    shop.delivered(line("1", "mug", 3, 3000))
    shop.approved(used(1, ItemCondition.UNOPENED), used(2))
    order = shop.received(came("1", 3))
    assert (order.refunded, order.due) == (3000, 0)
    units = order_returns(order)["returns"][0]["units"]
    assert [(each["quantity"], each["condition"]) for each in units] == [(1, "unopened"), (2, "used")]


def test_what_the_customer_spoiled_is_booked_in_and_only_the_rest_is_credited(shop: Shop) -> None:
    shop.channel = replace(shop.channel, return_shipping_fee=100)
    shop.delivered(line("1", "mug", 3, 3000), shipping=500)
    asks(shop, used(3))
    order = shop.received(came("1", 1), spoiled(2))
    assert (order.refunded, order.due) == (1000 - 100, 2600)
    (receipt,) = order_returns(order)["returns"][0]["receipts"]
    assert [(u["disposition"], u["quantity"], u["credit"]) for u in receipt["units"]] == [
        ("restock", 1, True),
        ("scrap", 2, False),
    ]
    assert order.charged - order.refunded == order.due


def test_when_all_of_it_is_spoiled_nothing_is_owed_back_and_no_fee_is_taken(shop: Shop) -> None:
    shop.channel = replace(shop.channel, return_shipping_fee=100, restocking_percent=50)
    shop.delivered(line("1", "mug", 1, 1000), shipping=500)
    asks(shop, used())
    before = shop.levels["mug", "north"].on_hand
    order = shop.received(spoiled(1, Disposition.RESTOCK))
    assert (order.refunded, order.due, order.after_sale.fees) == (0, 1500, 0)
    assert shop.levels["mug", "north"].on_hand == before + 1


def test_staff_may_credit_it_later_and_what_still_comes_is_credited_as_well(shop: Shop) -> None:
    shop.delivered(line("1", "mug", 3, 3000))
    shop.approved(used(3))
    order = shop.received(spoiled(1))
    order = shop.do(credit_more(order, RETURN, StaffCredit(units={"1": 1})))
    assert order.refunded == 1000
    order = shop.received(came("1", 2))
    assert (order.refunded, order.due) == (3000, 0)


def test_of_an_unannounced_parcel_too_a_unit_may_get_no_credit(shop: Shop) -> None:
    shop.delivered(line("1", "mug", 3, 3000))
    receipt = Receipt(location_id="north", units=(came("1", 1), spoiled(1)))
    order = shop.do(receive_unannounced_and_credit(load(shop, ORDER), receipt, credit=True))
    assert (order.refunded, order.due) == (1000, 2000)


def test_what_is_missing_has_no_credit_to_be_refused(shop: Shop) -> None:
    shop.delivered(line("1", "mug", 2, 2000))
    shop.approved(used(2))
    order = shop.received(spoiled(1, Disposition.MISSING), came("1", 1, Disposition.MISSING))
    (receipt,) = order.after_sale.returns[RETURN].received
    assert [(each.quantity, each.credit) for each in receipt.units] == [(2, True)]


def test_the_bodies_of_the_calls_carry_condition_and_credit() -> None:
    asked = CustomerReturn.model_validate({"units": [{"line_id": "1", "quantity": 1, "condition": "used"}]})
    assert asked.units[0].value().condition is ItemCondition.USED
    units = [{"line_id": "1", "quantity": 1, "disposition": "scrap", "credit": False}]
    assert not ReceiveReturn.model_validate({"location_id": "n", "units": units}).value().units[0].credit
    with pytest.raises(ValidationError):
        ClaimUnits.model_validate({"units": [{"line_id": "1", "quantity": 1, "condition": "used"}]})


def test_entries_of_before_read_as_unsaid_and_credited(shop: Shop) -> None:
    shop.delivered(line("1", "mug", 1, 1000))
    shop.approved(Wanted(line_id="1", quantity=1))
    order = shop.received(came("1", 1))
    known = order.after_sale.returns[RETURN]
    events: list[OrderEvent] = [known.requested, *known.received]
    text = dump_events(events)
    assert '"condition"' not in text
    assert '"credit"' not in text
    assert list(load_events(text)) == events
    refused = replace(known.received[0], units=(replace(known.received[0].units[0], credit=False),))
    (again,) = load_events(dump_events([refused]))
    assert isinstance(again, UnitsReceived)
    assert not again.units[0].credit


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_asks_for_the_condition_only_where_there_is_a_rule(shop: Shop, language: str) -> None:
    order = shop.delivered(line("1", "mug", 1, 1000), line('2"><i', "cap", 1, 500))
    plain = page(customers_order(order, "token", shop.desk().location), language)
    assert "condition:" not in plain
    asked = page(customers_order(order, "token", shop.desk().location, FIT), language)
    tags = Tags(asked)
    assert "i" not in tags.tags
    assert tags.labels == tags.ids == {"q0", "r0", "c0", "q1", "r1", "c1"}
    assert asked.count('aria-describedby="h0"') == asked.count('id="h0"') == 1
    words = LANGUAGES[language]
    assert f"{words['condition_unopened']}; {words['condition_opened']}" in asked


def test_the_form_of_the_page_sends_the_condition_along() -> None:
    raw = b"number=1&quantity%3A1=1&reason%3A1=other&condition%3A1=used"
    (unit,) = form_values(raw)["units"]
    assert unit == {"line_id": "1", "quantity": "1", "reason": "other", "condition": "used"}


def test_a_channel_keeps_its_rules_through_the_table_and_one_of_before_has_none() -> None:
    form = ChannelForm.model_validate(
        {**BASE, "return_windows": {" Shoes ": 60}, "return_conditions": ["opened", "unopened", "opened"]}
    )
    channel = form.value("web")
    assert channel.return_windows == {"Shoes": 60}
    assert channel.return_conditions == FIT
    body = json.loads(json.dumps(dataclasses.asdict(channel)))
    assert read(Channel, body) == channel
    del body["return_windows"], body["return_conditions"]
    old = read(Channel, body)
    assert (old.return_windows, old.return_conditions) == ({}, ())
    assert old == Channel(channel_id="web", platform=Platform.CANONICAL, name="Shop")
    product = ProductForm.model_validate({"title": "Mug", "category": " Shoes"}).value("MUG")
    assert product.category == "Shoes"
    assert read(Product, {"sku": "MUG", "title": "Mug"}) == replace(product, title="Mug", category="")


def read(of: Any, body: dict[str, Any]) -> Any:
    return setup_items.load(of, {"body": {"S": json.dumps(body)}, "version": {"N": "1"}}).value


def test_the_rows_of_an_import_write_both_rules_in_a_cell() -> None:
    row = {**BASE, "channel_id": "web", "return_windows": "Shoes=60 | Swim wear= 14|", "return_conditions": "opened"}
    channel = ChannelRow.model_validate(row).value("web")
    assert channel.return_windows == {"Shoes": 60, "Swim wear": 14}
    assert channel.return_conditions == (ItemCondition.OPENED,)
    as_json = {**row, "return_windows": {"Shoes": 60}, "return_conditions": ["opened"]}
    assert ChannelRow.model_validate(as_json).value("web").return_windows == {"Shoes": 60}


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("return_windows", {"Shoes": 60, "shoes": 30}, "category 'shoes' stands there twice"),
        ("return_windows", "Shoes=60|SHOES=30", "category 'SHOES' stands there twice"),
        ("return_windows", "Shoes", "valid integer"),
        ("return_windows", {"": 60}, "at least 1 character"),
        ("return_windows", {"Shoes": -1}, "greater than or equal to 0"),
        ("return_windows", {"a|b": 1}, "should match pattern"),
        ("return_conditions", ["unknown"], "'unknown' is no condition"),
        ("return_conditions", "new", "'unopened', 'opened', 'used'"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_with_the_reason(field: str, value: object, said: str) -> None:
    with pytest.raises(ValidationError, match=said) as refused:
        ChannelRow.model_validate({**BASE, "channel_id": "web", field: value})
    assert refused.value.errors()[0]["loc"][0] == field


@pytest.mark.parametrize("at_once", [True, False])
def test_what_was_spoiled_pays_for_no_exchange(at_once: bool) -> None:  # noqa: FBT001 - a parameter of the test
    shop = Bazaar()
    shop.sold()
    shop.exchange(at_once=at_once)
    order = shop.do(receive_and_credit(shop.order(), RETURN, Receipt(location_id="north", units=(spoiled(1),))))
    shop.settle()
    check(shop)
    (exchange,) = shop.order().after_sale.exchanges.values()
    assert (order.refunded, exchange.live) == (0, at_once)
    if at_once:
        assert shop.other().due == 2000
