"""`oms keys`: issues and revokes the bearer keys that callers of the API show."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from oms.platform.keys import SCOPES

stack_option = click.option("--stack", help="A stack on AWS; without it, the local cloud is meant.")


@click.group()
def keys() -> None:
    """Issue and revoke the keys of callers. A key is shown once; only its hash is kept."""


@keys.command()
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, required=True, type=click.Choice(SCOPES), help="May be given often.")
@stack_option
def issue(name: str, scopes: tuple[str, ...], stack: str | None) -> None:
    """Issue a key. NAME says who holds it: the log of orders shows it as the actor."""
    from oms.platform.keys import issue as run

    with inside(stack):
        text, key = run(name, scopes)
    click.echo(text)
    click.echo(f"digest {key.digest}: revoke it by that, or by the key itself", err=True)


@keys.command(name="list")
@stack_option
def list_keys(stack: str | None) -> None:
    """Show all keys: digest, whether it still works, name, scopes."""
    from oms.platform.aws import client
    from oms.platform.config import settings

    with inside(stack):
        pages = (
            client("dynamodb")
            .get_paginator("query")
            .paginate(
                TableName=settings().setup_table,
                KeyConditionExpression="kind = :kind",
                ExpressionAttributeValues={":kind": {"S": "key"}},
            )
        )
        for item in (item for page in pages for item in page["Items"]):
            body = json.loads(item["body"]["S"])
            state = "active " if body["active"] else "revoked"
            click.echo(f"{item['id']['S']}  {state}  {body['name']}  {' '.join(body['scopes'])}")


@keys.command()
@click.argument("key")
@stack_option
def revoke(key: str, stack: str | None) -> None:
    """Revoke a key, given itself or its digest. Every function knows within a minute."""
    from oms.errors import Unauthenticated
    from oms.platform.keys import digest
    from oms.platform.keys import revoke as run

    with inside(stack):
        try:
            run(digest(key) if key.startswith("oms_") else key)
        except Unauthenticated:
            raise click.ClickException("there is no such key") from None


@contextmanager
def inside(stack: str | None) -> Iterator[None]:
    """Run our own AWS code as a function of the stack would."""
    from infra.furnish import environment

    with environment(_environment(stack)):
        yield


def _environment(stack: str | None) -> dict[str, str]:
    if stack is None:
        from infra import local

        cloud = local.current()
        if cloud is None:
            raise click.ClickException("no local cloud runs; start one with `oms up`, or name a --stack on AWS")
        return cloud.environment
    import boto3

    from infra.deploy import resources

    cloudformation: Any = boto3.client("cloudformation")  # type: ignore[call-overload, unused-ignore]
    tables = {
        name.removesuffix("Table").upper(): table
        for name, table in resources(cloudformation, stack).items()
        if name.endswith("Table")
    }
    return {"OMS_STACK": stack} | {f"OMS_{name}_TABLE": table for name, table in tables.items()}
