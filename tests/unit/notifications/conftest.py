"""Tables, a verified sender and the environment of the notification stage, on moto."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from moto import mock_aws

from oms.platform import aws, cache, config, observability
from tests.support.tables import table_names

TABLES = {
    "messages": ("message_id",),
    "orders": ("order_id", "seq"),
    "setup": ("kind", "id"),
    "customers": ("pk", "sk"),
}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in table_names():
        monkeypatch.setenv(f"OMS_{name.upper()}_TABLE", f"test-{name}")
    monkeypatch.setenv("OMS_STACK", "test")
    monkeypatch.setenv("OMS_MAIL_SENDER", "orders@shop.example")
    monkeypatch.setenv("OMS_MAIL_CONFIGURATION_SET", "test-mail")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "notify")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    forget()
    with mock_aws():
        for name, keys in TABLES.items():
            aws.client("dynamodb").create_table(
                TableName=f"test-{name}",
                BillingMode="PAY_PER_REQUEST",
                KeySchema=[
                    {"AttributeName": key, "KeyType": kind}  # type: ignore[typeddict-item]
                    for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)
                ],
                AttributeDefinitions=[
                    {"AttributeName": key, "AttributeType": "N" if key == "seq" else "S"} for key in keys
                ],
            )
        aws.client("sesv2").create_email_identity(EmailIdentity="orders@shop.example")
        aws.client("sesv2").create_configuration_set(ConfigurationSetName="test-mail")
        yield
    forget()


def forget() -> None:
    aws.forget_clients()
    config.settings.cache_clear()
    cache.forget_all()
    for each in (observability.logger, observability.metrics):
        each.cache_clear()
    # Its handler holds on to the standard output of the test that made it.
    logging.Logger.manager.loggerDict.pop("notify", None)
