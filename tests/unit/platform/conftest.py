"""The tables of orders, stock and references on moto, with nothing remembered from the test before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from oms.platform import aws, cache, config
from tests.support.tables import table_names

TABLES = {"orders": ("order_id", "seq"), "stock": ("sku", "location_id"), "references": ("ref", "entry")}


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in table_names():
        monkeypatch.setenv(f"OMS_{name.upper()}_TABLE", f"test-{name}")
    for name, value in {
        "OMS_STACK": "test",
        "OMS_EVENTS_TOPIC": "arn:aws:sns:eu-central-1:123456789012:test-events",
        "POWERTOOLS_SERVICE_NAME": "test",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }.items():
        monkeypatch.setenv(name, value)
    forget()
    with mock_aws():
        dynamodb = aws.client("dynamodb")
        for name, (partition, sort) in TABLES.items():
            types = {partition: "S", sort: "N" if sort == "seq" else "S"}
            dynamodb.create_table(
                TableName=f"test-{name}",
                BillingMode="PAY_PER_REQUEST",
                KeySchema=[
                    {"AttributeName": partition, "KeyType": "HASH"},
                    {"AttributeName": sort, "KeyType": "RANGE"},
                ],
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": kind} for key, kind in types.items()],  # type: ignore[typeddict-item]
            )
        yield dynamodb
    forget()


def forget() -> None:
    aws.forget_clients()
    config.settings.cache_clear()
    cache.forget_all()
