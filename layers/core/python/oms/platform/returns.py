"""Returns wired to this stack: their ports, and the links of customers."""

from __future__ import annotations

from datetime import datetime

from oms.clock import now
from oms.errors import NotFound, Unauthenticated
from oms.ids import order_of
from oms.orders.log import load
from oms.orders.order import Order
from oms.platform import setup
from oms.platform.config import settings
from oms.platform.event_log import order_log
from oms.platform.observability import Metric, count, logger
from oms.platform.secrets import LINKS, secret
from oms.returns.links import LIFE, OFFER, PURPOSE, order_behind, token
from oms.returns.work import Ports


def ports() -> Ports:
    """What returns need, from this stack's tables."""
    return Ports(log=order_log(), channel=setup.channel, location=setup.location, products=setup.products)


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


def offer_link(offer_id: str, expires_at: datetime) -> str:
    """A link to an offer of other goods, good for as long as the offer; "" when no link can be made.

    Without a public address or a key customers answer by the phone.
    """
    try:
        signed = token(offer_id, expires_at, secret(LINKS)["signing_secret"], OFFER)
    except NotFound:
        return ""
    address = settings().public_url
    return f"{address.rstrip('/')}/offer/{signed}" if address else ""


def customers_offer(text: str) -> str:
    """The id of the offer that a customer's link leads to.

    Raises:
        Unauthenticated: the link is not ours, or the offer has ended, or nothing can be verified.
    """
    return customers_order(text, OFFER)


def customers_order(text: str, purpose: bytes = PURPOSE) -> str:
    """The order that a customer's link leads to; a key that was changed a moment ago is read anew.

    Raises:
        Unauthenticated: the link is not ours, or no longer good, or nothing can be verified.
    """
    for fresh in (False, True):
        try:
            order_id = order_behind(text, secret(LINKS, fresh=fresh)["signing_secret"], now(), purpose)
        except Unauthenticated:
            continue
        except NotFound:
            break
        logger().append_keys(order_id=order_of(order_id))
        return order_id
    count(Metric.SIGNATURES_REFUSED)
    raise Unauthenticated("no valid link")
