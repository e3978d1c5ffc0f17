"""The tables and secrets of the set-up tests, in process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from oms.platform import aws, cache, config

TABLES = {"setup": ("kind", "id"), "stock": ("sku", "location_id"), "views": ("pk", "sk")}


@pytest.fixture(scope="package")
def cloud() -> Iterator[mock_aws]:
    """AWS on moto, and clients for it that are made once: making them takes longer than a test."""
    with pytest.MonkeyPatch.context() as environment:
        for name in ("orders", "stock", "setup", "views", "messages", "references"):
            environment.setenv(f"OMS_{name.upper()}_TABLE", f"test-{name}")
        environment.setenv("OMS_STACK", "test")
        environment.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        environment.setenv("AWS_ACCESS_KEY_ID", "test")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "test")
        aws.forget_clients()
        config.settings.cache_clear()
        mock = mock_aws()
        mock.start()
        yield mock
        mock.stop()
        aws.forget_clients()
        config.settings.cache_clear()


@pytest.fixture
def world(cloud: mock_aws) -> Iterator[Any]:
    """Empty tables, and nothing remembered from the test before; yields the DynamoDB client."""
    cloud.reset()
    cache.forget_all()
    dynamodb = aws.client("dynamodb")
    for name, (partition, sort) in TABLES.items():
        dynamodb.create_table(
            TableName=f"test-{name}",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[
                {"AttributeName": partition, "KeyType": "HASH"},
                {"AttributeName": sort, "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in (partition, sort)],
        )
    yield dynamodb
    cache.forget_all()
