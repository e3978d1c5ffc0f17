"""The environment of a function as a typed value, read once at the first use and complete or refused."""

from __future__ import annotations

import os
from dataclasses import MISSING, dataclass, fields
from functools import cache


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The names of resources, as the template tells them: each is `OMS_` and the field in capitals."""

    stack: str
    orders_table: str
    stock_table: str
    setup_table: str
    views_table: str
    messages_table: str
    references_table: str
    customers_table: str
    inventory_table: str
    ledger_table: str
    webhooks_table: str
    outbox_table: str
    intake_table: str
    events_topic: str = ""
    route_queue: str = ""
    """URL of the routing stage's own queue, for looking again later at a payment that is still pending."""
    notify_queue: str = ""
    """URL of the notification stage's own queue, for messages that wait for the end of quiet hours."""
    feed_queue: str = ""
    """URL of the queue of stock feeds: files to cut, and chunks of them to carry out."""
    stock_alerts_topic: str = ""
    """Where low stock and oversupply are told."""
    deliveries_queue: str = ""
    """URL of the queue of webhooks to be posted."""
    updates_queue: str = ""
    """URL of the queue of what channels are to be told."""
    fetch_queue: str = ""
    """URL of the queue of orders that are to be asked for at their platforms."""
    polls_queue: str = ""
    """URL of the queue of channels that are to be read or compared, and of files of orders."""
    documents_bucket: str = ""
    mail_sender: str = ""
    mail_configuration_set: str = ""
    public_url: str = ""
    """Base URL of the API, for links in messages; empty when the template cannot know it."""


@cache
def settings() -> Settings:
    """The settings of this process.

    Raises:
        RuntimeError: names the variables that are missing.
    """
    values = {field.name: os.environ.get(f"OMS_{field.name.upper()}") for field in fields(Settings)}
    missing = [f"OMS_{f.name.upper()}" for f in fields(Settings) if f.default is MISSING and not values[f.name]]
    if missing:
        raise RuntimeError(f"the environment lacks {', '.join(missing)}: the template sets them on every function")
    return Settings(**{name: value for name, value in values.items() if value is not None})
