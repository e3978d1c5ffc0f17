"""What can go wrong, as one tree: each error knows the problem type and status that the HTTP edge answers with.

OmsError
├── InvalidInput            422  a value that cannot be accepted; names the path
├── NotFound                404
├── Unauthenticated         401  no valid key or signature; says nothing more
├── Forbidden               403  the key lacks the scope
├── Conflict                409  the request contradicts what is recorded
│   ├── NotAllowed          409  not in this state; names what is allowed
│   └── VersionMismatch     412  If-Match names a version that is no longer the newest
├── VersionRequired         428  the change needs If-Match
├── TooLarge                413
├── ConcurrentAppend        503  someone else appended first; load and decide again
├── ShortStock              409  a level no longer covers what was planned; plan again
├── Refused                 502  the platform or carrier understood, and will not do it; it says why
└── Unavailable             503  a gateway, carrier or service did not answer; try again
    └── Throttled           503  it answered that it is asked too often; names the seconds to wait
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with a request: where (`lines[0].quantity`) and what."""

    path: str
    message: str


class OmsError(Exception):
    """Base of everything this system raises on purpose."""

    status = 500
    problem = "internal"
    title = "Internal error"

    def __init__(self, detail: str, *, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)


class InvalidInput(OmsError):
    """A value that cannot be accepted; `path` names where it stands."""

    status = 422
    problem = "invalid-input"
    title = "The request has invalid values"

    def __init__(self, detail: str, *, path: str = "", errors: Sequence[FieldError] = ()) -> None:
        super().__init__(detail, errors=errors or ((FieldError(path, detail),) if path else ()))


class NotFound(OmsError):
    """The resource does not exist."""

    status = 404
    problem = "not-found"
    title = "Not found"


class Unauthenticated(OmsError):
    """No valid key or signature came with the request."""

    status = 401
    problem = "unauthenticated"
    title = "Not authenticated"


class Forbidden(OmsError):
    """The key is valid but lacks the scope that the call needs."""

    status = 403
    problem = "forbidden"
    title = "Not permitted"


class Conflict(OmsError):
    """The request contradicts what is already recorded."""

    status = 409
    problem = "conflict"
    title = "Conflict"


class NotAllowed(Conflict):
    """The action is not possible in the present state."""

    problem = "not-allowed"
    title = "Not possible now"


class VersionMismatch(Conflict):
    """`If-Match` names a version that is no longer the newest."""

    status = 412
    problem = "version-mismatch"
    title = "Changed since it was read"


class VersionRequired(OmsError):
    """The change depends on what its maker saw, and does not say which version that was."""

    status = 428
    problem = "version-required"
    title = "Say which version is meant"


class TooLarge(OmsError):
    """The request body is larger than the limit."""

    status = 413
    problem = "too-large"
    title = "Request too large"


class ConcurrentAppend(OmsError):
    """Another decision was appended to the order first: load it and decide again."""

    status = 503
    problem = "busy"
    title = "Busy, try again"


class ShortStock(OmsError):
    """A stock level no longer covers what a decision wanted to take from it: plan again."""

    status = 409
    problem = "short-stock"
    title = "Not enough stock"


class Unavailable(OmsError):
    """A gateway, carrier or AWS service did not answer in time; the same call may be made again."""

    status = 503
    problem = "unavailable"
    title = "Try again later"


class Throttled(Unavailable):
    """A platform or carrier is asked too often: not before `seconds` from now, 0 when it does not say."""

    problem = "throttled"
    title = "Asked too often"

    def __init__(self, detail: str, *, seconds: float = 0) -> None:
        super().__init__(detail)
        self.seconds = seconds


class Refused(OmsError):
    """A platform or carrier understood the call and will not do it. The same call made again is refused again."""

    status = 502
    problem = "refused"
    title = "Refused by the other side"
