"""What may change an order and its money beside sale and return, as rules of a state machine over the use cases."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from oms.errors import InvalidInput, NotAllowed
from oms.orders.edit_commands import AddLine, Amount, EditLine, EditOrder, EditShipping, edit_order, preview_edit
from oms.orders.exchanges import ShipWhen
from oms.orders.log import execute
from oms.orders.told import news
from oms.payments.notices import DisputeNews, Notice, Told
from oms.returns import exchanges, exchanging
from oms.returns import work as desk
from oms.returns.decisions import Wanted
from oms.returns.exchanges import ExchangeWish, Goods
from oms.returns.quantities import returnable
from tests.support.way_out import receive
from tests.unit.whole.returns_rules import Returns
from tests.unit.whole.sales_rules import INSTRUMENTS, LOCATIONS, SKUS, which


class Changes(Returns):
    """Edits, exchanges, money past any gateway, and what the customer's bank takes back."""

    @rule(
        at=which,
        line_at=which,
        units=st.one_of(st.none(), st.integers(0, 5)),
        more=st.one_of(st.none(), st.tuples(st.sampled_from(SKUS), st.integers(1, 3), st.integers(0, 1500))),
        shipping=st.one_of(st.none(), st.integers(0, 1200)),
    )
    def edited(
        self,
        at: int,
        line_at: int,
        units: int | None,
        more: tuple[str, int, int] | None,
        shipping: int | None,
    ) -> None:
        """More or fewer units of a line, another article, another way of shipping: as the preview says it."""
        order = self.pick_order(at)
        line_id = sorted(order.lines)[line_at % len(order.lines)]
        edit = EditOrder(
            lines=() if units is None else (EditLine(line_id=line_id, quantity=units),),
            add=()
            if more is None
            else (AddLine(sku=more[0], quantity=more[1], unit_price=Amount(amount=more[2], currency="EUR")),),
            shipping=None
            if shipping is None
            else EditShipping(service="express", amount=Amount(amount=shipping, currency="EUR")),
        )
        products = self.trade.returns_desk().products
        try:
            effect = preview_edit(self.trade, order.order_id, edit, order.version, products=products)
        except (NotAllowed, InvalidInput):
            return
        assert self.trade.order(order.order_id) == order
        after = edit_order(self.trade, order.order_id, edit, self.trade.caller(), order.version, products=products)
        assert (after.due, after.counts) == (effect.after.due, effect.after.counts)
        assert after.overcharged - order.overcharged in {effect.to_refund, after.overcharged - order.overcharged}

    @precondition(lambda self: self.left())
    @rule(
        at=which,
        sku=st.sampled_from(SKUS),
        units=st.integers(1, 2),
        price=st.one_of(st.none(), st.integers(0, 2500)),
        ship=st.sampled_from(ShipWhen),
        instrument=st.sampled_from(["", *INSTRUMENTS]),
    )
    def exchanged(self, at: int, sku: str, units: int, price: int | None, ship: ShipWhen, instrument: str) -> None:
        """Other goods in place of those that are announced to come back, at once or when they are in."""
        left = [(order, line_id) for order, line_id in self.left() if returnable(order, line_id)]
        if not left:
            return
        order, line_id = left[at % len(left)]
        ports = self.trade.returns_desk()
        wanted = [Wanted(line_id=line_id, quantity=min(units, returnable(order, line_id)))]
        order = desk.request(ports, self.wish(order), wanted)
        return_id = list(order.after_sale.returns)[-1]
        order = desk.approve(ports, self.wish(order), return_id, location_id=LOCATIONS[at % 2])
        assert exchanges.exchangeable(order, order.after_sale.returns[return_id])
        wish = ExchangeWish(
            goods=(Goods(sku=sku, quantity=units, price=price),),
            ship=ship,
            gateway="simulated" if instrument else "",
            instrument=instrument,
        )
        try:
            exchanging.request(ports, self.wish(order), return_id, exchange=wish)
        except InvalidInput:
            assert price is None
        self.trade.settle()

    @precondition(lambda self: any(each.order.after_sale.exchanges for each in self.targets()))
    @rule(at=which)
    def exchange_given_up(self, at: int) -> None:
        with_one = [each for each in self.targets() if exchanges.exchange_of(each.order, each.return_id)]
        if not with_one:
            return
        target = with_one[at % len(with_one)]
        try:
            exchanging.cancel(self.trade.returns_desk(), self.wish(target.order), target.return_id)
        except NotAllowed:
            exchange = exchanges.exchange_of(target.order, target.return_id)
            assert exchange is not None
            assert exchange.placed is not None

    @rule(at=which, amount=st.integers(1, 3000))
    def money_comes(self, at: int, amount: int) -> None:
        """Promised money is there, or a part of it."""
        orders = [self.trade.order(each) for each in self.trade.log]
        waiting = [
            (order, payment)
            for order in orders
            for payment in order.payments.values()
            if payment.method in {"cash_on_delivery", "bank_transfer"} and payment.outstanding
        ]
        if waiting:
            order, payment = waiting[at % len(waiting)]
            receive(self.trade, order.order_id, payment.payment_id, min(amount, payment.outstanding))

    @rule(at=which, hundredths=st.integers(1, 100), won=st.sampled_from([None, True, False]))
    def disputed(self, at: int, hundredths: int, won: bool | None) -> None:  # noqa: FBT001 - hypothesis hands it over
        """The customer's bank takes a charge back, for now or for good, or gives it back again."""
        orders = [self.trade.order(each) for each in self.trade.log]
        charged = [
            (order, payment)
            for order in orders
            for payment in order.payments.values()
            if payment.ours and (payment.refundable or payment.disputes)
        ]
        if not charged:
            return
        order, payment = charged[at % len(charged)]
        known = next(iter(payment.disputes.values()), None)
        amount = known.opened.amount if known else max(1, payment.refundable * hundredths // 100)
        told = DisputeNews(dispute_id=f"d-{payment.payment_id}", amount=amount, withdrawn=True, won=won)
        notice = Notice(
            gateway="simulated",
            notice_id=f"n-{self.trade.messages}",
            reference=payment.reference,
            told=Told.DISPUTED,
            dispute=told,
        )
        execute(self.trade, order.order_id, lambda now: news(now, notice, ()), self.trade.caller())
