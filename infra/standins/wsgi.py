"""The ground that all stand-ins are built on: a WSGI app with routes, a request limit, and faults that can be ordered.

Tests call a stand-in in process (`tests/support/platforms.py`), the demonstration serves it on a port.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from oms.clock import Clock, now

StartResponse = Callable[..., Any]


class Fault(StrEnum):
    """What happens to one call on its way."""

    QUESTION_LOST = "question lost"
    ANSWER_LOST = "answer lost"
    SERVER_ERROR = "server error"
    TWICE = "twice"
    """The call arrives two times, as proxies do it."""


class Lost(ConnectionError):
    """A call or its answer was lost on the way."""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `calls` in `seconds`; what comes beyond is answered as the platform answers it."""

    calls: int
    seconds: float


class StandIn:
    """A platform in memory. A subclass names its `ROUTES`, checks its keys and overrides `too_many` and `broken`.

    `calls` has what was asked, as `POST /orders/5`, in order. Put `Fault`s into `faults`: each next call takes one.
    """

    ROUTES: ClassVar[tuple[tuple[str, str, str], ...]] = ()
    """Method, path as werkzeug's rules write it, and the name of the method of this class that answers."""

    def __init__(self, *, clock: Clock = now, limit: Limit | None = None) -> None:
        self.clock = clock
        self.limit = limit
        self.calls: list[str] = []
        self.faults: deque[Fault | None] = deque()
        self._times: deque[float] = deque()
        self._map = Map([Rule(path, methods=[method], endpoint=name) for method, path, name in self.ROUTES])

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer one call.

        Raises:
            Lost: it was ordered that the call or its answer be lost.
        """
        request = Request(environ)
        fault = self.faults.popleft() if self.faults else None
        if fault is Fault.QUESTION_LOST:
            raise Lost(fault)
        self.calls.append(f"{request.method} {request.path}")
        if fault is Fault.SERVER_ERROR:
            return self.broken()(environ, start_response)
        wait = self._wait()
        response = self.too_many(wait) if wait > 0 else self._answer(request)
        if fault is Fault.TWICE:
            response = self._answer(request)
        if fault is Fault.ANSWER_LOST:
            raise Lost(fault)
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        request.get_data()  # kept, so that a call which arrives twice has its body twice
        try:
            name, arguments = self._map.bind_to_environ(request.environ).match()
            answer: Response = getattr(self, name)(request, **arguments)
        except HTTPException as error:
            return Response(json.dumps({"error": error.name}), status=error.code, mimetype="application/json")
        return answer

    def _wait(self) -> float:
        """Seconds until another call is taken; 0 when it is taken now."""
        if self.limit is None:
            return 0
        at = self.clock().timestamp()
        while self._times and self._times[0] <= at - self.limit.seconds:
            self._times.popleft()
        if len(self._times) >= self.limit.calls:
            return self._times[0] + self.limit.seconds - at
        self._times.append(at)
        return 0

    def too_many(self, wait: float) -> Response:
        """What is answered to a call beyond the limit: `wait` seconds from now another is taken."""
        return Response("too many requests", status=429, headers={"Retry-After": str(max(1, round(wait)))})

    def broken(self) -> Response:
        """What is answered when the platform has trouble of its own."""
        return Response("internal error", status=500)


def answer(body: object, status: int = 200, **headers: str) -> Response:
    """A JSON answer; underscores in names of headers become hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(json.dumps(body), status=status, mimetype="application/json", headers=named)
