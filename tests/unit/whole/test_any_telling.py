"""Whatever happens to orders, and whenever and however often somebody dies while telling: the channel has it once.

The real use cases run as in `test_any_history`; the channel's platform counts by key what it was told. It also tells of
itself: its documents say how much it has given back in all, at any moment, also between a call and its record.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from typing import cast

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from oms.channels import telling
from oms.channels.changes import REASON
from oms.channels.connection import Connection, Http
from oms.channels.outbound import Cancelled, MoneyBack, Shipped
from oms.orders.log import execute
from oms.orders.order import Order
from oms.orders.transitions import Way
from oms.setup import Channel, ChannelUpdate
from tests.support import truths
from tests.support.told_shop import ToldShop
from tests.support.way_out import lead_out
from tests.unit.whole.changes_rules import Changes
from tests.unit.whole.sales_rules import Sale, which

FULL = bool(os.environ.get("OMS_FULL"))


class AnyTelling(Changes):
    """The trade, and a shop that is told of it."""

    def __init__(self) -> None:
        super().__init__()
        self.shop = ToldShop()
        self.heard: set[str] = set()

    def sell(self, sale: Sale, *, settles: bool) -> None:
        """Most shops take the money themselves: only then is there something to give back through them."""
        super().sell(replace(sale, pays="prepaid") if sale.pays.startswith("sim_") else sale, settles=settles)

    @property
    def channel(self) -> Channel:
        """As it is set up, with everything to be told."""
        return replace(self.trade.channel("shop"), updates=tuple(ChannelUpdate))

    @precondition(lambda self: bool(self.trade.log))
    @rule(at=which, steps=st.integers(1, 3), dies=st.sampled_from(["", "", "before", "after"]), news=st.booleans())
    def telling(self, at: int, steps: int, dies: str, news: bool) -> None:  # noqa: FBT001 - hypothesis hands it over
        """Somebody tells a few things, and may die before the call, or before it is on the log."""
        order = self.pick_order(at)
        for _ in range(steps):
            if not self.tell(order.order_id, dies=dies, news=news):
                return

    def tell(self, order_id: str, *, dies: str = "", news: bool = False) -> bool:
        """One step; whether there was something to tell. With `news` the shop's own word comes before the record."""
        order = self.trade.order(order_id)
        owed = telling.owed(order, self.channel, self.shop.TAKES)
        if not owed or dies == "before":
            return False
        connection = Connection(channel=self.channel, secret={}, http=cast("Http", None), clock=self.trade.clock)
        reference = telling.tell(self.shop, connection, order, owed[0])
        if news:
            self.the_shop_says(order_id)
        if dies != "after":
            caller = self.trade.caller(f"told:{owed[0].key}")
            execute(self.trade, order_id, lambda fresh: telling.was_told(fresh, owed[0], reference), caller)
        return dies != "after"

    def the_shop_says(self, order_id: str) -> None:
        """The shop's document with all that it gave back, because it was told to or by somebody's own decision."""
        sent = self.trade.documents.get(order_id)
        if sent is None:
            return
        told = {
            key: what.amount
            for (external, key), what in self.shop.made.items()
            if external == sent.placed.external_id and isinstance(what, MoneyBack) and key not in self.heard
        }
        self.heard |= told.keys()
        if told:
            self.trade.channel_says(order_id, "given back", sum(told.values()))

    def teardown(self) -> None:
        """In the end every order is led out, and the shop is told the rest, and tells the rest."""
        for number, order_id in enumerate(list(self.trade.log)):
            # Before somebody gives back by hand, as those do who lead orders out, what the shop should give back.
            self.trade.settle(order_id)
            while self.tell(order_id, news=number % 2 == 0):
                pass
            lead_out(self.trade, order_id, give_up=number % 3 == 0)
        for order_id in list(self.trade.log):
            while self.tell(order_id):
                pass
            self.the_shop_says(order_id)
            self.trade.settle(order_id)
            while self.tell(order_id):
                pass
            self.the_shop_says(order_id)
            self.knows_all(self.trade.order(order_id))
        if self.trade.log:
            truths.always(self.trade, [self.trade.order(each) for each in self.trade.log])

    def knows_all(self, order: Order) -> None:
        """The shop was told once of each thing, in its order, and has what happened here."""
        mine = [what for (external, _), what in self.shop.made.items() if external == order.placed.external_id]
        if order.placed.exchange_of:
            assert not mine
            return
        assert not telling.owed(order, self.channel, self.shop.TAKES)
        known = {line.placed.external_line_id: line for line in order.lines.values() if not line.added}
        shipped: Counter[str] = Counter()
        cancelled: Counter[str] = Counter()
        for what in mine:
            match what:
                case Shipped():
                    shipped.update({unit.external_line_id: unit.quantity for unit in what.lines})
                case Cancelled():
                    cancelled.update({unit.external_line_id: unit.quantity for unit in what.lines})
        left: Counter[str] = Counter()
        for parcel in order.parcels.values():
            share = order.fulfillment_orders[parcel.packed.fulfillment_order_id]
            gone = parcel.delivered_at if share.way is Way.TO_STORE else parcel.shipped_at
            for line_id, count in parcel.shipped.items() if gone else ():
                if not order.lines[line_id].added:
                    left[order.lines[line_id].placed.external_line_id] += count - parcel.put_back.get(line_id, 0)
        assert +shipped == +left
        whole = [each for each in order.outward.cancellations if each.everything]
        by_channel = bool(whole) and whole[-1].reason == REASON
        ours: Counter[str] = Counter()
        for each in order.outward.cancellations:
            if each.reason != REASON:
                ours.update({order.lines[line_id].placed.external_line_id: n for line_id, n in each.units.items()})
        ours = Counter({external: n for external, n in ours.items() if external in known})
        assert +cancelled == +ours or (by_channel and cancelled <= ours)
        backs = [what for what in mine if isinstance(what, MoneyBack)]
        off = sum(
            (Counter({unit.external_line_id: unit.quantity for unit in back.cancelled}) for back in backs), Counter()
        )
        came = sum(
            (Counter({unit.external_line_id: unit.quantity for unit in back.lines}) for back in backs), Counter()
        )
        credited = order.after_sale.credited_units.items()
        assert off <= ours, "no cancelled unit is paid back for twice"
        assert came <= Counter({order.lines[name].placed.external_line_id: n for name, n in credited if n})
        told = [event.event for event in order.outward.told.values()]
        assert len({each.key for each in told}) == len(told)
        assert {each.key for each in told} <= {what.key for what in mine}
        given = sum(what.amount for what in mine if isinstance(what, MoneyBack))
        taken = [payment for payment in order.payments.values() if payment.by_channel]
        assert given <= sum(payment.captured for payment in taken)
        if order.order_id in self.trade.documents:
            assert sum(payment.refunded for payment in taken) == self.trade.documents[order.order_id].given_back


TestAnyTelling = AnyTelling.TestCase
TestAnyTelling.settings = settings(
    max_examples=2000 if FULL else 15,
    stateful_step_count=50 if FULL else 30,
    derandomize=not FULL,
    deadline=None,
    print_blob=True,
    report_multiple_bugs=False,
    phases=[*Phase] if FULL else [Phase.generate],
    suppress_health_check=list(HealthCheck),
)
