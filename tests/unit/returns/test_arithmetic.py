"""Whatever is cancelled, returned, credited and claimed: what was charged less what went back is what is kept."""

from __future__ import annotations

import contextlib

from hypothesis import event, given, settings
from hypothesis import strategies as st

from oms.errors import NotAllowed
from oms.orders import decisions as orders
from oms.orders.after_sale import Disposition, ReturnReason, UnitsReceived
from oms.orders.condition import ItemCondition
from oms.orders.events import UnitState
from oms.orders.log import load
from oms.orders.order import Order
from oms.returns import decisions, quantities
from oms.returns.credits import (
    StaffCredit,
    claim,
    credit_more,
    receive_and_credit,
    receive_unannounced_and_credit,
)
from oms.returns.decisions import Wanted
from oms.returns.policy import FAULTS
from oms.returns.receiving import Arrived, Receipt
from oms.routing.steps import next_step
from oms.stock.movements import SET_ASIDE
from tests.support.orders import line
from tests.unit.returns.shop import ORDER, RETURN, Shop, came, wants


def test_an_order_of_179_25_is_never_refunded_with_179_26(shop: Shop) -> None:
    """woocommerce#64668: the refunds of rounded unit prices came to a cent more than was paid."""
    shop.delivered(line("1", "mug", 7, 14643, 2782), shipping=500)
    shop.approved(wants("1", 7, ReturnReason.DAMAGED))
    for number in range(1, 8):
        order = shop.received(came("1", 1))
        assert order.charged - order.refunded == order.due, number
    assert (order.charged, order.refunded, order.due) == (17925, 17925, 0)
    assert sum(shop.gateway.refunds.values()) == 17925


def test_the_discount_of_what_is_cancelled_or_returned_does_not_slide_to_what_is_kept(shop: Shop) -> None:
    """vendure#4811: an order discount was spread anew over the lines that remained."""
    # 100.00 and 50.00 with 30.00 off the order: 80.00 and 40.00.
    order = shop.allocated(line("1", "coat", 1, 8000), line("2", "cap", 2, 4000))
    order = shop.do(orders.cancel(order, {"2": 1}))
    assert order.due == 8000 + 2000
    shop.bring(order)
    shop.approved(wants("2", 1))
    order = shop.received(came("2", 1))
    assert (order.charged, order.refunded, order.due) == (10000, 2000, 8000)


def test_a_second_partial_refund_goes_through_like_the_first(shop: Shop) -> None:
    """vendure#868, medusa#10842: the second partial refund of a payment failed."""
    shop.delivered(line("1", "mug", 3, 1000))
    shop.approved(wants("1", 1))
    assert shop.received(came("1", 1)).refunded == 333
    shop.approved(wants("1", 1))
    assert shop.received(came("1", 1), return_id="o1-r2").refunded == 666
    order = shop.do(claim(load(shop, ORDER), [wants("1", 1, ReturnReason.DAMAGED)]))
    assert (order.refunded, order.due) == (1000, 0)
    assert len(shop.gateway.refunds) == 3


def test_shipping_goes_back_with_its_tax(shop: Shop) -> None:
    """vendure#989: the tax on shipping was forgotten."""
    from dataclasses import replace

    from oms.orders.events import Charge, ChargeKind
    from oms.routing.process import advance
    from tests.support.orders import placed

    shop.stock("mug", "north", 1)
    order = placed(line("1", "mug", 1, 1000, 190), instrument="sim_ok")
    charges = (Charge(kind=ChargeKind.SHIPPING, title="Parcel", net=500, tax=95),)
    payment = replace(order.payment, amount=1785)
    shop.captured(replace(order, charges=charges, total=1785, payment=payment), ORDER)
    shop.bring(advance(shop.ports(), ORDER, "placed"))
    after = shop.do(claim(load(shop, ORDER), [wants("1", 1, ReturnReason.MISSING)]))
    assert (after.charged, after.refunded) == (1785, 1785)


def test_staff_may_credit_charges_and_no_more_than_were_charged(shop: Shop) -> None:
    shop.delivered(line("1", "mug", 2, 2000), shipping=500)
    shop.approved(wants("1", 1))
    order = shop.received(came("1", 1))
    order = shop.do(credit_more(order, RETURN, StaffCredit(units={}, charges=200)))
    assert order.refunded == 1200
    for charges in (301, 10**6):
        with contextlib.suppress(NotAllowed):
            credit_more(order, RETURN, StaffCredit(units={}, charges=charges))
            raise AssertionError(charges)
    assert shop.do(credit_more(order, RETURN, StaffCredit(units={}, charges=300))).refunded == 1500


LINES = 3
NAMES = (
    *("cancel", "ship", "request", "approve", "decline", "receive", "unannounced", "credit", "claim", "close"),
    *("send back", "send back"),
)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(NAMES),
        st.integers(0, LINES - 1),
        st.integers(1, 3),
        st.sampled_from(ReturnReason),
        st.sampled_from(Disposition),
        st.integers(0, 300),
    ),
    min_size=3,
    max_size=14,
)


