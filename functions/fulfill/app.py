"""The fulfillment stage's doors: work queues, fulfillment orders and their papers, and what carriers say."""

from __future__ import annotations

from typing import Any

from chalice.app import Chalice, Response
from chalicelib.carrying import carrying
from chalicelib.counter import counter
from chalicelib.dispatch import dispatch
from chalicelib.work import work

from oms.platform.batch import BatchAnswer, sqs_batch
from oms.platform.http import current, endpoint, ok, paging, query, raw_body, see_other

app = Chalice(app_name="fulfill", configure_logs=False)
app.register_blueprint(work)
app.register_blueprint(counter)
app.register_blueprint(carrying)
app.register_blueprint(dispatch)


@app.lambda_function(name="claim")
def claim(event: dict[str, Any], context: Any) -> BatchAnswer:
    """Fulfillment queue: scans that were parked for a parcel are applied once its label is on the log."""
    from oms.platform.fulfillment import label_bought

    return sqs_batch(event, context, label_bought)


@app.lambda_function(name="ask")
def ask(_event: dict[str, Any], _context: Any) -> dict[str, int]:
    """Every half hour: ask carriers about parcels of which nothing was heard for hours, and for labels nobody has."""
    from oms.clock import now
    from oms.platform.label_doubts import look_again
    from oms.platform.observability import flush
    from oms.platform.parcel_watch import ask as ask_carriers

    asked, looked = ask_carriers(now), look_again(now)
    flush()
    return {"asked": asked, "looked": looked}


@app.route("/locations/{location_id}/fulfillment-orders", methods=["GET"])
@endpoint(app, scope="fulfillment")
def list_fulfillment_orders(location_id: str) -> Response:
    """A location's work, status by status, the longest waiting first. The list follows the log by about a second."""
    from oms.platform.fulfillment import work_queue

    limit, cursor = paging(app)
    return ok(work_queue(location_id, query(app).get("status", ""), limit=limit, cursor=cursor))


@app.route("/fulfillment-orders/{fulfillment_order_id}", methods=["GET"])
@endpoint(app, scope="fulfillment")
def read_fulfillment_order(fulfillment_order_id: str) -> Response:
    """A fulfillment order as it is now, with the actions that are possible."""
    from oms.platform.fulfillment import order_with
    from oms.views.work import fulfillment_work

    order = order_with(fulfillment_order_id)
    return ok(fulfillment_work(order, fulfillment_order_id), version=order.version)


@app.route("/fulfillment-orders/{fulfillment_order_id}/packing-slip.pdf", methods=["GET"])
@endpoint(app, scope="fulfillment")
def packing_slip(fulfillment_order_id: str) -> Response:
    """Draw the packing slip anew, and send the caller to it."""
    from oms.fulfillment.work import packing_slip_link
    from oms.platform.fulfillment import concerning, ports

    concerning(fulfillment_order_id)
    return see_other(packing_slip_link(ports(), fulfillment_order_id))


# No list of content types: what a carrier signs must reach the check of its signature, whatever it calls it.
@app.route("/carriers/{carrier}/webhooks", methods=["POST"], content_types=[])
@endpoint(app, scope=None)
def take_webhook(carrier: str) -> Response:
    """Take a carrier's or an aggregator's webhook: 200 when its parcels are known, 202 when scans wait for theirs."""
    from oms.platform.fulfillment import take_webhook as take

    received = take(carrier, raw_body(app), current(app).headers, query(app))
    return ok({"applied": received.applied, "parked": received.parked}, status=202 if received.parked else 200)
