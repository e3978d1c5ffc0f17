"""The capture stage's doors: orders and webhooks of channels, reading them, what changes an order, and set-up."""

from __future__ import annotations

from typing import Any

from chalice.app import Chalice, Response
from chalicelib.carriers import carriers
from chalicelib.channel_updates import channel_updates
from chalicelib.commands import commands
from chalicelib.money import money
from chalicelib.reading import reading
from chalicelib.set_up import set_up
from chalicelib.sourcing import sourcing
from chalicelib.subscriptions import subscriptions
from chalicelib.substitution import substitution

from oms.platform.batch import BatchAnswer, sqs_batch
from oms.platform.http import endpoint

app = Chalice(app_name="capture", configure_logs=False)
app.register_blueprint(carriers)
app.register_blueprint(channel_updates)
app.register_blueprint(commands)
app.register_blueprint(money)
app.register_blueprint(reading)
app.register_blueprint(set_up)
app.register_blueprint(substitution)
app.register_blueprint(subscriptions)
app.register_blueprint(sourcing)


@app.route("/channels/{channel_id}/orders", methods=["POST"], content_types=[])
@endpoint(app, scope="orders:write")
def take_order(channel_id: str) -> Response:
    """Take a canonical order: 201 when it is new, 200 when it was there already."""
    from oms.platform.capture import take_order as take

    return take(app, channel_id)


# No list of content types: what a platform signs must reach the check of its signature, whatever it calls it.
@app.route("/channels/{channel_id}/webhooks", methods=["POST"], content_types=[])
@endpoint(app, scope=None)
def take_webhook(channel_id: str) -> Response:
    """Take a platform's own webhook, if it carries the channel's signature."""
    from oms.platform.capture import take_webhook as take

    return take(app, channel_id)


@app.lambda_function(name="fetch")
def fetch(event: dict[str, Any], context: Any) -> BatchAnswer:
    """Fetching queue: ask a platform for an order that a notice only named."""
    from oms.platform.fetching import handle

    return sqs_batch(event, context, handle)


@app.lambda_function(name="notice")
def notice(event: dict[str, Any], context: Any) -> BatchAnswer:
    """Notifications queue: what a marketplace tells of an order."""
    from oms.platform.fetching import marketplace, unread

    return sqs_batch(event, context, marketplace, read=unread)


@app.lambda_function(name="poll")
def poll(event: dict[str, Any], context: Any) -> BatchAnswer:
    """Polls queue: read what changed in a channel, compare it with us, or take a file of orders."""
    from oms.platform.polling import handle

    return sqs_batch(event, context, handle)


@app.lambda_function(name="clock")
def clock(_event: dict[str, Any], _context: Any) -> dict[str, int]:
    """Every minute: have channels read that are due, and orders asked for that wait."""
    from oms.clock import now
    from oms.platform.polling import tick

    return tick(now())


@app.lambda_function(name="lane")
def lane(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """API Gateway, before a channel hands something in: on whose limit the call counts. Everybody is let in."""
    from oms.platform.lanes import admit

    return admit(event)
