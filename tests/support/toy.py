"""A small template with one stream, one queue and their dead letters, for tests of the pumps themselves."""

from __future__ import annotations

from typing import Any

from tests.support.template import Template


def function(name: str) -> dict[str, Any]:
    """A function `app.<name>`."""
    return {
        "Type": "AWS::Serverless::Function",
        "Properties": {
            "FunctionName": {"Fn::Sub": f"${{Stack}}-{name}"},
            "Handler": f"app.{name}",
            "Environment": {"Variables": {"OMS_STACK": {"Ref": "Stack"}, "OMS_ONLY": name}},
        },
    }


def queue(name: str, **properties: Any) -> dict[str, Any]:
    """A queue."""
    return {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Fn::Sub": f"${{Stack}}-{name}"}, **properties}}


def template(*, on_queue: dict[str, Any] | None = None, on_stream: dict[str, Any] | None = None) -> Template:
    """Table `Things` whose stream `read` reads; topic `News` to queue `Work`, which `work` reads thrice at most."""
    get_att = "Fn::GetAtt"
    return Template(
        {
            "Parameters": {"Stack": {"Type": "String", "Default": "toy"}},
            "Resources": {
                "Read": function("read"),
                "Work": function("work"),
                "Things": {
                    "Type": "AWS::DynamoDB::Table",
                    "Properties": {
                        "TableName": {"Fn::Sub": "${Stack}-things"},
                        "BillingMode": "PAY_PER_REQUEST",
                        "KeySchema": [
                            {"AttributeName": "kind", "KeyType": "HASH"},
                            {"AttributeName": "number", "KeyType": "RANGE"},
                        ],
                        "AttributeDefinitions": [
                            {"AttributeName": "kind", "AttributeType": "S"},
                            {"AttributeName": "number", "AttributeType": "N"},
                        ],
                        "StreamSpecification": {"StreamViewType": "NEW_AND_OLD_IMAGES"},
                    },
                },
                "News": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Fn::Sub": "${Stack}-news"}}},
                "Dead": queue("dead"),
                "GivenUp": queue("given-up"),
                "WorkQueue": queue(
                    "work",
                    VisibilityTimeout=60,
                    RedrivePolicy={"deadLetterTargetArn": {get_att: ["Dead", "Arn"]}, "maxReceiveCount": 3},
                ),
                "WorkSubscription": {
                    "Type": "AWS::SNS::Subscription",
                    "Properties": {
                        "TopicArn": {"Ref": "News"},
                        "Protocol": "sqs",
                        "Endpoint": {get_att: ["WorkQueue", "Arn"]},
                        "RawMessageDelivery": True,
                        "FilterPolicy": {"type": ["Wanted"]},
                    },
                },
                "WorkTrigger": {
                    "Type": "AWS::Lambda::EventSourceMapping",
                    "Properties": {
                        "EventSourceArn": {get_att: ["WorkQueue", "Arn"]},
                        "FunctionName": {"Ref": "Work"},
                        "BatchSize": 4,
                        "FunctionResponseTypes": ["ReportBatchItemFailures"],
                        **(on_queue or {}),
                    },
                },
                "ReadTrigger": {
                    "Type": "AWS::Lambda::EventSourceMapping",
                    "Properties": {
                        "EventSourceArn": {get_att: ["Things", "StreamArn"]},
                        "FunctionName": {"Ref": "Read"},
                        "BatchSize": 4,
                        "FunctionResponseTypes": ["ReportBatchItemFailures"],
                        "MaximumRetryAttempts": 2,
                        "DestinationConfig": {"OnFailure": {"Destination": {get_att: ["GivenUp", "Arn"]}}},
                        **(on_stream or {}),
                    },
                },
            },
        }
    )
