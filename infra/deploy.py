"""Puts the template and its zips into an account, AWS's or the local cloud's, the same way."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable, Mapping
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from infra.build import BUILD, archive, build
from infra.compose import render, with_code
from infra.fragments import Template
from infra.limits import without_limits
from infra.packages import LOCAL, Target

CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]

Say = Callable[[str], None]
ClientOf = Callable[[str], Any]
"""Makes a boto3 client of a service."""


class DeployError(Exception):
    """The stack did not become what the template says; the message has CloudFormation's reasons."""


def deploy(
    client: ClientOf, target: Target, *, stack: str, parameters: Mapping[str, str], bucket: str, say: Say
) -> None:
    """Build, upload and apply; returns when the stack is complete.

    Args:
        client: makes clients of the account.
        target: what the packages are built for.
        stack: the stack's name, and the prefix of its resources' names.
        parameters: values of the template's parameters other than the stack's name.
        bucket: where zips and template are put; it is made if there is none.
        say: is told of progress.

    Raises:
        DeployError: CloudFormation gave up.
    """
    template = build(target, say)
    location = upload(client("s3"), template, target, bucket=bucket, say=say)
    say(f"applying the template to stack {stack}")
    apply(client("cloudformation"), stack, location, parameters)


def plan(target: Target, *, stack: str, parameters: Mapping[str, str], say: Say) -> list[str]:
    """Build and check without an account, and tell what `deploy` would do.

    Raises:
        InvalidDocumentException: the template does not survive SAM's translation.
    """
    template = json.loads(build(target, say).read_text())
    translated = translate(with_code(template, lambda path: f"s3://bucket/{Path(path).name}"))
    kinds = Counter(resource["Type"] for resource in translated["Resources"].values())
    sizes = [
        f"  {path.stem:<10}{path.stat().st_size / 1e6:6.1f} MB" for path in sorted((BUILD / target.name).glob("*.zip"))
    ]
    return [
        f"would create or update stack {stack} with {sum(kinds.values())} resources:",
        *(f"  {count:>3} {kind}" for kind, count in sorted(kinds.items())),
        "and upload:",
        *sizes,
        "with the parameters:",
        *(f"  {name} = {value!r}" for name, value in ({"Stack": stack} | dict(parameters)).items()),
    ]


def translate(template: Template) -> Template:
    """The template as CloudFormation sees it after SAM's transform.

    Raises:
        InvalidDocumentException: it cannot be translated.
    """
    from samtranslator.translator.transform import transform  # type: ignore[import-untyped]

    before = os.environ.get("AWS_DEFAULT_REGION")
    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-central-1")
    try:
        return dict(transform(deepcopy(template), {}, SimpleNamespace(load=dict)))
    finally:
        if before is None:
            os.environ.pop("AWS_DEFAULT_REGION", None)


def upload(s3: Any, template: Path, target: Target, *, bucket: str, say: Say) -> str:
    """Put the zips, then the template that names them, into a bucket; what is there already is not sent again.

    Returns:
        The URL of the template.
    """
    _ensure_bucket(s3, bucket)
    known = {
        item["Key"]
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        for item in page.get("Contents", [])
    }

    def locate(code: str) -> str:
        path = archive(Path(code).stem, target)
        key = f"{path.stem}-{hashlib.sha256(path.read_bytes()).hexdigest()[:16]}.zip"
        if key not in known:
            say(f"uploading {path.stem} ({path.stat().st_size / 1e6:.1f} MB)")
            s3.upload_file(str(path), bucket, key)
            known.add(key)
        return f"s3://{bucket}/{key}"

    whole = json.loads(template.read_text())
    packaged = render(with_code(without_limits(whole) if target is LOCAL else whole, locate))
    key = f"template-{hashlib.sha256(packaged.encode()).hexdigest()[:16]}.json"
    s3.put_object(Bucket=bucket, Key=key, Body=packaged.encode(), ContentType="application/json")
    return f"{s3.meta.endpoint_url}/{bucket}/{key}"


def apply(cloudformation: Any, stack: str, template_url: str, parameters: Mapping[str, str]) -> None:
    """Create the stack or bring it up to date, and wait.

    Raises:
        DeployError: it was rolled back.
    """
    exists = _status(cloudformation, stack)
    request = {
        "StackName": stack,
        "TemplateURL": template_url,
        "Capabilities": CAPABILITIES,
        "Parameters": [
            {"ParameterKey": key, "ParameterValue": value}
            for key, value in ({"Stack": stack} | dict(parameters)).items()
        ],
    }
    try:
        if exists:
            cloudformation.update_stack(**request)
        else:
            cloudformation.create_stack(**request)
    except cloudformation.exceptions.ClientError as error:
        if "No updates are to be performed" in str(error):
            return
        raise
    waiter = cloudformation.get_waiter("stack_update_complete" if exists else "stack_create_complete")
    try:
        waiter.wait(StackName=stack, WaiterConfig={"Delay": 1 if _is_local(cloudformation) else 10, "MaxAttempts": 360})
    except Exception as error:
        raise DeployError("\n".join(_reasons(cloudformation, stack)) or str(error)) from error


def outputs(cloudformation: Any, stack: str) -> dict[str, str]:
    """The stack's outputs by name."""
    described = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    return {each["OutputKey"]: each["OutputValue"] for each in described.get("Outputs", [])}


def resources(cloudformation: Any, stack: str) -> dict[str, str]:
    """Physical ids of the stack's resources by logical id."""
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
    return {
        each["LogicalResourceId"]: each.get("PhysicalResourceId", "")
        for page in pages
        for each in page["StackResourceSummaries"]
    }


def _ensure_bucket(s3: Any, bucket: str) -> None:
    try:
        s3.head_bucket(Bucket=bucket)
    except s3.exceptions.ClientError:
        region = s3.meta.region_name
        place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        s3.create_bucket(Bucket=bucket, **place)
        s3.put_public_access_block(
            Bucket=bucket,
            PublicAccessBlockConfiguration=dict.fromkeys(
                ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
            ),
        )


def _status(cloudformation: Any, stack: str) -> str:
    try:
        return str(cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"])
    except cloudformation.exceptions.ClientError:
        return ""


def _reasons(cloudformation: Any, stack: str) -> list[str]:
    events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    return [
        f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', event['ResourceStatus'])}"
        for event in reversed(events)
        if event["ResourceStatus"].endswith("FAILED")
    ]


def _is_local(client: Any) -> bool:
    return "127.0.0.1" in client.meta.endpoint_url
