"""How long an order may wait, by the rules of its channel as they are when it comes in: facts for the log."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from oms.channels.document import ChannelDocument
from oms.setup import Channel


def with_deadlines(document: ChannelDocument, channel: Channel, at: datetime) -> ChannelDocument:
    """The document with what follows from the channel's settings and from `at`, when it came in.

    They are part of no fingerprint: the same document later, or under other settings, is still the same document.
    An order keeps the rules under which it was placed.
    """
    return replace(
        document,
        placed=replace(
            document.placed,
            release_at=at + timedelta(minutes=channel.remorse_minutes) if channel.remorse_minutes else None,
            pay_by=at + timedelta(hours=channel.unpaid_expiry_hours) if channel.unpaid_expiry_hours else None,
            backorder_days=channel.backorder_cancel_days,
            screening=channel.fraud_screening,
        ),
    )
