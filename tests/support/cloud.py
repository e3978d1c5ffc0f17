"""AWS on moto, in process: the resources of a template made directly, and a look behind the API for the pumps.

Making a stack through CloudFormation takes seconds; making its tables, queues, topics, bucket and mail identity one by
one takes about 40 ms, and the crash test makes hundreds of stacks.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from moto import mock_aws
from moto.core.utils import unix_time_millis
from moto.dynamodb.models import Table, dynamodb_backends
from moto.s3.models import s3_backends
from moto.ses.models import ses_backends
from moto.sns.models import sns_backends
from moto.sqs.models import Message, Queue, sqs_backends

from tests.support import moto_fixes, straight
from tests.support.template import ACCOUNT, REGION, Template, name_in

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
    # Without this, calls to DynamoDB streams are sent to an address that moto answers with 404.
    "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
}
"""What makes boto3 speak to moto only: credentials that are good for nothing, one region, no metadata service."""


class _Session(boto3.Session):
    """Keeps its clients: making those of one stack takes longer than most tests, and moto knows no client."""

    def __init__(self) -> None:
        super().__init__(region_name=REGION)
        self._kept: dict[object, Any] = {}

    def client(self, service: str, config: Config | None = None) -> Any:  # type: ignore[override]
        """A client, made once for each service, configuration and address."""
        options = repr(config._user_provided_options) if config else ""
        key = service, options, os.environ.get(f"AWS_ENDPOINT_URL_{service.upper()}")
        if key not in self._kept:
            self._kept[key] = super().client(service, config=config)  # type: ignore[call-overload]
        return self._kept[key]


@cache
def _session(_kind: str) -> boto3.Session:
    # One for the whole process: what boto3 has read of a service's model stays in it.
    return _Session()


def observed_session() -> boto3.Session:
    """The session of the functions' clients: hooks registered on it see their calls."""
    return _session("functions")


class Cloud:
    """One stack's resources. `client` gives clients whose calls are the test's own and are not recorded."""

    def __init__(self, template: Template) -> None:
        moto_fixes.install()
        straight.install()
        self.template = template
        self._mock: Any = mock_aws()

    def start(self) -> None:
        """Begin to answer AWS calls in this process, with nothing there yet but the stack's resources.

        Two clouds at once would be one: moto's state belongs to the process.
        """
        assert not type(self._mock)._mocks_active, "moto is at work already in this process"
        self._mock.start()
        boto3.DEFAULT_SESSION = observed_session()
        try:
            self._make()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Forget everything."""
        self._mock.stop()

    def client(self, service: str) -> Any:
        """A client beside the functions' own."""
        return _session("tests").client(service)

    def _make(self) -> None:
        for properties in self.template.of_type("AWS::DynamoDB::Table").values():
            self._make_table(properties)
        queues = self.template.of_type("AWS::SQS::Queue")
        # Dead-letter queues first: the others name them.
        for logical_id in sorted(queues, key=lambda name: "RedrivePolicy" in queues[name]):
            self._make_queue(self.template.name_of(logical_id), queues[logical_id])
        for logical_id in self.template.of_type("AWS::SNS::Topic"):
            self.client("sns").create_topic(Name=self.template.name_of(logical_id))
        for properties in self.template.of_type("AWS::SNS::Subscription").values():
            self._subscribe(properties)
        for logical_id, properties in self.template.of_type("AWS::S3::Bucket").items():
            self._make_bucket(self.template.name_of(logical_id), properties)
        for logical_id, properties in self.template.of_type("AWS::SecretsManager::Secret").items():
            self.client("secretsmanager").create_secret(
                Name=self.template.name_of(logical_id), SecretString=properties.get("SecretString", "{}")
            )
        for logical_id in self.template.of_type("AWS::SES::ConfigurationSet"):
            self.client("sesv2").create_configuration_set(ConfigurationSetName=self.template.name_of(logical_id))
        for logical_id in self.template.of_type("AWS::SES::EmailIdentity"):
            self.client("sesv2").create_email_identity(EmailIdentity=self.template.name_of(logical_id))

    def _make_table(self, properties: Mapping[str, Any]) -> None:
        names = ("TableName", "KeySchema", "AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes")
        arguments = {name: properties[name] for name in names if name in properties}
        if stream := properties.get("StreamSpecification"):
            arguments["StreamSpecification"] = {"StreamEnabled": True, **stream}
        self.client("dynamodb").create_table(**arguments)

    def _make_queue(self, name: str, properties: Mapping[str, Any]) -> None:
        settings = ("VisibilityTimeout", "DelaySeconds", "MessageRetentionPeriod", "MaximumMessageSize")
        attributes = {key: str(properties[key]) for key in settings if key in properties}
        if redrive := properties.get("RedrivePolicy"):
            attributes["RedrivePolicy"] = json.dumps(redrive)
        self.client("sqs").create_queue(QueueName=name, Attributes=attributes)

    def _make_bucket(self, name: str, properties: Mapping[str, Any]) -> None:
        self.client("s3").create_bucket(Bucket=name)
        told = [
            {
                "QueueArn": each["Queue"],
                "Events": [each["Event"]],
                "Filter": {"Key": {"FilterRules": each["Filter"]["S3Key"]["Rules"]}},
            }
            for each in properties.get("NotificationConfiguration", {}).get("QueueConfigurations", ())
        ]
        if told:
            self.client("s3").put_bucket_notification_configuration(
                Bucket=name, NotificationConfiguration={"QueueConfigurations": told}
            )

    def _subscribe(self, properties: Mapping[str, Any]) -> None:
        attributes = {}
        if properties.get("RawMessageDelivery"):
            attributes["RawMessageDelivery"] = "true"
        if "FilterPolicy" in properties:
            attributes["FilterPolicy"] = json.dumps(properties["FilterPolicy"])
        if "FilterPolicyScope" in properties:
            attributes["FilterPolicyScope"] = properties["FilterPolicyScope"]
        if properties["Protocol"] == "sqs":
            self.client("sns").subscribe(
                TopicArn=properties["TopicArn"],
                Protocol="sqs",
                Endpoint=properties["Endpoint"],
                Attributes=attributes,
            )


