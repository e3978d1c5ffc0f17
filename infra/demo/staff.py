"""The people in the warehouses and stores: each place works through its queue, from accepting to handing over."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from infra.demo.api import Api, CallFailed, Json
from infra.demo.courier import FEDEX
from infra.demo.goods import Article

WORK = ("accept", "pick", "ready", "pack", "ship")
"""The actions of staff, in their order."""

PAUSE = 1.0
"""Seconds between two looks at an empty queue."""

BOX = 180
"""Grams of box and filling."""


class Staff:
    """Works at all locations until it is sent home."""

    def __init__(
        self, api: Api, locations: Sequence[str], articles: Iterable[Article], by_fedex: frozenset[str] = frozenset()
    ) -> None:
        """`by_fedex`: numbers of the orders whose parcels FedEx carries."""
        self._api = api
        self._articles = {article.sku: article for article in articles}
        self._locations = locations
        self._by_fedex = by_fedex
        self._home = threading.Event()
        self._pool = ThreadPoolExecutor(len(locations), thread_name_prefix="staff")
        self.done: Counter[str] = Counter()
        """Actions carried out."""
        self.troubles: Counter[str] = Counter()
        """What went wrong, in the API's words, and how often."""

    def open(self) -> None:
        """Begin to work."""
        for location in self._locations:
            self._pool.submit(self._work_at, location)

    def go_home(self) -> None:
        """Finish what is in hand, then stop."""
        self._home.set()
        self._pool.shutdown(wait=True)

    def _work_at(self, location: str) -> None:
        while not self._home.is_set():
            try:
                busy = self._round(location)
            except Exception as error:  # noqa: BLE001 - the shift goes on; it is reported at the end
                self.troubles[f"{location}: {error}"] += 1
                busy = False
            if not busy:
                self._home.wait(PAUSE)

    def _round(self, location: str) -> bool:
        """Work through the queue once; whether there was anything to do."""
        busy = False
        queue = self._api.expect("GET", f"/locations/{location}/fulfillment-orders?limit=50", scope="fulfillment")
        for share in queue["fulfillment_orders"]:
            if self._home.is_set():
                break
            if set(WORK) & set(share["actions"]):
                busy = self._fulfill(share) or busy
        return busy

    def _fulfill(self, share: Json) -> bool:
        """Do all that can be done now with a fulfillment order of the queue; whether anything could."""
        place = f"/fulfillment-orders/{share['fulfillment_order_id']}"
        begun = False
        if "pack" in share["actions"]:
            # It was picked before, or the queue is behind: look at what is there to be packed.
            share = self._api.expect("GET", place, scope="fulfillment")
        while action := next((each for each in WORK if each in share["actions"]), None):
            body = self._parcel(share) if action == "pack" else {}
            reply = self._api.call("POST", f"{place}/{action}", body, scope="fulfillment")
            if reply.status == 409:  # noqa: PLR2004 - it was held, cancelled or done meanwhile
                return begun
            if reply.status != 200:  # noqa: PLR2004 - ok
                raise CallFailed(f"{action} {place} answered {reply.status}: {reply.body.decode()[:500]}")
            share, begun = reply.json, True
            self.done[action] += 1
        return begun

    def _parcel(self, share: Json) -> dict[str, Any]:
        """A box for everything that is picked: its weight in grams, its outer size in millimetres."""
        picked = [
            (article, line["units"].get("picked", 0))
            for line in share["lines"]
            if (article := self._articles.get(line["sku"]))
        ]
        carrier = FEDEX if share["number"] in self._by_fedex else "simulated"
        if not picked:
            return {"carrier": carrier}
        sizes = [article.size for article, count in picked if count]
        return {
            "carrier": carrier,
            "grams": BOX + sum(article.grams * count for article, count in picked),
            "length": max(size[0] for size in sizes) + 20,
            "width": max(size[1] for size in sizes) + 20,
            "height": sum(article.size[2] * count for article, count in picked) + 20,
        }
