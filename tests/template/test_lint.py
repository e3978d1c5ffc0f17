"""The template as AWS's own tools see it: cfn-lint finds nothing, and SAM translates it."""

from __future__ import annotations

import json
from typing import Any

from cfnlint import ManualArgs
from cfnlint.api import lint

from infra.compose import render, with_code
from infra.deploy import translate
from tests.template.reading import of_type

Json = dict[str, Any]

REGION = "eu-central-1"


def findings(template: Json) -> list[str]:
    """What cfn-lint has against a template: errors and warnings."""
    return [
        f"{found.rule.id} {found.message} {found.path}"
        for found in lint(render(template), config=ManualArgs(regions=[REGION]))
    ]


def test_cfn_lint_finds_nothing(template: Json) -> None:
    assert findings(template) == []


def test_cfn_lint_finds_what_is_wrong(template: Json) -> None:
    broken = json.loads(render(template))
    broken["Resources"]["OrdersTable"]["Properties"]["KeySchema"][0]["KeyType"] = "FIRST"
    assert any("KeySchema" in finding for finding in findings(broken))


def test_sam_translates_it_to_one_api_and_all_functions(template: Json, resources: Json) -> None:
    translated = translate(with_code(template, lambda path: f"s3://bucket/{path}"))["Resources"]
    assert len(of_type(translated, "AWS::ApiGateway::RestApi")) == 1
    assert len(of_type(translated, "AWS::ApiGateway::Stage")) == 1
    assert set(of_type(translated, "AWS::Lambda::Function")) == set(of_type(resources, "AWS::Serverless::Function"))
    assert not [name for name, each in translated.items() if each["Type"].startswith("AWS::Serverless")]
    # The roles are ours: SAM adds none.
    assert set(of_type(translated, "AWS::IAM::Role")) == set(of_type(resources, "AWS::IAM::Role"))


def test_the_template_is_small_enough_for_cloudformation(template: Json) -> None:
    packaged = render(with_code(template, lambda path: f"s3://bucket-of-a-name-that-is-quite-long/{path}"))
    assert len(packaged.encode()) < 1_000_000
    assert len(template["Resources"]) < 500
