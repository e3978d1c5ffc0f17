"""A merchant's own system that is told of events: a real HTTP server that can be slow, down, or of another mind."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook


@dataclass(frozen=True, slots=True)
class Told:
    """A request that came, taken or not."""

    path: str
    headers: dict[str, str]
    body: str
    status: int

    @property
    def event(self) -> dict[str, Any]:
        """The body, read."""
        value: dict[str, Any] = json.loads(self.body)
        return value

    def signed_by(self, secret: str) -> bool:
        """Whether one of the signatures was made with this secret, for this body, id and time."""
        moment = datetime.fromtimestamp(int(self.headers["webhook-timestamp"]), tz=UTC)
        made = Webhook(secret).sign(self.headers["webhook-id"], moment, self.body)
        return made in self.headers["webhook-signature"].split(" ")


@dataclass(slots=True)
class Subscriber:
    """What it was told, and what it answers from now on."""

    url: str
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)

    @property
    def taken(self) -> list[Told]:
        """What it took."""
        return [each for each in self.told if each.status == 200]

    def numbers(self, order_id: str) -> list[int]:
        """The numbers of the events of an order that it took, each once, in order."""
        mine = (each.event["data"] for each in self.taken)
        return sorted({each["number"] for each in mine if each["order_id"] == order_id})


@contextmanager
def listening() -> Iterator[Subscriber]:
    """A subscriber on a port of this machine."""
    subscriber = Subscriber(url="")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            subscriber.told.append(Told(self.path, headers, body, subscriber.status))
            self.send_response(subscriber.status)
            for name, value in subscriber.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it has there
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    subscriber.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield subscriber
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
