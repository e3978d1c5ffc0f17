"""The console script `oms`."""

from __future__ import annotations

import importlib
import json
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

PLUGINS = {
    "demo": "infra.demo",
    "bench": "infra.bench",
    "carrier": "infra.carrier",
    "keys": "infra.keys",
    "simulate-routing": "infra.simulating",
    "openapi": "infra.openapi",
}
"""Commands that live in modules of their own, imported only when called; each is named as in its module."""

json_option = click.option(
    "--json",
    "report",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write the report to FILE.",
    metavar="FILE",
)
stack_option = click.option("--stack", help="A stack on AWS; without it, the local cloud is meant.")


class _Commands(click.Group):
    """A group that finds some of its commands in other modules, when they are there."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *(name for name in PLUGINS if _plugin(name))})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return _plugin(cmd_name) or super().get_command(ctx, cmd_name)


def _plugin(name: str) -> click.Command | None:
    module = PLUGINS.get(name)
    spec = find_spec(module) if module else None
    if module is None or spec is None or spec.origin is None:
        return None
    command: click.Command = getattr(importlib.import_module(module), name.replace("-", "_"))
    return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Order management: run it here, deploy it to AWS, look after it."""


@main.command()
@click.option("--detach", is_flag=True, help="Return as soon as it runs; `oms down` ends it.")
@click.option("--port", type=int, help="Port of the local cloud; a free one without it.")
def up(*, detach: bool, port: int | None) -> None:
    """Start the local cloud with the whole stack in it, or bring a running one up to date.

    Writes build/local.json: URL, a key for each scope, channels with their webhook secrets.
    """
    from infra import local
    from infra.deploy import DeployError

    try:
        cloud = local.up(port=port, say=progress())
    except (DeployError, RuntimeError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"\nThe API answers at {cloud.url}\nKeys, channels and secrets are in {local.state_file()}")
    if detach:
        return
    click.echo("Ctrl-C ends it.")
    try:
        while local.current():
            time.sleep(1)
        click.echo("the local cloud has ended by itself; its log is in " + cloud.directory, err=True)
    except KeyboardInterrupt:
        local.down(say=click.echo)


@main.command()
def down() -> None:
    """End the local cloud; nothing of it is kept."""
    from infra import local

    local.down(say=click.echo)


@main.command()
@stack_option
@json_option
def status(stack: str | None, report: Path | None) -> None:
    """Tell what runs, what waits for a redrive, and what waits elsewhere, with what is to be done about it.

    The exit status is 1 when something waits for a redrive or for a person.
    """
    from dataclasses import asdict

    from infra import keys, redrive, stuck

    client, name, url = _place(stack)
    letters = redrive.waiting(client, name)
    with keys.inside(stack):
        elsewhere = stuck.waiting()
    click.echo(f"stack {name}\nAPI   {url}")
    for queue, count in letters.items():
        click.echo(
            f"{count:>6}  {queue}" + (f"\n        oms redrive {queue}, once the cause is mended" if count else "")
        )
    for each in elsewhere:
        click.echo(f"{each.count:>6}  {each.what}\n        {each.to_do}")
    _write({"stack": name, "url": url, "waiting": letters, "elsewhere": [asdict(each) for each in elsewhere]}, report)
    if any(letters.values()) or any(each.for_a_person for each in elsewhere):
        raise SystemExit(1)


