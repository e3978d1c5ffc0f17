"""A system of the merchant's that hears of everything by webhooks, is down for a while, and must miss nothing.

It checks signatures by the Standard Webhooks library, as a receiver should, and takes a repetition for what it is.
"""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError
from werkzeug.wrappers import Request, Response

from infra.demo.api import Api

NAME = "ledger-of-the-demo"


@dataclass(slots=True)
class Listener:
    """A WSGI app. It is down for its first `down_for` calls, and answers 503; `open` subscribes it under its URL."""

    secret: str = ""
    down_for: int = 4
    heard: dict[str, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))
    """By order, the events by their number of what this subscription was told of the order."""
    repeated: int = 0
    refused: int = 0
    """Calls while it was down."""
    forged: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def open(self, api: Api, url: str) -> None:
        """Subscribe to everything."""
        made = api.expect("PUT", f"/subscriptions/{NAME}", {"url": url, "description": "all there is"}, scope="setup")
        self.secret = made.get("secret") or api.expect("POST", f"/subscriptions/{NAME}/secret", scope="setup")["secret"]

    def close(self, api: Api) -> None:
        """Subscribe to nothing any more: nobody answers there."""
        api.call("DELETE", f"/subscriptions/{NAME}", scope="setup")

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Take a webhook."""
        request = Request(environ)
        raw = request.get_data()
        return Response(status=self._take(raw, dict(request.headers)))(environ, start_response)

    def _take(self, raw: bytes, headers: dict[str, str]) -> int:
        with self._lock:
            if self.refused < self.down_for:
                self.refused += 1
                return 503
            try:
                Webhook(self.secret).verify(raw, {name.lower(): value for name, value in headers.items()})
            except WebhookVerificationError:
                self.forged += 1
                return 400
            data = json.loads(raw)["data"]
            known = self.heard[data["order_id"]]
            self.repeated += data["number"] in known
            known[data["number"]] = data["event_id"]
            return 204

    def gaps(self) -> list[str]:
        """The orders of which something is missing, by what the numbers say."""
        with self._lock:
            return [order for order, known in self.heard.items() if sorted(known) != list(range(1, len(known) + 1))]

    @property
    def events(self) -> int:
        """How many events it has heard of, each counted once."""
        with self._lock:
            return sum(map(len, self.heard.values()))

    def events_of(self, order_id: str) -> set[str]:
        """The ids of the events that it heard about an order."""
        with self._lock:
            return set(self.heard.get(order_id, {}).values())
