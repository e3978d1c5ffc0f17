"""What a shop takes back, until when, and what it keeps."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from oms.errors import NotAllowed
from oms.orders import decisions as orders
from oms.orders.after_sale import ReturnReason, ReturnStatus
from oms.orders.log import load
from oms.orders.order import Order
from oms.orders.reasons import DeclineReason
from oms.returns import decisions, work
from oms.returns.refusal import refusal
from oms.returns.work import Wish
from tests.support.orders import line
from tests.unit.returns.shop import ORDER, RETURN, Shop, came, wants


def asks(shop: Shop, *units: decisions.Wanted) -> Order:
    return work.request_by_customer(shop.desk(), Wish(order_id=ORDER, caller=shop.by()), units)


def status(order: Order) -> ReturnStatus:
    return list(order.after_sale.returns.values())[-1].status


def refused(order: Order, return_id: str, language: str = "en") -> str:
    declined = order.after_sale.returns[return_id].declined
    assert declined is not None
    return " ".join(refusal(order, declined, language))


@pytest.mark.parametrize(("days", "expected"), [(30, ReturnStatus.APPROVED), (31, ReturnStatus.DECLINED)])
def test_the_window_counts_from_delivery(shop: Shop, days: int, expected: ReturnStatus) -> None:
    order = shop.delivered(line("1", "mug", 1, 1000))
    (parcel,) = order.parcels.values()
    assert parcel.delivered_at is not None
    shop.now_is(parcel.delivered_at + timedelta(days=days))
    assert status(asks(shop, wants("1", 1))) is expected


def test_a_product_has_a_window_of_its_own(shop: Shop) -> None:
    shop.delivered(line("1", "mug", 1, 1000), line("2", "cap", 1, 500))
    shop.products["cap"] = replace(shop.products["cap"], return_window_days=100)
    shop.tick(60 * 86400)
    assert status(asks(shop, wants("2", 1))) is ReturnStatus.APPROVED
    order = asks(shop, wants("1", 1))
    assert refused(order, "o1-r2") == "“Mug” could be returned within 30 days of its delivery. This period is over."


def test_the_window_is_open_while_the_parcel_is_on_its_way(shop: Shop) -> None:
    from tests.unit.routing.test_routing import ship

    ship(shop, shop.allocated(line("1", "mug", 1, 1000)), "o1-1")
    shop.tick(90 * 86400)
    assert status(asks(shop, wants("1", 1))) is ReturnStatus.APPROVED


def test_a_final_sale_is_final_unless_it_is_faulty(shop: Shop) -> None:
    shop.delivered(line("1", "mug", 2, 2000))
    shop.final_sale("mug")
    assert status(asks(shop, wants("1", 1))) is ReturnStatus.DECLINED
    assert status(asks(shop, wants("1", 1, ReturnReason.DAMAGED))) is ReturnStatus.APPROVED


def test_a_fault_found_after_the_window_is_left_to_a_person(shop: Shop) -> None:
    shop.delivered(line("1", "mug", 1, 1000))
    shop.tick(200 * 86400)
    order = asks(shop, wants("1", 1, ReturnReason.NOT_AS_DESCRIBED))
    assert status(order) is ReturnStatus.REQUESTED
    assert order.refunded == 0


def test_a_shop_may_take_nothing_back(shop: Shop) -> None:
    shop.channel = replace(shop.channel, return_window_days=0)
    shop.delivered(line("1", "mug", 1, 1000))
    order = asks(shop, wants("1", 1))
    assert refused(order, RETURN) == "“Mug” was sold without a right of return."


def test_fees_are_kept_from_the_refund_of_a_change_of_mind(shop: Shop) -> None:
    shop.channel = replace(shop.channel, restocking_percent=15, return_shipping_fee=399)
    shop.delivered(line("1", "mug", 3, 3000), shipping=500)
    asks(shop, wants("1", 2))
    order = shop.received(came("1", 1))
    assert order.refunded == 1000 - 150 - 399
    order = shop.received(came("1", 1))
    assert order.refunded == 2000 - 300 - 399
    assert order.charged - order.refunded == order.due


def test_what_is_the_merchants_fault_costs_the_customer_nothing(shop: Shop) -> None:
    shop.channel = replace(shop.channel, restocking_percent=15, return_shipping_fee=399)
    shop.delivered(line("1", "mug", 2, 2000, 380), shipping=500)
    asks(shop, wants("1", 2, ReturnReason.WRONG_ITEM))
    order = shop.received(came("1", 1))
    assert (order.refunded, order.after_sale.fees) == (1190, 0)
    order = shop.received(came("1", 1))
    # Nothing is kept, so the shipping, with its tax, goes back as well.
    assert (order.refunded, order.due) == (2880, 0)


def test_of_a_parcel_with_a_faulty_unit_the_way_back_is_the_merchants(shop: Shop) -> None:
    shop.channel = replace(shop.channel, restocking_percent=10, return_shipping_fee=399)
    shop.delivered(line("1", "mug", 2, 2000), line("2", "cap", 1, 700))
    asks(shop, wants("1", 1, ReturnReason.DAMAGED), wants("1", 1), wants("2", 1))
    order = shop.received(came("1", 1))
    assert order.refunded == 1000
    order = shop.received(came("1", 1), came("2", 1))
    assert order.refunded == 2700 - 170


def test_a_fee_is_never_more_than_what_came_is_worth(shop: Shop) -> None:
    shop.channel = replace(shop.channel, return_shipping_fee=900)
    shop.delivered(line("1", "mug", 2, 1000))
    asks(shop, wants("1", 2))
    order = shop.received(came("1", 1))
    assert (order.due, order.refunded) == (1000, 0)
    order = shop.received(came("1", 1))
    assert (order.due, order.refunded) == (900, 100)


def test_no_fee_can_be_asked_for_what_is_the_merchants_fault(shop: Shop) -> None:
    shop.delivered(line("1", "mug", 1, 1000))
    order = shop.do(decisions.request(load(shop, ORDER), [wants("1", 1, ReturnReason.DAMAGED)]))
    with pytest.raises(NotAllowed, match="merchant's fault"):
        decisions.approve(order, RETURN, location_id="north", shipping_fee=1)


def test_a_return_of_a_part_keeps_the_shipping(shop: Shop) -> None:
    order = shop.allocated(line("1", "mug", 3, 3000), shipping=500)
    shop.do(orders.cancel(order, {"1": 1}))
    shop.bring(load(shop, ORDER))
    asks(shop, wants("1", 1, ReturnReason.DAMAGED))
    order = shop.received(came("1", 1))
    assert order.due == 1500


def test_staff_override_what_policy_says(shop: Shop) -> None:
    shop.channel = replace(shop.channel, return_window_days=0, return_shipping_fee=399)
    shop.delivered(line("1", "mug", 1, 1000))
    asks(shop, wants("1", 1))
    order = work.approve(shop.desk(), Wish(order_id=ORDER, caller=shop.by()), RETURN, shipping_fee=100)
    approved = order.after_sale.returns[RETURN].approved
    assert approved is not None
    assert (approved.location_id, approved.restocking_fee, approved.shipping_fee) == ("north", 0, 100)
    again = work.approve(shop.desk(), Wish(order_id=ORDER, caller=shop.by()), RETURN)
    assert again.version == order.version


def test_the_same_wish_with_the_same_cause_is_carried_out_once(shop: Shop) -> None:
    shop.delivered(line("1", "mug", 2, 2000))
    wish = Wish(order_id=ORDER, caller=shop.by("key 1"))
    first = work.request_by_customer(shop.desk(), wish, [wants("1", 1)])
    assert work.request_by_customer(shop.desk(), wish, [wants("1", 1)]) == first


@pytest.mark.parametrize("language", ["de-AT", "it", "fr", "es", "en"])
@pytest.mark.parametrize("code", DeclineReason)
def test_a_refusal_is_told_in_the_customers_language_with_what_staff_wrote(
    shop: Shop, code: DeclineReason, language: str
) -> None:
    shop.delivered(line("1", "mug", 1, 1000))
    wish = Wish(order_id=ORDER, caller=shop.by())
    work.request(shop.desk(), wish, [wants("1", 1)])
    order = work.decline(shop.desk(), replace(wish, caller=shop.by()), RETURN, reason="Scheda 7", code=code)
    said = refused(order, RETURN, language)
    assert said.endswith("Scheda 7")
    assert (said == "Scheda 7") == (code is DeclineReason.OTHER)
    assert "{" not in said
    if code is DeclineReason.WINDOW_OVER:
        first = {"de-AT": "Die", "it": "Il", "fr": "Le", "es": "El", "en": "The"}[language]
        assert said.startswith(first + " ")
