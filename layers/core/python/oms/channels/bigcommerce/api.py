"""BigCommerce's REST interface: where a store answers, its key, and its quota.

Source: bigcommerce/docs, "About our APIs", "API rate limits" and "Authentication". A store has one quota for all who
call it, which is filled up every 30 seconds; `X-Rate-Limit-Time-Reset-Ms` tells when.
"""

from __future__ import annotations

from oms.channels import rest
from oms.channels.connection import Connection, Reply

OK, CREATED, NO_CONTENT, NOT_FOUND = 200, 201, 204, 404


def call(connection: Connection, method: str, path: str, *, query: rest.Query = (), body: object = None) -> Reply:
    """Call the store's interface at `/v2/…` or `/v3/…`; see `rest.call`.

    Raises:
        Unavailable: no answer; ask again (`Throttled`: and not before so many seconds).
        Refused: the token is not good, or lacks the scope.
    """
    channel = connection.channel
    return rest.call(
        connection,
        method,
        f"{channel.api_url}/stores/{channel.account}{path}",
        headers={"X-Auth-Token": connection.secret.get("access_token", "")},
        query=query,
        body=body,
        reset=("x-rate-limit-time-reset-ms", 1000),
    )
