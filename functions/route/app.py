"""The routing stage's doors: the relay of the log, the routing queue, the stock stream, the clock, stock over HTTP."""

from __future__ import annotations

from typing import Any

from chalice.app import Chalice, Response
from chalicelib.availability import baskets
from chalicelib.feeds import feeds
from chalicelib.hot import hot
from chalicelib.purchasing import purchasing
from chalicelib.stockroom import stockroom
from chalicelib.transferring import transferring

from oms.platform.batch import BatchAnswer, sqs_batch, stream_batch
from oms.platform.http import caller, current, endpoint, expected_version, ok, parse, raw_body

app = Chalice(app_name="route", configure_logs=False)
app.register_blueprint(purchasing)
app.register_blueprint(stockroom)
app.register_blueprint(transferring)
app.register_blueprint(hot)
app.register_blueprint(feeds)
app.register_blueprint(baskets)


@app.lambda_function(name="relay")
def relay(event: dict[str, Any], context: Any) -> BatchAnswer:
    """Orders stream: publish each new entry's events."""
    from oms.platform.relay import publish

    return stream_batch(event, context, lambda record: publish(record["dynamodb"]["NewImage"]))


@app.lambda_function(name="advance")
def advance(event: dict[str, Any], context: Any) -> BatchAnswer:
    """Routing queue: take the order that a message is about as far as it goes."""
    from oms.platform.routing import handle

    return sqs_batch(event, context, handle)


@app.lambda_function(name="restock")
def restock(event: dict[str, Any], context: Any) -> BatchAnswer:
    """Stock stream: serve those who wait for what became available, and tell of low stock and oversupply."""
    from oms.platform.stock_stream import follow

    return follow(event, context)


@app.lambda_function(name="ledger")
def ledger(event: dict[str, Any], context: Any) -> BatchAnswer:
    """Stock stream: write each movement of a level down."""
    from oms.platform.ledger import post

    return post(event, context)


@app.lambda_function(name="audit")
def audit(_event: dict[str, Any], context: Any) -> dict[str, Any]:
    """At night: prove that the ledger of each level adds up to it, as far as the time of one call goes."""
    from oms.clock import now
    from oms.platform import ledger_audit

    done = ledger_audit.audit(now(), lambda: context.get_remaining_time_in_millis() > ledger_audit.LEFT)
    return {"levels": done.levels, "differences": done.found, "finished": bool(done.finished_at)}


@app.lambda_function(name="feed")
def feed(event: dict[str, Any], context: Any) -> BatchAnswer:
    """Feed queue: cut the file of a stock feed, and carry out its chunks."""
    from oms.platform.feed_work import handle

    return sqs_batch(event, context, handle)


@app.lambda_function(name="tick")
def tick(_event: dict[str, Any], _context: Any) -> dict[str, int]:
    """Every minute: wake the orders that time alone has something to do for."""
    from oms.clock import now
    from oms.platform import timers

    return {"rung": timers.tick(now())}


@app.route("/stock/{sku}", methods=["GET"])
@endpoint(app, scope="stock:read")
def stock(sku: str) -> Response:
    """A sku at all its locations; of a kit, what could be put together there."""
    from oms.platform.incoming import expected
    from oms.platform.kit_stock import kit_stock
    from oms.platform.stock_table import sku_stock
    from oms.stock.resource import sku_resource

    known = sku_stock(sku)
    return ok(sku_resource(known, None if known.levels else kit_stock(sku), expected(sku)))


@app.route("/stock/{sku}/{location_id}", methods=["PUT"])
@endpoint(app, scope="stock:write")
def count(sku: str, location_id: str) -> Response:
    """Record a count, under `If-Match` if it is to hold only for the version that was read."""
    from oms.platform.stock_counts import set_on_hand
    from oms.stock.resource import Count, level_resource

    wish = parse(Count, app)
    known = set_on_hand(
        sku, location_id, wish.on_hand, caller(app), reference=wish.reference, expected_version=expected_version(app)
    )
    return ok(level_resource(known), version=known.version)


@app.route("/stock/adjustments", methods=["POST"])
@endpoint(app, scope="stock:write")
def adjust() -> Response:
    """Receive, correct or write off units; a repetition under the same Idempotency-Key changes nothing."""
    from oms.platform.stock_counts import adjust_all
    from oms.stock.resource import Adjustments, level_resource

    return ok({"levels": [level_resource(each) for each in adjust_all(parse(Adjustments, app), caller(app))]})


@app.route("/orders/{order_id}/routing", methods=["GET"])
@endpoint(app, scope="orders:read")
def routing(order_id: str) -> Response:
    """Why the order's units go out from where they go out: every candidate, and why it lost."""
    from oms.orders.log import load
    from oms.platform.event_log import order_log
    from oms.routing.resource import routing_resource

    return ok(routing_resource(load(order_log(), order_id)))


# No list of content types: what a gateway signs must reach the check of its signature, whatever it calls it.
@app.route("/payments/{gateway}/webhooks", methods=["POST"], content_types=[])
@endpoint(app, scope=None)
def take_webhook(gateway: str) -> Response:
    """Take a payment gateway's webhook: 200 when it is taken, 202 when it waits for its payment to be known."""
    from oms.platform.payments import take_webhook as take

    status = take(gateway, raw_body(app), current(app).headers)
    return ok({"status": status}, status=202 if status == "parked" else 200)
