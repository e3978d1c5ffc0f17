"""What a customer needs to know to send something back, and what the order does not say."""

from __future__ import annotations

from dataclasses import dataclass

from oms.setup import Location


@dataclass(frozen=True, slots=True)
class WayBack:
    """Where to, and the address of the customer's page of returns; empty when no link can be made."""

    home: Location | None = None
    page: str = ""


NOWHERE = WayBack()
