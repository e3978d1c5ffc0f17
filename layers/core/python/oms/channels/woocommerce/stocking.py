"""Setting stock levels in WooCommerce, of products and of variations.

Sources: WooCommerce REST API v3, "List all products" (`sku` takes several, and finds variations too), "Batch update
products", "Batch update product variations". An item of a batch that fails says so in its own answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from oms.channels import rest
from oms.channels.connection import Connection
from oms.channels.outbound import StockAnswer, StockLevel
from oms.channels.woocommerce import api

STOCK_BATCH = 50
"""WooCommerce takes 100 at once; the address that asks for their ids by sku should stay short."""

Json = dict[str, Any]


def set_stock(connection: Connection, levels: Sequence[StockLevel]) -> Sequence[StockAnswer]:
    """See `ToldPlatform.set_stock`. One call for the ids, one for all products, one for each parent of variations."""
    if not levels:
        return []
    found = _products(connection, [each.sku for each in levels])
    problems = {each.sku: _missing(each.sku) for each in levels if each.sku not in found}
    wanted: dict[int, list[tuple[str, Json]]] = {}
    for each in levels:
        for product in found.get(each.sku, ()):
            parent = int(product.get("parent_id") or 0) if product.get("type") == "variation" else 0
            update = {"id": product["id"], "manage_stock": True, "stock_quantity": each.available}
            wanted.setdefault(parent, []).append((each.sku, update))
    for parent, updates in wanted.items():
        problems |= _set(connection, parent, updates)
    return [StockAnswer(sku=each.sku, problem=problems.get(each.sku, "")) for each in levels]


def _products(connection: Connection, skus: Sequence[str]) -> dict[str, list[Json]]:
    query = [("sku", ",".join(skus)), ("per_page", "100")]
    reply = api.call(connection, "GET", "/products", query=query)
    if reply.status != api.OK:
        raise rest.refused(reply, "looking products up by sku")
    found: dict[str, list[Json]] = {}
    for product in rest.content(reply) or []:
        if product.get("sku") in skus:
            found.setdefault(product["sku"], []).append(product)
    return found


def _set(connection: Connection, parent: int, updates: Sequence[tuple[str, Json]]) -> Mapping[str, str]:
    """Set the levels of products, or of one product's variations; returns what did not work, by sku."""
    path = f"/products/{parent}/variations/batch" if parent else "/products/batch"
    reply = api.call(connection, "POST", path, body={"update": [update for _, update in updates]})
    if reply.status != api.OK:
        why = rest.refused(reply, "stock").detail
        return {sku: why for sku, _ in updates}
    said = {each.get("id"): each.get("error") for each in (rest.content(reply) or {}).get("update") or ()}
    failed = ((sku, said.get(update["id"])) for sku, update in updates)
    return {sku: str(error.get("message") or error.get("code")) for sku, error in failed if error}


def _missing(sku: str) -> str:
    return "a sku with a comma cannot be asked for" if "," in sku else "the shop has no product with this sku"
