"""One template of the whole stack: what Chalice makes of each stage, joined with the hand-written fragments."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from infra import conventions, doors, limits
from infra.fragments import ComposeError, Template, add, load, single_intrinsics

DESCRIPTION = "Order management: every order from the channel it was placed on to the customer's door, and back."


def compose(stages: list[str] | None = None) -> Template:
    """The template of the stack, of the stages that have an app or of those named.

    Nothing is built: code paths name files of `build/aws`, which `infra.build` makes.

    Raises:
        ComposeError: the parts contradict each other; the message names them.
    """
    fragments = load()
    template: Template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Transform": "AWS::Serverless-2016-10-31",
        "Description": DESCRIPTION,
        "Parameters": fragments["Parameters"],
        "Conditions": fragments["Conditions"],
        "Resources": fragments["Resources"],
        "Outputs": fragments["Outputs"],
    }
    resources = template["Resources"]
    api = _Api()
    for stage in doors.stages() if stages is None else stages:
        add(resources, _stage_resources(stage, api), source=f"functions/{stage}")
    add(resources, api.resources(), source="the API")
    if limits.FUNCTION in resources:
        definition = resources["Api"]["Properties"]["DefinitionBody"]
        resources["Api"]["Properties"]["DefinitionBody"] = limits.limit(definition)
        add(resources, limits.resources(), source="the limits of channels")
    for name, declared in fragments["Queues"].items():
        parts = conventions.queue_parts(name, declared)
        _attach(resources, parts, declared, [conventions.read_queue(name)], name)
    for name, declared in fragments["Streams"].items():
        parts = conventions.stream_parts(name, declared)
        _attach(resources, parts, declared, conventions.read_stream(name, declared["Table"]), name)
    for name, declared in fragments["Schedules"].items():
        if declared["Function"] in resources:
            add(resources, conventions.schedule_parts(name, declared), source=f"{name} in schedules.yaml")
    for layer in (r for r in resources.values() if r["Type"] == "AWS::Serverless::LayerVersion"):
        layer["Properties"]["ContentUri"] = _code(layer["Properties"]["ContentUri"])
    alarms = [f"${{{name}.Arn}}" for name, each in resources.items() if each["Type"] == "AWS::CloudWatch::Alarm"]
    for name, dashboard in fragments["Dashboards"].items():
        add(resources, {f"{name}Dashboard": _dashboard(name, dashboard, alarms)}, source="dashboards.yaml")
    single_intrinsics(template)
    return template


def render(template: Template) -> str:
    """The template as it is written to disk: the same bytes for the same template."""
    return json.dumps(template, indent=1, ensure_ascii=False) + "\n"


def with_code(template: Template, locate: Callable[[str], str]) -> Template:
    """The template with each local code path replaced: what `aws cloudformation package` does after its uploads.

    Args:
        template: as `compose` makes it; it is not changed.
        locate: tells the `s3://bucket/key` of a path such as `aws/capture.zip`.
    """
    packaged = deepcopy(template)
    for resource in packaged["Resources"].values():
        for key in ("CodeUri", "ContentUri"):
            if key in resource["Properties"]:
                resource["Properties"][key] = locate(resource["Properties"][key])
    return packaged


def _stage_resources(stage: str, api: _Api) -> Template:
    generated = deepcopy(doors.chalice_template(stage))["Resources"]
    names = {
        old: f"{stage.capitalize()}{'Http' if old == 'APIHandler' else old}"
        for old, resource in generated.items()
        if resource["Type"] == "AWS::Serverless::Function"
    }
    resources: Template = {}
    for old, name in names.items():
        role_name = generated[old]["Properties"]["Role"]["Fn::GetAtt"][0]
        _add_function(resources, stage, name, generated[old]["Properties"], generated[role_name]["Properties"])
    if "RestAPI" in generated:
        api.add_stage(stage, generated["RestAPI"]["Properties"]["DefinitionBody"])
        resources[f"{stage.capitalize()}HttpInvokePermission"] = _invoke_permission(f"{stage.capitalize()}Http")
    return resources


def _add_function(resources: Template, stage: str, name: str, generated: Template, role: Template) -> None:
    slug = name.removeprefix(stage.capitalize()).lower()
    function_name = f"${{Stack}}-{stage}-{slug}"
    layers = [{"Ref": "BaseLayer"}, {"Ref": "CoreLayer"}]
    if stage == "route":
        layers.append({"Ref": "GeoLayer"})
    resources[name] = {
        "Type": "AWS::Serverless::Function",
        "DependsOn": f"{name}Logs",
        "Properties": {
            "FunctionName": conventions.sub(function_name),
            "Handler": generated["Handler"],
            "CodeUri": _code(f"{stage}.zip"),
            "Runtime": conventions.RUNTIME,
            "Architectures": [conventions.ARCHITECTURE],
            "MemorySize": generated["MemorySize"],
            "Timeout": generated["Timeout"],
            "Layers": layers,
            "Role": conventions.arn(f"{name}Role"),
            "Environment": {"Variables": conventions.environment(stage)},
            "Tags": {"oms:stack": {"Ref": "Stack"}, "oms:stage": stage},
        },
    }
    policy = role["Policies"][0]["PolicyDocument"]
    policy["Statement"].append(conventions.write_logs(name))
    resources[f"{name}Role"] = {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": role["AssumeRolePolicyDocument"],
            "Policies": [{"PolicyName": "own-duties", "PolicyDocument": policy}],
        },
    }
    resources.update(conventions.function_parts(name, function_name))


def _attach(resources: Template, parts: Template, declared: Template, duties: list[Template], name: str) -> None:
    """Add a source of events; its trigger and the reader's permissions only if the stage of its reader is there."""
    reader = declared["Function"]
    if reader in resources:
        role = resources[f"{reader}Role"]["Properties"]
        role["Policies"][0]["PolicyDocument"]["Statement"].extend(duties)
        # The mapping refuses to start before the role may read its source.
        parts[f"{name}Trigger"]["DependsOn"] = f"{reader}Role"
    else:
        for part in (f"{name}Trigger", f"{name}IteratorAgeAlarm"):
            parts.pop(part, None)
    add(resources, parts, source=f"{name} in queues.yaml")


