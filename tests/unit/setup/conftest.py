"""The tables and secrets of the set-up tests, in process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from oms.platform import aws, cache, config

TABLES = {"setup": ("kind", "id"), "stock": ("sku", "location_id"), "views": ("pk", "sk")}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Empty tables on moto, and nothing remembered from the test before; yields the DynamoDB client."""
    for name in ("orders", "stock", "setup", "views", "messages", "references"):
        monkeypatch.setenv(f"OMS_{name.upper()}_TABLE", f"test-{name}")
    monkeypatch.setenv("OMS_STACK", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    forget()
    with mock_aws():
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
    forget()


def forget() -> None:
    aws.forget_clients()
    config.settings.cache_clear()
    cache.forget_all()
