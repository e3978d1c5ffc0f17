"""The whole stack on the local cloud, once for the session; on a port and in a directory of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra import local
from infra.local import Cloud

KEEP = "OMS_E2E_CLOUD"
"""Names the state file of a cloud that runs already (`build/local.json`), to spare its start while writing tests."""


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A running cloud with keys, channels and secrets; see `infra.local.Cloud`."""
    if os.environ.get(KEEP):
        running = local.current(Path(os.environ[KEEP]))
        assert running is not None, f"no cloud runs as {os.environ[KEEP]} says"
        yield running
        return
    state = tmp_path_factory.mktemp("cloud") / "local.json"
    yield local.up(state=state)
    local.down(state=state)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # The demonstration sets a carrier up, which functions remember for a minute after it is gone: the tour goes first.
    items.sort(key=lambda item: item.path.name != "test_demo_tour.py")
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("e2e")
