"""A store with a counter and a warehouse behind it, in memory: what the tests of pick-up play in."""

from __future__ import annotations

from dataclasses import replace

from oms.fulfillment import counter, work
from oms.fulfillment.decisions import Packing
from oms.fulfillment.ports import Ports as FulfillmentPorts
from oms.orders.contact import Address, Contact
from oms.orders.events import OrderPlaced, PlacedLine
from oms.orders.order import FulfillmentOrder, Order
from oms.orders.pickup_code import is_pickup_code, pickup_code
from oms.routing.process import advance
from oms.routing.timers import wake_at
from oms.setup import Location
from tests.support.orders import placed
from tests.unit.fulfillment.warehouse import NORTH, ORDER, Warehouse

KEY = "a key that only tests have"
MITTE = Location(
    location_id="mitte",
    name="Store Mitte",
    address=Address(line1="Torstr. 1", postal_code="10119", city="Berlin", country="DE", phone="+49 30 1234567"),
    latitude=52.53,
    longitude=13.4,
    ships=False,
    time_zone="Europe/Berlin",
    pickup_days=7,
    opening_hours=dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat"), "10:00-19:00"),
)


def matches(fulfillment_order_id: str, text: str) -> bool:
    """As the stack checks a code, with the key of the tests."""
    return is_pickup_code(text, fulfillment_order_id, KEY)


class ShopFloor(Warehouse):
    """`mitte` is the store, `north` the warehouse; customers fetch their goods in the first."""

    def __init__(self, *, ship_to_store: bool = False) -> None:
        super().__init__()
        self.sites = {"mitte": replace(MITTE, ship_to_store=ship_to_store), "north": NORTH}

    def desk(self) -> FulfillmentPorts:
        return replace(super().desk(), location=lambda location_id: self.sites[location_id])

    def fetched(self, *lines: PlacedLine, store: str = "mitte", sale: OrderPlaced | None = None) -> Order:
        """An order that the customer fetches; they gave no address."""
        contact = Contact(name="Kim Berg", email="kim@example.org")
        self.captured(replace(sale or placed(*lines), pickup_location_id=store, number="#1001"), ORDER, contact)
        return self.routed()

    def routed(self) -> Order:
        """The order after what routing has to do for it now."""
        self.tick()
        return advance(self.ports(), ORDER, f"routed at {self.now}")

    def woken(self) -> Order:
        """The order after time has passed until something is due."""
        moment = wake_at(self.order())
        assert moment is not None
        self.now = max(self.now, moment)
        return advance(self.ports(), ORDER, f"timer {moment}")

    def share(self, number: int = 1) -> FulfillmentOrder:
        return self.order().fulfillment_orders[f"{ORDER}-{number}"]

    def act(self, name: str, number: int = 1, **wish: object) -> Order:
        """Staff make one of the calls about a fulfillment order."""
        self.tick()
        done = {
            "accept": work.accept,
            "pick": work.pick,
            "pack": work.pack,
            "ship": work.ship,
            "ready": counter.make_ready,
            "hand-over": counter.hand_over,
            "put-back": counter.put_back,
        }[name]
        if name == "pack":
            wish = {"packing": Packing(), **wish}
        if name == "hand-over":
            wish = {"matches": matches, **({"code": pickup_code(f"{ORDER}-{number}", KEY)} if not wish else {}), **wish}
        return done(self.desk(), f"{ORDER}-{number}", self.caller(f"{name} at {self.now}"), **wish)  # type: ignore[operator]

    def ready(self, number: int = 1) -> Order:
        """Everything up to the moment at which the goods stand at the counter."""
        for name in ("accept", "pick", "ready"):
            order = self.act(name, number)
        return order
