"""A world and its merchant for each flow; a flow that made a function fail must say that it meant to.

After every flow the stock ledger adds up to the levels.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.ledger_truths import differences
from tests.support.merchant import Merchant
from tests.support.world import World


@pytest.fixture
def world() -> Iterator[World]:
    """A fresh stack. A test that makes functions fail on purpose sets `failures_expected` on it."""
    with World() as made:
        yield made
        assert made.failures_expected or not made.failures, made.failures
        assert not made.crashes, made.crashes
        assert not (wrong := differences(made)), wrong


@pytest.fixture
def merchant(world: World) -> Merchant:
    """A merchant whose shops, locations and goods are set up, with ten of everything in Berlin."""
    return Merchant(world).open()
