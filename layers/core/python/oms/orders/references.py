"""Foreign keys that lead to orders, and notices that came before their order was known, as the domain needs them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from oms.orders.log import Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """A notice that waits for its order: `entry` is its key within the reference, `body` what its parker wrote."""

    entry: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """What is known of a reference: the order that it leads to, if any, and what waits, oldest first."""

    order_id: str | None = None
    parked: tuple[Parked, ...] = ()


class References(Protocol):
    """Reads references and keeps what came too early; see `oms.platform.references` for the table.

    A writer of the link and a parker of a notice never miss each other: the one writes the link and then reads what
    is parked, the other parks and then reads the link, and all reads are strongly consistent.
    """

    def look_up(self, reference: Reference) -> Lookup:
        """The link and everything parked, strongly consistent."""
        ...

    def park(self, reference: Reference, body: str, *, notice_id: str, at: datetime) -> None:
        """Keep a notice for 30 days. The same notice parked twice at different times waits twice: apply it once."""
        ...

    def forget(self, reference: Reference, parked: Iterable[Parked]) -> None:
        """Remove notices that have been applied."""
        ...
