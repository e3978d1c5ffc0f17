"""A channel's platform that cancels in its own time, in steps, and has twice what is handed in twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from oms.channels.connection import Connection
from oms.channels.outbound import Cancelled, Handed, HandedIn, MoneyBack, Sale, Told, Undone
from tests.support.told_shop import ToldShop

LATER = timedelta(minutes=1)
BEGUN, ABOUT_TO, TAKEN = "begun", "about to", "taken"


@dataclass(slots=True)
class SlowShop(ToldShop):
    """Its paper has to be begun, then handed in, then asked about until it is done.

    `around` is called with each step's name when it begins, and with `after` it when it is over.
    """

    handed_in: list[str] = field(default_factory=list)
    """Keys, one for each time that it was handed in."""
    asked: int = 0
    takes: int = 2
    """Times that it is asked about before it is done."""
    undone: list[Undone] = field(default_factory=list)
    around: Callable[[str], None] = lambda _: None

    def cancel(self, connection: Connection, sale: Sale, cancelled: Cancelled) -> Told:
        assert connection.channel.channel_id
        assert sale.order_id in cancelled.key
        return HandedIn(reference=BEGUN)

    def proceed(self, connection: Connection, sale: Sale, what: Cancelled | MoneyBack, handed: Handed) -> Told:
        self.around(handed.reference)
        told = self._next(connection, sale, what, handed)
        self.around(f"after {handed.reference}")
        return told

    def _next(self, connection: Connection, sale: Sale, what: Cancelled | MoneyBack, handed: Handed) -> Told:
        self._fail()
        if self.undone:
            return self.undone.pop()
        if handed.reference == BEGUN:
            return HandedIn(reference=ABOUT_TO)
        if handed.reference == ABOUT_TO:
            if not handed.fresh:
                return HandedIn(reference=TAKEN if what.key in self.handed_in else BEGUN)
            self.handed_in.append(what.key)
            return HandedIn(reference=TAKEN, wait=LATER)
        self.asked += 1
        if self.asked < self.takes:
            return HandedIn(reference=TAKEN, wait=LATER)
        return self._take(connection, sale, what)
