"""The notification stage's doors: what customers, the merchant's own systems and channels are told."""

from __future__ import annotations

from typing import Any

from chalice.app import Chalice

from oms.platform.batch import BatchAnswer, sqs_batch

app = Chalice(app_name="notify", configure_logs=False)


@app.lambda_function(name="send")
def send(event: dict[str, Any], context: Any) -> BatchAnswer:
    """Notify queue: tell the customer about an event."""
    from oms.platform.notifications import handle

    return sqs_batch(event, context, handle)


@app.lambda_function(name="feedback")
def feedback(event: dict[str, Any], context: Any) -> BatchAnswer:
    """Mail feedback queue: no more mail to an address that bounced or complained."""
    from oms.notifications.feedback import read
    from oms.platform.notifications import mail_feedback

    return sqs_batch(event, context, mail_feedback, read=read)


@app.lambda_function(name="announce")
def announce(event: dict[str, Any], context: Any) -> BatchAnswer:
    """Webhooks queue: write down whom an event is to be told to."""
    from oms.platform.webhooks import fan_out

    return sqs_batch(event, context, fan_out)


@app.lambda_function(name="deliver")
def deliver(event: dict[str, Any], context: Any) -> BatchAnswer:
    """Deliveries queue: post an event to an endpoint."""
    from oms.platform.webhook_calls import deliver as make

    return sqs_batch(event, context, make)


@app.lambda_function(name="retry")
def retry(_event: dict[str, Any], _context: Any) -> dict[str, int]:
    """Every minute: have made what did not arrive."""
    from oms.clock import now
    from oms.platform import webhooks

    return {"asked": webhooks.retry(now())}


@app.lambda_function(name="tell")
def tell(event: dict[str, Any], context: Any) -> BatchAnswer:
    """Updates queue: tell a channel what became of its order."""
    from oms.platform.telling import handle

    return sqs_batch(event, context, handle)


@app.lambda_function(name="sweep")
def sweep(_event: dict[str, Any], _context: Any) -> dict[str, int]:
    """Every minute: have told what channels were not told."""
    from oms.clock import now
    from oms.platform import telling

    return {"asked": telling.sweep(now())}
