"""The insight stage's doors: the views made from the orders stream, and the orders read over HTTP."""

from __future__ import annotations

from typing import Any

from chalice.app import Chalice, Response
from chalicelib.customers import customers
from chalicelib.simulating import simulating
from chalicelib.stock_alerts import stock_alerts

from oms.platform.batch import BatchAnswer
from oms.platform.http import endpoint, ok, paging, query

app = Chalice(app_name="insight", configure_logs=False)
app.register_blueprint(customers)
app.register_blueprint(stock_alerts)
app.register_blueprint(simulating)


@app.lambda_function(name="project")
def project(event: dict[str, Any], context: Any) -> BatchAnswer:
    """Orders stream: bring the views up to date and count what happened."""
    from oms.platform import projection
    from oms.platform.event_log import order_log

    return projection.project(order_log(), event, context)


@app.lambda_function(name="gauge")
def gauge(_event: dict[str, Any], _context: Any) -> None:
    """By the clock: tell CloudWatch how much work waits."""
    from oms.platform.work_queues import report

    report()


@app.route("/orders", methods=["GET"])
@endpoint(app, scope="orders:read")
def list_orders() -> Response:
    """Orders, the newest first.

    Of one status, of one channel, of both, of one customer, or all. Lists follow the log by about a second.
    """
    from oms.platform import views

    wish = query(app)
    limit, cursor = paging(app)
    if "customer" in wish:
        from oms.platform.customer_desk import orders_of

        found, following = orders_of(wish["customer"], limit=limit, cursor=cursor)
        return ok({"orders": found, "cursor": following})
    page = views.orders(status=wish.get("status", ""), channel_id=wish.get("channel", ""), limit=limit, cursor=cursor)
    return ok({"orders": page.items, "cursor": page.cursor})


@app.route("/queues", methods=["GET"])
@endpoint(app, scope="orders:read")
def list_queues() -> Response:
    """How many orders wait in each work queue, and since when."""
    from oms.platform.work_queues import states

    return ok({"queues": states()})


@app.route("/queues/{queue}", methods=["GET"])
@endpoint(app, scope="orders:read")
def read_queue(queue: str) -> Response:
    """The orders in a work queue, the one that waits longest first."""
    from oms.platform import views

    limit, cursor = paging(app)
    page = views.queued_orders(queue, limit=limit, cursor=cursor)
    return ok({"orders": page.items, "cursor": page.cursor})


@app.route("/orders/{order_id}", methods=["GET"])
@endpoint(app, scope="orders:read")
def read_order(order_id: str) -> Response:
    """An order as it is now, or as it was at a moment of the past."""
    from oms.orders.log import load
    from oms.platform.event_log import order_log
    from oms.views.resource import order_resource
    from oms.views.trail import moment

    order = load(order_log(), order_id, until=moment(query(app).get("at", "")))
    return ok(order_resource(order, contact=True), version=order.version)


@app.route("/orders/{order_id}/events", methods=["GET"])
@endpoint(app, scope="orders:read")
def list_events(order_id: str) -> Response:
    """The order's audit trail: all that happened, by whom and because of what."""
    from oms.platform.event_log import order_log
    from oms.views.trail import event_page

    limit, cursor = paging(app)
    return ok(event_page(order_id, order_log().entries(order_id), limit=limit, cursor=cursor))
