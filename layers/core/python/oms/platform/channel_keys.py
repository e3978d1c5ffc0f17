"""Secrets of channels and carriers as senders use them: changed without loss, shown without their values."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from oms.channels.keys import KnownSecret, Secret, changed, in_force, shown
from oms.clock import now
from oms.errors import NotFound
from oms.platform import secrets


def any_fits(name: str, fits: Callable[[Secret], bool]) -> bool:
    """Whether what was signed fits the secret of this name, or that of before while it counts.

    One that was changed a moment ago is read anew before a signature is refused.

    Raises:
        NotFound: none is kept.
    """
    return any(fits(each) for fresh in (False, True) for each in in_force(secrets.secret(name, fresh=fresh), now()))


def keep(channel_id: str, given: Mapping[str, str | None]) -> None:
    """Store what was given of a channel's secrets; what was not given stays. The same again is not written."""
    if not given:
        return
    name = secrets.channel_secret(channel_id)
    before = _stored(name)
    after = changed(before, given, now())
    if after != before:
        secrets.put_secret(name, after)


def known(channel_id: str) -> dict[str, KnownSecret]:
    """Which secrets of a channel are set."""
    return shown(_stored(secrets.channel_secret(channel_id)), now())


def _stored(name: str) -> dict[str, str]:
    """As it is in the store, not as it is remembered: a change is made of it."""
    secrets.forget(name)
    try:
        return secrets.secret(name)
    except NotFound:
        return {}
