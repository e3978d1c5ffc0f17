"""What a channel may send is limited on a lane of its own, and nothing else is."""

from __future__ import annotations

from typing import Any

from infra.compose import with_code
from infra.deploy import translate
from infra.limits import FUNCTION, LIMITED, without_limits
from oms.channels.lanes import LANES, key_of
from tests.template.reading import of_type

Json = dict[str, Any]


def operations(template: Json) -> dict[tuple[str, str], Json]:
    paths = template["Resources"]["Api"]["Properties"]["DefinitionBody"]["paths"]
    return {(path, method): each for path, methods in paths.items() for method, each in methods.items()}


def test_the_calls_by_which_orders_come_in_are_limited_and_no_others(template: Json) -> None:
    limited = {call for call, operation in operations(template).items() if "security" in operation}
    assert limited == {(path, "post") for path in LIMITED}
    body = template["Resources"]["Api"]["Properties"]["DefinitionBody"]
    assert body["x-amazon-apigateway-api-key-source"] == "AUTHORIZER"
    for path in LIMITED:
        (needed,) = body["paths"][path]["post"]["security"]
        assert needed.keys() == body["securityDefinitions"].keys()


def test_every_lane_has_a_key_in_the_plan_and_of_a_length_that_is_taken(template: Json, resources: Json) -> None:
    keys = of_type(resources, "AWS::ApiGateway::ApiKey")
    assert {each["Value"]["Fn::Sub"] for each in keys.values()} == {
        key_of("${Stack}", lane) for lane in range(LANES + 1)
    }
    assert {each["KeyId"]["Ref"] for each in of_type(resources, "AWS::ApiGateway::UsagePlanKey").values()} == set(keys)
    assert 20 <= len(key_of("ab", 0)) <= len(key_of("a" * 21, LANES)) <= 128
    (plan,) = of_type(resources, "AWS::ApiGateway::UsagePlan").values()
    parameters = template["Parameters"]
    assert {each["Ref"] for each in plan["Throttle"].values()} <= set(parameters)


def test_the_authorizer_may_be_asked_by_this_api(resources: Json) -> None:
    permissions = of_type(resources, "AWS::Lambda::Permission").values()
    asked = [each for each in permissions if each["FunctionName"] == {"Ref": FUNCTION}]
    assert [each["SourceArn"]["Fn::Sub"].rsplit("}", 1)[1] for each in asked] == ["/authorizers/*"]


def test_the_plan_is_made_after_the_stage_that_it_limits(template: Json) -> None:
    translated = translate(with_code(template, lambda path: f"s3://bucket/{path}"))["Resources"]
    (plan,) = of_type(translated, "AWS::ApiGateway::UsagePlan").values()
    (stage,) = of_type(translated, "AWS::ApiGateway::Stage")
    assert plan["ApiStages"] == [{"ApiId": {"Ref": "Api"}, "Stage": {"Ref": stage}}]


def test_without_limits_every_call_is_as_it_was(template: Json) -> None:
    free = without_limits(template)
    assert not any("security" in operation for operation in operations(free).values())
    assert not of_type(free["Resources"], "AWS::ApiGateway::UsagePlan")
    assert not of_type(free["Resources"], "AWS::ApiGateway::UsagePlanKey")
    gone = set(template["Resources"]) - set(free["Resources"])
    assert not any(f'"{name}"' in str(free["Resources"]).replace("'", '"') for name in gone)
    assert "security" in operations(template)[LIMITED[0], "post"]
