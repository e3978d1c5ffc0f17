"""A shop in memory that exchanges: two orders, the stages that work on them, and the books over both."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from oms.orders.after_sale import Disposition
from oms.orders.events import UnitState
from oms.orders.exchanges import ShipWhen
from oms.orders.log import append, load
from oms.orders.order import Entry, Order, units_value
from oms.returns import exchanging
from oms.returns.exchanges import ExchangeWish, Goods, exchange_order_id
from oms.returns.work import Wish
from oms.routing.process import advance
from tests.support.orders import line
from tests.unit.returns.shop import ORDER, RETURN, Shop, came, wants
from tests.unit.routing.test_routing import ship

EXCHANGE = f"{ORDER}-x1"
OTHER = exchange_order_id(EXCHANGE)


class Died(BaseException):
    """The process ended here; nothing of ours may catch it."""


class Bazaar(Shop):
    """`settle` lets the stages do what there is to do.

    With `die_at` the process ends before or after one of their writes, and its messages come again.
    """

    def __init__(self, die_at: tuple[int, str] | None = None) -> None:
        super().__init__()
        self.writes = 0
        """Writes of the stages so far."""
        self.die_at = die_at
        self._at_work = False

    def _write(self, act: Any) -> Any:
        if not self._at_work:
            return act()
        number = self.writes
        self.writes += 1
        if self.die_at == (number, "before"):
            raise Died
        result = act()
        if self.die_at == (number, "after"):
            raise Died
        return result

    def place(self, entry: Entry) -> Entry:
        placed: Entry = self._write(lambda: super(Bazaar, self).place(entry))
        return placed

    def append(self, before: Order, entry: Entry, *, references: Any = ()) -> None:
        self._write(lambda: super(Bazaar, self).append(before, entry, references=references))

    def order(self) -> Order:
        return load(self, ORDER)

    def other(self) -> Order:
        return load(self, OTHER)

    @property
    def placed_other(self) -> bool:
        return bool(self.entries(OTHER))

    def sold(self, units: int = 2, price: int = 2000, *, instrument: str = "sim_ok", shipping: int = 0) -> Order:
        """An order of mugs at the customer's door, and cups in stock; one mug may come back."""
        self.stock("cup", "north", 20)
        self.delivered(line("1", "mug", units, price * units), shipping=shipping, instrument=instrument)
        return self.approved(wants("1", 1))

    def exchange(
        self,
        *goods: Goods,
        at_once: bool = True,
        instrument: str = "",
        gateway: str = "",
        return_id: str = RETURN,
    ) -> None:
        wish = ExchangeWish(
            goods=goods or (Goods(sku="cup", quantity=1),),
            ship=ShipWhen.AT_ONCE if at_once else ShipWhen.ON_RECEIPT,
            gateway=gateway or ("simulated" if instrument else ""),
            instrument=instrument,
        )
        exchanging.request(self.desk(), self.wish(), return_id, exchange=wish)
        self.settle()

    def wish(self, order_id: str = ORDER) -> Wish:
        return Wish(order_id=order_id, caller=self.by())

    def comes(self, count: int = 1, disposition: Disposition = Disposition.RESTOCK, return_id: str = RETURN) -> None:
        """Units of the return come in."""
        from oms.returns.credits import receive_and_credit
        from oms.returns.receiving import Receipt

        receipt = Receipt(location_id="north", units=(came("1", count, disposition),))
        order = self.order()
        append(self, order, receive_and_credit(order, return_id, receipt), self.by())
        self.settle()

    def settle(self) -> None:
        """Routing and returns look at both orders until nobody has anything to do."""
        self._at_work = True
        try:
            self._rounds()
        except Died:
            self._rounds()
        finally:
            self._at_work = False

    def _rounds(self) -> None:
        while True:
            before = self._versions()
            for order_id in (ORDER, OTHER):
                if self.entries(order_id):
                    exchanging.follow(self.desk(), order_id, self.by())
                    advance(self.ports(), order_id, self.by().cause)
            if self._versions() == before:
                return

    def _versions(self) -> list[int]:
        return [len(self.log.get(order_id, [])) for order_id in (ORDER, OTHER)]

    def sent_out(self) -> Order:
        """The goods of the exchange leave."""
        order = self.other()
        if order.counts.get(UnitState.ALLOCATED) and not order.holds:
            ship(self, order, f"{OTHER}-1")
        self.settle()
        return self.other()


def check(shop: Bazaar) -> None:
    """Over both orders: what was charged and did not go back is the value of what the customer keeps.

    Money that was carried over is counted once, where it was charged.
    """
    orders = [shop.order(), *([shop.other()] if shop.placed_other else [])]
    here = orders[0]
    sent, back = _sent(here), _returned(here)
    if len(orders) > 1:
        there = orders[1]
        tender = there.payments.get("exchange")
        received = tender.captured if tender else 0
        assert (received, _sent(there)) == (sent, back), "what one order sent is what the other got"
        assert there.refunded + there.transferred <= there.charged
    else:
        received = 0
        assert (sent, back) == (0, 0)
    charged, refunded = sum(each.charged for each in orders) - received, sum(each.refunded for each in orders)
    assert charged == sum(shop.gateway.charges.values())
    assert refunded == sum(shop.gateway.refunds.values())
    for order in orders:
        assert 0 <= order.refunded <= order.charged
        assert order.transferred >= 0
        kept = order.charged - order.refunded - order.transferred
        if not order.holds:
            assert kept <= order.due + _claims(order), "nothing stays that is not owed"
    assert set(shop.totals()) == {0}


def balanced(shop: Bazaar) -> None:
    """Once everything has left and nothing is expected: charged less refunded is what is kept, to the cent."""
    check(shop)
    orders = [shop.order(), *([shop.other()] if shop.placed_other else [])]
    money = sum(shop.gateway.charges.values()) - sum(shop.gateway.refunds.values())
    assert money == sum(each.due for each in orders)
    for order in orders:
        assert order.charged - order.refunded - order.transferred == order.due
        if order.order_id == ORDER or order.due:
            value = sum(units_value(each.placed, order.kept(line_id)) for line_id, each in order.lines.items())
            charges = order.charges_total - order.after_sale.credited_charges + order.after_sale.fees
            assert order.due == value + charges


def _sent(order: Order) -> int:
    return sum(each.amount for payment in order.payments.values() for each in payment.transfers)


def _returned(order: Order) -> int:
    return sum(each.amount for payment in order.payments.values() for each in payment.returned)


def _claims(order: Order) -> int:
    from oms.orders.transfers import claimed

    return claimed(order.after_sale, order.payments)


def cheaper(price: int) -> Goods:
    return replace(Goods(sku="cup", quantity=1), price=price)
