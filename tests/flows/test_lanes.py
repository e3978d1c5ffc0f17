"""API Gateway is told on whose limit a channel's call counts, whatever happens to the list of channels."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch
from urllib.parse import quote

from botocore.exceptions import ClientError

from oms.channels.lanes import STRANGERS, key_of, lane_by_name
from tests.support.merchant import CHANNELS, Merchant
from tests.support.world import World

METHOD = "arn:aws:execute-api:eu-central-1:123456789012:api/v1/POST/channels/shop/webhooks"


def asked(world: World, channel_id: str) -> Any:
    event = {"type": "REQUEST", "methodArn": METHOD, "pathParameters": {"channel_id": quote(channel_id)}}
    return world.runtime.invoke(world.functions["CaptureLane"], event)


def test_every_channel_counts_on_a_lane_of_its_own_and_strangers_on_one_together(
    merchant: Merchant, world: World
) -> None:
    del merchant
    answers = [asked(world, channel["channel_id"]) for channel in CHANNELS]
    keys = {answer["usageIdentifierKey"] for answer in answers}
    assert len(keys) == len(CHANNELS)
    for answer in answers:
        (statement,) = answer["policyDocument"]["Statement"]
        assert (statement["Effect"], statement["Resource"]) == ("Allow", METHOD)
    stack = world.template.parameters["Stack"]
    strangers = {asked(world, name)["usageIdentifierKey"] for name in ("nobody", "Ä/../x", "")}
    assert strangers == {key_of(stack, STRANGERS)}
    values = {each["Value"] for each in world.template.of_type("AWS::ApiGateway::ApiKey").values()}
    assert keys | strangers <= values


def test_a_table_that_does_not_answer_keeps_no_order_out(world: World) -> None:
    refused = ClientError({"Error": {"Code": "InternalServerError"}}, "Query")
    with patch("oms.platform.lanes.all_stored", side_effect=refused):
        answer = asked(world, "shop")
    assert answer["policyDocument"]["Statement"][0]["Effect"] == "Allow"
    assert answer["usageIdentifierKey"] == key_of(world.template.parameters["Stack"], lane_by_name("shop"))