def table(name: str) -> Table:
    """Moto's own table."""
    return dynamodb_backends[ACCOUNT][REGION].tables[name]


def items(name: str) -> Iterator[dict[str, Any]]:
    """All items of a table as plain values, in the order of their keys."""
    yield from map(_plain, typed_items(name))


def typed_items(name: str) -> Iterator[dict[str, Any]]:
    """All items of a table as DynamoDB gives them, in the order of their keys."""
    yield from (item.to_json()["Attributes"] for item in _items(name))


def _items(name: str) -> list[Any]:
    held = table(name)
    if not held.has_range_key:
        return sorted(held.items.values(), key=lambda item: item.hash_key.value)
    rows = [item for by_range in held.items.values() for item in by_range.values()]
    return sorted(rows, key=lambda item: (item.hash_key.value, _order(item.range_key)))


def _order(value: Any) -> Any:
    return (float(value.value), "") if value.type == "N" else (0.0, value.value)


def _plain(value: Any) -> Any:
    """DynamoDB's typed JSON as plain values."""
    return {name: _value(typed) for name, typed in value.items()}


def _value(typed: Mapping[str, Any]) -> Any:
    ((kind, value),) = typed.items()
    readers: dict[str, Callable[[Any], Any]] = {
        "N": lambda v: int(v) if v.lstrip("-").isdigit() else float(v),
        "M": _plain,
        "L": lambda v: [_value(each) for each in v],
        "SS": sorted,
        "NULL": lambda _: None,
    }
    return readers.get(kind, lambda v: v)(value)


def queue(name: str) -> Queue:
    """Moto's own queue, by name, ARN or URL."""
    return sqs_backends[ACCOUNT][REGION].queues[name_in(name)]


def messages(name: str) -> list[Message]:
    """All messages of a queue, waiting or in flight."""
    return queue(name)._messages


def mails() -> list[Any]:
    """What SES was given to send, in order; each has `source`, `destinations`, `subject`, `body`."""
    return ses_backends[ACCOUNT][REGION].sent_messages


def texts() -> list[tuple[str, str]]:
    """Phone number and text of each SMS."""
    return list(sns_backends[ACCOUNT][REGION].sms_messages.values())


def published(topic_arn: str) -> list[dict[str, Any]]:
    """The JSON body of each message that was published to a topic."""
    return [json.loads(sent[1]) for sent in sns_backends[ACCOUNT][REGION].topics[topic_arn].sent_notifications]


def documents(bucket: str) -> dict[str, bytes]:
    """Key to content of what stands in a bucket."""
    held = s3_backends[ACCOUNT]["aws"].buckets[bucket].keys
    return {key: held[key].value for key in sorted(held)}


def sleeps(message: Message) -> float | None:
    """Seconds until a message can be received, delayed or in flight; None when it can be now."""
    until = max(message.visible_at, message.delayed_until) - unix_time_millis()
    return until / 1000 if until > 0 else None


def wake(message: Message) -> None:
    """Make a message visible now, as if its time had passed."""
    message.visible_at = message.delayed_until = 0.0


def let_pass(message: Message, seconds: float) -> None:
    """Bring the time at which a message becomes visible nearer."""
    message.visible_at -= seconds * 1000
    message.delayed_until -= seconds * 1000


def replace_documents(bucket: str, contents: Mapping[str, bytes]) -> None:
    """Make these the contents of a bucket."""
    backend = s3_backends[ACCOUNT]["aws"]
    for key in list(backend.buckets[bucket].keys):
        backend.buckets[bucket].keys.pop(key)
    for key, content in contents.items():
        backend.put_object(bucket, key, content)
