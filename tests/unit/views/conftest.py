"""The tables of orders and views, in process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from tests.support import tables


@pytest.fixture(scope="module")
def cloud() -> Iterator[mock_aws]:
    with tables.started() as mock:
        yield mock


@pytest.fixture
def world(cloud: mock_aws) -> Any:
    """Empty tables, and nothing remembered from the test before; the DynamoDB client."""
    return tables.fresh(cloud, "orders", "views", "setup", "customers", "intake")
