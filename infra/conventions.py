"""What every function, queue and stream of the stack gets, said once: roles' duties, dead letters, alarms, logs."""

from __future__ import annotations

import json
from typing import Any

from infra.fragments import Template

RUNTIME = "python3.13"
ARCHITECTURE = "arm64"
MAX_RECEIVES = 5
"""Deliveries of a message before it is a dead letter."""

TWO_WEEKS = 14 * 24 * 3600
SIX_HOURS = 6 * 3600

STREAM_RETRIES = 10


def sub(text: str) -> Template:
    """`Fn::Sub` of a text."""
    return {"Fn::Sub": text}


def arn(name: str) -> Template:
    """The ARN of a resource of the template."""
    return {"Fn::GetAtt": [name, "Arn"]}


def environment(stage: str) -> Template:
    """The environment of every function; `oms.platform.config` reads it."""
    public_url: Any = {"Ref": "PublicUrl"}
    if stage == "notify":
        # Only a stage without HTTP endpoints can refer to the API that is made of the others'.
        api = sub("https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}/v1")
        public_url = {"Fn::If": ["HasPublicUrl", {"Ref": "PublicUrl"}, api]}
    return {
        "POWERTOOLS_SERVICE_NAME": stage,
        "POWERTOOLS_LOG_LEVEL": "INFO",
        # Plugins are looked for in the metadata of every package, at each cold start; there are none.
        "PYDANTIC_DISABLE_PLUGINS": "__all__",
        "OMS_STACK": {"Ref": "Stack"},
        **{
            f"OMS_{table.upper()}_TABLE": {"Ref": f"{table.capitalize()}Table"}
            for table in (
                "orders",
                "stock",
                "setup",
                "views",
                "messages",
                "references",
                "customers",
                "inventory",
                "ledger",
                "webhooks",
                "outbox",
                "intake",
            )
        },
        "OMS_EVENTS_TOPIC": {"Ref": "EventsTopic"},
        "OMS_STOCK_ALERTS_TOPIC": {"Ref": "StockAlertsTopic"},
        "OMS_FEED_QUEUE": {"Ref": "FeedQueue"},
        "OMS_ROUTE_QUEUE": {"Ref": "RouteQueue"},
        "OMS_NOTIFY_QUEUE": {"Ref": "NotifyQueue"},
        "OMS_DELIVERIES_QUEUE": {"Ref": "DeliveriesQueue"},
        "OMS_UPDATES_QUEUE": {"Ref": "UpdatesQueue"},
        "OMS_FETCH_QUEUE": {"Ref": "FetchQueue"},
        "OMS_POLLS_QUEUE": {"Ref": "PollsQueue"},
        "OMS_PRIVATE_WEBHOOKS": {"Ref": "PrivateWebhooks"},
        "OMS_DOCUMENTS_BUCKET": {"Ref": "DocumentsBucket"},
        "OMS_MAIL_SENDER": {"Ref": "MailSender"},
        "OMS_MAIL_CONFIGURATION_SET": {"Ref": "MailConfigurationSet"},
        "OMS_PUBLIC_URL": public_url,
        "OMS_GEO_DATA": {"Ref": "GeoData"},
    }


def function_parts(name: str, function_name: str) -> Template:
    """What stands beside a function: its log group and its alarms."""
    return {
        f"{name}Logs": {
            "Type": "AWS::Logs::LogGroup",
            "DeletionPolicy": "Delete",
            "UpdateReplacePolicy": "Delete",
            "Properties": {
                "LogGroupName": sub(f"/aws/lambda/{function_name}"),
                "RetentionInDays": {"Ref": "LogRetention"},
            },
        },
        f"{name}ErrorsAlarm": alarm(
            f"{function_name}-errors",
            "The function raised or ran out of time; the log group of the same name says why.",
            namespace="AWS/Lambda",
            metric="Errors",
            dimensions={"FunctionName": sub(function_name)},
        ),
        f"{name}ThrottlesAlarm": alarm(
            f"{function_name}-throttles",
            "Calls were refused because the account's concurrency is used up.",
            namespace="AWS/Lambda",
            metric="Throttles",
            dimensions={"FunctionName": sub(function_name)},
        ),
    }


