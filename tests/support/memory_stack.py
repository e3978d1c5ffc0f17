"""Log, stock and gateway in memory, with the rules of the tables: for tests of routing that need no AWS."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from oms.errors import ConcurrentAppend, ShortStock
from oms.fraud.protocol import Screening, ScreeningRequest
from oms.fraud.rules import STANDARD, Counted
from oms.fraud.screener import Sighting, screener
from oms.orders.booking import RoomChange, room_changes
from oms.orders.codec import dump_events, load_events
from oms.orders.contact import Address, Contact
from oms.orders.decisions import place as decide_place
from oms.orders.events import OrderPlaced
from oms.orders.evolve import fold
from oms.orders.log import Caller, OrderLog, Reference, load
from oms.orders.order import Entry, Order
from oms.payments.gateway import Answer, Gateway, PaymentRequest
from oms.payments.simulated import SimulatedGateway
from oms.routing.ports import Ports, Rooms
from oms.setup import Location, Product
from oms.sourcing.capacity import Used, quotas
from oms.sourcing.distance import Coordinates
from oms.sourcing.rates import RateCard
from oms.sourcing.rules import SourcingRule
from oms.stock.expected import Expected
from oms.stock.levels import Level, SkuStock, Waiter
from oms.stock.movements import movements, waiting_changes

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class RecordingGateway:
    """The simulated gateway with a book of what it was asked, by key: the same key twice is one charge."""

    def __init__(self, inner: Gateway) -> None:
        self._inner = inner
        self.charges: dict[str, int] = {}
        self.refunds: dict[str, int] = {}
        self.releases: dict[str, int] = {}
        self.authorisations: dict[str, int] = {}

    def authorise(self, request: PaymentRequest) -> Answer:
        answer = self._inner.authorise(request)
        self.authorisations[request.key] = request.amount.amount
        return answer

    def status(self, request: PaymentRequest, reference: str) -> Answer:
        return self._inner.status(request, reference)

    def capture(self, reference: str, amount: object, key: str) -> object:
        assert self.charges.setdefault(key, amount.amount) == amount.amount, "one key, two amounts"  # type: ignore[attr-defined]
        return self._inner.capture(reference, amount, key)  # type: ignore[arg-type]

    def refund(self, reference: str, amount: object, key: str) -> object:
        assert self.refunds.setdefault(key, amount.amount) == amount.amount, "one key, two amounts"  # type: ignore[attr-defined]
        return self._inner.refund(reference, amount, key)  # type: ignore[arg-type]

    def void(self, reference: str, amount: object, key: str) -> str:
        self.releases[key] = amount.amount  # type: ignore[attr-defined]
        return self._inner.void(reference, amount, key)  # type: ignore[arg-type]


class MemoryCounters:
    """Remembers orders by what they have in common."""

    def __init__(self) -> None:
        self.seen: dict[tuple[Counted, str], dict[str, datetime]] = {}

    def others(
        self, counted: Counted, value: str, sighting: Sighting, *, within: timedelta, limit: int
    ) -> Sequence[datetime]:
        seen = self.seen.setdefault((counted, value), {})
        seen[sighting.order_id] = sighting.placed_at
        others = (at for order_id, at in seen.items() if order_id != sighting.order_id)
        return sorted((at for at in others if at >= sighting.placed_at - within), reverse=True)[:limit]


class MemoryRooms(Rooms):
    """What locations have taken on for their days."""

    def __init__(self) -> None:
        self.taken: dict[tuple[str, date, int], int] = {}
        self.full: dict[str, date] = {}

    def used(self, location_id: str, first: date, last: date) -> Used:
        return {
            (day, slot): units
            for (name, day, slot), units in self.taken.items()
            if name == location_id and first <= day <= last
        }

    def seen_full(self, location_id: str) -> date | None:
        return self.full.get(location_id)

    def note_full(self, location_id: str, day: date) -> None:
        self.full[location_id] = day

    def change(self, changes: Iterable[RoomChange], sites: Mapping[str, Location]) -> None:
        after = dict(self.taken)
        for each in changes:
            key = each.location_id, each.day, each.slot
            after[key] = after.get(key, 0) + each.units
            if each.units > 0 and after[key] > quotas(sites[each.location_id].daily_capacity)[each.slot]:
                raise ShortStock(f"{each} is more than there is room for")
        self.taken = after


class MemoryStack(OrderLog):
    """One stack: `ports()` for routing, and the log itself. `tick` moves its clock."""

    def __init__(self) -> None:
        self.now = START
        self.log: dict[str, list[Entry]] = {}
        self.levels: dict[tuple[str, str], Level] = {}
        self.line: dict[str, dict[str, Waiter]] = {}
        self.products: dict[str, Product] = {}
        self.sites: dict[str, Location] = {}
        self.gateway = RecordingGateway(SimulatedGateway(self.clock))
        self.coming: list[Expected] = []
        """What suppliers are to bring."""
        self.later: list[tuple[str, int]] = []
        self.fraud_rules = STANDARD
        self.rules: tuple[SourcingRule, ...] = ()
        self.cards: dict[str, RateCard] = {}
        self.rooms = MemoryRooms()
        self.counters = MemoryCounters()
        self.fail_appends = 0
        """So many of the next appends find that somebody else was faster."""

    def clock(self) -> datetime:
        return self.now

    def tick(self, seconds: float = 1) -> None:
        self.now += timedelta(seconds=seconds)

    # The log.

    def place(self, entry: Entry) -> Entry:
        entries = self.log.setdefault(entry.order_id, [])
        if entries:
            return entries[0]
        entries.append(_through_text(entry))
        return entry

    def entries(self, order_id: str) -> Sequence[Entry]:
        return list(self.log.get(order_id, []))

    def append(self, before: Order, entry: Entry, *, references: Sequence[Reference] = ()) -> None:  # noqa: ARG002 - nothing here looks them up
        if self.fail_appends:
            self.fail_appends -= 1
            raise ConcurrentAppend("somebody was faster")
        entries = self.log[entry.order_id]
        if len(entries) != entry.seq - 1:
            raise ConcurrentAppend(f"entry {entry.seq} is taken")
        moved = dict(self.levels)
        for move in movements(before, entry.events):
            key = move.sku, move.location_id
            known = moved.get(key, Level(sku=move.sku, location_id=move.location_id))
            after = replace(
                known,
                on_hand=known.on_hand + move.on_hand,
                available=known.available + move.available,
                committed=known.committed + move.committed,
                unavailable=_more(known.unavailable, move.unavailable),
                version=known.version + 1,
            )
            if (move.available < 0 and after.available < 0) or after.committed < 0 or after.on_hand < 0:
                raise ShortStock(f"{key} does not cover {move}")
            moved[key] = after
        state = fold([entry], before)
        assert state is not None
        self.rooms.change(room_changes(before, state), self.sites)
        self.levels = moved
        for change in waiting_changes(before, state):
            places = self.line.setdefault(change.sku, {})
            places.pop(change.order_id, None)
            if change.quantity:
                places[change.order_id] = Waiter(
                    sku=change.sku, order_id=change.order_id, since=change.since, quantity=change.quantity
                )
        entries.append(_through_text(entry))

    # Around it.

    def ports(self, *, proof: bool = True) -> Ports:
        return Ports(
            log=self,
            clock=self.clock,
            products=lambda skus: {sku: self.products[sku] for sku in skus if sku in self.products},
            locations=lambda: tuple(self.sites.values()),
            sku_stock=self.sku_stock,
            waiters=lambda sku: sorted(self.line.get(sku, {}).values(), key=lambda each: (each.since, each.order_id)),
            locate=lambda _: Coordinates(latitude=48.1, longitude=11.6),
            address_problem=lambda address: None if address.line1 else "the street is missing",
            gateway=self._gateway,
            look_again=lambda order_id, attempt: self.later.append((order_id, attempt)),
            screen=self.screen,
            rules=lambda: self.rules,
            cards=lambda: self.cards,
            rooms=self.rooms,
            expected=lambda sku: tuple(each for each in self.coming if each.sku == sku),
            proof=proof,
        )

    def screen(self, request: ScreeningRequest) -> Screening:
        return screener(self.fraud_rules, request, self.counters).screen(request)

    def _gateway(self, name: str) -> Gateway:
        if name != "simulated":
            raise KeyError(name)
        return self.gateway  # type: ignore[return-value]

    def sku_stock(self, sku: str) -> SkuStock:
        return SkuStock(
            sku=sku,
            levels=tuple(level for (of, _), level in sorted(self.levels.items()) if of == sku),
            waiting=sum(each.quantity for each in self.line.get(sku, {}).values()),
        )

    def location(self, location_id: str, *, latitude: float = 48.0, longitude: float = 11.0) -> None:
        self.sites[location_id] = Location(
            location_id=location_id, name=location_id, latitude=latitude, longitude=longitude
        )

    def stock(self, sku: str, location_id: str, units: int) -> None:
        """So many more units are on hand; the sku becomes a product and the place a location."""
        self.products.setdefault(sku, Product(sku=sku, title=sku.title()))
        if location_id not in self.sites:
            self.location(location_id)
        known = self.levels.get((sku, location_id), Level(sku=sku, location_id=location_id))
        self.levels[sku, location_id] = replace(
            known, on_hand=known.on_hand + units, available=known.available + units, version=known.version + 1
        )

    def captured(self, placed: OrderPlaced, order_id: str, contact: Contact | None = None) -> Order:
        """An order as capture writes it."""
        entry = Entry(
            order_id=order_id,
            seq=1,
            at=self.now,
            actor="test",
            cause=f"placed:{order_id}",
            events=tuple(decide_place(placed)),
            contact=contact or Contact(email="kim@example.org", shipping=ADDRESS),
        )
        self.place(entry)
        self.tick()
        return load(self, order_id)

    def caller(self, cause: str) -> Caller:
        return Caller(actor="test", cause=cause, clock=self.clock)

    def totals(self) -> Iterable[int]:
        """What `on_hand` less its parts leaves, for each level: zero, always."""
        return [
            level.on_hand - level.available - level.committed - sum(level.unavailable.values())
            for level in self.levels.values()
        ]


ADDRESS = Address(name="Kim Berg", line1="Hauptstr. 1", city="München", postal_code="80331", country="DE")


def _more(known: Mapping[str, int], moved: Mapping[str, int]) -> dict[str, int]:
    return {why: known.get(why, 0) + moved.get(why, 0) for why in dict.fromkeys((*known, *moved))}


def _through_text(entry: Entry) -> Entry:
    """The entry as it comes back from the table: through JSON."""
    return replace(entry, events=load_events(dump_events(entry.events)))
