"""The codes of customers who fetch their goods in a store, made with the key that signs this stack's links."""

from __future__ import annotations

from oms.errors import NotFound
from oms.orders.pickup_code import is_pickup_code, pickup_code
from oms.platform.observability import Metric, count
from oms.platform.secrets import LINKS, secret


def code_of(fulfillment_order_id: str) -> str:
    """The code of a fulfillment order; empty when the stack has no key, and staff look at a document instead."""
    try:
        return pickup_code(fulfillment_order_id, secret(LINKS)["signing_secret"])
    except NotFound:
        return ""


def matches(fulfillment_order_id: str, text: str) -> bool:
    """Whether the text is the code of a fulfillment order; a key that was changed a moment ago is read anew."""
    try:
        for fresh in (False, True):
            if is_pickup_code(text, fulfillment_order_id, secret(LINKS, fresh=fresh)["signing_secret"]):
                return True
    except NotFound:
        pass
    count(Metric.SIGNATURES_REFUSED)
    return False
