"""What fulfillment needs of the world, as one value that `oms.platform.fulfillment` fills in and tests replace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from oms.carriers.protocol import Carrier
from oms.orders.log import OrderLog
from oms.orders.references import References
from oms.setup import Channel, Location


class Documents(Protocol):
    """Keeps labels and packing slips; see `oms.platform.documents`."""

    def put(self, key: str, content: bytes) -> None:
        """Store a PDF, over whatever stood under its key."""
        ...

    def link(self, key: str) -> str:
        """A URL that opens the document for a short while, whoever has it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The order log, references and documents, and functions that find carriers, channels and locations by name.

    The functions raise `NotFound` for what does not exist.
    """

    log: OrderLog
    references: References
    documents: Documents
    carrier: Callable[[str], Carrier]
    channel: Callable[[str], Channel]
    location: Callable[[str], Location]
