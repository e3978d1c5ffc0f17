"""Calls to the stack's API as a careful client makes them: with keys, idempotent, and again when the server is busy."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import requests

Json = dict[str, Any]

TRIES = 12
"""How often a call is made until the server has an answer: a worker that died is replaced within seconds."""

IN_TROUBLE = 500
"""Statuses from here on say that the server could not answer; the same call may be made again."""


class CallFailed(Exception):
    """The API refused a call that should have worked; the message has its problem document."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: status, and the body as it is."""

    status: int
    body: bytes
    location: str = ""
    """Where a redirect leads."""

    @property
    def json(self) -> Any:
        """The body as JSON; an empty one is an empty object."""
        return json.loads(self.body or b"{}")


class Api:
    """The API of one stack; may be used from several threads."""

    def __init__(self, url: str, keys: Mapping[str, str]) -> None:
        self._url = url
        self._keys = keys
        self._own = threading.local()
        self._lock = threading.Lock()
        self.calls: Counter[str] = Counter()
        """Calls by method."""
        self.repeated: Counter[int] = Counter()
        """Calls that were made again, by the status that made it necessary; 0 when there was no answer."""

    def call(
        self,
        method: str,
        path: str,
        body: Json | bytes | None = None,
        *,
        scope: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Make a call with the key of a scope; again, while the server is in trouble.

        Each call has an idempotency key of its own, so that a repetition is known as one.
        """
        sent = {"Content-Type": "application/json", "Idempotency-Key": uuid4().hex, **(headers or {})}
        if scope:
            sent["Authorization"] = f"Bearer {self._keys[scope]}"
        raw = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        with self._lock:
            self.calls[method] += 1
        for attempt in range(TRIES):
            status, reply = 0, None
            try:
                answer = self._session().request(
                    method, self._url + path, data=raw, headers=sent, timeout=60, allow_redirects=False
                )
                status = answer.status_code
                reply = Reply(status, answer.content, answer.headers.get("Location", ""))
            except (requests.ConnectionError, requests.Timeout) as error:
                reply = Reply(0, str(error).encode())
            if 0 < status < IN_TROUBLE:
                return reply
            with self._lock:
                self.repeated[status] += 1
            time.sleep(min(2.0, 0.1 * 2**attempt))
        return reply or Reply(0, b"no answer")

    def expect(
        self,
        method: str,
        path: str,
        body: Json | bytes | None = None,
        *,
        scope: str,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """The JSON of a call that must succeed.

        Raises:
            CallFailed: it did not.
        """
        reply = self.call(method, path, body, scope=scope, headers=headers)
        if not 200 <= reply.status < 300:  # noqa: PLR2004 - what success is
            raise CallFailed(f"{method} {path} answered {reply.status}: {reply.body.decode(errors='replace')[:2000]}")
        return reply.json

    def order(self, order_id: str) -> Json:
        """An order as it is now."""
        found: Json = self.expect("GET", f"/orders/{order_id}", scope="orders:read")
        return found

    def orders(self) -> list[Json]:
        """Every order of the lists, which follow the log by about a second; the newest first."""
        found: list[Json] = []
        cursor = ""
        while True:
            page = self.expect("GET", f"/orders?limit=100{f'&cursor={cursor}' if cursor else ''}", scope="orders:read")
            found += page["orders"]
            cursor = page["cursor"] or ""
            if not cursor:
                return found

    def events(self, order_id: str) -> list[Json]:
        """The order's whole trail."""
        found: list[Json] = []
        cursor = ""
        while True:
            more = f"&cursor={cursor}" if cursor else ""
            page = self.expect("GET", f"/orders/{order_id}/events?limit=100{more}", scope="orders:read")
            found += page["events"]
            cursor = page["cursor"] or ""
            if not cursor:
                return found

    def document(self, path: str) -> bytes:
        """A PDF: the call leads to where it lies.

        Raises:
            CallFailed: there is none.
        """
        reply = self.call("GET", path, scope="fulfillment")
        if reply.status != 303 or not reply.location:  # noqa: PLR2004 - see other
            raise CallFailed(f"GET {path} answered {reply.status} and leads nowhere")
        answer = self._session().get(reply.location, timeout=60)
        if not answer.ok:
            raise CallFailed(f"the document behind {path} answered {answer.status_code}")
        return answer.content

    def _session(self) -> requests.Session:
        if not hasattr(self._own, "session"):
            self._own.session = requests.Session()
            self._own.session.trust_env = False
        session: requests.Session = self._own.session
        return session
