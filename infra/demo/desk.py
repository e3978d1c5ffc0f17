"""The desk from which the demonstration posts orders in their three forms, and watches what becomes of them."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from infra.demo import canonical, marketplaces, shopify, woocommerce
from infra.demo.alarms import Alarms
from infra.demo.api import Api, CallFailed, Json, Reply
from infra.demo.platforms import Platforms
from infra.demo.post import Post
from infra.demo.sale import Form, Sale
from oms.ids import order_id
from oms.returns.exchanges import exchange_order_id

PAUSE = 0.4
"""Seconds between two looks at an order."""

SECOND_ALERT = 3.0
"""Seconds in which a second alert would come, if it were sent."""

EXTERNAL_ID: Mapping[Form, Callable[[Sale], Any]] = {
    Form.CANONICAL: canonical.external_id,
    Form.SHOPIFY: shopify.external_id,
    Form.WOOCOMMERCE: woocommerce.external_id,
    Form.SHOPIFY_STORE: shopify.external_id,
    Form.WOO_STORE: woocommerce.external_id,
    Form.BIGCOMMERCE: lambda sale: sale.number,
    Form.AMAZON: marketplaces.amazon_id,
    Form.EBAY: marketplaces.ebay_id,
    Form.ADOBE_COMMERCE: lambda sale: sale.number,
}
_CREATED = {Form.SHOPIFY: "orders/create", Form.WOOCOMMERCE: "order.created"}


class NeverCame(Exception):
    """What was waited for did not happen in time; the message says what."""


def id_of(sale: Sale) -> str:
    """The order's id, which follows from channel and external id, or from the order that it is an exchange of."""
    if sale.exchange_of:
        return exchange_order_id(f"{id_of(sale.exchange_of)}-x1")
    return order_id(sale.form, str(EXTERNAL_ID[sale.form](sale)))


