"""A whole trade in one process: the real use cases of every stage over one log, one stock and one gateway in memory.

Nothing is decided here. What a channel, a customer, a clerk, a packer or a clock asks for goes through the use case
that the functions call; what follows from it is done when `settle` is called, as the queues would have it done.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime

from oms.carriers.protocol import Carrier, Label, Scan, Shipment
from oms.carriers.simulated import SimulatedCarrier, tracking_number
from oms.channels.document import ChannelDocument, DocumentKind, document
from oms.channels.intake import Captured, capture
from oms.channels.patience import with_deadlines
from oms.errors import NotFound, Unavailable
from oms.fulfillment import ports as fulfillment
from oms.ids import order_id as order_id_of
from oms.orders.events import OrderPlaced, PaymentMethod, PaymentTerms, UnitsShipped
from oms.orders.evolve import fold
from oms.orders.log import Caller, Reference, load
from oms.orders.order import Entry, Order
from oms.orders.references import Lookup, Parked
from oms.returns import work as returns
from oms.returns.exchanging import follow
from oms.routing.backorders import fill_backorders
from oms.routing.news import refresh
from oms.routing.process import advance
from oms.setup import Channel, Location, Platform
from oms.stock.expected import Expected
from tests.support.books import BookGateway
from tests.support.memory_stack import ADDRESS, MemoryStack
from tests.support.purchases import MemoryPurchases

PATIENCE = 12
"""How often a message about an order comes again while the gateway is silent."""


class PlainCarrier(SimulatedCarrier):
    """The simulated carrier without drawing its labels, which would take most of the time."""

    def buy_label(self, shipment: Shipment, *, idempotency_key: str) -> Label:
        number = tracking_number(idempotency_key)
        return Label(service=shipment.service, tracking_number=number, tracking_url="", document=b"label", cost=390)


class Trade(MemoryStack):
    """See the module."""

    def __init__(self) -> None:
        super().__init__()
        self.books = BookGateway(self.clock)
        self.gateway = self.books  # type: ignore[assignment]
        self.channels: dict[str, Channel] = {}
        self.documents: dict[str, ChannelDocument] = {}
        """What the channel said of each order last."""
        self._folded: dict[str, Order] = {}
        self.links: dict[str, str] = {}
        self.parked: dict[str, dict[str, Parked]] = {}
        self.papers: dict[str, bytes] = {}
        self.bought: Counter[tuple[str, str]] = Counter()
        """Units by (sku, location) that came from suppliers, less those that were found to be gone."""
        self.uncovered: list[str] = []
        """Shipments of which nobody had paid or promised what is due."""
        self.messages = 0
        self.open_channel(Channel(channel_id="shop", platform=Platform.CANONICAL, name="Shop", gateway="simulated"))

    def open_channel(self, channel: Channel) -> None:
        """One more channel, or another set-up of one."""
        self.channels[channel.channel_id] = channel

    def caller(self, cause: str = "") -> Caller:
        """Somebody with a wish of their own, a moment later."""
        self.messages += 1
        self.tick(0.5)
        return Caller(actor="test", cause=cause or f"wish {self.messages}", clock=self.clock)

    def order(self, order_id: str) -> Order:
        """The order as it is; folded once for each of its entries."""
        entries = self.log[order_id]
        known = self._folded.get(order_id)
        if known is None or known.version > len(entries):
            known = load(self, order_id)
        elif known.version < len(entries):
            after = fold(entries[known.version :], known)
            assert after is not None
            known = after
        self._folded[order_id] = known
        return known

    # What the use cases need of the world.

    def append(self, before: Order, entry: Entry, *, references: Sequence[Reference] = ()) -> None:
        super().append(before, entry, references=references)
        if any(isinstance(event, UnitsShipped) for event in entry.events) and before.covered < before.due:
            self.uncovered.append(f"{before.order_id} left though {before.covered} of {before.due} were covered")
        self.links |= {f"{each.kind}#{each.value}": entry.order_id for each in references}

    def look_up(self, reference: Reference) -> Lookup:
        key = f"{reference.kind}#{reference.value}"
        parked = self.parked.get(key, {})
        return Lookup(order_id=self.links.get(key), parked=tuple(parked[entry] for entry in sorted(parked)))

    def park(self, reference: Reference, body: str, *, notice_id: str, at: datetime) -> None:
        entry = f"{at.isoformat()}#{notice_id}"
        self.parked.setdefault(f"{reference.kind}#{reference.value}", {})[entry] = Parked(entry=entry, body=body)

    def forget(self, reference: Reference, parked: Iterable[Parked]) -> None:
        for each in parked:
            self.parked[f"{reference.kind}#{reference.value}"].pop(each.entry, None)

    def put(self, key: str, content: bytes) -> None:
        self.papers[key] = content

    def link(self, key: str) -> str:
        assert key in self.papers, "a link to nothing"
        return f"https://documents.example/{key}"

    def channel(self, channel_id: str) -> Channel:
        """The set-up of a channel."""
        if channel_id not in self.channels:
            raise NotFound(f"there is no channel {channel_id}")
        return self.channels[channel_id]

    def site(self, location_id: str) -> Location:
        """The set-up of a location."""
        if location_id not in self.sites:
            raise NotFound(f"there is no location {location_id}")
        return self.sites[location_id]

    def warehouse(self) -> fulfillment.Ports:
        """The ports of fulfillment."""
        return fulfillment.Ports(
            log=self,
            references=self,
            documents=self,
            purchases=MemoryPurchases(),
            carrier=_carrier,
            accounts=lambda: (),
            quotes=lambda _, __: {},
            channel=self.channel,
            location=self.site,
            products=lambda skus: {sku: self.products[sku] for sku in skus if sku in self.products},
        )

    def returns_desk(self) -> returns.Ports:
        """The ports of returns."""
        return returns.Ports(
            log=self,
            channel=self.channel,
            location=self.site,
            products=lambda skus: {sku: self.products[sku] for sku in skus if sku in self.products},
        )

    # What happens by itself.

    def take(self, sent: ChannelDocument) -> Captured | None:
        """A document of a channel comes in."""
        placed = sent.placed
        self.documents[order_id_of(placed.channel_id, placed.external_id)] = sent
        return capture(self, with_deadlines(sent, self.channel(placed.channel_id), self.now), self.caller())

    def channel_says(self, order_id: str, what: str, amount: int = 0) -> Order:
        """The channel sends a newer version of its document: see `changed`."""
        self.take(changed(self.documents[order_id], what, amount))
        return self.order(order_id)

    def settle(self, *order_ids: str) -> None:
        """Messages about these orders, or about all, are handled until nothing more follows from them."""
        for order_id in order_ids or tuple(self.log):
            for _ in range(PATIENCE):
                try:
                    # A gateway that wanted to decide later is asked again each time: see `look_again`.
                    advance(self.ports(), order_id, self.caller().cause, check_pending=True)
                except Unavailable:
                    continue
                break
            follow(self.returns_desk(), order_id, self.caller())
        self.later.clear()
        self.serve_the_line()

    def serve_the_line(self, fresh_at: str = "") -> None:
        """Stock that is there, or has just come to a location, goes to those who wait for it."""
        for sku, places in list(self.line.items()):
            if places:
                fill_backorders(self.ports(), sku, self.caller().cause, fresh_at=fresh_at)

    def arrive(self, sku: str, location_id: str, units: int) -> None:
        """Units come to a location; those who wait are served."""
        self.stock(sku, location_id, units)
        self.bought[sku, location_id] += units
        self.serve_the_line(location_id)

    def expect(self, sku: str, location_id: str, units: int, day: date, document: str) -> None:
        """A supplier is to bring units of a sku on a day; that of the same document is replaced."""
        self.coming = [each for each in self.coming if (each.sku, each.purchase_order_id) != (sku, document)]
        if units:
            self.coming.append(
                Expected(sku=sku, location_id=location_id, quantity=units, expected=day, purchase_order_id=document)
            )
        for order_id in list(self.line.get(sku, {})):
            refresh(self.ports(), order_id, self.caller().cause)

    def lose(self, sku: str, location_id: str, units: int) -> int:
        """Units that nobody was promised are gone, as a count finds; returns how many."""
        known = self.levels.get((sku, location_id))
        gone = min(units, known.available) if known is not None else 0
        self.bought[sku, location_id] -= gone
        if known is not None and gone:
            self.levels[sku, location_id] = replace(
                known, on_hand=known.on_hand - gone, available=known.available - gone, version=known.version + 1
            )
        return gone

    def spoil(self, sku: str, location_id: str, units: int) -> int:
        """Units are found damaged: still there, and not for sale; returns how many."""
        known = self.levels.get((sku, location_id))
        bad = min(units, known.available) if known is not None else 0
        if known is not None and bad:
            damaged = {**known.unavailable, "damaged": known.unavailable.get("damaged", 0) + bad}
            self.levels[sku, location_id] = replace(
                known, available=known.available - bad, unavailable=damaged, version=known.version + 1
            )
        return bad

    def scan(self, scans: Sequence[Scan]) -> None:
        """The carrier says where parcels are."""
        from oms.fulfillment.tracking import receive

        receive(self.warehouse(), "simulated", scans, self.clock)


def _carrier(name: str) -> Carrier:
    if name != "simulated":
        raise NotFound(f"there is no carrier {name!r}")
    return PlainCarrier()


def terms(pays: str, amount: int) -> PaymentTerms:
    """How an order is paid, by the name of a method or of the simulated gateway's instrument."""
    if pays.startswith("sim_"):
        return PaymentTerms(method=PaymentMethod.GATEWAY, amount=amount, gateway="simulated", instrument=pays)
    method = PaymentMethod(pays)
    return PaymentTerms(method=method, amount=0 if method is PaymentMethod.UNPAID else amount, reference="shop")


def changed(before: ChannelDocument, what: str, amount: int = 0) -> ChannelDocument:
    """The channel's document a moment later: paid, cancelled, a unit less, another house number, money given back."""
    sold: OrderPlaced = before.placed
    cancelled, contact, revision = dict(before.cancelled), before.contact, int(sold.revision) + 1
    waits = sold.payment.method in {PaymentMethod.UNPAID, PaymentMethod.CHANNEL_AUTHORISED}
    if what == "paid" and waits:
        sold = replace(sold, payment=terms("prepaid", sold.total - sum(tender.amount for tender in sold.tenders)))
    if what == "cancelled":
        cancelled = {each.external_line_id: each.quantity for each in sold.lines}
    if what == "less":
        first = sold.lines[0]
        cancelled[first.external_line_id] = min(first.quantity, cancelled.get(first.external_line_id, 0) + 1)
    if what == "address":
        contact = replace(contact, shipping=replace(ADDRESS, line1=f"Hauptstr. {revision}"))
    back = before.given_back + (amount if what == "given back" else 0)
    revised = replace(sold, revision=f"{revision:06d}")
    return document(DocumentKind.UPDATED, revised, contact, cancelled=cancelled, given_back=back)
