"""AWS clients, made at their first use and kept for the life of the process; and what their errors mean to us."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Literal, overload

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_secretsmanager.client import SecretsManagerClient
    from mypy_boto3_sesv2.client import SESV2Client
    from mypy_boto3_sns.client import SNSClient
    from mypy_boto3_sqs.client import SQSClient


@overload
def client(service: Literal["dynamodb"]) -> DynamoDBClient: ...
@overload
def client(service: Literal["s3"]) -> S3Client: ...
@overload
def client(service: Literal["secretsmanager"]) -> SecretsManagerClient: ...
@overload
def client(service: Literal["sesv2"]) -> SESV2Client: ...
@overload
def client(service: Literal["sns"]) -> SNSClient: ...
@overload
def client(service: Literal["sqs"]) -> SQSClient: ...
def client(service: str) -> Any:
    """The process's client of a service. boto3 is imported at the first use: not every start needs it."""
    return _client(service)


@cache
def _client(service: str) -> Any:
    import boto3
    from botocore.config import Config

    # Short timeouts and few tries: a caller behind API Gateway is gone after 29 seconds, and queues try again anyway.
    config = Config(connect_timeout=2, read_timeout=8, retries={"mode": "standard", "total_max_attempts": 4})
    if service == "s3":
        # Presigned URLs must name the bucket's region and be signed for it: else a new bucket answers with a redirect
        # that the signature does not cover, and one that is encrypted with a key of its own refuses.
        config = config.merge(Config(signature_version="s3v4", s3={"addressing_style": "virtual"}))
    # A name only, no type stubs at run time: mypy sees the overloads above.
    return boto3.client(service, config=config)  # type: ignore[call-overload]


def forget_clients() -> None:
    """Drop all clients, so that the next use makes new ones: for tests that change the world beneath."""
    _client.cache_clear()


def code(error: ClientError) -> str:
    """The service's name of an error: `ConditionalCheckFailedException`."""
    return str(error.response.get("Error", {}).get("Code", ""))
