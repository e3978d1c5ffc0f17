"""Orders a second from the channel to the door on the local cloud, beside calls that do next to nothing."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from infra.demo import opening
from infra.demo.api import Api
from infra.demo.desk import Desk, id_of
from infra.demo.goods import KNOWN, PLACES
from infra.demo.outcome import median_and_p90, seconds
from infra.demo.post import Post
from infra.demo.run import LOOK, POSTING
from infra.demo.sale import Form, Sale
from infra.demo.staff import Staff
from infra.demo.story import new_book
from infra.local import Cloud
from oms.clock import from_text

PATIENCE = 600.0
"""Seconds that all orders together may take."""

WARM_UP = 20
"""Orders that go before, so that no process has to be started for those that are measured."""

IDLE_CALLS = 200
"""Calls for what does not exist, by which the ceiling of this cloud on this machine is measured."""

OWN_CALLS = 1 + len(("accept", "pick", "pack", "ship"))
"""Calls over HTTP that an order takes of a shop and a warehouse: posted, and worked on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """A run of plain orders. Rates are per second."""

    orders: int
    accepted: float
    """Orders answered while they were posted by eight clients."""
    delivered: float
    """Orders from the first post until the last was at the door."""
    calls: float
    """HTTP calls that an order takes, the carrier's webhooks among them."""
    idle: float
    """Calls that check a key and find nothing, by eight clients: the ceiling of this cloud."""
    shipped: float
    """Median of the seconds from accepted to shipped."""

    @property
    def ceiling(self) -> float:
        """Orders a second if calls were all there is."""
        return self.idle / self.calls


def flow(cloud: Cloud, orders: int) -> Flow:
    """Send orders through their whole life.

    Raises:
        RuntimeError: some did not arrive.
    """
    api = Api(cloud.url, cloud.keys)
    opening.check_nothing_left(api)
    opening.open_shop(api, orders)
    secrets = {name: channel["webhook_secret"] for name, channel in cloud.channels.items()}
    desk = Desk(api, Post(cloud), secrets, PATIENCE)
    book, forms = new_book(0), list(Form)
    sales = [book.plain(forms[number % 3]) for number in range(WARM_UP + orders)]
    idle = _idle(api)
    staff = Staff(api, [place.location_id for place in PLACES], KNOWN)
    staff.open()
    try:
        _wave(desk, sales[:WARM_UP])
        sales = sales[WARM_UP:]
        posted = _wave(desk, sales)
    finally:
        staff.go_home()
    shown = [api.order(id_of(sale)) for sale in sales]
    events = [api.events(order["order_id"]) for order in shown]
    first = min(from_text(order["captured_at"]) for order in shown)
    last = max(from_text(event["at"]) for trail in events for event in trail)
    scans = sum(len(parcel["scans"]) for order in shown for parcel in order["parcels"])
    times = [seconds(order, trail)["shipped"] for order, trail in zip(shown, events, strict=True)]
    return Flow(
        orders=orders,
        accepted=orders / posted,
        delivered=orders / (last - first).total_seconds(),
        calls=OWN_CALLS + scans / orders,
        idle=idle,
        shipped=median_and_p90(times)[0],
    )


def _idle(api: Api) -> float:
    def call(_: int) -> None:
        api.call("GET", "/products/NOTHING", scope="setup")

    with ThreadPoolExecutor(POSTING) as clients:
        list(clients.map(call, range(5 * POSTING)))  # starts as many workers as clients
        began = time.monotonic()
        list(clients.map(call, range(IDLE_CALLS)))
        return IDLE_CALLS / (time.monotonic() - began)


def _wave(desk: Desk, sales: list[Sale]) -> float:
    """Post orders and wait until all are at the door; the seconds that posting took."""
    began = time.monotonic()
    with ThreadPoolExecutor(POSTING) as shops:
        list(shops.map(desk.place, sales))
    posted = time.monotonic() - began
    deadline, wanted = time.monotonic() + PATIENCE, {id_of(sale) for sale in sales}
    while left := wanted - {each["order_id"] for each in desk.api.orders() if each["status"] == "delivered"}:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{len(left)} of {len(wanted)} orders did not arrive within {PATIENCE:.0f} s")
        time.sleep(LOOK)
    return posted
