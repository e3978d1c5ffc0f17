"""Who hears of what happens to orders: subscriptions, and how well their endpoints answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from oms.circuit import Circuit

DISABLED_AFTER = timedelta(days=3)
"""Without a single success; then somebody has to look at it."""

TEST = "WebhookTest"
"""The type of the message that the test button sends; every subscription gets it that asks for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health(Circuit):
    """How an endpoint answered lately; all well when it has no failures."""

    disabled_at: datetime | None = None
    """When it was given up; None while it is not."""
    reason: str = ""
    """Why it was given up, for people."""

    def failed(self, now: datetime, *, gone: bool = False) -> Health:
        """After one more failure; `gone` when the endpoint asked to be called no more (410)."""
        after = Circuit.failed(self, now)
        disabled, reason = self.disabled_at, self.reason
        if disabled is None and gone:
            disabled, reason = now, "the endpoint answered 410 Gone"
        elif disabled is None and now - (after.failing_since or now) >= DISABLED_AFTER:
            disabled, reason = now, f"no call succeeded for {DISABLED_AFTER.days} days"
        return replace(after, disabled_at=disabled, reason=reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """An HTTPS endpoint of the merchant's, and the events that it is told of."""

    subscription_id: str
    url: str
    description: str = ""
    events: tuple[str, ...] = ()
    """Types of events; empty for all."""
    channels: tuple[str, ...] = ()
    """Ids of channels; empty for the orders of all."""
    active: bool = True

    def wants(self, event_type: str, channel_id: str) -> bool:
        """Whether it is to be told of an event of this type about an order of this channel."""
        return (
            self.active
            and (not self.events or event_type in self.events)
            and (not self.channels or channel_id in self.channels)
        )
