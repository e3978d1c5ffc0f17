"""Somebody at a desk in the warehouse."""

from __future__ import annotations

from datetime import UTC, datetime

from oms.orders.log import Caller

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def caller(cause: str) -> Caller:
    return Caller(actor="test", cause=cause, clock=lambda: AT)
