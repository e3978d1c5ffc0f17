"""The doors of the stockroom: moves of units between states, cycle counts, the ledger and its audit."""

from __future__ import annotations

from chalice.app import Blueprint, Response

from oms.platform.http import caller, endpoint, ok, paging, parse, query

stockroom = Blueprint(__name__)


@stockroom.route("/stock/moves", methods=["POST"])
@endpoint(stockroom, scope="stock:write")
def move_stock() -> Response:
    """Put units on hold, release them, or write them off, each once per Idempotency-Key."""
    from oms.inventory.forms import StateMoves
    from oms.platform.inventory_moves import move_all
    from oms.stock.resource import level_resource

    levels = move_all(parse(StateMoves, stockroom), caller(stockroom))
    return ok({"levels": [level_resource(each) for each in levels]})


@stockroom.route("/stock/counts", methods=["POST"])
@endpoint(stockroom, scope="stock:write")
def take_count() -> Response:
    """Book a cycle count: each level is compared with the books, and its variance corrected once."""
    from oms.inventory.forms import CountStock
    from oms.inventory.resource import count_resource
    from oms.platform.inventory_counts import take

    count = take(parse(CountStock, stockroom), caller(stockroom))
    return ok(count_resource(count), status=201, version=count.version)


@stockroom.route("/stock/counts", methods=["GET"])
@endpoint(stockroom, scope="stock:read")
def list_counts() -> Response:
    """Cycle counts of a status (`recount` unless you say), the newest first."""
    from oms.platform.inventory_counts import page

    limit, cursor = paging(stockroom)
    wish = query(stockroom)
    return ok(page(wish.get("status", "recount"), wish.get("location", ""), limit=limit, cursor=cursor))


@stockroom.route("/stock/counts/{count_id}", methods=["GET"])
@endpoint(stockroom, scope="stock:read")
def get_count(count_id: str) -> Response:
    """A cycle count with each of its levels, its variance, and what became of it."""
    from oms.inventory.resource import count_resource
    from oms.platform.inventory_counts import count

    known = count(count_id)
    return ok(count_resource(known), version=known.version)


@stockroom.route("/stock/{sku}/{location_id}/ledger", methods=["GET"])
@endpoint(stockroom, scope="stock:read")
def read_ledger(sku: str, location_id: str) -> Response:
    """Every movement of a level, the newest first: what changed, what it was then, why, and by whom."""
    from oms.inventory.resource import ledger_resource
    from oms.platform.ledger import page

    limit, cursor = paging(stockroom)
    return ok(ledger_resource(*page(sku, location_id, limit=limit, cursor=cursor)))


@stockroom.route("/stock/audit", methods=["GET"])
@endpoint(stockroom, scope="stock:read")
def read_audit() -> Response:
    """The audit of the last night: how many levels were proved, and what does not add up."""
    from oms.inventory.resource import audit_resource
    from oms.platform.ledger_audit import last

    return ok(audit_resource(last()))


@stockroom.route("/stock/{sku}/{location_id}/ledger/accept", methods=["POST"])
@endpoint(stockroom, scope="ops")
def accept_differences(sku: str, location_id: str) -> Response:
    """Take what does not add up for known: from now on the level is proved from where it is."""
    from oms.inventory.forms import AcceptDifferences
    from oms.inventory.resource import difference_resources
    from oms.platform.ledger_audit import accept

    wish = parse(AcceptDifferences, stockroom)
    return ok({"accepted": difference_resources(accept(sku, location_id, wish.note, caller(stockroom)))})