@settings(max_examples=80, deadline=None)
@given(
    prices=st.lists(st.integers(0, 999), min_size=LINES, max_size=LINES),
    quantities=st.lists(st.integers(1, 5), min_size=LINES, max_size=LINES),
    shipping=st.integers(0, 500),
    early=st.sampled_from([True, True, True, False]),
    steps=STEPS,
)
def test_money_goods_and_stock_add_up_after_every_step(
    prices: list[int],
    quantities: list[int],
    shipping: int,
    early: bool,  # noqa: FBT001 - hypothesis hands it over
    steps: list[tuple[str, int, int, ReturnReason, Disposition, int]],
) -> None:
    shop = Shop()
    lines = [line(str(n), f"sku-{n}", quantities[n], price, price // 5) for n, price in enumerate(prices)]
    order = shop.allocated(*lines, shipping=shipping)
    if early:
        order = shop.bring(order)
    for name, at, count, reason, disposition, amount in steps:
        before = order
        try:
            order = take(shop, order, name, str(at), count, reason, disposition, amount)
        except NotAllowed:
            event(f"{name} refused")
            continue
        if order.version > before.version:
            event(f"{name} done")
        check(shop, order)
    assert next_step(order, shop.now) is None


def take(
    shop: Shop,
    order: Order,
    name: str,
    line_id: str,
    count: int,
    reason: ReturnReason,
    disposition: Disposition,
    amount: int,
) -> Order:
    return_id = list(order.after_sale.returns)[-1] if order.after_sale.returns else ""
    arrived = Arrived(line_id=line_id, quantity=count, disposition=disposition, credit=amount % 3 > 0)
    receipt = Receipt(location_id="north", units=(arrived,))
    condition = list(ItemCondition)[amount % 4]
    wanted = [Wanted(line_id=line_id, quantity=count, reason=reason, condition=condition)]
    faulty = [Wanted(line_id=line_id, quantity=count, reason=ReturnReason.DAMAGED)]
    if name == "ship":
        return shop.bring(order) if order.counts.get(UnitState.ALLOCATED) else order
    if name in {"approve", "decline", "receive", "credit", "close"} and not return_id:
        return order
    if name == "send back":
        count = min(count, quantities.returnable(order, line_id))
        if not count:
            return order
        order = shop.do(decisions.request(order, [Wanted(line_id=line_id, quantity=count, reason=reason)]))
        return_id = list(order.after_sale.returns)[-1]
        restocking, shipping = (0, 0) if reason in FAULTS else (amount, amount // 2)
        order = shop.do(
            decisions.approve(order, return_id, location_id="north", restocking_fee=restocking, shipping_fee=shipping)
        )
        return shop.do(receive_and_credit(order, return_id, Receipt(location_id="north", units=(came(line_id, 1),))))
    deciders = {
        "cancel": lambda: orders.cancel(order, {line_id: count}),
        "request": lambda: decisions.request(order, wanted),
        "approve": lambda: decisions.approve(
            order, return_id, location_id="north", restocking_fee=amount, shipping_fee=amount // 2
        ),
        "decline": lambda: decisions.decline(order, return_id, "no"),
        "receive": lambda: receive_and_credit(order, return_id, receipt),
        "unannounced": lambda: receive_unannounced_and_credit(order, receipt, credit=bool(amount % 2)),
        "credit": lambda: credit_more(order, return_id, StaffCredit(units={line_id: count}, charges=amount)),
        "claim": lambda: claim(order, faulty, charges=amount),
        "close": lambda: decisions.close(order, return_id),
    }
    return shop.do(deciders[name]())


def check(shop: Shop, order: Order) -> None:
    """What holds at any time."""
    for line_id, each in order.lines.items():
        credited = order.after_sale.credited_units.get(line_id, 0)
        assert 0 <= credited <= quantities.sent(order, line_id) <= each.live
        assert quantities.came_back(order, line_id) <= quantities.sent(order, line_id)
        assert quantities.returnable(order, line_id) >= 0
    assert 0 <= order.refunded <= order.charged
    assert sum(shop.gateway.refunds.values()) == order.refunded
    assert order.due >= 0
    if not order.counts.get(UnitState.ALLOCATED):
        assert order.charged - order.refunded == order.due
    assert set(shop.totals()) == {0}
    kept = sum(
        each.quantity
        for receipt in receipts(order)
        for each in receipt.units
        if each.disposition is Disposition.RESTOCK or each.disposition in SET_ASIDE
    )
    sold = sum(each.placed.quantity for each in order.lines.values())
    gone = sum(quantities.sent(order, line_id) for line_id in order.lines)
    assert sum(level.on_hand for level in shop.levels.values()) == sold - gone + kept


def receipts(order: Order) -> list[UnitsReceived]:
    known = order.after_sale
    return [*known.unannounced, *(each for one in known.returns.values() for each in one.received)]
