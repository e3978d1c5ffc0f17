"""The capture stage's doors: orders and webhooks of channels, what changes an order, and set-up."""

from __future__ import annotations

from chalice.app import Chalice, Response
from chalicelib.commands import commands
from chalicelib.money import money
from chalicelib.set_up import set_up
from chalicelib.sourcing import sourcing
from chalicelib.subscriptions import subscriptions
from chalicelib.substitution import substitution

from oms.platform.http import endpoint

app = Chalice(app_name="capture", configure_logs=False)
app.register_blueprint(commands)
app.register_blueprint(money)
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
