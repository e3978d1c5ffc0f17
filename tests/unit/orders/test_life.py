"""Any life that an order can have, made of the real decisions over a log and stock in memory; what is true of all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from oms.errors import NotAllowed
from oms.fulfillment import decisions as work
from oms.fulfillment.decisions import Packing
from oms.fulfillment.rejection import Rejecting, reject
from oms.orders import decisions
from oms.orders.events import HoldReason, OrderEvent, PaymentMethod, PlacedLine, UnitState
from oms.orders.evolve import fold
from oms.orders.log import append, load
from oms.orders.order import FulfillmentOrder, Order
from oms.orders.rejecting import RejectReason
from oms.orders.transitions import AT_LOCATION, REJECT, OrderStatus, fulfillment_actions, order_status
from oms.routing.backorders import fill_backorders
from oms.routing.process import advance
from tests.support.memory_stack import MemoryStack
from tests.support.orders import line, placed

ORDER = "o1"
SKUS = ("mug", "cup", "pot")
LOCATIONS = ("wien", "graz")

lines = st.builds(
    lambda sku, quantity, net, tax, ships: (sku, quantity, net, tax, ships),
    st.sampled_from(SKUS),
    st.integers(1, 5),
    st.integers(0, 2000),
    st.integers(0, 400),
    st.sampled_from([True, True, True, False]),
)


class Life(RuleBasedStateMachine):
    """One order; every rule is something that may happen to it at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = MemoryStack()
        for location_id in LOCATIONS:
            self.stack.location(location_id)
        for sku in SKUS:
            self.stack.stock(sku, "wien", 0)
        self.messages = 0

    @property
    def order(self) -> Order:
        return load(self.stack, ORDER)

    def _append(self, events: Sequence[OrderEvent]) -> None:
        self.messages += 1
        self.stack.tick()
        append(self.stack, self.order, events, self.stack.caller(f"message-{self.messages}"))

    # What may happen.

    @initialize(
        sold=st.lists(lines, min_size=1, max_size=4),
        shipping=st.integers(0, 900),
        difference=st.sampled_from([0, 0, 0, 1, -1, -5000]),
        gateway=st.booleans(),
    )
    def sale(
        self,
        sold: list[tuple[str, int, int, int, bool]],
        shipping: int,
        difference: int,
        gateway: bool,  # noqa: FBT001
    ) -> None:
        parts = [line(str(n), s, q, net, tax, ships=ships) for n, (s, q, net, tax, ships) in enumerate(sold, 1)]
        total = max(0, sum(part.net + part.tax for part in parts) + shipping + difference)
        self.stack.captured(
            placed(*parts, shipping=shipping, total=total, instrument="sim_ok" if gateway else ""), ORDER
        )

    @rule()
    def message(self) -> None:
        """Any message about the order leads here, also one that came before."""
        self.stack.tick()
        advance(self.stack.ports(), ORDER, f"message-{self.messages}")

    @rule(sku=st.sampled_from(SKUS), location=st.sampled_from(LOCATIONS), units=st.integers(1, 6))
    def delivery_of_goods(self, sku: str, location: str, units: int) -> None:
        self.stack.stock(sku, location, units)
        fill_backorders(self.stack.ports(), sku, "stock")

    @rule(data=st.data())
    def cancellation(self, data: st.DataObject) -> None:
        order = self.order
        whole = data.draw(st.booleans(), "all")
        wish = None if whole else data.draw(st.dictionaries(st.sampled_from(sorted(order.lines)), st.integers(1, 6)))
        before = order.counts
        try:
            events = decisions.cancel(order, wish)
        except NotAllowed:
            assert wish is not None or not any(map(order.cancellable, order.lines))
            return
        self._append(events)
        gone = self.order.counts.get(UnitState.CANCELLED, 0) - before.get(UnitState.CANCELLED, 0)
        if wish is None:
            assert not any(map(self.order.cancellable, order.lines)), "what is left, a location has to be asked for"
        else:
            assert gone == sum(wish.values())
            _without_a_place_first(order, self.order, wish)

    @rule()
    def hold(self) -> None:
        order = self.order
        if "hold" not in order.actions:
            with pytest.raises(NotAllowed):
                decisions.hold(order, HoldReason.MANUAL)
            return
        self._append(decisions.hold(order, HoldReason.MANUAL, f"note {self.messages}"))
        assert self.order.holds

    @precondition(lambda self: self.order.holds)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        handle = data.draw(st.sampled_from(sorted(self.order.holds)))
        self._append(decisions.release(self.order, handle))
        assert handle not in self.order.holds

    @precondition(lambda self: self.order.fulfillment_orders)
    @rule(data=st.data())
    def hands(self, data: st.DataObject) -> None:
        """Somebody in a location does what is allowed now, to all or to some of the units."""
        order = self.order
        share = data.draw(st.sampled_from(list(order.fulfillment_orders.values())), "where")
        allowed = order.actions_of(share)
        if not allowed:
            return
        action = data.draw(st.sampled_from(allowed), "what")
        source = {"pick": UnitState.ALLOCATED, "pack": UnitState.PICKED}.get(action)
        wish = None
        if source is not None and data.draw(st.booleans(), "a part"):
            line_id, count = next((k, c[source]) for k, c in share.lines.items() if c.get(source))
            wish = {line_id: data.draw(st.integers(1, count), "units")}
        self._append(self._decided(action, share, wish))

    def _decided(self, action: str, share: FulfillmentOrder, wish: dict[str, int] | None) -> Sequence[OrderEvent]:
        name, order, at = share.fulfillment_order_id, self.order, self.stack.now + timedelta(minutes=5)
        todo: dict[str, Callable[[], Sequence[OrderEvent]]] = {
            "accept": lambda: work.accept(order, name),
            "pick": lambda: work.pick(order, name, wish),
            "pack": lambda: work.pack(order, name, Packing(units=wish, grams=500)),
            "ship": lambda: work.ship(order, name),
            "deliver": lambda: work.deliver(order, name, at=at),
            "reject": lambda: reject(order, name, Rejecting(reason=PASSING[self.messages % 3])).events,
        }
        return todo[action]()

    # What is always true.

    @invariant()
    def every_unit_has_exactly_one_fate(self) -> None:
        for each in self.order.lines.values():
            assert all(count >= 0 for count in each.counts.values())
            assert sum(each.counts.values()) == each.placed.quantity

    @invariant()
    def lines_and_fulfillment_orders_tell_the_same(self) -> None:
        order = self.order
        shares: Counter[tuple[str, UnitState]] = Counter()
        for share in order.fulfillment_orders.values():
            for line_id, counts in share.lines.items():
                assert all(count >= 0 for count in counts.values())
                shares.update({(line_id, state): count for state, count in counts.items()})
        for line_id, each in order.lines.items():
            for state in AT_LOCATION | {UnitState.SHIPPED}:
                assert shares[line_id, state] == each.counts.get(state, 0)
            delivered = each.counts.get(UnitState.DELIVERED, 0)
            assert shares[line_id, UnitState.DELIVERED] == (delivered if each.placed.requires_shipping else 0)
            assert shares[line_id, UnitState.CANCELLED] <= each.counts.get(UnitState.CANCELLED, 0)
            assert not shares[line_id, UnitState.OPEN] + shares[line_id, UnitState.BACKORDERED]

    @invariant()
    def parcels_hold_what_their_fulfillment_orders_say(self) -> None:
        order = self.order
        for share in order.fulfillment_orders.values():
            packed: Counter[str] = Counter()
            for parcel_id in share.parcel_ids:
                for unit in order.parcels[parcel_id].contents:
                    packed[unit.line_id] += unit.quantity
            boxed = (UnitState.PACKED, UnitState.SHIPPED, UnitState.DELIVERED)
            for line_id, counts in share.lines.items():
                assert packed[line_id] == sum(counts.get(state, 0) for state in boxed)

    @invariant()
    def stock_is_committed_for_the_units_at_a_location_and_for_no_others(self) -> None:
        order = self.order
        committed: Counter[tuple[str, str]] = Counter()
        for share in order.fulfillment_orders.values():
            for line_id, counts in share.lines.items():
                key = order.lines[line_id].placed.sku, share.location_id
                committed[key] += sum(counts.get(state, 0) for state in AT_LOCATION)
        for key, level in self.stack.levels.items():
            assert level.committed == committed[key]
            assert level.on_hand == level.available + level.committed + sum(level.unavailable.values())
            assert level.available >= 0

    @invariant()
    def a_place_in_line_is_kept_for_the_backordered_units_and_for_no_others(self) -> None:
        waiting = Counter({sku: sum(w.quantity for w in places.values()) for sku, places in self.stack.line.items()})
        backordered: Counter[str] = Counter()
        for each in self.order.lines.values():
            backordered[each.placed.sku] += each.counts.get(UnitState.BACKORDERED, 0)
        assert +waiting == +backordered

    @invariant()
    def money_is_never_less_than_nothing_nor_more_than_was_agreed(self) -> None:
        order = self.order
        assert 0 <= order.due <= max(order.total, 0) or order.placed.total < _sum_of(order)
        assert order.charged >= 0
        if order.placed.payment.method is PaymentMethod.GATEWAY:
            assert order.charged <= order.covered <= max(order.total, 0)
            assert order.charged <= order.due or order.placed.total < _sum_of(order)

    @invariant()
    def the_status_follows_from_the_units_and_the_holds(self) -> None:
        order = self.order
        counts = [each.counts for each in order.lines.values() if each.placed.requires_shipping and each.live]
        live = _added(counts or [each.counts for each in order.lines.values()])
        assert order.status is order_status(live, held=bool(order.holds))
        for share in order.fulfillment_orders.values():
            allowed = fulfillment_actions(share.counts, accepted=share.accepted, held=bool(order.holds))
            assert order.actions_of(share) == allowed

    @invariant()
    def the_log_can_be_read_at_any_moment_and_in_any_portions(self) -> None:
        entries = self.stack.entries(ORDER)
        assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
        cut = self.messages % (len(entries) + 1)
        assert fold(entries[cut:], fold(entries[:cut])) == self.order
        assert sorted(entry.at for entry in entries) == [entry.at for entry in entries]

    def teardown(self) -> None:
        """In the end everything is let go, sent and delivered, and the money is right."""
        if not self.stack.log:
            return
        for _ in range(200):
            before = self.order.version
            self._finish()
            if self.order.version == before:
                break
        order = self.order
        assert order.status in {OrderStatus.DELIVERED, OrderStatus.CANCELLED}
        if order.placed.payment.method is PaymentMethod.GATEWAY and order.placed.total >= _sum_of(order):
            assert order.charged == order.covered == order.due

    def _finish(self) -> None:
        for handle in list(self.order.holds):
            self._append(decisions.release(self.order, handle))
        self.stack.now += timedelta(days=1)
        advance(self.stack.ports(), ORDER, "last")
        for sku in SKUS:
            self.stack.stock(sku, "graz", 20)
            fill_backorders(self.stack.ports(), sku, "last stock", fresh_at="graz")
        for share in self.order.fulfillment_orders.values():
            for action in [each for each in self.order.actions_of(share) if each != REJECT]:
                self._append(self._decided(action, self.order.fulfillment_orders[share.fulfillment_order_id], None))
        advance(self.stack.ports(), ORDER, "very last")


