"""Stand-ins on a port of this machine: for the demonstration, and for tests of the network in between."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from socket import SHUT_RDWR
from typing import Any

from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import WSGIRequestHandler, make_server

App = Callable[[dict[str, Any], Any], Iterable[bytes]]
"""A stand-in, or whatever else answers by WSGI."""


class _Silent(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - the name it has there
        """Say nothing."""

    def connection_dropped(self, error: BaseException, environ: dict[str, Any] | None = None) -> None:
        """What is lost on the way is lost at once: nobody waits until their patience ends."""
        del error, environ
        with suppress(OSError):  # the other side may have gone first
            self.connection.shutdown(SHUT_RDWR)


@contextmanager
def served(app: App, *, port: int = 0) -> Iterator[str]:
    """The app behind this URL while the context lasts; on a free port unless one is named."""
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Silent)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def together(apps: Mapping[str, App]) -> App:
    """One app of several, each below a path of its own name."""
    return DispatcherMiddleware(NotFound(), {f"/{name}": app for name, app in apps.items()})
