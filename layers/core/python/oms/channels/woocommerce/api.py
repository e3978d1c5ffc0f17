"""WooCommerce's REST interface: where a shop answers, its keys, and its limits.

Source: WooCommerce REST API v3, "Authentication over HTTPS" (the key and its secret as user and password), "Errors",
"Pagination". It has no limit of its own; hosts put one in front of it, which answers 429 or 503.
"""

from __future__ import annotations

from base64 import b64encode

from oms.channels import rest
from oms.channels.connection import Connection, Reply

OK, CREATED, NOT_FOUND = 200, 201, 404
BASE = "/wp-json/wc/v3"


def call(
    connection: Connection, method: str, path: str, *, query: rest.Query = (), body: object = None, base: str = BASE
) -> Reply:
    """Call the shop's interface; see `rest.call`.

    Raises:
        Unavailable: no answer; ask again (`Throttled`: and not before so many seconds).
        Refused: the key is not good, or may only read.
    """
    secret = connection.secret
    user = f"{secret.get('consumer_key', '')}:{secret.get('consumer_secret', '')}"
    return rest.call(
        connection,
        method,
        f"{connection.channel.api_url}{base}{path}",
        headers={"Authorization": f"Basic {b64encode(user.encode()).decode()}"},
        query=query,
        body=body,
    )