@dataclass(slots=True)
class Desk:
    """Everything an episode needs to act. `patience` is in seconds."""

    api: Api
    post: Post
    secrets: Mapping[str, str]
    """The webhook secret of each channel."""
    patience: float
    gateway_secret: str = ""
    """The webhook secret of the simulated gateway, for who has news of it."""
    tally: Counter[str] = field(default_factory=Counter)
    """Things worth telling at the end: webhooks posted again, calls refused."""
    stopped: threading.Event = field(default_factory=threading.Event)
    """Set when the run is broken off: nobody waits any more."""
    received: Counter[str] = field(default_factory=Counter)
    """Units by sku that suppliers delivered."""
    written_off: Counter[str] = field(default_factory=Counter)
    """Units by sku that were on the books, and that nobody found."""
    alarms: Alarms | None = None
    """What is heard of stock that runs low."""
    platforms: Platforms | None = None
    """The shops of the fourth act."""
    _deliveries: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def outside(self) -> Platforms:
        """The shops of the fourth act, where customers buy, and which are told what became of it."""
        assert self.platforms is not None
        return self.platforms

    def place(self, sale: Sale, *, times: int = 1, at_once: bool = False) -> str:
        """Post a new order in its form, `times` over; `at_once` by as many clients at the same moment.

        Raises:
            CallFailed: it was not accepted, or a repetition was not known as one.
        """
        if at_once:
            with ThreadPoolExecutor(times) as clients:
                replies = list(clients.map(lambda _: self.deliver(sale), range(times)))
        else:
            replies = [self.deliver(sale) for _ in range(times)]
        self.tally["duplicates"] += times - 1
        for reply in replies:
            if not 200 <= reply.status < 300:  # noqa: PLR2004 - what success is
                raise CallFailed(f"order {sale.number} was answered {reply.status}: {reply.body.decode()[:2000]}")
        return id_of(sale)

    def deliver(self, sale: Sale, *, secret: str = "") -> Reply:
        """One delivery of a new order, signed with the channel's secret unless another is given."""
        if sale.form is Form.CANONICAL:
            return self.api.call(
                "POST", f"/channels/{sale.form}/orders", canonical.document(sale), scope="orders:write"
            )
        body = shopify.document(sale) if sale.form is Form.SHOPIFY else woocommerce.document(sale)
        return self._webhook(sale, body, _CREATED[sale.form], "created", secret)

    def change(self, sale: Sale, topic: str, **change: Any) -> None:
        """Tell that an order changed in its channel, just now: the whole document again, under another topic.

        Raises:
            CallFailed: it was not accepted.
        """
        document = shopify.document if sale.form is Form.SHOPIFY else woocommerce.document
        body = document(sale, changed_at=datetime.now(UTC), **change)
        reply = self._webhook(sale, body, topic, f"{topic}-{next(self._deliveries)}", "")
        if not 200 <= reply.status < 300:  # noqa: PLR2004 - what success is
            raise CallFailed(f"{topic} of {sale.number} was answered {reply.status}: {reply.body.decode()[:2000]}")

    def _webhook(self, sale: Sale, body: Json, topic: str, event: str, secret: str) -> Reply:
        raw = json.dumps(body, ensure_ascii=False).encode()
        key = secret or self.secrets[sale.form]
        delivery = next(self._deliveries)
        headers = (
            shopify.headers(raw, key, topic=topic, event_id=f"{sale.number}-{event}", delivery=delivery)
            if sale.form is Form.SHOPIFY
            else woocommerce.headers(raw, key, topic=topic, delivery=delivery)
        )
        return self.api.call("POST", f"/channels/{sale.form}/webhooks", raw, headers=headers)

    def wait(self, order: str, until: Callable[[Json], bool], what: str) -> Json:
        """Look at an order until something is so.

        Raises:
            NeverCame: it was not, for the whole patience.
        """
        deadline = time.monotonic() + self.patience
        while True:
            shown = self.api.order(order)
            if until(shown):
                return shown
            if time.monotonic() > deadline or self.stopped.wait(PAUSE):
                raise NeverCame(f"order {order} ({shown['number']}) is {shown['status']} and never {what}")

    def wait_held(self, order: str, reason: str) -> str:
        """Wait until an order is held for a reason; the hold's handle."""

        def held(shown: Json) -> bool:
            return reason in {each["reason"] for each in shown["holds"]}

        shown = self.wait(order, held, f"held for {reason}")
        return str(next(each["handle"] for each in shown["holds"] if each["reason"] == reason))

    def wait_told(self, order: str, kind: str) -> None:
        """Wait until the customer was told something about an order.

        Raises:
            NeverCame: nobody told.
        """
        deadline = time.monotonic() + self.patience
        while kind not in {told for told, _ in self.post.told(order)}:
            if time.monotonic() > deadline or self.stopped.wait(PAUSE):
                raise NeverCame(f"order {order}: the customer was never told {kind}")

    def wait_alerts(self, sku: str) -> list[Json]:
        """Wait for an alert about a sku, and a moment longer for others that should not be.

        Raises:
            NeverCame: there was none.
        """
        assert self.alarms is not None
        deadline = time.monotonic() + self.patience
        while not self.alarms.about(sku):
            if time.monotonic() > deadline or self.stopped.wait(PAUSE):
                raise NeverCame(f"nobody was told that {sku} runs low")
        self.stopped.wait(SECOND_ALERT)
        return self.alarms.about(sku)

    def release(self, order: str, handle: str, note: str) -> None:
        """Release a hold by hand."""
        self.api.expect("POST", f"/orders/{order}/holds/{handle}/release", {"note": note}, scope="ops")

    def receive(self, sku: str, location_id: str, quantity: int, reference: str) -> None:
        """A delivery from a supplier is put on the shelf."""
        adjustment = {
            "sku": sku,
            "location_id": location_id,
            "quantity": quantity,
            "reason": "received",
            "reference": reference,
        }
        self.api.expect("POST", "/stock/adjustments", {"adjustments": [adjustment]}, scope="stock:write")
        self.received[sku] += quantity
