"""Limits of what a channel may send: a usage plan with a key per lane, and the authorizer that says whose key it is.

Webhooks of platforms cannot send `x-api-key`, so the key comes from a Lambda authorizer (key source AUTHORIZER). It
lets everybody in, and its answers are not cached: API Gateway caches by headers, and a platform's webhooks to two
channels may bear the same ones.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from infra import conventions
from infra.fragments import Template
from oms.channels.lanes import LANES, STRANGERS, key_of

FUNCTION = "CaptureLane"
"""The function that says on which lane a call is."""

LIMITED = ("/channels/{channel_id}/orders", "/channels/{channel_id}/webhooks")
"""What channels hand orders in by."""

AUTHORIZER, KEY = "lane", "lane_key"
RESOURCES = ("ChannelsPlan", "LaneKey", "LaneOfPlan", f"{FUNCTION}AuthorizerPermission")
"""What the resources made here are called, or begin with."""


def limit(definition: Template) -> Template:
    """The API's definition, in which the calls of channels count on their lanes."""
    limited = deepcopy(definition)
    found = [limited["paths"][path]["post"] for path in LIMITED if path in limited["paths"]]
    if not found:
        return limited
    for operation in found:
        operation["security"] = [{AUTHORIZER: [], KEY: []}]
    limited["x-amazon-apigateway-api-key-source"] = "AUTHORIZER"
    limited.setdefault("securityDefinitions", {}).update(
        {
            AUTHORIZER: {
                "type": "apiKey",
                "name": "Unused",
                "in": "header",
                "x-amazon-apigateway-authtype": "custom",
                "x-amazon-apigateway-authorizer": {
                    "type": "request",
                    "authorizerUri": conventions.sub(
                        "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/"
                        f"${{{FUNCTION}.Arn}}/invocations"
                    ),
                    "authorizerResultTtlInSeconds": 0,
                },
            },
            KEY: {"type": "apiKey", "name": "x-api-key", "in": "header"},
        }
    )
    return limited


def resources() -> Template:
    """The plan, a key per lane and one for strangers, and the right to ask the authorizer."""
    made: Template = {
        "ChannelsPlan": {
            "Type": "AWS::ApiGateway::UsagePlan",
            "Properties": {
                "UsagePlanName": conventions.sub("${Stack}-channels"),
                "Description": "What each channel may send a second, and at once.",
                "ApiStages": [{"ApiId": {"Ref": "Api"}, "Stage": {"Ref": "Api.Stage"}}],
                "Throttle": {"RateLimit": {"Ref": "ChannelRate"}, "BurstLimit": {"Ref": "ChannelBurst"}},
            },
        },
        f"{FUNCTION}AuthorizerPermission": {
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "FunctionName": {"Ref": FUNCTION},
                "Action": "lambda:InvokeFunction",
                "Principal": "apigateway.amazonaws.com",
                "SourceArn": conventions.sub(
                    "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/authorizers/*"
                ),
            },
        },
    }
    for lane in range(STRANGERS, LANES + 1):
        made[f"LaneKey{lane:02}"] = {
            "Type": "AWS::ApiGateway::ApiKey",
            "Properties": {
                "Name": conventions.sub(f"${{Stack}}-lane-{lane:02}"),
                "Value": conventions.sub(key_of("${Stack}", lane)),
                "Enabled": True,
            },
        }
        made[f"LaneOfPlan{lane:02}"] = {
            "Type": "AWS::ApiGateway::UsagePlanKey",
            "Properties": {
                "KeyId": {"Ref": f"LaneKey{lane:02}"},
                "KeyType": "API_KEY",
                "UsagePlanId": {"Ref": "ChannelsPlan"},
            },
        }
    return made


def without_limits(template: Template) -> Template:
    """The template for a cloud that takes API keys from callers only, as the local one does: with no limits."""
    open_to_all = deepcopy(template)
    found = open_to_all["Resources"]
    for name in [name for name in found if name.startswith(RESOURCES)]:
        del found[name]
    definition: dict[str, Any] = found["Api"]["Properties"]["DefinitionBody"]
    definition.pop("x-amazon-apigateway-api-key-source", None)
    for path in LIMITED:
        definition["paths"].get(path, {}).get("post", {}).pop("security", None)
    for name in (AUTHORIZER, KEY):
        definition.get("securityDefinitions", {}).pop(name, None)
    return open_to_all
