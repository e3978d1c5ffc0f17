"""What fulfillment needs of the world, as one value that `oms.platform.fulfillment` fills in and tests replace."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from oms.carriers.account import CarrierAccount
from oms.carriers.protocol import Carrier, Quote, Shipment
from oms.fulfillment.purchases import Purchases
from oms.orders.log import OrderLog
from oms.orders.references import References
from oms.setup import Channel, Location, Product


class Documents(Protocol):
    """Keeps labels and packing slips; see `oms.platform.documents`."""

    def put(self, key: str, content: bytes) -> None:
        """Store a PDF, or what the ending of its key says, over whatever stood under its key."""
        ...

    def link(self, key: str) -> str:
        """A URL that opens the document for a short while, whoever has it."""
        ...


Quotes = tuple[Quote, ...] | str
"""What a carrier would ask, or why it did not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The order log, references and documents, and functions that find carriers, channels and locations by name.

    The functions raise `NotFound` for what does not exist. `accounts` are all that are set up with carriers, and
    `quotes` asks several of them at once what a shipment costs, and waits for a few seconds.
    """

    log: OrderLog
    references: References
    documents: Documents
    purchases: Purchases
    carrier: Callable[[str], Carrier]
    accounts: Callable[[], Sequence[CarrierAccount]]
    quotes: Callable[[Sequence[str], Shipment], Mapping[str, Quotes]]
    channel: Callable[[str], Channel]
    location: Callable[[str], Location]
    products: Callable[[Iterable[str]], Mapping[str, Product]]
