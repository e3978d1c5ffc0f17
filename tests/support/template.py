"""The composed template as the tests' world reads it: intrinsics resolved to the names that the world gives."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

ACCOUNT = "123456789012"
REGION = "us-east-1"
STACK = "oms-test"

_NAME_PROPERTIES = {
    "AWS::DynamoDB::Table": "TableName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Serverless::Function": "FunctionName",
    "AWS::IAM::Role": "RoleName",
    "AWS::SecretsManager::Secret": "Name",
    "AWS::SES::EmailIdentity": "EmailIdentity",
    "AWS::SES::ConfigurationSet": "Name",
}
"""The property that gives a resource its physical name."""

_ARNS = {
    "AWS::DynamoDB::Table": "dynamodb:{region}:{account}:table/{name}",
    "AWS::SQS::Queue": "sqs:{region}:{account}:{name}",
    "AWS::SNS::Topic": "sns:{region}:{account}:{name}",
    "AWS::S3::Bucket": "s3:::{name}",
    "AWS::Lambda::Function": "lambda:{region}:{account}:function:{name}",
    "AWS::Serverless::Function": "lambda:{region}:{account}:function:{name}",
    "AWS::IAM::Role": "iam::{account}:role/{name}",
    "AWS::SecretsManager::Secret": "secretsmanager:{region}:{account}:secret:{name}",
    "AWS::SES::ConfigurationSet": "ses:{region}:{account}:configuration-set/{name}",
}

_PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Region": REGION,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": STACK,
}

NO_VALUE = object()
"""What `AWS::NoValue` resolves to: the property is left out."""


class Template:
    """A template with its parameters filled in; conditions are honoured, unknown intrinsics refused."""

    def __init__(self, document: Mapping[str, Any], parameters: Mapping[str, str] | None = None) -> None:
        self._document = document
        given = parameters or {}
        self._of_type: dict[tuple[str, ...], dict[str, dict[str, Any]]] = {}
        self.parameters = {
            name: given.get(name, str(spec.get("Default", f"{name.lower()}@example.com")))
            for name, spec in document.get("Parameters", {}).items()
        }
        self.resources: Mapping[str, Any] = {
            name: resource
            for name, resource in document["Resources"].items()
            if "Condition" not in resource or self._condition(resource["Condition"])
        }

    def of_type(self, *types: str) -> dict[str, dict[str, Any]]:
        """Logical id to resolved properties of the resources of these types: each time the same ones, to be read."""
        if types not in self._of_type:
            self._of_type[types] = {
                name: self.resolve(resource.get("Properties", {}))
                for name, resource in self.resources.items()
                if resource["Type"] in types
            }
        return self._of_type[types]

    def name_of(self, logical_id: str) -> str:
        """The physical name of a resource."""
        resource = self.resources[logical_id]
        given = resource.get("Properties", {}).get(_NAME_PROPERTIES.get(resource["Type"], ""))
        return str(self.resolve(given)) if given is not None else f"{STACK}-{logical_id}"

    def ref(self, logical_id: str) -> Any:
        """What `Ref` gives: a queue's URL, a topic's ARN, otherwise the name."""
        if logical_id == "AWS::NoValue":
            return NO_VALUE
        if logical_id in _PSEUDO:
            return _PSEUDO[logical_id]
        if logical_id in self.parameters:
            return self.parameters[logical_id]
        kind = self.resources[logical_id]["Type"]
        if kind == "AWS::SQS::Queue":
            return queue_url(self.name_of(logical_id))
        if kind in {"AWS::SNS::Topic", "AWS::SecretsManager::Secret"}:
            return self.arn_of(logical_id)
        return self.name_of(logical_id)

    def arn_of(self, logical_id: str) -> str:
        """The ARN of a resource."""
        pattern = _ARNS[self.resources[logical_id]["Type"]]
        return "arn:aws:" + pattern.format(region=REGION, account=ACCOUNT, name=self.name_of(logical_id))

    def attribute(self, logical_id: str, name: str) -> str:
        """What `Fn::GetAtt` gives."""
        if name == "Arn":
            return self.arn_of(logical_id)
        if name == "StreamArn":
            return stream_arn(self.name_of(logical_id))
        if name in {"QueueName", "TopicName"}:
            return self.name_of(logical_id)
        if name == "QueueUrl":
            return queue_url(self.name_of(logical_id))
        return f"{logical_id}.{name}"

    def resolve(self, value: Any) -> Any:
        """A value of the template without intrinsics."""
        if isinstance(value, list):
            return [item for item in map(self.resolve, value) if item is not NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((key, argument),) = value.items()
            if key == "Ref" or key.startswith("Fn::"):
                return self._intrinsic(key, argument)
        resolved = {key: self.resolve(item) for key, item in value.items()}
        return {key: item for key, item in resolved.items() if item is not NO_VALUE}

    def _intrinsic(self, key: str, argument: Any) -> Any:
        handlers: dict[str, Callable[[Any], Any]] = {
            "Ref": self.ref,
            "Fn::GetAtt": self._get_att,
            "Fn::Sub": self._sub,
            "Fn::Join": lambda a: a[0].join(str(self.resolve(part)) for part in a[1]),
            "Fn::If": lambda a: self.resolve(a[1] if self._condition(a[0]) else a[2]),
            "Fn::Select": lambda a: self.resolve(a[1])[int(a[0])],
            "Fn::Split": lambda a: self.resolve(a[1]).split(a[0]),
        }
        return handlers[key](argument)

    def _get_att(self, argument: Any) -> str:
        logical_id, _, name = argument.partition(".") if isinstance(argument, str) else (argument[0], "", argument[1])
        return self.attribute(logical_id, name)

    def _sub(self, argument: Any) -> str:
        text, names = (argument, {}) if isinstance(argument, str) else argument

        def fill(match: re.Match[str]) -> str:
            name = match[1]
            if name.startswith("!"):
                return "${" + name[1:] + "}"
            if name in names:
                return str(self.resolve(names[name]))
            logical_id, dot, attribute = name.partition(".")
            return self.attribute(logical_id, attribute) if dot else str(self.ref(name))

        return re.sub(r"\$\{([^}]+)\}", fill, text)

    def _condition(self, argument: Any) -> bool:
        if isinstance(argument, str):
            return self._condition(self._document["Conditions"][argument])
        ((key, value),) = argument.items()
        if key == "Condition":
            return self._condition(value)
        if key == "Fn::Equals":
            return bool(self.resolve(value[0]) == self.resolve(value[1]))
        if key == "Fn::Not":
            return not self._condition(value[0])
        quantifier = {"Fn::And": all, "Fn::Or": any}[key]
        return quantifier(self._condition(part) for part in value)


def queue_url(name: str) -> str:
    """The URL that SQS gives a queue of this name."""
    return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}"


def queue_arn(name: str) -> str:
    """The ARN of a queue of this name."""
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"


def stream_arn(table: str) -> str:
    """The ARN by which an event source mapping names a table's stream; AWS has a time where `now` stands."""
    return f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{table}/stream/now"


def name_in(arn: str) -> str:
    """The name of the queue, table or function that an ARN, a queue URL or a stream ARN is about."""
    if "/stream/" in arn:
        return arn.split("/stream/", maxsplit=1)[0].rsplit("/", 1)[1]
    return re.split("[:/]", arn)[-1]
