"""What may happen to orders from the sale to the door, as rules of a state machine over the real use cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from oms.carriers.protocol import Scan
from oms.channels.document import DocumentKind, document
from oms.errors import InvalidInput, NotAllowed
from oms.orders import commands, substituting
from oms.orders.contact import Contact
from oms.orders.edit_commands import Amount
from oms.orders.events import PaymentMethod, PaymentTerms, TrackingStatus, UnitState
from oms.orders.hold_commands import HoldOrder, ReleaseHold, hold_order, release_hold
from oms.orders.holding import OwnReason
from oms.orders.order import Order
from oms.orders.substituting import OfferStatus
from oms.orders.substitution_commands import (
    Answer,
    AnswerOffer,
    OfferSubstitute,
    answer_by_customer,
    offer_substitute,
)
from oms.orders.transitions import AT_LOCATION, CANCELLATION_ANSWERS, FulfillmentStatus, Way
from tests.support.books import Silence
from tests.support.memory_stack import ADDRESS
from tests.support.orders import line, placed
from tests.support.trade import Trade, terms
from tests.support.way_out import hands, open_store

DELIVERED, CANCELLED = FulfillmentStatus.DELIVERED, FulfillmentStatus.CANCELLED
SKUS = ("mug", "cup", "pot")
LOCATIONS = ("wien", "graz")
MOST_ORDERS = 3

INSTRUMENTS = (
    "sim_ok",
    "sim_ok",
    "sim_expires:3000",
    "sim_decline",
    "sim_timeout:40",
    "sim_late:50",
    "sim_late_decline:50",
    "sim_once",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """What is bought: sku, units, net, tax and whether it goes into a parcel, by line; `pays` names how."""

    lines: Sequence[tuple[str, int, int, int, bool]]
    shipping: int
    difference: int
    """What the channel's total differs from the sum of its parts."""
    pays: str
    gift_card: int
    """Hundredths of the total that a gift card pays, which the channel has taken."""
    fetched: str
    """The location at which the customer fetches it; empty when it is brought."""


sales = st.builds(
    Sale,
    lines=st.lists(
        st.tuples(
            st.sampled_from(SKUS),
            st.integers(1, 4),
            st.integers(0, 2000),
            st.integers(0, 400),
            st.sampled_from([True, True, True, True, False]),
        ),
        min_size=1,
        max_size=3,
    ),
    shipping=st.integers(0, 900),
    difference=st.sampled_from([0, 0, 0, 0, 0, 1, -1]),
    pays=st.sampled_from(
        [*INSTRUMENTS, "prepaid", "channel_authorised", "unpaid", "cash_on_delivery", "bank_transfer"]
    ),
    gift_card=st.sampled_from([0, 0, 0, 30, 100]),
    fetched=st.sampled_from(["", "", "graz", "graz", "wien"]),
)

which = st.integers(0, 11)
"""One of the orders, lines, shares or returns that there are: counted round."""

some = st.one_of(st.none(), st.integers(1, 3))
"""All units that can be meant, or so many of the first line that has any."""


