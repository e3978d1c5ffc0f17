"""Moto's DynamoDB behind HTTP, one request at a time: for many threads, or processes, that go at the same tables.

A server with one thread is what moto can be trusted with; who talks to it may be as many as they like.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.compat import HTTPHeaders
from moto.core.models import botocore_stubber
from moto.dynamodb.models import dynamodb_backends

from oms.platform import aws, cache, config
from oms.sourcing.geography import DATA
from tests.support import moto_fixes
from tests.support.tables import REGION, _definition
from tests.support.template import ACCOUNT


class _Server(HTTPServer):
    request_queue_size = 128
    answered = 0


class _Dynamo(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        """Answer one call as moto does."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        url = f"https://dynamodb.{REGION}.amazonaws.com/"
        headers = HTTPHeaders()
        for name, value in self.headers.items():
            headers[name] = value
        answered = botocore_stubber.process_request(AWSPreparedRequest("POST", url, headers, body, stream_output=False))
        assert answered is not None
        status, more, answer = answered
        raw = answer.encode() if isinstance(answer, str) else answer
        self.server.answered += 1
        self.send_response(status)
        for name, value in more.items():
            if name.lower() not in {"content-length", "server", "date"}:
                self.send_header(name, str(value))
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Served:
    """The tables as they are behind the server."""

    def __init__(self, server: _Server) -> None:
        self._server = server

    @property
    def answered(self) -> int:
        """Calls so far."""
        return self._server.answered

    def records(self, table: str) -> list[dict[str, Any]]:
        """What the stream of a table has told so far."""
        # Not in the middle of a request: a transaction that is refused takes back what it has told.
        with moto_fixes.LOCK:
            shard = dynamodb_backends[ACCOUNT][REGION].tables[f"test-{table}"].stream_shard
            return [record.record for record in shard.items]


@contextmanager
def served(*tables: str) -> Iterator[Served]:
    """Serve these tables, empty, to this process's own clients."""
    moto_fixes.install()
    server = _Server(("127.0.0.1", 0), _Dynamo)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    dynamodb_backends.reset()
    with pytest.MonkeyPatch.context() as environment:
        for name, value in _environment(server.server_address[1]):
            environment.setenv(name, value)
        _forget()
        thread.start()
        try:
            dynamodb = aws.client("dynamodb")
            for name in tables:
                stream: Any = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
                dynamodb.create_table(TableName=f"test-{name}", StreamSpecification=stream, **_definition(name))
            yield Served(server)
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
            dynamodb_backends.reset()
    _forget()


def _environment(port: int) -> Iterable[tuple[str, str]]:
    from dataclasses import MISSING, fields

    for each in fields(config.Settings):
        if each.default is MISSING:
            yield f"OMS_{each.name.upper()}", f"test-{each.name.removesuffix('_table')}"
    yield "AWS_ENDPOINT_URL_DYNAMODB", f"http://127.0.0.1:{port}"
    yield "AWS_DEFAULT_REGION", REGION
    yield "AWS_ACCESS_KEY_ID", "test"
    yield "AWS_SECRET_ACCESS_KEY", "test"
    yield "AWS_ACCOUNT_ID_ENDPOINT_MODE", "disabled"
    yield "POWERTOOLS_SERVICE_NAME", "test"
    yield DATA, str(Path(__file__).parent / "geo")


def _forget() -> None:
    aws.forget_clients()
    config.settings.cache_clear()
    cache.forget_all()
