"""Other goods for those that come back: at once or on receipt, and what was charged always pays for what is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest

from oms.errors import Conflict, InvalidInput, NotAllowed, NotFound
from oms.notifications.money import given_back
from oms.notifications.occasion import occasion
from oms.orders import decisions as orders
from oms.orders.after_sale import Disposition, UnitsCredited
from oms.orders.events import HoldReason
from oms.orders.exchanges import ExchangeStatus, ShipWhen
from oms.orders.log import append
from oms.orders.transitions import OrderStatus
from oms.returns import decisions, exchanging
from oms.returns.exchanges import ExchangeWish, Goods
from oms.routing.timers import wake_at
from tests.support.orders import line
from tests.unit.returns.bazaar import EXCHANGE, OTHER, Bazaar, balanced, cheaper, check
from tests.unit.returns.shop import ORDER, RETURN, wants


@pytest.fixture
def shop() -> Bazaar:
    return Bazaar()


def status(shop: Bazaar) -> ExchangeStatus:
    return shop.order().after_sale.exchanges[EXCHANGE].status


def test_other_goods_go_out_at_once_and_the_return_pays_for_them(shop: Bazaar) -> None:
    shop.sold()
    shop.exchange()
    other = shop.other()
    assert (other.placed.exchange_of, other.placed.external_id, other.placed.number) == (ORDER, EXCHANGE, "1001-x1")
    assert other.contact == shop.order().contact
    assert (other.due, other.covered, other.status) == (2000, 2000, OrderStatus.IN_FULFILLMENT)
    assert shop.sent_out().status is OrderStatus.SHIPPED
    assert sum(shop.gateway.charges.values()) == 4000, "nothing is charged for what the return pays"
    check(shop)
    shop.comes()
    assert (shop.order().transferred, shop.other().charged) == (2000, 2000)
    assert shop.gateway.refunds == {}
    balanced(shop)


def test_other_goods_wait_for_the_receipt_and_go_out_with_what_it_credited(shop: Bazaar) -> None:
    shop.sold()
    shop.exchange(at_once=False)
    assert not shop.placed_other
    shop.comes()
    assert (shop.other().charged, shop.other().status) == (2000, OrderStatus.IN_FULFILLMENT)
    shop.sent_out()
    balanced(shop)


def test_the_refund_of_what_an_exchange_has_a_claim_to_is_never_asked_of_the_gateway(shop: Bazaar) -> None:
    """Routing hears of the credit before the returns stage does."""
    from oms.returns.credits import receive_and_credit
    from oms.returns.receiving import Receipt
    from oms.routing.process import advance
    from tests.unit.returns.shop import came

    shop.sold()
    shop.exchange(cheaper(1500), at_once=False)
    order = shop.order()
    receipt = Receipt(location_id="north", units=(came("1", 1),))
    append(shop, order, receive_and_credit(order, RETURN, receipt), shop.by())
    advance(shop.ports(), ORDER, "credited")
    assert sum(shop.gateway.refunds.values()) == 500
    shop.settle()
    shop.sent_out()
    assert sum(shop.gateway.refunds.values()) == 500
    balanced(shop)


@pytest.mark.parametrize("at_once", [True, False])
def test_a_difference_is_collected_from_the_instrument_that_paid_before(shop: Bazaar, at_once: bool) -> None:  # noqa: FBT001
    shop.sold()
    shop.exchange(cheaper(3200), at_once=at_once)
    if at_once:
        shop.sent_out()
        assert sum(shop.gateway.charges.values()) == 4000 + 1200
        shop.comes()
    else:
        shop.comes()
        shop.sent_out()
    assert sum(shop.gateway.charges.values()) == 4000 + 1200
    assert shop.gateway.refunds == {}
    balanced(shop)


def test_a_difference_that_no_instrument_pays_holds_the_exchange_order_until_somebody_does(shop: Bazaar) -> None:
    shop.sold()
    shop.exchange(cheaper(2500), instrument="sim_decline")
    (hold,) = shop.other().holds.values()
    assert hold.reason is HoldReason.PAYMENT_DECLINED
    assert "pay" in shop.other().actions
    append(
        shop,
        shop.other(),
        orders.pay_again(shop.other(), gateway="simulated", instrument="sim_ok"),
        shop.by(),
    )
    shop.settle()
    shop.sent_out()
    shop.comes()
    balanced(shop)


def test_a_difference_in_the_customers_favour_goes_back(shop: Bazaar) -> None:
    shop.sold()
    shop.exchange(cheaper(1200))
    shop.sent_out()
    shop.comes()
    assert list(shop.gateway.refunds.values()) == [800]
    balanced(shop)


def test_fees_that_are_kept_are_missing_from_the_credit(shop: Bazaar) -> None:
    shop.stock("cup", "north", 1)
    shop.delivered(line("1", "mug", 2, 4000))
    shop.approved(wants("1", 1), shipping_fee=300)
    shop.exchange()
    assert sorted(shop.gateway.authorisations.values()) == [300, 4000]
    shop.sent_out()
    shop.comes()
    assert sum(shop.gateway.charges.values()) == 4300
    balanced(shop)


def test_nobody_is_told_of_a_refund_that_pays_for_other_goods(shop: Bazaar) -> None:
    shop.sold()
    shop.exchange(cheaper(1200))
    shop.comes()
    entries = shop.log[ORDER]
    seq = next(n for n, entry in enumerate(entries, 1) if any(isinstance(e, UnitsCredited) for e in entry.events))
    assert given_back(occasion(ORDER, entries, seq, 1)) == 800


def test_an_exchange_order_that_is_cancelled_gives_the_credit_back(shop: Bazaar) -> None:
    shop.sold()
    shop.exchange()
    append(shop, shop.other(), orders.cancel(shop.other()), shop.by())
    shop.settle()
    assert status(shop) is ExchangeStatus.CANCELLED
    shop.comes()
    assert sum(shop.gateway.refunds.values()) == 2000
    balanced(shop)


def test_an_exchange_order_that_is_cancelled_after_the_receipt_sends_the_money_back_to_the_card(shop: Bazaar) -> None:
    shop.sold()
    shop.exchange(cheaper(3000), at_once=False)
    shop.comes()
    assert shop.order().transferred == 2000
    append(shop, shop.other(), orders.cancel(shop.other()), shop.by())
    shop.settle()
    assert (shop.order().transferred, shop.order().refunded, shop.other().due) == (0, 2000, 0)
    balanced(shop)


def test_an_exchange_is_given_up_before_its_goods_are_ordered(shop: Bazaar) -> None:
    shop.sold()
    shop.exchange(at_once=False)
    for _ in range(2):
        exchanging.cancel(shop.desk(), shop.wish(), RETURN, reason="changed my mind")
    shop.comes()
    assert not shop.placed_other
    assert sum(shop.gateway.refunds.values()) == 2000
    balanced(shop)


def test_goods_that_are_ordered_are_not_given_up_here(shop: Bazaar) -> None:
    shop.sold()
    shop.exchange()
    with pytest.raises(NotAllowed, match=f"cancel order {OTHER}"):
        exchanging.cancel(shop.desk(), shop.wish(), RETURN)


@pytest.mark.parametrize("disposition", [Disposition.MISSING, Disposition.WRONG_ITEM])
def test_an_empty_parcel_pays_for_nothing(shop: Bazaar, disposition: Disposition) -> None:
    shop.sold()
    shop.exchange(at_once=False)
    shop.comes(disposition=disposition)
    assert status(shop) is ExchangeStatus.CANCELLED
    assert not shop.placed_other
    balanced(shop)


def test_goods_sent_at_once_are_owed_when_an_empty_parcel_comes_back(shop: Bazaar) -> None:
    shop.sold()
    shop.exchange()
    shop.sent_out()
    shop.comes(disposition=Disposition.MISSING)
    assert (shop.other().due, shop.other().covered) == (2000, 0)
    assert "pay" in shop.other().actions


def test_goods_sent_at_once_are_owed_when_nothing_comes_back_in_time(shop: Bazaar) -> None:
    shop.sold()
    shop.exchange()
    shop.sent_out()
    asked = shop.order().after_sale.exchanges[EXCHANGE].requested
    assert wake_at(shop.order()) == asked.return_by
    shop.tick(timedelta(days=31).total_seconds())
    shop.settle()
    assert status(shop) is ExchangeStatus.LAPSED
    assert wake_at(shop.order()) is None
    assert (shop.other().due, shop.other().covered, "pay" in shop.other().actions) == (2000, 0, True)
    again = orders.pay_again(shop.other(), gateway="simulated", instrument="sim_ok")
    append(shop, shop.other(), again, shop.by())
    shop.settle()
    assert sum(shop.gateway.charges.values()) == 6000
    balanced(shop)
    shop.comes()
    assert sum(shop.gateway.refunds.values()) == 2000, "what comes after all is refunded after all"
    balanced(shop)


def test_an_unshipped_order_is_held_when_what_pays_for_it_will_not_come(shop: Bazaar) -> None:
    shop.sold()
    shop.exchange(Goods(sku="cup", quantity=1))
    append(shop, shop.order(), decisions.close(shop.order(), RETURN), shop.by())
    shop.settle()
    assert shop.other().covered == 0
    (hold,) = shop.other().holds.values()
    assert hold.reason is HoldReason.PAYMENT_PENDING


def test_goods_without_a_price_cost_to_the_cent_what_comes_back_cost(shop: Bazaar) -> None:
    shop.stock("cup", "north", 5)
    shop.stock("pan", "north", 5)
    shop.delivered(line("1", "mug", 3, 1000, 190))
    shop.approved(wants("1", 2))
    shop.exchange(Goods(sku="cup", quantity=1), Goods(sku="pan", quantity=1))
    other = shop.other()
    before = shop.order()
    assert other.due == before.value_between("1", 1, 2)
    assert sum(each.placed.tax for each in other.lines.values()) == 63 + 63
    shop.sent_out()
    shop.comes(2)
    assert (shop.gateway.refunds, shop.other().charged) == ({}, other.due)
    balanced(shop)


def refused(shop: Bazaar, *goods: Goods, number: int | None = None, return_id: str = RETURN) -> None:
    wish = ExchangeWish(goods=goods, ship=ShipWhen.ON_RECEIPT, number=number)
    exchanging.request(shop.desk(), shop.wish(), return_id, exchange=wish)


def test_what_cannot_be_exchanged_is_refused_with_the_reason(shop: Bazaar) -> None:
    shop.sold()
    cup = Goods(sku="cup", quantity=1)
    with pytest.raises(InvalidInput) as unknown:
        refused(shop, Goods(sku="moon", quantity=2))
    assert [each.path for each in unknown.value.errors] == ["lines[0].sku", "lines"]
    with pytest.raises(InvalidInput) as mixed:
        refused(shop, cup, cheaper(100))
    assert "price all of them" in mixed.value.errors[0].message
    with pytest.raises(NotFound):
        refused(shop, cup, return_id=f"{ORDER}-r9")
    with pytest.raises(Conflict, match="is number 1, not 2"):
        refused(shop, cup, number=2)
    for _ in range(2):
        refused(shop, cup, number=1)
    with pytest.raises(Conflict):
        refused(shop, cheaper(5), number=1)
    with pytest.raises(NotAllowed, match="no other exchange"):
        refused(shop, cup)
    shop.comes()
    with pytest.raises(NotAllowed, match="nothing of it may have come"):
        refused(shop, cup)


def at_once(shop: Bazaar) -> None:
    shop.sold(shipping=500)
    shop.exchange(cheaper(1500))
    shop.sent_out()
    shop.comes()


def with_the_difference(shop: Bazaar) -> None:
    shop.sold()
    shop.exchange(cheaper(3000), at_once=False)
    shop.comes()
    shop.sent_out()


def cancelled_late(shop: Bazaar) -> None:
    shop.sold()
    shop.exchange(cheaper(1900), at_once=False)
    shop.comes()
    append(shop, shop.other(), orders.cancel(shop.other()), shop.by())
    shop.settle()


@pytest.mark.parametrize("life", [at_once, with_the_difference, cancelled_late])
def test_whoever_dies_between_the_logs_changes_nothing(life: Callable[[Bazaar], None]) -> None:
    undisturbed = Bazaar()
    life(undisturbed)
    balanced(undisturbed)
    assert undisturbed.writes > 6
    for number in range(undisturbed.writes):
        for when in ("before", "after"):
            shop = Bazaar(die_at=(number, when))
            life(shop)
            balanced(shop)
            for order_id in (ORDER, OTHER):
                assert said(shop, order_id) == said(undisturbed, order_id), (number, when)
            assert shop.gateway.refunds == undisturbed.gateway.refunds
            assert shop.gateway.charges == undisturbed.gateway.charges


def said(shop: Bazaar, order_id: str) -> Counter[str]:
    """What the log says; in which order, and in how many entries, is of no account."""
    return Counter(type(event).__name__ for entry in shop.log[order_id] for event in entry.events)