def write_logs(name: str) -> Template:
    """May write to its own log group, which the template makes."""
    return {
        "Sid": "WriteOwnLogs",
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": arn(f"{name}Logs"),
    }


def queue_parts(name: str, declared: Template) -> Template:
    """A queue with its dead letters, trigger and alarms, and what brings a topic's messages unless `Topic` is null."""
    slug = _slug(name)
    queue, dead = f"{name}Queue", f"{name}DeadLetters"
    topic = declared.get("Topic", "EventsTopic")
    return {
        queue: {
            "Type": "AWS::SQS::Queue",
            "Properties": {
                "QueueName": sub(f"${{Stack}}-{slug}"),
                "VisibilityTimeout": declared["Visibility"],
                "MessageRetentionPeriod": TWO_WEEKS,
                "SqsManagedSseEnabled": True,
                "RedrivePolicy": {"deadLetterTargetArn": arn(dead), "maxReceiveCount": MAX_RECEIVES},
            },
        },
        **_dead_letters(
            dead, f"{slug}-dead-letters", "Messages could not be handled. Mend the cause, then `oms redrive`."
        ),
        **(_subscription_parts(name, topic, declared.get("Events")) if topic else {}),
        f"{name}Trigger": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "EventSourceArn": arn(queue),
                "FunctionName": {"Ref": declared["Function"]},
                "BatchSize": declared.get("BatchSize", 10),
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
                **(
                    {"ScalingConfig": {"MaximumConcurrency": declared["Concurrency"]}}
                    if "Concurrency" in declared
                    else {}
                ),
            },
        },
        f"{name}QueueAgeAlarm": alarm(
            f"${{Stack}}-{slug}-age",
            "The oldest message waits for more than five minutes: the stage does not keep up.",
            namespace="AWS/SQS",
            metric="ApproximateAgeOfOldestMessage",
            dimensions={"QueueName": {"Fn::GetAtt": [queue, "QueueName"]}},
            statistic="Maximum",
            threshold=300,
            periods=3,
        ),
    }


def _subscription_parts(name: str, topic: str, events: list[str] | None) -> Template:
    """What brings a topic's messages to a queue: all, or those of these types."""
    queue, dead = f"{name}Queue", f"{name}DeadLetters"
    subscription: Template = {
        "TopicArn": {"Ref": topic},
        "Protocol": "sqs",
        "Endpoint": arn(queue),
        "RawMessageDelivery": True,
        "RedrivePolicy": {"deadLetterTargetArn": arn(dead)},
    }
    if events is not None:
        subscription["FilterPolicyScope"] = "MessageAttributes"
        subscription["FilterPolicy"] = {"type": events}
    return {
        f"{name}QueuePolicy": {
            "Type": "AWS::SQS::QueuePolicy",
            "Properties": {
                "Queues": [{"Ref": queue}, {"Ref": dead}],
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Sid": f"TopicSendsTo{target}",
                            "Effect": "Allow",
                            "Principal": {"Service": "sns.amazonaws.com"},
                            "Action": "sqs:SendMessage",
                            "Resource": arn(target),
                            "Condition": {"ArnEquals": {"aws:SourceArn": {"Ref": topic}}},
                        }
                        for target in (queue, dead)
                    ],
                },
            },
        },
        f"{name}Subscription": {"Type": "AWS::SNS::Subscription", "Properties": subscription},
    }


def read_queue(name: str) -> Template:
    """May be triggered by the queue."""
    return {
        "Sid": "ReadQueue",
        "Effect": "Allow",
        "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
        "Resource": arn(f"{name}Queue"),
    }


