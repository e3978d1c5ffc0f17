"""Returns as goods: who may send back what, once; what comes is booked in, whatever was announced."""

from __future__ import annotations

import pytest

from oms.errors import Conflict, InvalidInput, NotAllowed, NotFound
from oms.orders.after_sale import Disposition, ReturnReason, ReturnStatus
from oms.orders.log import load
from oms.returns import decisions
from oms.returns.credits import StaffCredit, claim, credit_more, receive_and_credit, receive_unannounced_and_credit
from oms.returns.quantities import returnable
from oms.returns.receiving import Receipt
from tests.support.orders import line
from tests.unit.returns.shop import ORDER, RETURN, Shop, came, wants


def test_only_units_that_were_sent_can_be_returned(shop: Shop) -> None:
    order = shop.allocated(line("1", "mug", 3, 3000))
    assert returnable(order, "1") == 0
    with pytest.raises(NotAllowed) as refused:
        decisions.request(order, [wants("1", 1)])
    assert [(each.path, each.message) for each in refused.value.errors] == [("lines.1", "0 of 1 units can be returned")]


def test_units_on_their_way_back_cannot_be_announced_again(shop: Shop) -> None:
    shop.delivered(line("1", "mug", 3, 3000))
    order = shop.approved(wants("1", 2))
    assert returnable(order, "1") == 1
    with pytest.raises(NotAllowed):
        decisions.request(order, [wants("1", 1), wants("1", 1, ReturnReason.DAMAGED)])


def test_a_line_that_the_order_does_not_have_is_named(shop: Shop) -> None:
    order = shop.delivered(line("1", "mug", 1, 1000))
    with pytest.raises(NotFound, match="no line 9"):
        decisions.request(order, [wants("9", 1)])


def test_what_needs_no_parcel_is_not_returned_but_can_be_claimed_for(shop: Shop) -> None:
    order = shop.delivered(line("1", "mug", 1, 1000), line("2", "gift-card", 1, 500, ships=False))
    assert returnable(order, "2") == 0
    order = shop.do(claim(order, [wants("2", 1, ReturnReason.NOT_AS_DESCRIBED)]))
    assert order.refunded == 500


def test_the_same_wish_under_its_number_is_one_return_and_another_wish_is_refused(shop: Shop) -> None:
    shop.delivered(line("1", "mug", 3, 3000))
    order = shop.do(decisions.request(load(shop, ORDER), [wants("1", 1)], number=1))
    assert decisions.request(order, [wants("1", 1)], number=1) == []
    with pytest.raises(Conflict):
        decisions.request(order, [wants("1", 2)], number=1)
    with pytest.raises(Conflict):
        decisions.request(order, [wants("1", 1)], number=3)


def test_restocked_units_are_sellable_at_once_and_scrapped_ones_are_not_kept(shop: Shop) -> None:
    shop.delivered(line("1", "mug", 3, 3000))
    assert shop.levels["mug", "north"].on_hand == 0
    shop.approved(wants("1", 3))
    order = shop.received(came("1", 1), came("1", 1, Disposition.SCRAP), came("1", 1, Disposition.REFURBISH))
    level = shop.levels["mug", "north"]
    assert (level.on_hand, level.available, level.unavailable) == (2, 1, {"refurbish": 1})
    assert order.refunded == 3000


@pytest.mark.parametrize("disposition", [Disposition.QUARANTINE, Disposition.DAMAGED, Disposition.REFURBISH])
def test_what_came_back_and_is_kept_is_on_hand_and_not_for_sale(shop: Shop, disposition: Disposition) -> None:
    shop.delivered(line("1", "mug", 3, 3000))
    shop.approved(wants("1", 2))
    order = shop.received(came("1", 2, disposition))
    level = shop.levels["mug", "north"]
    assert (level.on_hand, level.available, level.unavailable) == (2, 0, {disposition.value: 2})
    assert order.refunded == 2000


def test_a_receipt_that_is_booked_twice_moves_stock_and_money_once(shop: Shop) -> None:
    shop.delivered(line("1", "mug", 3, 3000))
    order = shop.approved(wants("1", 2))
    receipt = Receipt(location_id="north", units=(came("1", 1),), number=1)
    order = shop.do(receive_and_credit(order, RETURN, receipt))
    assert receive_and_credit(order, RETURN, receipt) == []
    with pytest.raises(Conflict):
        receive_and_credit(order, RETURN, Receipt(location_id="north", units=(came("1", 2),), number=1))


def test_units_that_did_not_come_are_not_refunded(shop: Shop) -> None:
    shop.delivered(line("1", "mug", 3, 3000))
    shop.approved(wants("1", 3))
    order = shop.received(came("1", 1), came("1", 1, Disposition.MISSING), came("1", 1, Disposition.WRONG_ITEM))
    assert order.refunded == 1000
    order = shop.do(decisions.close(order, RETURN))
    assert order.after_sale.returns[RETURN].status is ReturnStatus.CLOSED
    # What did not come is still with the customer.
    assert returnable(order, "1") == 2


def test_more_cannot_be_missed_than_was_announced(shop: Shop) -> None:
    shop.delivered(line("1", "mug", 3, 3000))
    order = shop.approved(wants("1", 1))
    with pytest.raises(NotAllowed) as refused:
        receive_and_credit(
            order, RETURN, Receipt(location_id="north", units=(came("1", 1), came("1", 1, Disposition.MISSING)))
        )
    assert "0 are still expected" in refused.value.errors[0].message