class _Api:
    """The one REST API, gathered from the stages' own."""

    def __init__(self) -> None:
        self._definition: Template = {}
        self._owners: dict[tuple[str, str], str] = {}
        self._stages: list[str] = []

    def add_stage(self, stage: str, definition: Template) -> None:
        """Add a stage's paths, pointed at its function.

        Raises:
            ComposeError: another stage has the call, or names the variable at the same place differently.
        """
        text = json.dumps(definition).replace("${APIHandler.Arn}", f"${{{stage.capitalize()}Http.Arn}}")
        own: dict[str, Any] = json.loads(text)
        paths = own.pop("paths")
        if not self._definition:
            self._definition = {**own, "info": {"version": "1.0", "title": {"Ref": "Stack"}}, "paths": {}}
        for path, methods in paths.items():
            target = self._definition["paths"].setdefault(path, {})
            for method, operation in methods.items():
                owner = self._owners.setdefault((path, method), stage)
                if owner != stage:
                    raise ComposeError(f"{method.upper()} {path} is in both {owner} and {stage}")
                target[method] = operation
        self._stages.append(stage)
        self._one_variable_per_place()

    def _one_variable_per_place(self) -> None:
        """API Gateway allows one name for the variable at a place, and the function matches by that name."""
        variables: dict[str, tuple[str, str]] = {}
        for path, methods in self._definition["paths"].items():
            stage = self._owners[path, next(iter(methods))]
            parent = ""
            for part in path.strip("/").split("/"):
                if part.startswith("{"):
                    known, owner = variables.setdefault(parent, (part, stage))
                    if known != part:
                        raise ComposeError(f"{owner} says {parent}/{known} where {stage} says {parent}/{part}")
                    part = "{}"  # noqa: PLW2901 - the place, whatever its name
                parent += f"/{part}"

    def resources(self) -> Template:
        if not self._stages:
            raise ComposeError("no stage has a route")
        return {
            "Api": {
                "Type": "AWS::Serverless::Api",
                "Properties": {
                    "Name": {"Ref": "Stack"},
                    "StageName": doors.API_STAGE,
                    "EndpointConfiguration": {"Type": "REGIONAL"},
                    "DefinitionBody": {
                        **self._definition,
                        "paths": dict(sorted(self._definition["paths"].items())),
                    },
                    "MethodSettings": [{"ResourcePath": "/*", "HttpMethod": "*", "MetricsEnabled": True}],
                },
            }
        }


def _invoke_permission(function: str) -> Template:
    return {
        "Type": "AWS::Lambda::Permission",
        "Properties": {
            "FunctionName": {"Ref": function},
            "Action": "lambda:InvokeFunction",
            "Principal": "apigateway.amazonaws.com",
            "SourceArn": conventions.sub("arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*"),
        },
    }


def _dashboard(name: str, body: Template, alarms: list[str]) -> Template:
    for widget in body["widgets"]:
        if widget["type"] == "alarm":
            widget["properties"]["alarms"] = alarms
    return {
        "Type": "AWS::CloudWatch::Dashboard",
        "Properties": {
            "DashboardName": conventions.sub(f"${{Stack}}-{name.lower()}"),
            "DashboardBody": conventions.sub(json.dumps(body, ensure_ascii=False)),
        },
    }


def _code(filename: str) -> str:
    # Relative to the template, so that `sam deploy` and `aws cloudformation package` find it too.
    return f"aws/{filename}"
