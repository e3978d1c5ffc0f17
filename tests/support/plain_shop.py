"""A sales platform of the plainest kind: orders in Shopify's form, a list of what changed, and notices that name one.

with installed(): ...   its dialect stands in the place of eBay's, so that a channel of that platform speaks it.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from types import ModuleType
from typing import Any, ClassVar
from unittest.mock import patch

from werkzeug.wrappers import Request, Response

from infra.standins.wsgi import StandIn, answer
from oms.channels import connection as wire
from oms.channels.connection import Connection
from oms.channels.document import ChannelDocument
from oms.channels.protocol import WHOLE, Headers, Listed, Page, body_hash
from oms.channels.shopify import inbound as shopify
from oms.clock import Clock, from_text
from oms.errors import InvalidInput, Refused, Throttled, Unavailable
from oms.setup import Channel
from tests.support.platforms import answered_by
from tests.support.shops import Sale, shopify_order

Json = dict[str, Any]

URL = "https://plain.example"
PLATFORM = "ebay"
KEY = "key-of-the-plain-shop"
PAGE = 3


class PlainShop(StandIn):
    """The shop with its API. `orders` are as they are now, by id; `hidden` ones are not in its list yet."""

    ROUTES: ClassVar = (("GET", "/orders", "list_orders"), ("GET", "/orders/<order_id>", "get_order"))

    def __init__(self, clock: Clock, **settings: Any) -> None:
        super().__init__(clock=clock, **settings)
        self.key = KEY
        self.orders: dict[str, Json] = {}
        self.hidden: set[str] = set()
        self.late: dict[str, int] = {}
        """How often an order will not be found when it is asked for by itself."""

    def sell(self, number: int, *sales: Sale, **changes: Any) -> str:
        """Somebody buys; returns the order's id."""
        order = shopify_order(number, sales or [Sale("TEE", 1, "19.90")], placed_at=self.clock(), **changes)
        self.orders[str(order["id"])] = order
        return str(order["id"])

    def change(self, order_id: str, **changes: Any) -> None:
        """Something changes in an order."""
        self.orders[order_id] |= {"updated_at": self.clock().isoformat(), **changes}

    def cancel(self, order_id: str) -> None:
        """The whole order is cancelled."""
        self.change(order_id, cancelled_at=self.clock().isoformat(), financial_status="refunded")

    def document(self, order_id: str) -> bytes:
        """An order as the API gives it."""
        return json.dumps(self.orders[order_id]).encode()

    def list_orders(self, request: Request) -> Response:
        """A page of what changed between two moments, the longest ago first."""
        if request.headers.get("Key") != self.key:
            return answer({}, status=401)
        since, until = (from_text(request.args[name]) for name in ("since", "until"))
        changed = sorted(
            (order["updated_at"], order_id)
            for order_id, order in self.orders.items()
            if order_id not in self.hidden and since <= from_text(order["updated_at"]) <= until
        )
        begin = int(request.args.get("cursor") or 0)
        ids = [order_id for _, order_id in changed[begin : begin + PAGE]]
        following = str(begin + PAGE) if begin + PAGE < len(changed) else ""
        return answer({"orders": [self.orders[each] for each in ids], "cursor": following})

    def get_order(self, request: Request, order_id: str) -> Response:
        """One order."""
        if request.headers.get("Key") != self.key:
            return answer({}, status=401)
        if self.late.get(order_id):
            self.late[order_id] -= 1
            return answer({}, status=404)
        if order_id not in self.orders:
            return answer({}, status=404)
        return answer(self.orders[order_id])


def verify(raw: bytes, headers: Headers, secret: str) -> bool:
    """See `ChannelPlatform.verify`."""
    return bool(secret) and headers.get("X-Signature", "") == signature(raw, secret)


def signature(raw: bytes, secret: str) -> str:
    """What the shop signs its notices with."""
    return hashlib.sha256(secret.encode() + raw).hexdigest()


def is_ping(raw: bytes, headers: Headers) -> bool:  # noqa: ARG001 - it sends none
    """See `ChannelPlatform.is_ping`."""
    return False


def topic(headers: Headers) -> str:
    """See `ChannelPlatform.topic`."""
    return headers.get("X-Topic", "")


def cause(raw: bytes, headers: Headers) -> str:  # noqa: ARG001 - its notices have no id
    """See `ChannelPlatform.cause`."""
    return f"plain:{body_hash(raw)}"


def parse(topic: str, raw: bytes, channel: Channel) -> ChannelDocument | None:
    """See `ChannelPlatform.parse`."""
    return shopify.parse("orders/updated", raw, channel) if topic in {WHOLE, "order"} else None


def reference(topic: str, raw: bytes) -> str:
    """See `Hydrates.reference`."""
    return "" if topic in {"order", "deleted"} else _named(raw)


def deleted(topic: str, raw: bytes) -> str:
    """See `Deletes.deleted`."""
    return _named(raw) if topic == "deleted" else ""


def _named(raw: bytes) -> str:
    try:
        return str(json.loads(raw)["id"])
    except (ValueError, KeyError, TypeError):
        raise InvalidInput("the notice names no order", path="id") from None


def hydrate(connection: Connection, reference: str) -> bytes | None:
    """See `Hydrates.hydrate`."""
    reply = _get(connection, f"/orders/{reference}")
    return None if reply.status == 404 else reply.body


def poll(connection: Connection, since: datetime, until: datetime, cursor: str) -> Page:
    """See `Polls.poll`."""
    times = f"since={since.isoformat()}&until={until.isoformat()}".replace("+", "%2B")
    body = json.loads(_get(connection, f"/orders?{times}&cursor={cursor}").body)
    orders = tuple(
        Listed(external_id=str(each["id"]), changed_at=each["updated_at"], raw=json.dumps(each).encode())
        for each in body["orders"]
    )
    return Page(orders=orders, cursor=body["cursor"], more=bool(body["cursor"]))


def _get(connection: Connection, path: str) -> wire.Reply:
    reply = connection.http.send(
        wire.Request(method="GET", url=connection.channel.api_url + path, headers={"Key": connection.secret["api_key"]})
    )
    if reply.status == 429:
        raise Throttled("asked too often", seconds=float(reply.headers["retry-after"]))
    if reply.status >= 500:
        raise Unavailable(f"answered {reply.status}")
    if reply.status in {401, 403}:
        raise Refused(f"answered {reply.status}: the key is not accepted")
    return reply


@contextmanager
def installed(*apps: tuple[str, StandIn]) -> Iterator[None]:
    """Channels of the platform `ebay` speak this dialect, and the stand-ins answer at their URLs."""
    name = f"oms.channels.{PLATFORM}.inbound"
    dialect = ModuleType(name)
    for each in (verify, is_ping, topic, cause, parse, reference, deleted, hydrate, poll):
        setattr(dialect, each.__name__, each)
    with patch.dict(sys.modules, {name: dialect}), answered_by(*apps):
        yield