def stream_parts(name: str, declared: Template) -> Template:
    """A reader of a table's stream, with the queue of batches that it gave up on, and alarms."""
    slug, failures = _slug(name), f"{name}Failures"
    return {
        **_dead_letters(
            failures, f"{slug}-failures", "The stream's reader gave up on a batch. Mend the cause, then `oms redrive`."
        ),
        f"{name}Trigger": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "EventSourceArn": {"Fn::GetAtt": [declared["Table"], "StreamArn"]},
                "FunctionName": {"Ref": declared["Function"]},
                "StartingPosition": "TRIM_HORIZON",
                "BatchSize": declared["BatchSize"],
                "FilterCriteria": {
                    "Filters": [{"Pattern": json.dumps(pattern)} for pattern in declared["Filters"]],
                },
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
                "BisectBatchOnFunctionError": True,
                "MaximumRetryAttempts": STREAM_RETRIES,
                "MaximumRecordAgeInSeconds": SIX_HOURS,
                "DestinationConfig": {"OnFailure": {"Destination": arn(failures)}},
            },
        },
        f"{name}IteratorAgeAlarm": alarm(
            f"${{Stack}}-{slug}-iterator-age",
            "The stream's reader is more than a minute behind.",
            namespace="AWS/Lambda",
            metric="IteratorAge",
            dimensions={"FunctionName": {"Ref": declared["Function"]}},
            statistic="Maximum",
            threshold=60_000,
            periods=3,
        ),
    }


def read_stream(name: str, table: str) -> list[Template]:
    """May be triggered by the table's stream, and hand on what it gave up on."""
    return [
        {
            "Sid": "ReadStream",
            "Effect": "Allow",
            "Action": ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"],
            "Resource": {"Fn::GetAtt": [table, "StreamArn"]},
        },
        {
            "Sid": "ListStreams",
            "Effect": "Allow",
            "Action": ["dynamodb:ListStreams"],
            "Resource": sub(f"${{{table}.Arn}}/stream/*"),
        },
        {
            "Sid": "KeepFailedBatches",
            "Effect": "Allow",
            "Action": ["sqs:SendMessage"],
            "Resource": arn(f"{name}Failures"),
        },
    ]


def schedule_parts(name: str, declared: Template) -> Template:
    """A rule that calls a function by the clock, and its right to."""
    return {
        f"{name}Schedule": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "Name": sub(f"${{Stack}}-{_slug(name)}"),
                "ScheduleExpression": declared["Rate"],
                "State": "ENABLED",
                "Targets": [{"Id": "function", "Arn": arn(declared["Function"])}],
            },
        },
        f"{name}SchedulePermission": {
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "FunctionName": {"Ref": declared["Function"]},
                "Action": "lambda:InvokeFunction",
                "Principal": "events.amazonaws.com",
                "SourceArn": arn(f"{name}Schedule"),
            },
        },
    }


def alarm(
    name: str,
    description: str,
    *,
    namespace: str,
    metric: str,
    dimensions: Template,
    statistic: str = "Sum",
    threshold: float = 0,
    periods: int = 1,
) -> Template:
    """An alarm that goes to the alarm topic and clears itself; silence is health."""
    return {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmName": sub(name),
            "AlarmDescription": description,
            "Namespace": namespace,
            "MetricName": metric,
            "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
            "Statistic": statistic,
            "Period": 60,
            "EvaluationPeriods": periods,
            "Threshold": threshold,
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "notBreaching",
            "AlarmActions": [{"Ref": "AlarmTopic"}],
            "OKActions": [{"Ref": "AlarmTopic"}],
        },
    }


def _dead_letters(name: str, slug: str, description: str) -> Template:
    return {
        name: {
            "Type": "AWS::SQS::Queue",
            "Properties": {
                "QueueName": sub(f"${{Stack}}-{slug}"),
                "MessageRetentionPeriod": TWO_WEEKS,
                "SqsManagedSseEnabled": True,
            },
        },
        f"{name}Alarm": alarm(
            f"${{Stack}}-{slug}",
            description,
            namespace="AWS/SQS",
            metric="ApproximateNumberOfMessagesVisible",
            dimensions={"QueueName": {"Fn::GetAtt": [name, "QueueName"]}},
            statistic="Maximum",
        ),
    }


def _slug(name: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).removeprefix("-")
