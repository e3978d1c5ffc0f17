"""Values kept in memory for a short life, so that a warm function does not read its set-up for every request."""

from __future__ import annotations

import time
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")

_all: list[Cache[object, object]] = []


class Cache(Generic[Key, Value]):
    """At most `size` values that are forgotten after `seconds`; when it is full it begins again with none.

    Age is told by the wall clock: the monotonic one stands still while Lambda keeps a process frozen.
    """

    def __init__(self, *, seconds: float, size: int) -> None:
        self._seconds = seconds
        self._size = size
        self._kept: dict[Key, tuple[float, Value]] = {}
        _all.append(self)  # type: ignore[arg-type]

    def get(self, key: Key, *, younger_than: float | None = None) -> Value | None:
        """The value, unless it is absent or too old: older than the cache's own life, or than `younger_than`."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        limit = self._seconds if younger_than is None else younger_than
        return kept[1] if 0 <= time.time() - kept[0] < limit else None

    def put(self, key: Key, value: Value) -> Value:
        """Keep a value, and return it."""
        if len(self._kept) >= self._size and key not in self._kept:
            self._kept.clear()
        self._kept[key] = (time.time(), value)
        return value

    def forget(self, key: Key) -> None:
        """Drop one value."""
        self._kept.pop(key, None)

    def clear(self) -> None:
        """Drop all values."""
        self._kept.clear()


def forget_all() -> None:
    """Empty every cache of the process: for tests that change the world beneath."""
    for cache in _all:
        cache.clear()
