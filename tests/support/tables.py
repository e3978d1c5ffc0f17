"""Single tables of the stack on moto, as the fragments define them: for tests that need no whole stack."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from functools import cache
from typing import Any

import pytest
from moto import mock_aws

from infra.fragments import load
from oms.platform import aws, config
from oms.platform import cache as memory
from tests.support import moto_fixes

REGION = "eu-central-1"


def table_names() -> list[str]:
    """All tables that the environment of a function names."""
    return [each.name.removesuffix("_table") for each in fields(config.Settings) if each.name.endswith("_table")]


@contextmanager
def started() -> Iterator[mock_aws]:
    """AWS on moto with the environment of a function; its clients are made once, which takes longer than a test."""
    with pytest.MonkeyPatch.context() as environment:
        for name in table_names():
            environment.setenv(f"OMS_{name.upper()}_TABLE", f"test-{name}")
        environment.setenv("OMS_STACK", "test")
        environment.setenv("POWERTOOLS_SERVICE_NAME", "test")
        environment.setenv("AWS_DEFAULT_REGION", REGION)
        environment.setenv("AWS_ACCESS_KEY_ID", "test")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "test")
        _forget()
        moto_fixes.install()
        mock = mock_aws()
        mock.start()
        yield mock
        mock.stop()
        _forget()


def fresh(cloud: mock_aws, *names: str) -> Any:
    """Nothing but these tables, empty, and nothing remembered; returns the DynamoDB client."""
    cloud.reset()
    memory.forget_all()
    dynamodb = aws.client("dynamodb")
    for name in names:
        dynamodb.create_table(TableName=f"test-{name}", **_definition(name))
    return dynamodb


@cache
def _definition(name: str) -> dict[str, Any]:
    properties = load()["Resources"][f"{name.capitalize()}Table"]["Properties"]
    wanted = ("KeySchema", "AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes")
    return {key: properties[key] for key in wanted if key in properties}


def _forget() -> None:
    aws.forget_clients()
    config.settings.cache_clear()
    memory.forget_all()
