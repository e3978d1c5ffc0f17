"""What a customer needs to know to fetch something in a store, and what the order does not say."""

from __future__ import annotations

from dataclasses import dataclass

from oms.setup import Location


@dataclass(frozen=True, slots=True)
class Counter:
    """The store, and the code by which its staff know the customer; empty when none can be made."""

    store: Location | None = None
    code: str = ""


NO_COUNTER = Counter()