class Sales(RuleBasedStateMachine):
    """The trade with its orders; other rules build on it."""

    def __init__(self) -> None:
        super().__init__()
        self.trade = Trade()
        for location_id in LOCATIONS:
            self.trade.location(location_id)
        for sku in SKUS:
            self.trade.arrive(sku, "wien", 2)

    def pick_order(self, at: int) -> Order:
        """One of the orders as it is now."""
        order_ids = list(self.trade.log)
        return self.trade.order(order_ids[at % len(order_ids)])

    # The sale.

    @initialize(
        sale=sales,
        good_days=st.integers(0, 2),
        settles=st.booleans(),
        remorse=st.sampled_from([0, 0, 30]),
        unpaid=st.sampled_from([0, 0, 12]),
        backorder=st.sampled_from([0, 0, 1]),
        to_store=st.sampled_from([True, True, False]),
        comes=st.sampled_from(["never", "late", "in time"]),
    )
    def first_sale(
        self,
        sale: Sale,
        good_days: int,
        settles: bool,  # noqa: FBT001 - hypothesis hands it over
        remorse: int,
        unpaid: int,
        backorder: int,
        to_store: bool,  # noqa: FBT001 - hypothesis hands it over
        comes: str,
    ) -> None:
        """Most histories begin with an order that is at the door soon, or there is little to send back.

        Graz is a store, to which goods may be sent that it lacks; Wien hands nothing over, unless somebody must. The
        channel may have a remorse window (minutes), and give up what is unpaid (hours) or unfillable (days).
        """
        open_store(self.trade, "graz", ship_to_store=to_store)
        shop = self.trade.channel("shop")
        self.trade.open_channel(
            replace(shop, remorse_minutes=remorse, unpaid_expiry_hours=unpaid, backorder_cancel_days=backorder)
        )
        self.sell(sale, settles=settles)
        if sale.fetched and comes != "in time":
            for sku in SKUS:
                self.trade.arrive(sku, "graz", 3)
            self.trade.settle()
            for name in self._fetched():
                self.is_not_fetched(name, late=comes == "late")
        for _ in range(good_days):
            self.a_good_day(0)

    @precondition(lambda self: len(self.trade.log) < MOST_ORDERS)
    @rule(sale=sales, settles=st.booleans())
    def another_sale(self, sale: Sale, settles: bool) -> None:  # noqa: FBT001 - hypothesis hands it over
        self.sell(sale, settles=settles)

    def sell(self, sale: Sale, *, settles: bool) -> None:
        """Somebody buys, and the channel says so twice."""
        parts = [
            replace(line(str(n), sku, quantity, net, tax, ships=ships), external_line_id=str(n))
            for n, (sku, quantity, net, tax, ships) in enumerate(sale.lines, 1)
        ]
        total = max(0, sum(part.net + part.tax for part in parts) + sale.shipping + sale.difference)
        by_card = total * sale.gift_card // 100
        number = str(len(self.trade.log) + 1)
        wanted = replace(
            placed(*parts, shipping=sale.shipping, total=total),
            external_id=number,
            number=number,
            placed_at=self.trade.now,
            revision="000001",
            payment=terms(sale.pays, total - by_card),
            pickup_location_id=sale.fetched,
            tenders=(PaymentTerms(method=PaymentMethod.PREPAID, amount=by_card, reference="gift"),) if by_card else (),
        )
        sent = document(DocumentKind.PLACED, wanted, Contact(email="kim@example.org", shipping=ADDRESS))
        for _ in range(2):
            self.trade.take(sent)
        if settles:
            self.trade.settle()

    @rule(
        at=which,
        what=st.sampled_from(["paid", "cancelled", "less", "address", "given back"]),
        amount=st.integers(1, 2000),
    )
    def word_of_the_channel(self, at: int, what: str, amount: int) -> None:
        """The channel sends a newer version of its document; see `trade.changed`."""
        order = self.pick_order(at)
        if order.order_id not in self.trade.documents:
            return  # an exchange: no channel knows of it
        taken = sum(payment.captured for payment in order.payments.values() if payment.by_channel)
        left = taken - self.trade.documents[order.order_id].given_back
        self.trade.channel_says(order.order_id, what, min(amount, left))

    # What goes on by itself.

    @rule(at=which)
    def message(self, at: int) -> None:
        """Any message about an order leads here, also one that came before."""
        self.trade.settle(self.pick_order(at).order_id)

    @rule(seconds=st.sampled_from([5, 60, 4000, 90_000]), settles=st.booleans())
    def time_passes(self, seconds: int, settles: bool) -> None:  # noqa: FBT001 - hypothesis hands it over
        """Reservations lapse, gateways decide; somebody looks, or not yet."""
        self.trade.now += timedelta(seconds=seconds)
        if settles:
            self.trade.settle()

    @rule(silences=st.lists(st.sampled_from(Silence), min_size=1, max_size=3))
    def the_gateway_falls_silent(self, silences: list[Silence]) -> None:
        """The next calls are not heard, or their answers are lost: they are made again."""
        self.trade.books.silences = list(silences)

    @rule(
        sku=st.sampled_from(SKUS),
        document=st.sampled_from(["po-1", "po-2"]),
        units=st.integers(0, 4),
        days=st.integers(0, 12),
    )
    def a_supplier_says(self, sku: str, document: str, units: int, days: int) -> None:
        """Goods are to come, on another day, more or fewer or none: who waits for them is looked at again."""
        self.trade.expect(sku, LOCATIONS[units % 2], units, self.trade.now.date() + timedelta(days=days), document)

    @rule(at=which, sku=st.sampled_from(SKUS), units=some, cheaper=st.integers(0, 500))
    def something_else_is_offered(self, at: int, sku: str, units: int | None, cheaper: int) -> None:
        """Other goods for a line that waits: for as many units, for no more money."""
        order = self.pick_order(at)
        line_id = sorted(order.lines)[at % len(order.lines)]
        line = order.lines[line_id]
        price = max(0, order.value_between(line_id, 0, min(units or 1, line.live)) - cheaper)
        wish = OfferSubstitute(
            line_id=line_id,
            sku=sku,
            quantity=units,
            price=None if cheaper < 250 else Amount(amount=price, currency="EUR"),
        )
        products = self.trade.returns_desk().products
        try:
            offer_substitute(self.trade, order.order_id, wish, self.trade.caller(), products=products)
        except (NotAllowed, InvalidInput):
            return
        assert order.counts.get(UnitState.BACKORDERED) or order.counts.get(UnitState.OPEN)

    @precondition(lambda self: any(self.trade.order(each).offers for each in self.trade.log))
    @rule(at=which, takes=st.booleans())
    def an_offer_is_answered(self, at: int, takes: bool) -> None:  # noqa: FBT001 - hypothesis hands it over
        """Whoever takes one pays no more than before; whoever does not waits on."""
        offers = [
            (order, offer) for each in self.trade.log for order in [self.trade.order(each)] for offer in order.offers
        ]
        before, offer_id = offers[at % len(offers)]
        wish = AnswerOffer(answer=Answer.ACCEPT if takes else Answer.DECLINE)
        try:
            after = answer_by_customer(self.trade, offer_id, wish, self.trade.caller())
        except NotAllowed:
            assert substituting.status(before, before.offers[offer_id]) is not OfferStatus.DECLINED or takes
            return
        assert after.due <= before.due
        assert sum(each.live for each in after.lines.values()) == sum(each.live for each in before.lines.values())

    @rule(sku=st.sampled_from(SKUS), location=st.sampled_from(LOCATIONS), units=st.integers(1, 6))
    def goods_arrive(self, sku: str, location: str, units: int) -> None:
        self.trade.arrive(sku, location, units)

    @rule(sku=st.sampled_from(SKUS), location=st.sampled_from(LOCATIONS), units=st.integers(1, 2), spoilt=st.booleans())
    def goods_are_found_missing_or_spoilt(self, sku: str, location: str, units: int, spoilt: bool) -> None:  # noqa: FBT001
        (self.trade.spoil if spoilt else self.trade.lose)(sku, location, units)

    # What staff and customers do.

    @rule(at=which, line_at=which, units=some)
    def cancellation(self, at: int, line_at: int, units: int | None) -> None:
        """All that can be cancelled, or so many units of one line."""
        order = self.pick_order(at)
        line_id = sorted(order.lines)[line_at % len(order.lines)]
        wish = None if units is None else [commands.CancelLine(line_id=line_id, quantity=units)]
        before, known = order.counts.get(UnitState.CANCELLED, 0), set(order.cancellations)
        try:
            after = commands.cancel_order(
                self.trade, order.order_id, commands.CancelOrder(lines=wish), self.trade.caller()
            )
        except NotAllowed:
            assert units is not None or "cancel" not in order.actions
            return
        assert "cancel" in order.actions
        gone = after.counts.get(UnitState.CANCELLED, 0) - before
        asked = sum(sum(each.left().values()) for handle, each in after.cancellations.items() if handle not in known)
        assert gone + asked == units if units is not None else "cancel" not in after.actions

    @rule(at=which, reason=st.sampled_from(OwnReason))
    def hold(self, at: int, reason: OwnReason) -> None:
        order, wish = self.pick_order(at), HoldOrder(reason=reason, note="look")
        waits_for_what_is_there = reason is OwnReason.PAYMENT_PENDING and order.covered >= order.due
        if "hold" in order.actions and not waits_for_what_is_there:
            hold_order(self.trade, order.order_id, wish, self.trade.caller())
        else:
            with pytest.raises(NotAllowed):
                hold_order(self.trade, order.order_id, wish, self.trade.caller())

    @precondition(lambda self: any(self.trade.order(each).holds for each in self.trade.log))
    @rule(at=which)
    def release(self, at: int) -> None:
        held = [order for each in self.trade.log if (order := self.trade.order(each)).holds]
        order = held[at % len(held)]
        handle = sorted(order.holds)[at % len(order.holds)]
        assert f"release:{handle}" in order.actions
        release_hold(self.trade, order.order_id, handle, ReleaseHold(), self.trade.caller())

    @precondition(lambda self: any("pay" in self.trade.order(each).actions for each in self.trade.log))
    @rule(at=which, instrument=st.sampled_from(INSTRUMENTS))
    def another_card(self, at: int, instrument: str) -> None:
        """The customer tries another instrument after a decline."""
        waiting = [order for each in self.trade.log if "pay" in (order := self.trade.order(each)).actions]
        order = waiting[at % len(waiting)]
        wish = commands.PayOrder(instrument=instrument, gateway="simulated")
        commands.pay_order(self.trade, order.order_id, wish, self.trade.caller())

    @precondition(lambda self: any(self.trade.order(each).fulfillment_orders for each in self.trade.log))
    @rule(at=which, units=some, times=st.integers(1, 5), settles=st.booleans())
    def work_in_a_location(self, at: int, units: int | None, times: int, settles: bool) -> None:  # noqa: FBT001
        """Somebody does what is offered first, and next, to all units or to some of one line."""
        shares = [share for each in self.trade.log for share in self.trade.order(each).fulfillment_orders]
        name = shares[at % len(shares)]
        for _ in range(times):
            order = self.trade.order(name.partition("-")[0])
            share = order.fulfillment_orders[name]
            actions = order.actions_of(share)
            if not actions:
                break
            action = actions[at % len(actions)]
            sources = {"pick": (UnitState.ALLOCATED,), "pack": (UnitState.PICKED,), "reject": AT_LOCATION}.get(action)
            wish = None
            if sources is not None and units is not None:
                in_hand = {k: sum(c.get(source, 0) for source in sources) for k, c in share.lines.items()}
                line_id, there = next((k, count) for k, count in in_hand.items() if count)
                wish = {line_id: min(units, there)}
            hands(self.trade, name, action, wish)
        if settles:
            self.trade.settle(name.partition("-")[0])

    @precondition(lambda self: bool(self._fetched()))
    @rule(at=which, late=st.booleans())
    def nobody_comes(self, at: int, late: bool) -> None:  # noqa: FBT001 - hypothesis hands it over
        shares = self._fetched()
        self.is_not_fetched(shares[at % len(shares)], late=late)

    def is_not_fetched(self, name: str, *, late: bool) -> None:
        """Goods are made ready, and their customer comes too late or not at all."""
        order_id = name.partition("-")[0]
        for _ in range(6):
            order = self.trade.order(order_id)
            actions = order.actions_of(order.fulfillment_orders[name])
            if "hand-over" in actions or not actions or actions[0] in CANCELLATION_ANSWERS:
                break
            hands(self.trade, name, actions[0])
            self.trade.settle(order_id)
        self.trade.now += timedelta(days=5)
        self.trade.settle(order_id)
        order = self.trade.order(order_id)
        share = order.fulfillment_orders[name]
        if share.waits and share.live and not order.holds:
            assert share.status is FulfillmentStatus.EXPIRED
            hands(self.trade, name, "hand-over" if late and order.covered >= order.due else "put-back")
            self.trade.settle(order_id)

    def _fetched(self) -> list[str]:
        """What customers fetch and have not got."""
        return [
            name
            for each in self.trade.log
            for name, share in self.trade.order(each).fulfillment_orders.items()
            if share.way is not Way.DELIVERY and share.status not in {DELIVERED, CANCELLED}
        ]

    @rule(at=which)
    def good_day(self, at: int) -> None:
        self.a_good_day(at)

    def a_good_day(self, at: int) -> None:
        """Stock is there, and what is offered in the locations is done, again and again: most orders are delivered."""
        order_id = self.pick_order(at).order_id
        for sku in SKUS:
            self.trade.arrive(sku, LOCATIONS[at % 2], 3)
        self.trade.settle(order_id)
        for _ in range(6):
            order = self.trade.order(order_id)
            for share in order.fulfillment_orders.values():
                for action in order.actions_of(share)[:1]:
                    hands(self.trade, share.fulfillment_order_id, action)
            self.trade.settle(order_id)

    @precondition(lambda self: any(self.trade.order(each).parcels for each in self.trade.log))
    @rule(at=which, status=st.sampled_from([TrackingStatus.IN_TRANSIT, TrackingStatus.DELIVERED]))
    def scan(self, at: int, status: TrackingStatus) -> None:
        """The carrier says where a parcel is, perhaps before anybody booked it out."""
        parcels = [parcel for each in self.trade.log for parcel in self.trade.order(each).parcels.values()]
        label = parcels[at % len(parcels)].label
        if label is None:
            return  # a bag at a store's counter
        number = label.tracking_number
        self.trade.scan([Scan(tracking_number=number, scan_id=f"{number}{status}", status=status, at=self.trade.now)])
