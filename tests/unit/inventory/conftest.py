"""The tables of stock, documents and the ledger on moto, a few products and two locations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from oms.platform import setup
from oms.setup import Location, Product
from tests.support import tables as support


@pytest.fixture(scope="module")
def cloud() -> Iterator[mock_aws]:
    with support.started() as mock:
        yield mock


@pytest.fixture
def tables(cloud: mock_aws) -> Any:
    dynamodb = support.fresh(cloud, "stock", "setup", "inventory", "ledger")
    setup.put_many([Product(sku=sku, title=sku) for sku in ("mug", "jug")])
    setup.put_many([Location(location_id=each, name=each, latitude=0, longitude=0) for each in ("north", "south")])
    return dynamodb
