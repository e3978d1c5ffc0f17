"""A channel's platform that is told things and keeps them by key, as a good adapter makes any platform behave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from oms.channels.connection import Connection
from oms.channels.outbound import Cancelled, MoneyBack, Sale, Shipped, StockAnswer, StockLevel
from oms.errors import OmsError
from oms.setup import ChannelUpdate

What = Shipped | Cancelled | MoneyBack


@dataclass(slots=True)
class ToldShop:
    """`ToldPlatform`. `trouble` is raised by the next calls, one each; `made` counts what was new, by key."""

    TAKES: frozenset[ChannelUpdate] = frozenset(ChannelUpdate)
    STOCK_BATCH: int = 3
    made: dict[tuple[str, str], What] = field(default_factory=dict)
    """By external order id and key, in the order in which it was first told."""
    calls: list[tuple[str, str]] = field(default_factory=list)
    trouble: list[OmsError] = field(default_factory=list)
    stock: dict[str, int] = field(default_factory=dict)
    stock_calls: list[tuple[StockLevel, ...]] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)
    """Skus that it does not sell."""

    def confirm_shipment(self, connection: Connection, sale: Sale, parcel: Shipped) -> str:
        return self._take(connection, sale, parcel)

    def cancel(self, connection: Connection, sale: Sale, cancelled: Cancelled) -> str:
        return self._take(connection, sale, cancelled)

    def refund(self, connection: Connection, sale: Sale, refund: MoneyBack) -> str:
        return self._take(connection, sale, refund)

    def set_stock(self, connection: Connection, levels: Sequence[StockLevel]) -> Sequence[StockAnswer]:
        assert connection.channel.channel_id
        assert len(levels) <= self.STOCK_BATCH
        self.stock_calls.append(tuple(levels))
        self._fail()
        self.stock |= {each.sku: each.available for each in levels if each.sku not in self.unknown}
        return [StockAnswer(sku=each.sku, problem="no such sku" if each.sku in self.unknown else "") for each in levels]

    def of(self, external_id: str) -> list[What]:
        """What it knows of an order, in the order in which it was told."""
        return [what for (order, _), what in self.made.items() if order == external_id]

    def _take(self, connection: Connection, sale: Sale, what: What) -> str:
        assert connection.channel.channel_id
        self.calls.append((sale.external_id, what.key))
        self._fail()
        self.made.setdefault((sale.external_id, what.key), what)
        return f"ref-{what.key}"

    def _fail(self) -> None:
        if self.trouble:
            raise self.trouble.pop(0)
