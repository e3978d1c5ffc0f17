"""Pools of channels, checked when they are set up: a name that nobody has would leave orders without a place."""

from __future__ import annotations

from oms.errors import FieldError, InvalidInput
from oms.platform import setup
from oms.setup import Channel


def check_pool(channel: Channel) -> None:
    """See that every name in a channel's pool is that of a location or of a group.

    Raises:
        InvalidInput: names those that are not.
    """
    nobody = _nobody(channel, fresh=False) and _nobody(channel, fresh=True)
    if nobody:
        errors = [FieldError(f"pool[{place}]", f"no location or group is called {name!r}") for place, name in nobody]
        raise InvalidInput("some names in the pool are nobody's; see errors", errors=errors[:50])


def _nobody(channel: Channel, *, fresh: bool) -> list[tuple[int, str]]:
    if not channel.pool:
        return []
    known = {name for each in setup.locations(fresh=fresh) for name in (each.location_id, *each.groups)}
    return [(place, name) for place, name in enumerate(channel.pool) if name not in known]
