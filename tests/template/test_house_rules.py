"""House rules of the composed template: what every table, queue, function, trigger, alarm and dashboard must have."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from infra import doors
from infra.compose import compose
from infra.fragments import ComposeError, add, load, single_intrinsics
from oms.platform.observability import NAMESPACE, Metric
from tests.template.reading import alarmed, as_list, dashboards, of_type, plotted, references, statements

Json = dict[str, Any]

STAGES = {"capture", "fulfill", "insight", "notify", "route"}
GENERATED_NAMES = {
    "AWS::ApiGateway::UsagePlanKey",
    # Names that nobody types, so CloudFormation may choose them: a new one can stand beside the old in an update.
    "AWS::ApiGateway::Deployment",
    "AWS::CloudFormation::Stack",
    "AWS::IAM::Role",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Permission",
    "AWS::S3::BucketPolicy",
    "AWS::SES::ConfigurationSetEventDestination",
    "AWS::SES::EmailIdentity",
    "AWS::SNS::Subscription",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
}
NAME_PROPERTY = {
    "AWS::ApiGateway::ApiKey": "Name",
    "AWS::ApiGateway::UsagePlan": "UsagePlanName",
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::CloudWatch::Dashboard": "DashboardName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::Events::Rule": "Name",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SES::ConfigurationSet": "Name",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::Serverless::Api": "Name",
    "AWS::Serverless::Function": "FunctionName",
    "AWS::Serverless::LayerVersion": "LayerName",
}


def dead_letters(resources: Json) -> set[str]:
    """Queues of what could not be handled: redrive targets, and on-failure destinations of streams."""
    found = {
        target
        for queue in of_type(resources, "AWS::SQS::Queue").values()
        for target in references(queue.get("RedrivePolicy", {}).get("deadLetterTargetArn"))
    }
    triggers = of_type(resources, "AWS::Lambda::EventSourceMapping").values()
    return found | {name for each in triggers for name in references(each.get("DestinationConfig", {}))}


def test_the_template_has_every_stage_that_is_built(resources: Json) -> None:
    assert set(doors.stages()) >= STAGES
    functions = of_type(resources, "AWS::Serverless::Function").values()
    assert {each["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"] for each in functions} == set(doors.stages())


def test_every_source_of_events_has_its_reader(resources: Json) -> None:
    declared = load()
    sources = declared["Queues"] | declared["Streams"]
    assert {each["Function"] for each in (sources | declared["Schedules"]).values()} <= set(resources)
    assert {f"{name}Trigger" for name in sources} == set(of_type(resources, "AWS::Lambda::EventSourceMapping"))


def test_every_name_begins_with_the_stack(resources: Json) -> None:
    for name, resource in resources.items():
        if resource["Type"] in GENERATED_NAMES:
            continue
        given = resource["Properties"][NAME_PROPERTY[resource["Type"]]]
        text = given.get("Fn::Sub", given.get("Ref"))
        assert re.match(r"(/aws/lambda/)?\$\{Stack\}-|Stack$", text), name


def test_every_table_is_encrypted_restorable_and_outlives_the_stack(resources: Json) -> None:
    for name, table in of_type(resources, "AWS::DynamoDB::Table").items():
        assert table["SSESpecification"] == {"SSEEnabled": True}, name
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}, name
        assert table["DeletionProtectionEnabled"] is True, name
        assert table["BillingMode"] == "PAY_PER_REQUEST", name


def test_nothing_that_holds_data_is_deleted_with_the_stack(resources: Json) -> None:
    for name, resource in resources.items():
        if resource["Type"] in {"AWS::DynamoDB::Table", "AWS::S3::Bucket"}:
            assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain", name


def test_no_table_has_more_readers_of_its_stream_than_dynamodb_allows(resources: Json) -> None:
    read = [
        name
        for each in of_type(resources, "AWS::Lambda::EventSourceMapping").values()
        for name in references(each["EventSourceArn"])
    ]
    for table in of_type(resources, "AWS::DynamoDB::Table"):
        assert read.count(table) <= 2, table


def test_buckets_are_closed_and_encrypted(resources: Json) -> None:
    closed = of_type(resources, "AWS::S3::BucketPolicy").values()
    for name, bucket in of_type(resources, "AWS::S3::Bucket").items():
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}, name
        assert bucket["BucketEncryption"], name
        assert any(
            {"Ref": name} == policy["Bucket"] and "aws:SecureTransport" in json.dumps(policy) for policy in closed
        )


def test_every_queue_has_dead_letters(resources: Json) -> None:
    last = dead_letters(resources)
    for name, queue in of_type(resources, "AWS::SQS::Queue").items():
        if name not in last:
            assert queue["RedrivePolicy"]["maxReceiveCount"] >= 3, name
            assert queue["QueueName"], name


def test_every_queue_is_encrypted_and_keeps_its_messages_for_two_weeks(resources: Json) -> None:
    for name, queue in of_type(resources, "AWS::SQS::Queue").items():
        assert queue["SqsManagedSseEnabled"] is True, name
        assert queue["MessageRetentionPeriod"] == 14 * 24 * 3600, name


def test_every_queue_of_dead_letters_has_an_alarm(resources: Json) -> None:
    watched = {
        (alarm["MetricName"], name)
        for alarm in of_type(resources, "AWS::CloudWatch::Alarm").values()
        for name in references(alarm["Dimensions"])
    }
    last = dead_letters(resources)
    for name in of_type(resources, "AWS::SQS::Queue"):
        metric = "ApproximateNumberOfMessagesVisible" if name in last else "ApproximateAgeOfOldestMessage"
        assert (metric, name) in watched


def test_a_message_stays_invisible_for_six_times_its_readers_timeout(resources: Json) -> None:
    for name, trigger in of_type(resources, "AWS::Lambda::EventSourceMapping").items():
        (source,), (reader,) = references(trigger["EventSourceArn"]), references(trigger["FunctionName"])
        if resources[source]["Type"] == "AWS::SQS::Queue":
            visible = resources[source]["Properties"]["VisibilityTimeout"]
            assert visible >= 6 * resources[reader]["Properties"]["Timeout"], name


def test_every_schedule_may_call_its_function_and_no_other(resources: Json) -> None:
    rules = of_type(resources, "AWS::Events::Rule")
    permissions = of_type(resources, "AWS::Lambda::Permission").values()
    assert {f"{name}Schedule" for name in load()["Schedules"]} == set(rules)
    for name, rule in rules.items():
        ((target,),) = (list(references(each["Arn"])) for each in rule["Targets"])
        assert rule["State"] == "ENABLED", name
        assert any(
            permission["Principal"] == "events.amazonaws.com"
            and list(references(permission["SourceArn"])) == [name]
            and list(references(permission["FunctionName"])) == [target]
            for permission in permissions
        ), name


def test_every_trigger_reports_what_failed_of_a_batch(resources: Json) -> None:
    for name, trigger in of_type(resources, "AWS::Lambda::EventSourceMapping").items():
        assert trigger["FunctionResponseTypes"] == ["ReportBatchItemFailures"], name


def test_every_stream_is_read_from_its_beginning_bisected_limited_and_handed_on(resources: Json) -> None:
    streams = {
        name: trigger
        for name, trigger in of_type(resources, "AWS::Lambda::EventSourceMapping").items()
        if "StreamArn" in json.dumps(trigger["EventSourceArn"])
    }
    assert streams
    for name, trigger in streams.items():
        assert trigger["StartingPosition"] == "TRIM_HORIZON", name
        assert trigger["BisectBatchOnFunctionError"] is True, name
        assert 0 < trigger["MaximumRetryAttempts"] < 100, name
        assert 0 < trigger["MaximumRecordAgeInSeconds"] < 24 * 3600, name
        assert list(references(trigger["DestinationConfig"]["OnFailure"])), name


def test_every_function_has_a_role_of_its_own(resources: Json) -> None:
    functions = of_type(resources, "AWS::Serverless::Function")
    roles = [name for each in functions.values() for name in references(each["Role"])]
    assert len(set(roles)) == len(functions)
    assert set(roles) == set(of_type(resources, "AWS::IAM::Role"))


def test_every_function_runs_what_we_test_with_its_environment_and_a_limit(resources: Json) -> None:
    for name, function in of_type(resources, "AWS::Serverless::Function").items():
        assert function["Runtime"] == "python3.13", name
        assert function["Architectures"] == ["arm64"], name
        assert function["Timeout"] <= 29, f"{name}: nobody waits longer at API Gateway"
        assert {layer["Ref"] for layer in function["Layers"]} >= {"BaseLayer", "CoreLayer"}, name


def test_roles_allow_single_actions_on_single_resources(resources: Json) -> None:
    for name, role in of_type(resources, "AWS::IAM::Role").items():
        for statement in statements(role):
            where = f"{name} {statement.get('Sid')}"
            assert statement.get("Sid"), where
            assert all("*" not in action for action in as_list(statement["Action"])), where
            assert "NotAction" not in statement, where
            assert "NotResource" not in statement, where
            if statement["Effect"] == "Deny":
                continue
            for resource in as_list(statement["Resource"]):
                if statement["Sid"] == "TextMessages":
                    # A phone number has no ARN; the same role is denied all topics.
                    assert resource == "*", where
                    assert any(other["Effect"] == "Deny" for other in statements(role)), where
                else:
                    assert list(references(resource)), f"{where} names no resource of the template: {resource}"


def test_every_function_has_a_log_group_that_forgets(resources: Json) -> None:
    groups = of_type(resources, "AWS::Logs::LogGroup")
    for name, function in of_type(resources, "AWS::Serverless::Function").items():
        group = groups[f"{name}Logs"]
        assert group["LogGroupName"]["Fn::Sub"] == f"/aws/lambda/{function['FunctionName']['Fn::Sub']}"
        assert group["RetentionInDays"] == {"Ref": "LogRetention"}


def test_every_function_has_alarms(resources: Json) -> None:
    watched = set(alarmed(resources))
    for function in of_type(resources, "AWS::Serverless::Function").values():
        for metric in ("Errors", "Throttles"):
            assert ("AWS/Lambda", metric, str(function["FunctionName"])) in watched


def test_every_alarm_tells_somebody_and_says_what_it_means(resources: Json) -> None:
    for name, alarm in of_type(resources, "AWS::CloudWatch::Alarm").items():
        assert alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}], name
        assert alarm["AlarmDescription"], name
        assert alarm["TreatMissingData"] == "notBreaching", name


def test_the_alarms_that_were_promised_are_there(resources: Json) -> None:
    metrics = {metric for _, metric, _ in alarmed(resources)}
    assert metrics >= {
        "5XXError",
        "ApproximateAgeOfOldestMessage",
        "ApproximateNumberOfMessagesVisible",
        "Errors",
        "IteratorAge",
        "SignaturesRefused",
    }


def test_our_metrics_on_dashboards_and_alarms_are_those_of_the_code_and_the_other_way_round(resources: Json) -> None:
    ours = {str(metric) for metric in Metric}
    shown = {metric for namespace, metric, _ in plotted(resources) if namespace == NAMESPACE}
    watched = {metric for namespace, metric, _ in alarmed(resources) if namespace == NAMESPACE}
    assert shown == ours
    assert watched <= ours


def test_our_metrics_are_looked_for_where_a_stage_writes_them(resources: Json) -> None:
    services = {last for namespace, _, last in plotted(resources) if namespace == NAMESPACE} - {""}
    assert services <= set(doors.stages())


def test_the_operators_see_every_function_and_queue(resources: Json) -> None:
    shown = {last for _, _, last in plotted(resources)}
    for function in of_type(resources, "AWS::Serverless::Function").values():
        assert function["FunctionName"]["Fn::Sub"] in shown
    for queue in of_type(resources, "AWS::SQS::Queue").values():
        assert queue["QueueName"]["Fn::Sub"] in shown
    assert {each for each in shown if each.startswith("${Stack}-")} <= {
        name["Fn::Sub"]
        for kind in ("AWS::Serverless::Function", "AWS::SQS::Queue", "AWS::DynamoDB::Table")
        for each in of_type(resources, kind).values()
        for name in [each[NAME_PROPERTY[kind]]]
    }


def test_dashboards_show_every_alarm_and_no_two_widgets_in_one_place(resources: Json) -> None:
    shown = [
        alarm
        for body in dashboards(resources).values()
        for widget in body["widgets"]
        for alarm in widget["properties"].get("alarms", [])
    ]
    assert set(shown) == {f"${{{name}.Arn}}" for name in of_type(resources, "AWS::CloudWatch::Alarm")}
    for name, body in dashboards(resources).items():
        cells = [
            (x, y)
            for each in body["widgets"]
            for x in range(each["x"], each["x"] + each["width"])
            for y in range(each["y"], each["y"] + each["height"])
        ]
        assert len(cells) == len(set(cells)), name
        assert max(x for x, _ in cells) < 24, name


def test_every_event_that_a_queue_asks_for_exists(resources: Json) -> None:
    from typing import get_args

    from oms.orders.events import OrderEvent

    known = {event.__name__ for event in get_args(OrderEvent)}
    asked = {
        event
        for subscription in of_type(resources, "AWS::SNS::Subscription").values()
        for event in subscription.get("FilterPolicy", {}).get("type", [])
    }
    assert asked
    assert asked <= known


def test_outputs_name_what_others_need(template: Json) -> None:
    assert set(template["Outputs"]) >= {"Url", "ApiId", "EventsTopic", "AlarmTopic", "OrdersTable", "DocumentsBucket"}
    assert all(output["Description"] for output in template["Outputs"].values())
    assert all(parameter["Description"] for parameter in template["Parameters"].values())


def test_two_fragments_cannot_claim_the_same_name() -> None:
    with pytest.raises(ComposeError, match="Table exists already"):
        add({"Table": {}}, {"Table": {}}, source="tables.yaml")


def test_an_intrinsic_that_a_merge_has_mixed_up_is_refused() -> None:
    with pytest.raises(ComposeError, match="mixes"):
        single_intrinsics({"Role": {"Ref": "One", "Fn::GetAtt": ["Two", "Arn"]}})


def test_the_template_is_the_same_each_time() -> None:
    assert json.dumps(compose()) == json.dumps(compose())
