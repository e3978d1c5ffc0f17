"""The straight way to moto answers as the usual one does, errors and all, and is taken only where it may be."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.endpoint import Endpoint
from botocore.exceptions import ClientError, EndpointConnectionError, ParamValidationError
from moto import mock_aws

from tests.support import straight
from tests.support.template import REGION

DIFFERENT_EACH_TIME = {
    "ResponseMetadata",
    "MessageId",
    "CreationDateTime",
    "TableId",
    "VersionId",
    "CreatedDate",
    "ARN",
}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[mock_aws]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_ACCOUNT_ID_ENDPOINT_MODE", "disabled")
    straight.install()
    mock = mock_aws()
    mock.start()
    yield mock
    mock.stop()


@pytest.fixture
def client(aws: mock_aws) -> Callable[[str], Any]:
    del aws
    return lambda service: boto3.Session(region_name=REGION).client(service)


def told(call: Callable[[], Any]) -> Any:
    """What a call answers, or how it is refused, without what differs each time."""
    try:
        answer = call()
    except ClientError as error:
        answer = {"refused": type(error).__name__, **error.response}
    metadata = answer["ResponseMetadata"]
    assert metadata["RequestId"]
    seen = metadata["HTTPStatusCode"], metadata["RetryAttempts"]
    return seen, json.loads(json.dumps(_lasting(answer), default=str))


def _lasting(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _lasting(each) for name, each in value.items() if name not in DIFFERENT_EACH_TIME}
    return [_lasting(each) for each in value] if isinstance(value, list) else value


def life(client: Callable[[str], Any]) -> list[Any]:
    """A little of each service, what is refused too."""
    dynamodb, sqs, sns, mail, secrets = map(client, ("dynamodb", "sqs", "sns", "sesv2", "secretsmanager"))
    key: Any = {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}
    kinds: Any = {"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}]}
    item = {"id": {"S": "ä €"}, "n": {"N": "7"}, "raw": {"B": b"\x00\xff"}, "of": {"M": {"a": {"L": [{"NULL": True}]}}}}
    taken = {"TableName": "things", "Item": item, "ConditionExpression": "attribute_not_exists(id)"}
    url = sqs.create_queue(QueueName="work")["QueueUrl"]
    topic = sns.create_topic(Name="news")["TopicArn"]
    arn = f"arn:aws:sqs:{REGION}:123456789012:work"
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    to = {"ToAddresses": ["kim@example.org"]}
    letter = {"Subject": {"Data": "Ä"}, "Body": {"Text": {"Data": "ü\n& more"}}}
    return [
        told(lambda: dynamodb.create_table(TableName="things", BillingMode="PAY_PER_REQUEST", **key, **kinds)),
        told(lambda: dynamodb.put_item(**taken)),
        told(lambda: dynamodb.put_item(**taken, ReturnValuesOnConditionCheckFailure="ALL_OLD")),
        told(lambda: dynamodb.transact_write_items(TransactItems=[{"Put": taken}])),
        told(lambda: dynamodb.get_item(TableName="things", Key={"id": {"S": "ä €"}})),
        told(lambda: dynamodb.get_item(TableName="nothing", Key={"id": {"S": "a"}})),
        told(lambda: sns.publish(TopicArn=topic, Message="a & ü=1", Subject="s")),
        told(lambda: sns.publish(TopicArn=topic + "s", Message="m")),
        told(lambda: sqs.receive_message(QueueUrl=url, AttributeNames=["ApproximateReceiveCount"]))[0],
        told(lambda: sqs.send_message(QueueUrl=url, MessageBody="{}", DelaySeconds=5)),
        told(lambda: sqs.get_queue_url(QueueName="none")),
        told(lambda: mail.create_email_identity(EmailIdentity="shop@example.org")),
        told(lambda: mail.send_email(FromEmailAddress="shop@example.org", Destination=to, Content={"Simple": letter})),
        told(lambda: mail.send_email(FromEmailAddress="x@example.org", Destination=to, Content={"Simple": letter})),
        told(lambda: secrets.create_secret(Name="keys/a", SecretString="s")),
        told(lambda: secrets.get_secret_value(SecretId="keys/a")),
        told(lambda: secrets.get_secret_value(SecretId="keys/b")),
    ]


def test_it_answers_and_refuses_as_the_usual_way_does(
    aws: mock_aws, client: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    send = Endpoint._send_request

    def noted(self: Endpoint, asked: Any, operation: Any) -> Any:
        sent.append(operation.name)
        return send(self, asked, operation)

    monkeypatch.setattr(Endpoint, "_send_request", noted)
    here = life(client)
    assert not sent
    aws.reset()
    monkeypatch.setattr(straight, "SERVICES", frozenset())
    assert life(client) == here
    assert len(sent) > len(here)


def test_what_is_wrong_with_a_call_is_said_before_it_is_made(client: Callable[[str], Any]) -> None:
    with pytest.raises(ParamValidationError, match="Item"):
        client("dynamodb").put_item(TableName="things", Item=7)


def test_hooks_see_the_call_and_its_answer(client: Callable[[str], Any]) -> None:
    seen: list[Any] = []
    sqs = client("sqs")
    sqs.meta.events.register("before-call.sqs", lambda params, **_: seen.append(params["url_path"]))
    sqs.meta.events.register("after-call.sqs", lambda http_response, **_: seen.append(http_response))
    sqs.list_queues()
    assert seen[0] == "/"
    assert isinstance(seen[1], AWSResponse)


def test_another_address_is_called_at_that_address(client: Callable[[str], Any]) -> None:
    del client
    once = Config(retries={"total_max_attempts": 1})
    nobody = boto3.Session(region_name=REGION).client("sqs", endpoint_url="http://127.0.0.1:9", config=once)
    with pytest.raises(EndpointConnectionError):
        nobody.list_queues()
