"""Returns wired to this stack: their ports, and the links of customers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from oms.clock import now
from oms.errors import NotFound, Unauthenticated
from oms.orders.after_sale import ReturnApproved
from oms.orders.log import Caller, load
from oms.orders.order import Order
from oms.platform import setup
from oms.platform.config import settings
from oms.platform.event_log import order_log
from oms.platform.observability import Metric, count, logger
from oms.platform.secrets import LINKS, secret
from oms.returns.links import LIFE, order_behind, token
from oms.returns.work import Ports

ACTOR = "returns"


def ports() -> Ports:
    """What returns need, from this stack's tables."""
    return Ports(log=order_log(), channel=setup.channel, location=setup.location, products=setup.products)


def label_link(return_id: str) -> str:
    """Where the label for the way back of a return can be opened, for a short while.

    Raises:
        NotFound: there is no such return, or it has no label.
    """
    from oms.fulfillment.way_back import return_label_link
    from oms.platform import fulfillment

    return return_label_link(fulfillment.ports(), return_id)


def handle(message: dict[str, Any], message_id: str) -> None:
    """A message of the returns queue: buy the label that was promised, or take exchanges further.

    A label that a carrier refuses keeps nothing else from happening: its message alone ends among the dead letters.
    """
    who = Caller(actor=ACTOR, cause=message.get("id", message_id), clock=now)
    if message["type"] == ReturnApproved.__name__:
        from oms.fulfillment.way_back import issue_label
        from oms.platform import fulfillment

        issue_label(fulfillment.ports(), message["data"]["return_id"], who)
        return
    from oms.returns.exchanging import follow

    follow(ports(), message["order_id"], who)


def order_now(order_id: str) -> Order:
    """An order as it is now; from here on the lines of the log name it.

    Raises:
        NotFound: there is no such order.
    """
    logger().append_keys(order_id=order_id)
    return load(order_log(), order_id)


def new_link(order_id: str) -> tuple[str, datetime]:
    """A link to an order's returns, and when it ends.

    The link is a path below the API's address when the stack does not know that address.

    Raises:
        NotFound: there is no such order, or no key to sign with.
    """
    order_now(order_id)
    expires_at = (now() + LIFE).replace(microsecond=0)
    path = f"/return/{token(order_id, expires_at, secret(LINKS)['signing_secret'])}"
    return settings().public_url.rstrip("/") + path, expires_at


def customers_order(text: str) -> str:
    """The order that a customer's link leads to; a key that was changed a moment ago is read anew.

    Raises:
        Unauthenticated: the link is not ours, or no longer good, or nothing can be verified.
    """
    for fresh in (False, True):
        try:
            order_id = order_behind(text, secret(LINKS, fresh=fresh)["signing_secret"], now())
        except Unauthenticated:
            continue
        except NotFound:
            break
        logger().append_keys(order_id=order_id)
        return order_id
    count(Metric.SIGNATURES_REFUSED)
    raise Unauthenticated("no valid link")
