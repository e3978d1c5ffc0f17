"""Whatever happens to an exchange, in whichever order: over both orders no cent is lost, and none is made."""

from __future__ import annotations

from hypothesis import event, given, settings
from hypothesis import strategies as st

from oms.errors import NotAllowed
from oms.orders import decisions as orders
from oms.orders.after_sale import Disposition, ReturnReason
from oms.orders.exchanges import ExchangeStatus
from oms.orders.log import append
from oms.orders.transitions import OrderStatus
from oms.payments.ledger import PaymentStatus
from oms.returns import decisions, exchanging
from oms.returns.credits import StaffCredit, claim, credit_more
from oms.returns.exchanges import Goods
from tests.support.orders import line
from tests.unit.returns.bazaar import EXCHANGE, OTHER, Bazaar, balanced, check
from tests.unit.returns.shop import ORDER, RETURN, wants

NAMES = (
    *("come", "send", "come", "send", "wait", "cancel goods", "cancel some goods", "pay", "goods come back"),
    *("close", "credit", "claim", "decline", "give up", "come whole"),
)
STEPS = st.lists(
    st.tuples(st.sampled_from(NAMES), st.integers(1, 2), st.sampled_from(Disposition)), min_size=3, max_size=8
)


@settings(max_examples=40, deadline=None)
@given(
    price=st.integers(1, 5000),
    units=st.integers(2, 4),
    shipping=st.sampled_from((0, 490)),
    fee=st.sampled_from((0, 0, 350)),
    asked=st.sampled_from((None, None, 0, 700, 1999, 4200)),
    at_once=st.booleans(),
    pays=st.booleans(),
    steps=STEPS,
)
def test_over_both_orders_what_was_charged_and_did_not_go_back_pays_for_what_is_kept(
    price: int,
    units: int,
    shipping: int,
    fee: int,
    asked: int | None,
    at_once: bool,  # noqa: FBT001 - hypothesis hands it over
    pays: bool,  # noqa: FBT001 - as above
    steps: list[tuple[str, int, Disposition]],
) -> None:
    shop = Bazaar()
    shop.stock("cup", "north", 20)
    shop.delivered(line("1", "mug", units, price, price // 6), shipping=shipping)
    shop.approved(wants("1", 2), shipping_fee=fee)
    goods = Goods(sku="cup", quantity=2, price=asked)
    shop.exchange(goods, at_once=at_once, instrument="" if pays else "sim_decline")
    check(shop)
    for name, count, disposition in steps:
        before = len(shop.log[ORDER]) + len(shop.log.get(OTHER, []))
        try:
            take(shop, name, count, disposition)
        except NotAllowed:
            event(f"{name} refused")
            continue
        if len(shop.log[ORDER]) + len(shop.log.get(OTHER, [])) > before:
            event(f"{name} done")
        check(shop)
    come_to_rest(shop)
    balanced(shop)


def take(shop: Bazaar, name: str, count: int, disposition: Disposition) -> None:
    """One thing that staff, a warehouse, a customer or time may do."""
    order = shop.order()
    match name:
        case "come":
            shop.comes(count, disposition)
        case "come whole":
            shop.comes(2)
        case "send" if shop.placed_other:
            shop.sent_out()
        case "cancel goods" if shop.placed_other:
            append(shop, shop.other(), orders.cancel(shop.other()), shop.by())
        case "cancel some goods" if shop.placed_other:
            append(shop, shop.other(), orders.cancel(shop.other(), {"1": 1}), shop.by())
        case "give up":
            exchanging.cancel(shop.desk(), shop.wish(), RETURN)
        case "close":
            append(shop, order, decisions.close(order, RETURN), shop.by())
        case "decline":
            append(shop, order, decisions.decline(order, RETURN, "no"), shop.by())
        case "claim":
            append(shop, order, claim(order, [wants("1", 1, ReturnReason.DAMAGED)]), shop.by())
        case "credit":
            append(shop, order, credit_more(order, RETURN, StaffCredit(units={}, charges=100)), shop.by())
        case "wait":
            shop.tick(40 * 86_400)
        case "pay" if shop.placed_other:
            again = orders.pay_again(shop.other(), gateway="simulated", instrument="sim_ok")
            append(shop, shop.other(), again, shop.by())
        case "goods come back" if shop.placed_other:
            other = shop.other()
            append(shop, other, claim(other, [wants("1", 1, ReturnReason.DAMAGED)]), shop.by())
    shop.settle()


def come_to_rest(shop: Bazaar) -> None:
    """Nothing more is expected, what was ordered is paid and leaves: every state has a way to this one."""
    order = shop.order()
    if order.after_sale.returns[RETURN].open:
        append(shop, order, decisions.close(order, RETURN), shop.by())
        shop.settle()
    if not shop.placed_other:
        return
    if "pay" in shop.other().actions:
        again = orders.pay_again(shop.other(), gateway="simulated", instrument="sim_ok")
        append(shop, shop.other(), again, shop.by())
        shop.settle()
    shop.sent_out()
    other = shop.other()
    assert not other.holds or other.status is OrderStatus.CANCELLED
    assert all(each.status is not PaymentStatus.PENDING for each in other.payments.values())
    exchange = shop.order().after_sale.exchanges[EXCHANGE]
    event(f"ends {exchange.status.value}")
    assert exchange.status is not ExchangeStatus.REQUESTED
