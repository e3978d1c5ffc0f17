"""Secrets of channels and carriers as senders use them: changed without loss, shown without their values."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from oms.channels.keys import OF_CHANNELS, KnownSecret, Secret, changed, disputed, in_force, shown
from oms.clock import now
from oms.errors import Conflict
from oms.platform import secrets

ATTEMPTS = 5
"""How often a change gives way to others' changes of other names before it is refused."""


def any_fits(name: str, fits: Callable[[Secret], bool]) -> bool:
    """Whether what was signed fits the secret of this name, or that of before while it counts.

    One that was changed a moment ago is read anew before a signature is refused.

    Raises:
        NotFound: none is kept.
    """
    return any(fits(each) for fresh in (False, True) for each in in_force(secrets.secret(name, fresh=fresh), now()))


def keep(name: str, given: Mapping[str, str | None]) -> None:
    """Store what was given of a secret; what was not given stays. The same again is not written.

    Two who change different names at one moment both get their way.

    Raises:
        Conflict: somebody else gave the same names other values at the same moment; theirs stay.
    """
    if not given:
        return
    seen, version = secrets.as_kept(name)
    before = seen
    for attempt in range(ATTEMPTS):
        after = changed(before, given, now())
        if after == before:
            return
        try:
            secrets.replace_secret(name, after, version)
        except Conflict:
            before, version = secrets.as_kept(name)
            if names := disputed(seen, before, given):
                raise Conflict(
                    f"somebody else has set {', '.join(names)} of {name} at the same moment, and theirs stays:"
                    " read what is set, and send yours again if it is to count"
                ) from None
            if attempt == ATTEMPTS - 1:
                raise
        else:
            return


def known(name: str, names: Collection[str] = OF_CHANNELS) -> dict[str, KnownSecret]:
    """Which parts of a secret are set."""
    return shown(secrets.as_kept(name)[0], now(), names)
