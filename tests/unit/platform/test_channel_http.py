"""The network as adapters see it: whatever is answered is a value, and what must not be called is refused."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from oms.channels.connection import Request
from oms.errors import Refused, Unavailable
from oms.platform import cache, channel_http
from oms.platform.channel_http import ChannelHttp


class Shop(BaseHTTPRequestHandler):
    """Answers each path in its own way."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/silent":
            self.close_connection = True
            return
        status = {"/moved": 302, "/broken": 503}.get(self.path, 200)
        body = gzip.compress(b"0" * 3000) if self.path == "/packed" else self.headers["Host"].encode()
        self.send_response(status)
        if self.path == "/packed":
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.send_header("X-Seen", self.headers.get("X-Key", ""))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it has there
        """Say nothing."""


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("OMS_PRIVATE_WEBHOOKS", "true")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    cache.forget_all()
    server.shutdown()
    thread.join()
    server.server_close()


def get(url: str) -> Request:
    return Request(method="GET", url=url, headers={"X-Key": "k"})


def test_an_answer_of_any_status_is_a_reply_and_redirects_are_not_followed(shop: str) -> None:
    answers = {path: ChannelHttp().send(get(shop + path)) for path in ("/orders?page=2", "/moved", "/broken")}
    assert {path: reply.status for path, reply in answers.items()} == {
        "/orders?page=2": 200,
        "/moved": 302,
        "/broken": 503,
    }
    assert answers["/orders?page=2"].headers["x-seen"] == "k"
    assert answers["/orders?page=2"].body.decode() == shop.removeprefix("http://")


def test_an_address_that_was_signed_beforehand_may_be_long(shop: str) -> None:
    assert ChannelHttp().send(get(f"{shop}/file?X-Amz-Security-Token={'a' * 3000}")).status == 200


def test_a_packed_answer_is_unpacked_and_no_longer_than_the_limit(shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ChannelHttp().send(get(f"{shop}/packed")).body == b"0" * 3000
    monkeypatch.setattr(channel_http, "MOST", 2999)
    with pytest.raises(Refused, match="2999"):
        ChannelHttp().send(get(f"{shop}/packed"))


def test_no_answer_is_unavailable_and_the_next_call_is_made_anew(shop: str) -> None:
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1"):
        ChannelHttp().send(get(f"{shop}/silent"))
    assert ChannelHttp().send(get(f"{shop}/orders")).status == 200


def test_nobody_listening_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMS_PRIVATE_WEBHOOKS", "true")
    with pytest.raises(Unavailable, match="no connection"):
        ChannelHttp().send(get("http://127.0.0.1:9/orders"))


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://169.254.169.254/",
        "https://a:b@shop.example/",
    ],
)
def test_what_is_not_on_the_open_internet_or_not_under_tls_is_never_called(url: str) -> None:
    with pytest.raises(Refused):
        ChannelHttp().send(get(url))
