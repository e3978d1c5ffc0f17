"""Disorder that AWS allows, from a seed: other orders, smaller batches, deliveries more than once, several shards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any, TypeVar

Item = TypeVar("Item")


class Chaos:
    """Draws what goes differently. Without a seed nothing does. Nothing comes more than twice because of it."""

    def __init__(self, seed: int | None, *, again: float = 0.25) -> None:
        self._random = Random(seed) if seed is not None else None  # noqa: S311 - to be repeated, not to be secret
        self._again = again
        self._repeated: set[str] = set()

    @property
    def shards(self) -> int:
        """Over how many shards a stream's keys spread."""
        return 3 if self._random else 1

    def shuffle(self, items: list[Any]) -> None:
        """Bring a queue's messages into another order: a standard queue promises none."""
        if self._random:
            self._random.shuffle(items)

    def any_order(self, items: Sequence[Item]) -> list[Item]:
        """The same items, in any order."""
        return self._random.sample(list(items), len(items)) if self._random else list(items)

    def fewer(self, size: int) -> int:
        """A batch size up to the greatest."""
        return self._random.randint(1, size) if self._random else size

    def again(self, key: str) -> bool:
        """Whether what went well is delivered once more."""
        if not self._random or key in self._repeated or self._random.random() > self._again:
            return False
        self._repeated.add(key)
        return True

    def twice(self, items: Sequence[Item], *, key: Callable[[Item], str]) -> list[Item]:
        """Those of the items that are delivered once more."""
        return [item for item in items if self.again(key(item))]
