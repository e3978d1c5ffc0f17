"""Who hears of what happens to orders: subscriptions, and how well their endpoints answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

FAILING_AFTER = 5
"""Failures in a row, of whatever events, after which an endpoint counts as down and is only probed."""

FIRST_PROBE = timedelta(minutes=1)

LONGEST_PROBE = timedelta(minutes=15)
"""Between two probes of an endpoint that is down; the wait doubles up to here."""

DISABLED_AFTER = timedelta(days=3)
"""Without a single success; then somebody has to look at it."""

TEST = "WebhookTest"
"""The type of the message that the test button sends; every subscription gets it that asks for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How an endpoint answered lately; all well when it has no failures."""

    failures: int = 0
    """In a row."""
    failing_since: datetime | None = None
    """Since the first of them."""
    probe_at: datetime | None = None
    """While it is down: when it is tried next."""
    disabled_at: datetime | None = None
    """When it was given up; None while it is not."""
    reason: str = ""
    """Why it was given up, for people."""

    @property
    def down(self) -> bool:
        """Whether it is only probed."""
        return self.failures >= FAILING_AFTER

    def failed(self, now: datetime, *, gone: bool = False) -> Health:
        """After one more failure; `gone` when the endpoint asked to be called no more (410)."""
        failures = self.failures + 1
        since = self.failing_since or now
        disabled, reason = self.disabled_at, self.reason
        if disabled is None and gone:
            disabled, reason = now, "the endpoint answered 410 Gone"
        elif disabled is None and now - since >= DISABLED_AFTER:
            disabled, reason = now, f"no call succeeded for {DISABLED_AFTER.days} days"
        return replace(
            self,
            failures=failures,
            failing_since=since,
            probe_at=now + _probe_wait(failures) if failures >= FAILING_AFTER else None,
            disabled_at=disabled,
            reason=reason,
        )


def _probe_wait(failures: int) -> timedelta:
    doublings: int = 2 ** min(failures - FAILING_AFTER, 10)
    return min(LONGEST_PROBE, FIRST_PROBE * doublings)


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