@main.command()
@click.argument("queues", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All queues.")
@stack_option
@json_option
def redrive(queues: tuple[str, ...], *, everything: bool, stack: str | None, report: Path | None) -> None:
    """Return dead letters to their queue, and batches that a stream's reader gave up on to the reader.

    QUEUES are names as `oms status` shows them, such as route or notify. Mend the cause first.
    """
    from dataclasses import asdict

    from infra.redrive import redrive as run

    if not queues and not everything:
        raise click.UsageError("name queues, or say --all")
    client, name, _ = _place(stack)
    try:
        done = run(client, name, list(queues))
    except KeyError as error:
        raise click.UsageError(str(error.args[0])) from None
    for each in done:
        click.echo(f"{each.returned:>6} returned, {each.failed} failed again  {each.queue}")
    _write({"stack": name, "queues": [asdict(each) for each in done]}, report)
    if any(each.failed for each in done):
        raise SystemExit(1)


@main.command()
@click.option(
    "--target", type=click.Choice(["aws", "local"]), default="aws", show_default=True, help="Where it will run."
)
def build(target: str) -> None:
    """Write build/template.json and the packages that it names; what has not changed is left as it is."""
    from infra.build import build as run
    from infra.packages import TARGETS

    template = run(TARGETS[target], progress())
    click.echo(f"{template}\n`sam deploy --template {template}` or `oms deploy` bring it to AWS")


@main.command()
@click.option(
    "--stack", default="oms", show_default=True, help="Name of the stack, and prefix of its resources' names."
)
@click.option("--sender", required=True, help="Address that customer mail comes from.")
@click.option("--alarms", default="", help="Mail address for alarms.")
@click.option("--log-days", default=30, show_default=True, help="Days that logs are kept.")
@click.option("--public-url", default="", help="Base URL of the API, when it has a domain of its own.")
@click.option(
    "--notification-sender",
    default="",
    metavar="ACCOUNT",
    help="AWS account that may put a marketplace's notifications into this stack's queue; nobody without it.",
)
@click.option(
    "--channel-rate", default=50, show_default=True, help="Calls a second by which a channel may hand in orders."
)
@click.option("--channel-burst", default=200, show_default=True, help="Calls that a channel may make at once.")
@click.option("--bucket", help="Bucket for packages; <stack>-artifacts-<account>-<region> without it.")
@click.option("--dry-run", is_flag=True, help="Build, check, and tell what would be done; AWS is not called.")
def deploy(
    *,
    stack: str,
    sender: str,
    alarms: str,
    log_days: int,
    public_url: str,
    notification_sender: str,
    channel_rate: int,
    channel_burst: int,
    bucket: str | None,
    dry_run: bool,
) -> None:
    """Build for AWS and deploy, with the credentials and the region of your environment."""
    from infra import deploy as deployment
    from infra.packages import AWS

    parameters = {
        "MailSender": sender,
        "AlarmAddress": alarms,
        "LogRetention": str(log_days),
        "PublicUrl": public_url,
        "NotificationSender": notification_sender,
        "ChannelRate": str(channel_rate),
        "ChannelBurst": str(channel_burst),
    }
    if dry_run:
        for line in deployment.plan(AWS, stack=stack, parameters=parameters, say=progress()):
            click.echo(line)
        return
    import boto3

    client: Callable[[str], Any] = boto3.client  # type: ignore[assignment]
    if bucket is None:
        identity, region = client("sts").get_caller_identity(), client("s3").meta.region_name
        bucket = f"{stack}-artifacts-{identity['Account']}-{region}"
    try:
        deployment.deploy(client, AWS, stack=stack, parameters=parameters, bucket=bucket, say=progress())
    except deployment.DeployError as error:
        raise click.ClickException(str(error)) from None
    for name, value in deployment.outputs(client("cloudformation"), stack).items():
        click.echo(f"{name:<18}{value}")


@main.command()
@click.argument("function", required=False)
@click.option("--order", help="Only lines about this order.")
@click.option("--minutes", default=10, show_default=True, help="How far to look back.")
@stack_option
def logs(function: str | None, order: str | None, minutes: int, stack: str | None) -> None:
    """Show log lines, oldest first; FUNCTION is a part of a function's name, such as capture or relay."""
    client, name, _ = _place(stack)
    reader, lines = client("logs"), []
    since = int((time.time() - minutes * 60) * 1000)
    for group in reader.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{name}-")["logGroups"]:
        if function and function not in group["logGroupName"]:
            continue
        pages = reader.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"], startTime=since)
        lines += [
            (event["timestamp"], group["logGroupName"].rsplit("/", 1)[1], event["message"].rstrip())
            for page in pages
            for event in page["events"]
            if not event["message"].startswith(("START ", "END ", "REPORT ", "INIT_START "))
            and '"_aws"' not in event["message"]
        ]
    for _, source, line in sorted(lines):
        if order is None or order in line:
            click.echo(f"{source}  {line}")


def progress() -> Callable[[str], None]:
    """Says each step with the seconds since the start."""
    start = time.monotonic()
    return lambda text: click.echo(f"{time.monotonic() - start:6.1f} s  {text}", err=True)


def _place(stack: str | None) -> tuple[Callable[[str], Any], str, str]:
    """Clients, the stack's name and its URL, on AWS or here."""
    if stack:
        import boto3

        from infra.deploy import outputs

        client: Callable[[str], Any] = boto3.client  # type: ignore[assignment]
        return client, stack, outputs(client("cloudformation"), stack)["Url"]
    from infra import local

    cloud = local.current()
    if cloud is None:
        raise click.ClickException("no local cloud runs; start one with `oms up`, or name a --stack on AWS")
    return cloud.client, cloud.stack, cloud.url


def _write(told: dict[str, Any], report: Path | None) -> None:
    if report:
        report.write_text(json.dumps(told, indent=2) + "\n")


if __name__ == "__main__":
    main()
