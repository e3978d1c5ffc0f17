"""The data set of geography as it is deployed: made once, kept in `build/` until a source changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.geo import build_geo


@pytest.fixture(scope="session")
def geo_data() -> Path:
    target = Path(__file__).parents[3] / "build" / "geo"
    build_geo(target)
    return target