PASSING = (RejectReason.NOT_IN_STOCK, RejectReason.DAMAGED, RejectReason.TOO_BUSY)
"""Why a location gives units back that it may be asked for again some day."""


def _added(all_counts: Sequence[object]) -> Counter[UnitState]:
    total: Counter[UnitState] = Counter()
    for counts in all_counts:
        total.update(counts)  # type: ignore[call-overload]
    return total


def _sum_of(order: Order) -> int:
    parts: Sequence[PlacedLine] = [each.placed for each in order.lines.values()]
    return sum(part.net + part.tax for part in parts) + sum(c.net + c.tax for c in order.placed.charges)


def _without_a_place_first(before: Order, after: Order, wish: dict[str, int]) -> None:
    """Units at a location are only cancelled when none is left that has no place."""
    for line_id in wish:
        was, now = before.lines[line_id].counts, after.lines[line_id].counts
        if now.get(UnitState.ALLOCATED, 0) < was.get(UnitState.ALLOCATED, 0):
            assert not now.get(UnitState.OPEN)
            assert not now.get(UnitState.BACKORDERED)
        if now.get(UnitState.BACKORDERED, 0) < was.get(UnitState.BACKORDERED, 0):
            assert not now.get(UnitState.OPEN)


TestLife = Life.TestCase
TestLife.settings = settings(stateful_step_count=30)
