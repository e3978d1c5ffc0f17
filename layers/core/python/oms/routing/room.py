"""Room in the days of the locations that a plan chooses: who has none is asked for a later day, or passed over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from oms.orders.booking import Booking
from oms.orders.events import Allocation
from oms.routing.ports import Ports
from oms.sourcing.capacity import HORIZON, Room, Used, find_room, total
from oms.sourcing.decide import Decision, Question, decide
from oms.sourcing.promise import days_from
from oms.sourcing.sites import Site

ROUNDS = 20
"""How many plans are made anew because a location turned out to have no room; then it is booked as it is."""

MOST_BOOKINGS = 40
"""Counters that one order writes to beside its stock; what goes beyond is not counted."""

Rooms = Mapping[str, Room]
"""Where the units of each location's share find room; of locations without a limit there is nothing."""


def decide_with_room(order_id: str, question: Question, ports: Ports) -> tuple[Decision, Rooms]:
    """Decide, look at the days of the locations chosen, and decide again as long as one of them is full.

    A full location is not left out: what only it has goes out from there on the first day that has room.
    """
    limits = {each.location_id: each.daily_capacity for each in ports.locations() if each.daily_capacity}
    rooms = ports.rooms
    if rooms is None or not limits:
        return decide(question, proof=ports.proof), {}
    sites = {site.location_id: site for site in question.sites if site.location_id in limits}
    full = {name: day for name in sites if (day := rooms.seen_full(name)) is not None}
    looked: dict[str, tuple[Sequence[date], Used]] = {}
    decision = decide(replace(question, full=full), proof=ports.proof)
    found: dict[str, Room] = {}
    for _ in range(ROUNDS):
        found, late = {}, {}
        for name, units in _shares(decision, sites).items():
            leaves = decision.plan.journeys[name].leaves
            if name not in looked:
                ahead = days_from(sites[name], leaves, HORIZON)
                looked[name] = ahead, rooms.used(name, ahead[0], ahead[-1])
            days, used = looked[name]
            found[name] = find_room(units, days, used, limits[name], order_id)
            if found[name].last > leaves and full.get(name) != found[name].last:
                late[name] = found[name].last
                _remember(name, days, used, limits[name], ports)
        if not late:
            break
        full |= late
        decision = decide(replace(question, full=full), proof=ports.proof)
    return decision, found


def _shares(decision: Decision, sites: Mapping[str, Site]) -> dict[str, int]:
    units = total((each.location_id, each.quantity) for each in decision.plan.assignments)
    return {name: count for name, count in units.items() if name in sites}


def _remember(name: str, days: Sequence[date], used: Used, capacity: int, ports: Ports) -> None:
    """What has no room for a single unit today has none for the orders that come next, either."""
    first = find_room(1, days, used, capacity, "").last
    if first > days[0] and ports.rooms is not None:
        ports.rooms.note_full(name, first)


class Bookings:
    """The room found for a plan, handed out to its allocations as they are written."""

    def __init__(self, rooms: Rooms) -> None:
        every = [(name, day, slot, units) for name, room in rooms.items() for (day, slot), units in room.taken.items()]
        self._left: dict[str, list[tuple[date, int, int]]] = {}
        for name, day, slot, units in every[:MOST_BOOKINGS]:
            self._left.setdefault(name, []).append((day, slot, units))
        self.count = min(len(every), MOST_BOOKINGS)

    def of(self, allocations: Iterable[Allocation]) -> tuple[Booking, ...]:
        """The bookings of these allocations."""
        wanted: dict[tuple[str, str], int] = {}
        for each in allocations:
            key = each.fulfillment_order_id, each.location_id
            wanted[key] = wanted.get(key, 0) + each.quantity
        return tuple(booking for key, units in wanted.items() for booking in self._take(*key, units))

    def _take(self, fulfillment_order_id: str, location_id: str, units: int) -> Iterable[Booking]:
        left = self._left.get(location_id, [])
        while units and left:
            day, slot, room = left.pop(0)
            taken = min(room, units)
            units -= taken
            if room > taken:
                left.insert(0, (day, slot, room - taken))
            yield Booking(
                fulfillment_order_id=fulfillment_order_id, location_id=location_id, day=day, slot=slot, units=taken
            )
