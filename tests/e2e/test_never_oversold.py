"""64 buyers at once for ten shirts on the local cloud, as shirts and in sets, with cancellations and rejections beside.

Everything goes over the API and through the deployed functions, their queues and streams; the stock of one of the two
places is held in four buckets. As many shirts are sold as there are, and whenever anybody looks the books balance.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

from infra.demo.api import Api
from infra.local import Cloud
from oms.ids import order_id
from tests.support.shops import Sale, canonical_order

BUYERS, SHIRTS = 64, 10
NORTH, SOUTH = "rush-north", "rush-south"
RUN = uuid4().hex[:6]
"""Names its goods and orders: the cloud may have seen others before."""

TEE, MUG, SET, BOX = (f"RUSH-{RUN}-{name}" for name in ("TEE", "MUG", "SET", "BOX"))
BASKETS = ([(TEE, 1)], [(SET, 1)], [(TEE, 1), (SET, 1)], [(BOX, 2)])
TROUBLE = ("cancel", "too_busy", "not_in_stock", "cancel", "cancel", "too_busy")
PATIENCE = 240


def opened(api: Api) -> None:
    for at, location_id in enumerate((NORTH, SOUTH)):
        address = {"name": "Rush", "line1": "Kai 1", "postal_code": "10115", "city": "Berlin", "country": "DE"}
        body = {"name": location_id, "address": address, "latitude": 52.5 + at, "longitude": 13.4}
        api.expect("PUT", f"/locations/{location_id}", body, scope="setup")
    for sku, components in ((TEE, {}), (MUG, {}), (SET, {TEE: 1, MUG: 1}), (BOX, {TEE: 1, MUG: 2})):
        parts = [{"sku": each, "quantity": quantity} for each, quantity in components.items()]
        body = {"title": sku, "grams": 200} | ({"components": parts} if parts else {})
        api.expect("PUT", f"/products/{sku}", body, scope="setup")
    for sku, location_id, units in ((TEE, NORTH, 7), (TEE, SOUTH, 3), (MUG, NORTH, 200), (MUG, SOUTH, 200)):
        api.expect("PUT", f"/stock/{sku}/{location_id}", {"on_hand": units}, scope="stock:write")
    api.expect("PUT", f"/stock/{TEE}/{NORTH}/buckets", {"buckets": 4}, scope="stock:write")


def balanced(api: Api) -> Any:
    """The shirts as the API shows them at this moment, which balance."""
    shown = api.expect("GET", f"/stock/{TEE}", scope="stock:read")
    for level in shown["levels"]:
        apart = sum(level["unavailable"].values())
        assert level["on_hand"] == level["available"] + level["committed"] + apart, level
        assert min(level["on_hand"], level["available"], level["committed"]) >= 0, level
    assert shown["on_hand"] <= SHIRTS
    return shown


def units(api: Api, order: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for line in api.order(order)["lines"]:
        for state, count in line["units"].items():
            found[state] = found.get(state, 0) + count
    return found


class Troublemaker:
    """Takes the units of one order after the other away, as soon as it has some."""

    def __init__(self, api: Api, orders: list[str]) -> None:
        self._api = api
        self._orders = orders
        self.lost = 0
        self.acts: list[str] = []
        self._touched: set[str] = set()

    def step(self) -> None:
        for order in self._orders:
            if len(self.acts) == len(TROUBLE):
                return
            answer = self._api.call("GET", f"/orders/{order}", scope="orders:read")
            shares = answer.json.get("fulfillment_orders", ()) if answer.status == 200 else ()
            able = [each for each in shares if "reject" in each["actions"]]
            if able and order not in self._touched:
                self._act(order, able[0])

    def _act(self, order: str, share: Any) -> None:
        self._touched.add(order)
        what = TROUBLE[len(self.acts)]
        if what == "cancel":
            answer = self._api.call("POST", f"/orders/{order}/cancel", {}, scope="ops")
        else:
            path = f"/fulfillment-orders/{share['fulfillment_order_id']}/reject"
            answer = self._api.call("POST", path, {"reason": what}, scope="fulfillment")
        assert answer.status in {200, 409}, answer
        if answer.status == 200:
            self.acts.append(what)
            if what == "not_in_stock":
                self.lost += sum(answer.json["rejections"][-1]["units"].values())


def test_exactly_what_is_there_is_sold(cloud: Cloud) -> None:
    api = Api(cloud.url, cloud.keys)
    opened(api)
    documents = [
        canonical_order(
            f"rush-{RUN}-{number}",
            [Sale(sku, quantity, "10.00") for sku, quantity in BASKETS[number % len(BASKETS)]],
            method="prepaid",
        )
        for number in range(BUYERS)
    ]
    orders = [order_id("shop", document["external_id"]) for document in documents]
    trouble, over = Troublemaker(api, orders), threading.Event()

    def beside() -> None:
        while not over.is_set():
            trouble.step()
            balanced(api)

    with ThreadPoolExecutor(17) as pool:
        besides = pool.submit(beside)
        try:
            list(
                pool.map(
                    lambda each: api.expect("POST", "/channels/shop/orders", each, scope="orders:write"), documents
                )
            )
            eventually(lambda: len(trouble.acts) == len(TROUBLE) or besides.done(), "the trouble to be over")
        finally:
            over.set()
        besides.result()

    def sold_out() -> bool:
        shown = balanced(api)
        return bool(shown["committed"] == SHIRTS - trouble.lost and not shown["available"])

    eventually(sold_out, "every shirt to be sold")
    found = [units(api, order) for order in orders]
    assert sum(each.get("allocated", 0) for each in found) == SHIRTS - trouble.lost, (found, trouble.acts)
    wanted = sum(quantity for number in range(BUYERS) for _, quantity in BASKETS[number % len(BASKETS)])
    assert sum(sum(each.values()) for each in found) == wanted


def eventually(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if holds():
            return
        time.sleep(0.5)
    raise AssertionError(f"waited {PATIENCE} seconds for {what}")
