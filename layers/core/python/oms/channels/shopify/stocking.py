"""Setting stock levels in Shopify: the units that a place has available, whatever stood there before.

Sources: shopify.dev, GraphQL Admin API 2026-10: `inventorySetQuantities` (`changeFromQuantity: null` compares with
nothing; the key of `@idempotent` is required), `inventoryItems`, `locations`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta

from oms.channels.connection import Connection, Token
from oms.channels.outbound import StockAnswer, StockLevel
from oms.channels.shopify import api
from oms.errors import Refused

STOCK_BATCH = 50
"""Shopify takes 250 quantities; the query that finds their items by sku should stay short."""

ITEMS = """
query Items($query: String!, $after: String) {
  inventoryItems(first: 100, query: $query, after: $after) {
    nodes { id sku } pageInfo { hasNextPage endCursor }
  }
}
"""

LOCATIONS = """
query Locations {
  locations(first: 2) { nodes { id } }
}
"""

SET = """
mutation SetStock($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    userErrors { field message code }
  }
}
"""

REMEMBERED = timedelta(days=1)
"""For which a process knows what a sku is called in the shop."""

_ITEM, _PLACE = "item:", "location"
_INDEX = 2
"""Where an error's path has the number of the quantity: `["input", "quantities", "3", "inventoryItemId"]`."""


def set_stock(connection: Connection, levels: Sequence[StockLevel]) -> Sequence[StockAnswer]:
    """See `ToldPlatform.set_stock`. A sku that several variants share is set for each of them.

    The key is of this one call: under the key of a level that was set before, Shopify would not set it again.
    """
    if not levels:
        return []
    try:
        place = _place(connection)
    except Refused as refused:
        return [StockAnswer(sku=each.sku, problem=refused.detail) for each in levels]
    items = _items(connection, [each.sku for each in levels])
    problems = {each.sku: "the shop has no variant with this sku" for each in levels if not items.get(each.sku)}
    left = [(each, item) for each in levels for item in items.get(each.sku, ())]
    while left:
        refused_at = _set(connection, place, left)
        if not refused_at:
            break
        for index, why in refused_at.items():
            problems.setdefault(left[index][0].sku, why)
        left = [each for index, each in enumerate(left) if index not in refused_at]
    return [StockAnswer(sku=each.sku, problem=problems.get(each.sku, "")) for each in levels]


def _set(connection: Connection, place: str, wanted: Sequence[tuple[StockLevel, str]]) -> Mapping[int, str]:
    """Set all of them, or none: then by its position what Shopify will not take, and why."""
    quantities = [
        {"inventoryItemId": item, "locationId": place, "quantity": each.available, "changeFromQuantity": None}
        for each, item in wanted
    ]
    made = {"name": "available", "reason": "correction", "quantities": quantities}
    key = api.idempotency_key(connection.channel.channel_id, connection.clock(), made)
    data = api.ask(connection, SET, {"input": made, "key": key})
    found: dict[int, str] = {}
    for error in (data.get("inventorySetQuantities") or {}).get("userErrors") or ():
        path = error.get("field") or []
        number = str(path[_INDEX]) if len(path) > _INDEX else ""
        if not number.isdigit():
            raise Refused(f"stock levels were refused: {api.words([error])}")
        _forget(connection, wanted[int(number)][0].sku)
        found[int(number)] = api.words([error])
    return found


def _items(connection: Connection, skus: Sequence[str]) -> dict[str, tuple[str, ...]]:
    now = connection.clock()
    known: dict[str, tuple[str, ...]] = {}
    for sku in skus:
        token = connection.tokens.get(f"{_ITEM}{sku}")
        if token is not None and token.expires_at > now:
            known[sku] = tuple(token.text.split())
    asked = {sku for sku in skus if sku not in known}
    found: dict[str, tuple[str, ...]] = {}
    after: str | None = None
    while asked:
        query = " OR ".join(f"sku:{json.dumps(sku, ensure_ascii=False)}" for sku in sorted(asked))
        page = api.ask(connection, ITEMS, {"query": query, "after": after})["inventoryItems"]
        for each in page["nodes"]:
            # The search knows no capital letters, and more than it is asked for.
            if each.get("sku") in asked:
                found[each["sku"]] = (*found.get(each["sku"], ()), each["id"])
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    for sku, ids in found.items():
        connection.tokens[f"{_ITEM}{sku}"] = Token(" ".join(ids), now + REMEMBERED)
    return known | found


def _forget(connection: Connection, sku: str) -> None:
    connection.tokens.pop(f"{_ITEM}{sku}", None)


def _place(connection: Connection) -> str:
    """Where levels are set: the channel's setting, or the only place of the shop.

    Raises:
        Refused: there are several, and none was chosen.
    """
    if connection.channel.stock_location:
        return api.gid("Location", connection.channel.stock_location)
    token = connection.tokens.get(_PLACE)
    if token is not None and token.expires_at > connection.clock():
        return token.text
    places = api.ask(connection, LOCATIONS, {})["locations"]["nodes"]
    if len(places) != 1:
        raise Refused("the shop has several locations: set the channel's stock_location to the one that stock goes to")
    connection.tokens[_PLACE] = Token(places[0]["id"], connection.clock() + REMEMBERED)
    return str(places[0]["id"])
