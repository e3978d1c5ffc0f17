"""WooCommerce's REST interface: where a shop answers, its keys, and its limits.

Source: WooCommerce REST API v3, "Authentication over HTTPS" (the key and its secret as user and password), "Errors",
"Pagination". It has no limit of its own; hosts put one in front of it, which answers 429 or 503.
"""

from __future__ import annotations

from base64 import b64encode

from oms.channels import rest
from oms.channels.connection import Connection, Reply
from oms.errors import Unavailable

OK, CREATED, NOT_FOUND, FAILED = 200, 201, 404, 500
BASE = "/wp-json/wc/v3"

REFUSALS = frozenset({"woocommerce_rest_cannot_create_order_refund"})
"""Said with a 500 when an amount is too large, or the gateway gives nothing back by itself."""


def call(connection: Connection, method: str, path: str, *, query: rest.Query = (), body: object = None) -> Reply:
    """Call the shop's interface; see `rest.call`.

    Raises:
        Unavailable: no answer; ask again (`Throttled`: and not before so many seconds).
        Refused: the key is not good, or may only read.
    """
    secret = connection.secret
    user = f"{secret.get('consumer_key', '')}:{secret.get('consumer_secret', '')}"
    reply = rest.call(
        connection,
        method,
        f"{connection.channel.api_url}{BASE}{path}",
        headers={"Authorization": f"Basic {b64encode(user.encode()).decode()}"},
        query=query,
        body=body,
        wanted={FAILED},
    )
    if reply.status == FAILED and not _refuses(reply):
        raise Unavailable(f"woocommerce answered {reply.status}")
    return reply


def _refuses(reply: Reply) -> bool:
    try:
        said = rest.content(reply)
    except Unavailable:
        return False
    return isinstance(said, dict) and said.get("code") in REFUSALS
