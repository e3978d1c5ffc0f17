"""What may happen to orders after the sale, as rules of a state machine over the real use cases."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from oms.errors import NotAllowed
from oms.orders.after_sale import Disposition, Return, ReturnReason
from oms.orders.order import Order
from oms.returns import work as desk
from oms.returns.credits import StaffCredit
from oms.returns.decisions import ACTIONS, Wanted
from oms.returns.policy import FAULTS
from oms.returns.quantities import returnable, sent
from oms.returns.receiving import Arrived, Receipt
from tests.unit.whole.sales_rules import LOCATIONS, Sales, which


@dataclass(frozen=True, slots=True)
class Target:
    """A return of an order, and what can be done with it."""

    order: Order
    return_id: str
    known: Return

    @property
    def actions(self) -> tuple[str, ...]:
        """As the API names them."""
        return ACTIONS[self.known.status]


class Returns(Sales):
    """Goods and money on their way back."""

    def wish(self, order: Order) -> desk.Wish:
        """Somebody's wish about an order."""
        return desk.Wish(order_id=order.order_id, caller=self.trade.caller())

    def targets(self) -> list[Target]:
        """All returns that there are."""
        orders = [self.trade.order(each) for each in self.trade.log]
        return [Target(order, k, known) for order in orders for k, known in order.after_sale.returns.items()]

    def left(self) -> list[tuple[Order, str]]:
        """Lines of which units have left, by order."""
        orders = [self.trade.order(each) for each in self.trade.log]
        return [(order, line_id) for order in orders for line_id in order.lines if sent(order, line_id)]

    @precondition(lambda self: self.left())
    @rule(at=which, units=st.integers(1, 3), reason=st.sampled_from(ReturnReason), by_customer=st.booleans())
    def announced(self, at: int, units: int, reason: ReturnReason, by_customer: bool) -> None:  # noqa: FBT001
        """A customer, or staff for them, announce that units come back."""
        left = self.left()
        order, line_id = left[at % len(left)]
        wanted = [Wanted(line_id=line_id, quantity=units, reason=reason)]
        use_case = desk.request_by_customer if by_customer else desk.request
        try:
            use_case(self.trade.returns_desk(), self.wish(order), wanted)
        except NotAllowed:
            assert units > returnable(order, line_id)
        else:
            assert units <= returnable(order, line_id)

    @precondition(lambda self: self.left())
    @rule(
        at=which,
        units=st.integers(1, 3),
        reason=st.sampled_from(ReturnReason),
        disposition=st.sampled_from(Disposition),
        fee=st.integers(0, 300),
        settles=st.booleans(),
    )
    def sent_back(
        self,
        at: int,
        units: int,
        reason: ReturnReason,
        disposition: Disposition,
        fee: int,
        settles: bool,  # noqa: FBT001 - hypothesis hands it over
    ) -> None:
        """As many as can be are announced and approved, and the first of them comes."""
        left = self.left()
        order, line_id = left[at % len(left)]
        units = min(units, returnable(order, line_id))
        if not units:
            return
        wanted = [Wanted(line_id=line_id, quantity=units, reason=reason)]
        order = desk.request(self.trade.returns_desk(), self.wish(order), wanted)
        return_id = list(order.after_sale.returns)[-1]
        fee = 0 if reason in FAULTS else fee
        desk.approve(
            self.trade.returns_desk(),
            self.wish(order),
            return_id,
            location_id=LOCATIONS[at % 2],
            restocking_fee=fee,
            shipping_fee=fee // 2,
        )
        arrived = (Arrived(line_id=line_id, quantity=1, disposition=disposition),)
        receipt = Receipt(location_id=LOCATIONS[at % 2], units=arrived)
        desk.receive(self.trade.returns_desk(), self.wish(order), return_id, receipt=receipt)
        if settles:
            self.trade.settle(order.order_id)

    @precondition(lambda self: self.targets())
    @rule(at=which, restocking=st.integers(0, 300), way_back=st.integers(0, 300))
    def approved(self, at: int, restocking: int, way_back: int) -> None:
        targets = self.targets()
        target = targets[at % len(targets)]
        if all(each.reason in FAULTS for each in target.known.requested.units):
            restocking = way_back = 0
        try:
            desk.approve(
                self.trade.returns_desk(),
                self.wish(target.order),
                target.return_id,
                location_id=LOCATIONS[at % 2],
                restocking_fee=restocking,
                shipping_fee=way_back,
            )
        except NotAllowed:
            # What was declined may have been announced anew meanwhile.
            assert "approve" not in target.actions or target.known.declined is not None

    @precondition(lambda self: self.targets())
    @rule(at=which)
    def declined(self, at: int) -> None:
        targets = self.targets()
        target = targets[at % len(targets)]
        try:
            desk.decline(self.trade.returns_desk(), self.wish(target.order), target.return_id, reason="no")
        except NotAllowed:
            assert "decline" not in target.actions

    @precondition(lambda self: self.targets())
    @rule(
        at=which,
        line_at=which,
        came=st.lists(st.tuples(st.sampled_from(Disposition), st.integers(1, 2)), min_size=1, max_size=3),
        settles=st.booleans(),
    )
    def received(self, at: int, line_at: int, came: list[tuple[Disposition, int]], settles: bool) -> None:  # noqa: FBT001
        """More or less than was announced, another line too: what fits what was sent is booked in."""
        targets = self.targets()
        target = targets[at % len(targets)]
        line_id = sorted(target.order.lines)[line_at % len(target.order.lines)]
        units = tuple(Arrived(line_id=line_id, quantity=count, disposition=each) for each, count in came)
        receipt = Receipt(location_id=LOCATIONS[line_at % 2], units=units)
        try:
            desk.receive(self.trade.returns_desk(), self.wish(target.order), target.return_id, receipt=receipt)
        except NotAllowed:
            return
        assert "receive" in target.actions
        if settles:
            self.trade.settle(target.order.order_id)

    @precondition(lambda self: self.left())
    @rule(
        at=which,
        units=st.integers(1, 2),
        disposition=st.sampled_from([Disposition.RESTOCK, Disposition.QUARANTINE, Disposition.SCRAP]),
        credit=st.booleans(),
        reason=st.sampled_from(ReturnReason),
    )
    def unannounced(self, at: int, units: int, disposition: Disposition, credit: bool, reason: ReturnReason) -> None:  # noqa: FBT001
        left = self.left()
        order, line_id = left[at % len(left)]
        arrived = (Arrived(line_id=line_id, quantity=units, disposition=disposition),)
        receipt = Receipt(location_id=LOCATIONS[at % 2], units=arrived)
        try:
            desk.receive_unannounced(
                self.trade.returns_desk(), self.wish(order), receipt=receipt, credit=credit, reason=reason
            )
        except NotAllowed:
            return

    @precondition(lambda self: self.targets())
    @rule(at=which, line_at=which, units=st.integers(0, 2), charges=st.integers(0, 400))
    def credited(self, at: int, line_at: int, units: int, charges: int) -> None:
        """Staff credit more of what came than was announced, or charges."""
        targets = self.targets()
        target = targets[at % len(targets)]
        line_id = sorted(target.order.lines)[line_at % len(target.order.lines)]
        more = StaffCredit(units={line_id: units} if units else {}, charges=charges if units else charges + 1)
        try:
            desk.credit(self.trade.returns_desk(), self.wish(target.order), target.return_id, more=more)
        except NotAllowed:
            return
        assert "credit" in target.actions

    @precondition(lambda self: self.targets())
    @rule(at=which)
    def closed(self, at: int) -> None:
        targets = self.targets()
        target = targets[at % len(targets)]
        try:
            desk.close(self.trade.returns_desk(), self.wish(target.order), target.return_id)
        except NotAllowed:
            assert target.known.open
            assert "close" not in target.actions

    @precondition(lambda self: self.left())
    @rule(at=which, units=st.integers(1, 2), reason=st.sampled_from(sorted(FAULTS)), charges=st.integers(0, 200))
    def claimed(self, at: int, units: int, reason: ReturnReason, charges: int) -> None:
        """A customer keeps what is damaged, or never got it, and gets the money back."""
        left = self.left()
        order, line_id = left[at % len(left)]
        wanted = [Wanted(line_id=line_id, quantity=units, reason=reason)]
        try:
            desk.claim(self.trade.returns_desk(), self.wish(order), wanted, charges=charges)
        except NotAllowed:
            return
