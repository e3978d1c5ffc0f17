"""The secrets of a channel: what each platform takes, how one follows another without loss, what is shown of them.

Kept as one flat map of texts: `webhook_secret` and the API's credentials by name, with `<name>_since`; after a change
of `webhook_secret` that of before as `previous`, which still counts until `previous_until`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from oms.clock import from_text, to_text
from oms.setup import Channel, Platform

CREDENTIALS: Mapping[Platform, tuple[str, ...]] = {
    Platform.CANONICAL: (),
    Platform.SHOPIFY: ("access_token",),
    Platform.WOOCOMMERCE: ("consumer_key", "consumer_secret"),
    Platform.AMAZON: ("client_id", "client_secret", "refresh_token", "seller_id"),
    Platform.BIGCOMMERCE: ("access_token",),
    Platform.EBAY: ("client_id", "client_secret", "refresh_token", "signing_key", "signing_jwe"),
    Platform.ADOBE_COMMERCE: ("access_token", "access_token_secret", "consumer_key", "consumer_secret"),
}
"""Names of the keys by which a platform's API lets us in."""

WEBHOOK_SECRET, PREVIOUS, PREVIOUS_UNTIL, SINCE = "webhook_secret", "previous", "previous_until", "_since"

OF_CHANNELS = (WEBHOOK_SECRET, *sorted({name for names in CREDENTIALS.values() for name in names}))
"""All that a channel's secret may have."""

OVERLAP = timedelta(days=1)
"""How long the webhook secret of before still counts: what was signed with it may be on its way, or be sent again."""

Secret = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSecret:
    """What is shown of a secret: since when it is set, and until when the one of before still counts."""

    since: str | None = None
    """None when it was set before this was written down, or by other means."""
    previous_until: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelWithSecrets(Channel):
    """A channel as it is shown: which of its secrets are set, never what they are."""

    secrets: Mapping[str, KnownSecret] = field(default_factory=dict)


def unknown_names(platform: Platform, given: Mapping[str, object]) -> list[str]:
    """Names of credentials that a platform does not take."""
    return [name for name in given if name not in CREDENTIALS[platform]]


def changed(before: Secret, given: Mapping[str, str | None], at: datetime) -> dict[str, str]:
    """The secret with new values for some of its names; None takes one away. The same value again changes nothing."""
    after = dict(before)
    for name, value in given.items():
        if value == before.get(name):
            continue
        if name == WEBHOOK_SECRET and before.get(name):
            after |= {PREVIOUS: before[name], PREVIOUS_UNTIL: to_text(at + OVERLAP)}
        if value is None:
            after.pop(name, None)
            after.pop(name + SINCE, None)
        else:
            after |= {name: value, name + SINCE: to_text(at)}
    return after


def disputed(seen: Secret, found: Secret, given: Mapping[str, str | None]) -> list[str]:
    """Names that were given, and that somebody else has set otherwise since the secret was seen."""
    return [name for name, value in given.items() if found.get(name) not in {seen.get(name), value}]


def in_force(secret: Secret, at: datetime) -> Iterator[Secret]:
    """The secret as it is; and with the webhook secret of before, for as long as that still counts."""
    yield secret
    if secret.get(PREVIOUS) and at < _until(secret):
        yield {**secret, WEBHOOK_SECRET: secret[PREVIOUS]}


def _until(secret: Secret) -> datetime:
    """When the secret of before ends; long ago where that is no time, as secrets may be written by hand."""
    try:
        return from_text(secret.get(PREVIOUS_UNTIL, ""))
    except (ValueError, OverflowError):
        return datetime.min.replace(tzinfo=UTC)


def shown(secret: Secret, at: datetime, names: Collection[str] = OF_CHANNELS) -> dict[str, KnownSecret]:
    """Which secrets of these names are set and since when, without their values."""
    overlaps = len(list(in_force(secret, at))) > 1
    return {
        name: KnownSecret(
            since=secret.get(name + SINCE),
            previous_until=secret[PREVIOUS_UNTIL] if overlaps and name == WEBHOOK_SECRET else None,
        )
        for name in sorted(secret.keys() & set(names))
    }