def test_more_cannot_come_back_than_was_sent(shop: Shop) -> None:
    shop.delivered(line("1", "mug", 2, 2000))
    order = shop.approved(wants("1", 1))
    with pytest.raises(NotAllowed) as refused:
        receive_and_credit(order, RETURN, Receipt(location_id="north", units=(came("1", 3),)))
    assert refused.value.errors[0].message == "3 units cannot have come back: 2 are away"


def test_units_beyond_the_announced_are_credited_only_when_staff_say_so(shop: Shop) -> None:
    shop.delivered(line("1", "mug", 3, 3000), line("2", "cap", 1, 700))
    shop.approved(wants("1", 1))
    order = shop.received(came("1", 2), came("2", 1))
    assert order.refunded == 1000
    assert shop.levels["cap", "north"].available == 1
    order = shop.do(credit_more(order, RETURN, StaffCredit(units={"1": 1, "2": 1})))
    assert order.refunded == 2700
    with pytest.raises(NotAllowed) as refused:
        credit_more(order, RETURN, StaffCredit(units={"1": 1}))
    assert refused.value.errors[0].message == "0 of 1 units can be credited"


def test_a_parcel_that_nobody_announced_is_booked_in_and_credited_on_request(shop: Shop) -> None:
    order = shop.delivered(line("1", "mug", 2, 2000))
    receipt = Receipt(location_id="north", units=(came("1", 1),))
    order = shop.do(receive_unannounced_and_credit(order, receipt, credit=False))
    assert (order.refunded, shop.levels["mug", "north"].available) == (0, 1)
    order = shop.do(receive_unannounced_and_credit(order, receipt, credit=True))
    assert (order.refunded, shop.levels["mug", "north"].available) == (1000, 2)
    assert returnable(order, "1") == 0


def test_a_return_must_be_approved_before_it_is_booked_in(shop: Shop) -> None:
    shop.delivered(line("1", "mug", 1, 1000))
    order = shop.do(decisions.request(load(shop, ORDER), [wants("1", 1)]))
    with pytest.raises(NotAllowed, match="is requested"):
        receive_and_credit(order, RETURN, Receipt(location_id="north", units=(came("1", 1),)))


def test_staff_may_let_come_what_was_declined_unless_its_units_are_gone(shop: Shop) -> None:
    shop.delivered(line("1", "mug", 1, 1000))
    order = shop.do(decisions.request(load(shop, ORDER), [wants("1", 1)]))
    order = shop.do(decisions.decline(order, RETURN, "too late"))
    assert decisions.decline(order, RETURN, "too late") == []
    again = shop.do(decisions.approve(order, RETURN, location_id="north"))
    assert again.after_sale.returns[RETURN].status is ReturnStatus.APPROVED
    assert decisions.approve(again, RETURN, location_id="north") == []
    gone = shop.do(decisions.decline(again, RETURN, "no"))
    gone = shop.do(claim(gone, [wants("1", 1, ReturnReason.DAMAGED)]))
    with pytest.raises(NotAllowed):
        decisions.approve(gone, RETURN, location_id="north")


def test_nothing_is_declined_once_goods_are_here_and_nothing_happens_to_what_is_closed(shop: Shop) -> None:
    shop.delivered(line("1", "mug", 2, 2000))
    shop.approved(wants("1", 2))
    order = shop.received(came("1", 1))
    with pytest.raises(NotAllowed):
        decisions.decline(order, RETURN, "no")
    order = shop.do(decisions.close(order, RETURN))
    assert decisions.close(order, RETURN) == []
    with pytest.raises(NotAllowed, match="is closed"):
        receive_and_credit(order, RETURN, Receipt(location_id="north", units=(came("1", 1),)))
    with pytest.raises(NotAllowed):
        credit_more(order, RETURN, StaffCredit(units={"1": 1}))


def test_a_return_that_nobody_decided_cannot_be_closed(shop: Shop) -> None:
    shop.delivered(line("1", "mug", 1, 1000))
    order = shop.do(decisions.request(load(shop, ORDER), [wants("1", 1)]))
    with pytest.raises(NotAllowed, match="approve or decline"):
        decisions.close(order, RETURN)


def test_a_change_of_mind_is_no_claim(shop: Shop) -> None:
    order = shop.delivered(line("1", "mug", 1, 1000))
    with pytest.raises(InvalidInput, match="request a return"):
        claim(order, [wants("1", 1)])


def test_what_was_claimed_for_cannot_be_returned_for_money_as_well(shop: Shop) -> None:
    order = shop.delivered(line("1", "mug", 2, 2000))
    order = shop.do(claim(order, [wants("1", 1, ReturnReason.MISSING)]))
    assert returnable(order, "1") == 1
    with pytest.raises(NotAllowed):
        claim(order, [wants("1", 2, ReturnReason.DAMAGED)])


def test_the_actions_of_a_return_are_those_that_are_possible(shop: Shop) -> None:
    shop.delivered(line("1", "mug", 2, 2000))
    order = shop.approved(wants("1", 1))
    assert decisions.ACTIONS[order.after_sale.returns[RETURN].status] == ("receive", "decline", "close")
    assert decisions.order_actions(order) == ("return", "claim")
    order = shop.received(came("1", 1))
    order = shop.do(claim(order, [wants("1", 1, ReturnReason.DAMAGED)]))
    assert decisions.order_actions(order) == ()
