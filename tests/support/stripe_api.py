"""Stripe's API on this machine: `localstripe`, which keeps the objects, behind a front that adds what it lacks.

`localstripe` is a stateful fake of Stripe; it runs as a process of its own. The front passes everything on and adds, as
Stripe documents it:

* `Idempotency-Key`: the first answer is given again; another request under the same key is an `idempotency_error`;
* `amount_received` and `amount_capturable` of a PaymentIntent, and metadata that comes with a capture;
* multicapture, for an account that has it (`multicapture=True`): captures in parts, and `final_capture`, which is an
  error for others;
* a refund of more than was captured is refused; what a capture lets go is no refund (since API version 2025-03-31);
* faults that the network can have, one per write (`faults`): the question is lost, the answer is lost, the answer is a
  5xx or a 429, the request arrives twice.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import RLock, Thread
from typing import Any, Self
from urllib.error import HTTPError, URLError
from urllib.parse import parse_qsl, urlencode
from urllib.request import Request, urlopen

API_KEY = "sk_test_of_nobody"

Json = dict[str, Any]


class Fault(StrEnum):
    """What happens to one write on its way."""

    NONE = "none"
    QUESTION_LOST = "question lost"
    ANSWER_LOST = "answer lost"
    SERVER_ERROR = "500"
    TOO_MANY = "429"
    TWICE = "twice"


@dataclass(slots=True)
class Answer:
    status: int
    body: Json


@dataclass(slots=True)
class Books:
    """What the front knows of a PaymentIntent beside what `localstripe` keeps."""

    received: int = 0
    final: bool = False
    metadata: dict[str, str] = field(default_factory=dict)


class StripeApi:
    """See the module; a context manager. `url` is where it answers."""

    def __init__(self) -> None:
        self.multicapture = False
        self.faults: list[Fault] = []
        self.writes: list[str] = []
        """Paths of all writes that were carried out, replays not among them."""
        self._answers: dict[str, tuple[str, bytes, Answer]] = {}
        self._books: dict[str, Books] = {}
        self._lock = RLock()

    def __enter__(self) -> Self:
        self._port = _free_port()
        command = [sys.executable, "-W", "ignore", "-m", "localstripe", "--port", str(self._port), "--from-scratch"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603 - ours
        self._front = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._front.daemon_threads = True
        Thread(target=self._front.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._front.server_port}"
        while True:
            with suppress(URLError, ConnectionError):
                self._pass("GET", "/v1/balance", b"")
                return self
            assert self._process.poll() is None, "localstripe did not start"
            time.sleep(0.02)

    def __exit__(self, *_: object) -> None:
        self._front.shutdown()
        self._front.server_close()
        self._process.terminate()
        self._process.wait()

    def reset(self) -> None:
        """Forget everything that happened."""
        self._pass("DELETE", "/_config/data", b"")
        self.multicapture = False
        for each in (self.faults, self.writes, self._answers, self._books):
            each.clear()

    def card(self, number: str = "4242424242424242") -> str:
        """A new payment method."""
        card = {"number": number, "exp_month": 12, "exp_year": 2030, "cvc": "123"}
        wish = {"type": "card", **{f"card[{name}]": value for name, value in card.items()}}
        return str(self.call("POST", "/v1/payment_methods", wish)["id"])

    def call(self, method: str, path: str, wish: Json | None = None) -> Json:
        """A call of somebody else: the checkout, or a person at the dashboard."""
        answer = self.serve(method, path, urlencode(wish or {}).encode(), "")
        assert answer.status < 400, answer
        return answer.body

    def intent(self, reference: str) -> Json:
        """A PaymentIntent as it stands."""
        return self.call("GET", f"/v1/payment_intents/{reference}")

    def refunded(self, reference: str) -> int:
        """What went back of a PaymentIntent."""
        return sum(each["amount"] for each in self.call("GET", f"/v1/refunds?payment_intent={reference}")["data"])

    def serve(self, method: str, path: str, body: bytes, key: str) -> Answer:
        """Answer a request; under a known key, as the first time."""
        with self._lock:
            if method != "POST" or not key:
                return self._do(method, path, body)
            if key in self._answers:
                before, sent, answer = self._answers[key]
                if (before, sent) != (path, body):
                    return _refusal(400, "idempotency_error", "idempotency_key_reused")
                return answer
            answer = self._do(method, path, body)
            self._answers[key] = path, body, answer
            return answer

    def _do(self, method: str, path: str, body: bytes) -> Answer:
        if method == "POST":
            self.writes.append(path)
        if method == "POST" and path.endswith("/capture"):
            return self._capture(path.split("/")[-2], dict(parse_qsl(body.decode())))
        if method == "POST" and path == "/v1/refunds":
            wish = dict(parse_qsl(body.decode()))
            reference = wish.get("payment_intent", "")
            left = self._of(reference).received - self.refunded(reference)
            if int(wish.get("amount", left)) > left or left <= 0:
                return _refusal(400, "invalid_request_error", "charge_already_refunded")
        return self._shown(self._pass(method, path, body))

    def _capture(self, reference: str, wish: dict[str, str]) -> Answer:
        books, intent = self._of(reference), self.intent(reference)
        if intent["status"] != "requires_capture":
            return _refusal(400, "invalid_request_error", "payment_intent_unexpected_state")
        if "final_capture" in wish and not self.multicapture:
            return _refusal(400, "invalid_request_error", "parameter_unknown")
        amount = int(wish.get("amount_to_capture", intent["amount_capturable"]))
        if amount > intent["amount_capturable"]:
            return _refusal(400, "invalid_request_error", "amount_too_large")
        if wish.get("final_capture", "true") == "true":
            whole = urlencode({"amount_to_capture": books.received + amount}).encode()
            answer = self._pass("POST", f"/v1/payment_intents/{reference}/capture", whole)
            if answer.status >= 400:
                return answer
            books.final = True
        books.received += amount
        for name, value in wish.items():
            if name.startswith("metadata["):
                books.metadata[name[9:-1]] = value
        return self._shown(self._pass("GET", f"/v1/payment_intents/{reference}?expand[0]=latest_charge", b""))

    def _of(self, reference: str) -> Books:
        return self._books.setdefault(reference, Books())

    def _shown(self, answer: Answer) -> Answer:
        body = answer.body
        if body.get("object") == "list":
            body["data"] = [each for each in body["data"] if each.get("object") != "refund" or each["payment_intent"]]
        if body.get("object") == "payment_intent":
            books = self._of(body["id"])
            body["amount_received"] = books.received
            open_ = body["status"] == "requires_capture"
            body["amount_capturable"] = body["amount"] - books.received if open_ else 0
            if body["status"] == "canceled" and books.received:
                body["status"] = "succeeded"
            body["metadata"] = {**(body.get("metadata") or {}), **books.metadata}
            if isinstance(body.get("latest_charge"), dict):
                able = "available" if self.multicapture else "unavailable"
                body["latest_charge"]["payment_method_details"] = {"card": {"multicapture": {"status": able}}}
        return answer

    def _pass(self, method: str, path: str, body: bytes) -> Answer:
        url = f"http://localhost:{self._port}{path}"
        request = Request(url, data=body or None, method=method, headers={"Authorization": f"Bearer {API_KEY}"})
        try:
            with urlopen(request, timeout=10) as answered:  # noqa: S310 - ours
                return Answer(answered.status, json.loads(answered.read() or b"{}"))
        except HTTPError as error:
            with error:
                return Answer(error.code, json.loads(error.read() or b"{}"))


def _refusal(status: int, kind: str, code: str) -> Answer:
    return Answer(status, {"error": {"type": kind, "code": code, "message": code}})


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _handler(api: StripeApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(api.serve("GET", self.path, b"", ""))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            key = self.headers.get("idempotency-key") or ""
            fault = api.faults.pop(0) if api.faults else Fault.NONE
            if fault is Fault.QUESTION_LOST:
                self.close_connection = True
            elif fault is Fault.TOO_MANY:
                self._answer(_refusal(429, "invalid_request_error", "rate_limit"))
            else:
                answer = api.serve("POST", self.path, body, key)
                if fault is Fault.TWICE:
                    answer = api.serve("POST", self.path, body, key)
                if fault is Fault.ANSWER_LOST:
                    self.close_connection = True
                elif fault is Fault.SERVER_ERROR:
                    self._answer(_refusal(500, "api_error", "oops"))
                else:
                    self._answer(answer)

        def _answer(self, answer: Answer) -> None:
            body = json.dumps(answer.body).encode()
            self.send_response(answer.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Tests are quiet."""

    return Handler
