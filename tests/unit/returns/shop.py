"""A shop in memory whose orders are at their customers' doors: log, stock and gateway of `MemoryStack`."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from oms.orders.after_sale import Disposition, ReturnReason
from oms.orders.events import OrderEvent, ParcelDelivered, PlacedLine
from oms.orders.log import Caller, append, load
from oms.orders.order import Order
from oms.returns import decisions
from oms.returns.credits import receive_and_credit
from oms.returns.decisions import Wanted
from oms.returns.receiving import Arrived, Receipt
from oms.returns.work import Ports
from oms.routing.process import advance
from oms.setup import Channel, Platform
from tests.support.memory_stack import MemoryStack
from tests.support.orders import placed
from tests.unit.routing.test_routing import ship

ORDER = "o1"
RETURN = "o1-r1"


class Shop(MemoryStack):
    """`desk()` are the ports of returns; `do` appends what a decision says and lets routing follow."""

    def __init__(self) -> None:
        super().__init__()
        self.channel = Channel(channel_id="shop", platform=Platform.CANONICAL, name="Shop")
        self._wishes = 0

    def desk(self) -> Ports:
        return Ports(
            log=self,
            channel=lambda _: self.channel,
            location=lambda location_id: self.sites[location_id],
            products=lambda skus: {sku: self.products[sku] for sku in skus if sku in self.products},
        )

    def by(self, cause: str = "") -> Caller:
        self._wishes += 1
        return self.caller(cause or f"wish {self._wishes}")

    def allocated(self, *lines: PlacedLine, shipping: int = 0, instrument: str = "sim_ok") -> Order:
        for each in lines:
            self.stock(each.sku, "north", each.quantity)
        self.captured(placed(*lines, shipping=shipping, instrument=instrument), ORDER)
        return advance(self.ports(), ORDER, "placed")

    def delivered(self, *lines: PlacedLine, shipping: int = 0, instrument: str = "sim_ok") -> Order:
        order = self.allocated(*lines, shipping=shipping, instrument=instrument)
        return self.bring(order)

    def bring(self, order: Order) -> Order:
        """Ship what is allocated, and deliver it."""
        order = advance(self.ports(), ship(self, order, "o1-1").order_id, f"shipped {order.version}")
        arrived = [
            ParcelDelivered(parcel_id=each.parcel_id, at=self.now)
            for each in order.parcels.values()
            if each.delivered_at is None
        ]
        self.tick()
        return append(self, order, arrived, self.by())

    def do(self, events: list[OrderEvent]) -> Order:
        """Append what was decided, and let routing see to the money."""
        order = append(self, load(self, ORDER), events, self.by())
        return advance(self.ports(), ORDER, f"after {order.version}")

    def now_is(self, moment: datetime) -> None:
        self.now = moment

    def approved(self, *units: Wanted, restocking_fee: int = 0, shipping_fee: int = 0) -> Order:
        """A return of these units that may come to the north."""
        order = self.do(decisions.request(load(self, ORDER), units))
        return_id = list(order.after_sale.returns)[-1]
        return self.do(
            decisions.approve(
                order, return_id, location_id="north", restocking_fee=restocking_fee, shipping_fee=shipping_fee
            )
        )

    def received(self, *units: Arrived, return_id: str = RETURN) -> Order:
        order = load(self, ORDER)
        return self.do(receive_and_credit(order, return_id, Receipt(location_id="north", units=units)))

    def final_sale(self, sku: str) -> None:
        self.products[sku] = replace(self.products[sku], final_sale=True)


def wants(line_id: str, quantity: int, reason: ReturnReason = ReturnReason.CHANGED_MIND) -> Wanted:
    return Wanted(line_id=line_id, quantity=quantity, reason=reason)


def came(line_id: str, quantity: int, disposition: Disposition = Disposition.RESTOCK) -> Arrived:
    return Arrived(line_id=line_id, quantity=quantity, disposition=disposition)
