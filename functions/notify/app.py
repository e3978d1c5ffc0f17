"""The notification stage's doors: events that customers are told about, and what became of the mails to them."""

from __future__ import annotations

from typing import Any

from chalice.app import Chalice

from oms.platform.batch import BatchAnswer, sqs_batch

app = Chalice(app_name="notify", configure_logs=False)


@app.lambda_function(name="send")
def send(event: dict[str, Any], _context: Any) -> BatchAnswer:
    """Notify queue: tell the customer about an event."""
    from oms.platform.notifications import handle

    return sqs_batch(event, handle)


@app.lambda_function(name="feedback")
def feedback(event: dict[str, Any], _context: Any) -> BatchAnswer:
    """Mail feedback queue: no more mail to an address that bounced or complained."""
    from oms.notifications.feedback import read
    from oms.platform.notifications import mail_feedback

    return sqs_batch(event, mail_feedback, read=read)
