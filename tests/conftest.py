"""Rules for all tests: no network but this machine's, bounded and repeatable examples, and what the flows print."""

from __future__ import annotations

import os
import socket
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.support import reports, straight

settings.register_profile(
    "ci", max_examples=60, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("full", max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("full" if os.environ.get("OMS_FULL") else "ci")

straight.install()

pytest_sessionfinish = reports.pytest_sessionfinish
pytest_testnodedown = reports.pytest_testnodedown
pytest_terminal_summary = reports.pytest_terminal_summary

LOCAL = {"127.0.0.1", "::1", "localhost"}


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that reaches for another machine fails at once, and says for which."""
    connect, resolve = socket.socket.connect, socket.getaddrinfo

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6} and address[0] not in LOCAL:
            raise RuntimeError(f"a test reached for {address}")
        connect(self, address)

    def guarded_resolve(host: Any, *rest: Any, **named: Any) -> Any:
        if host not in LOCAL:
            raise RuntimeError(f"a test reached for {host}")
        return resolve(host, *rest, **named)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    monkeypatch.setattr(socket, "getaddrinfo", guarded_resolve)
