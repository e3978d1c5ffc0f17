"""A warehouse in memory: the log and stock of `MemoryStack`, with references, documents and a carrier around it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from oms.carriers.account import CarrierAccount
from oms.carriers.protocol import Carrier, Label, Quote, Scan, Shipment, carrier
from oms.carriers.simulated import tracking_number
from oms.errors import NotFound
from oms.fulfillment.ports import Ports as FulfillmentPorts
from oms.ids import derived
from oms.orders.contact import Address, Contact
from oms.orders.events import PlacedLine, TrackingStatus
from oms.orders.log import Reference, load
from oms.orders.order import Entry, Order
from oms.orders.references import Lookup, Parked
from oms.routing.process import advance
from oms.setup import Channel, Location, Platform, Product
from tests.support.memory_stack import MemoryStack
from tests.support.orders import line, placed
from tests.support.purchases import MemoryPurchases

ORDER = "oabcdefghij2345klmnop"
SHARE = f"{ORDER}-1"
PARCEL = f"{SHARE}-p1"
NUMBER = tracking_number(PARCEL)

BUYER = Address(name="Kim Berg", line1="Hauptstr. 1", city="München", postal_code="80331", country="DE")
SHOP = Channel(channel_id="shop", platform=Platform.CANONICAL, name="Bücher & Mehr")
NORTH = Location(
    location_id="north",
    name="Lager Nord",
    address=Address(line1="Kai 7", postal_code="20457", city="Hamburg", country="DE"),
    latitude=53.5,
    longitude=10.0,
)


class Died(BaseException):
    """The process ended here; nothing of ours may catch it."""


class Warehouse(MemoryStack):
    """`desk()` are the ports of fulfillment. Every call to the outside goes through `_call`, and may be the last."""

    def __init__(self) -> None:
        super().__init__()
        self.links: dict[str, str] = {}
        self.waiting: dict[str, dict[str, str]] = {}
        self.papers: dict[str, bytes] = {}
        self.bought: list[str] = []
        self.calls: list[str] = []
        self.die_at: tuple[int, str] | None = None
        """The number of a call, and whether the process dies `before` or `after` it."""
        self.meanwhile: dict[str, Callable[[], object]] = {}
        """What somebody else does just before the named call, once."""
        self.purchases = MemoryPurchases()
        self.accounts: tuple[CarrierAccount, ...] = ()
        self.carriers: dict[str, Carrier] = {}
        """Carriers of accounts, by name."""
        self.quotes: dict[str, tuple[Quote, ...] | str] = {}
        self.known: dict[str, Product] = {}

    def _call(self, name: str, act: Callable[[], Any]) -> Any:
        meddle = self.meanwhile.pop(name, None)
        if meddle:
            meddle()
        number = len(self.calls)
        self.calls.append(name)
        if self.die_at == (number, "before"):
            raise Died(name)
        result = act()
        if self.die_at == (number, "after"):
            raise Died(name)
        return result

    # The log.

    def entries(self, order_id: str) -> Sequence[Entry]:
        return self._call("read", lambda: super(Warehouse, self).entries(order_id))  # type: ignore[no-any-return]

    def append(self, before: Order, entry: Entry, *, references: Sequence[Reference] = ()) -> None:
        def write() -> None:
            super(Warehouse, self).append(before, entry)
            self.links |= {f"{each.kind}#{each.value}": entry.order_id for each in references}

        self._call("append", write)

    # References.

    def look_up(self, reference: Reference) -> Lookup:
        key = f"{reference.kind}#{reference.value}"
        parked = tuple(Parked(entry=entry, body=body) for entry, body in sorted(self.waiting.get(key, {}).items()))
        return self._call("look up", lambda: Lookup(order_id=self.links.get(key), parked=parked))  # type: ignore[no-any-return]

    def park(self, reference: Reference, body: str, *, notice_id: str, at: datetime) -> None:
        parked = self.waiting.setdefault(f"{reference.kind}#{reference.value}", {})
        self._call("park", lambda: parked.update({f"{at.isoformat()}#{notice_id}": body}))

    def forget(self, reference: Reference, parked: Iterable[Parked]) -> None:
        waiting = self.waiting.get(f"{reference.kind}#{reference.value}", {})
        for each in parked:
            self._call("forget", lambda each=each: waiting.pop(each.entry, None))

    # Documents and carrier.

    def put(self, key: str, content: bytes) -> None:
        self._call("put", lambda: self.papers.update({key: content}))

    def link(self, key: str) -> str:
        assert key in self.papers, "a link to nothing"
        return f"https://documents.example/{key}"

    def desk(self) -> FulfillmentPorts:
        return FulfillmentPorts(
            log=self,
            references=self,
            documents=self,
            purchases=self.purchases,
            carrier=lambda name: Counter(self, self.carriers.get(name) or carrier(name)),
            accounts=lambda: self.accounts,
            quotes=lambda names, _: {name: self.quotes.get(name, "no answer") for name in names},
            products=lambda skus: {sku: self.known[sku] for sku in skus if sku in self.known},
            channel=lambda _: SHOP,
            location=lambda location_id: replace(NORTH, location_id=location_id),
        )

    # A merchant's day.

    def sold(self, *lines: PlacedLine, language: str = "en", buyer: Address | None = BUYER) -> Order:
        """An order that is routed to `north`, where its stock is."""
        for each in lines:
            self.stock(each.sku, "north", each.quantity)
        contact = Contact(name="Kim Berg", email="kim@example.org", shipping=BUYER)
        self.captured(replace(placed(*lines), language=language, number="#1001"), ORDER, contact)
        order = advance(self.ports(), ORDER, "routed")
        assert SHARE in order.fulfillment_orders
        if buyer != BUYER:
            entries = self.log[ORDER]
            entries[0] = replace(entries[0], contact=replace(contact, shipping=buyer))
        self.calls.clear()
        return self.order()

    def order(self) -> Order:
        return load(MemoryView(self), ORDER)


class MemoryView:
    """The log without the calls being counted."""

    def __init__(self, stack: MemoryStack) -> None:
        self._stack = stack

    def entries(self, order_id: str) -> Sequence[Entry]:
        return MemoryStack.entries(self._stack, order_id)


class Counter:
    """A carrier that notes what was bought, and may be the last that the process called."""

    def __init__(self, warehouse: Warehouse, inner: Carrier) -> None:
        self._warehouse = warehouse
        self._inner = inner
        self.name = inner.name
        self.abilities = inner.abilities

    def buy_label(self, shipment: Shipment, *, idempotency_key: str) -> Label:
        def buy() -> Label:
            self._warehouse.bought.append(idempotency_key)
            return self._inner.buy_label(shipment, idempotency_key=idempotency_key)

        return self._warehouse._call("buy", buy)  # type: ignore[no-any-return]


def mugs(quantity: int = 3) -> PlacedLine:
    return line("1", "mug", quantity, 1000 * quantity)


def plates(quantity: int = 2) -> PlacedLine:
    return line("2", "plate", quantity, 2000 * quantity)


def many(count: int) -> list[PlacedLine]:
    """Lines of one unit each, of as many skus."""
    return [line(str(number), f"sku-{number}", 1, 500) for number in range(1, count + 1)]


def scan(
    status: TrackingStatus, at: datetime, *, number: str = NUMBER, scan_id: str = "", description: str = ""
) -> Scan:
    """What the carrier says; its id follows from what it says."""
    return Scan(
        tracking_number=number,
        scan_id=scan_id or derived(number, status, at.isoformat()),
        status=status,
        at=at,
        description=description,
    )


def missing(name: str) -> Any:
    """A port that knows nothing."""
    raise NotFound(f"there is no {name}")
