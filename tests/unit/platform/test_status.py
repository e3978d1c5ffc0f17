"""What `oms status` tells, and which parameters `oms deploy` gives."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from infra import cli, deploy, keys, redrive
from infra.fragments import load
from oms.channels.work import Finding, WorkKind
from oms.clock import now
from oms.platform import channel_states, channel_work, outbox_table, setup, subscriptions, wishes_table
from oms.setup import Channel, Platform
from oms.webhooks.subscription import Health, Subscription
from tests.support import tables

OF_THE_LOCAL_CLOUD = {"GeoData", "PrivateWebhooks"}
"""Parameters that nobody sets on AWS."""


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with tables.started() as cloud:
        tables.fresh(cloud, "setup", "outbox", "webhooks", "intake")
        monkeypatch.setattr(wishes_table, "_send", lambda _message, _delay: None)
        monkeypatch.setattr(keys, "inside", lambda _stack: nullcontext())
        monkeypatch.setattr(cli, "_place", lambda _stack: (None, "oms", "https://oms.example"))
        monkeypatch.setattr(redrive, "waiting", lambda _client, _stack: {"RouteDeadLetters": 0})
        yield


def status(folder: Path) -> tuple[int, str, Any]:
    file = folder / "status.json"
    answer = CliRunner().invoke(cli.main, ["status", "--json", str(file)])
    return answer.exit_code, answer.output, json.loads(file.read_text())


@pytest.mark.usefixtures("stack")
def test_status_tells_what_waits_and_what_to_do_about_it(tmp_path: Path) -> None:
    assert status(tmp_path)[0] == 0
    at = now()
    setup.put(Channel(channel_id="shop", platform=Platform.SHOPIFY, name="Shop"))
    for order_id in ("o1", "o2"):
        waiting = outbox_table.begin("shop", order_id, at)
        assert waiting is not None
        if order_id == "o1":
            outbox_table.stick(waiting, outbox_table.Problem(kind="shipped", key="o1-1-p1", text="no such line"), at)
    for _ in range(5):
        channel_states.failed("shop", channel_states.state("shop"), "answered 502", at)
    subscriptions.put_subscription(Subscription(subscription_id="erp", url="https://erp.example/in"))
    health = Health(failures=99, failing_since=at - timedelta(days=5), disabled_at=at, reason="answered 410")
    subscriptions.note_health(subscriptions.subscription("erp"), health, catching_up=False)
    wishes_table.want("shop", "4711", at)
    channel_work.file(Finding(channel_id="shop", kind=WorkKind.MISSED, external_id="1"), at)

    exit_code, output, told = status(tmp_path)
    assert exit_code == 1
    assert [(each["count"], each["for_a_person"]) for each in told["elsewhere"]] == [
        (1, True),
        (0, True),
        (1, True),
        (1, False),
        (1, False),
    ]
    for path in ("/channels/shop/updates/retry", "/subscriptions/erp", "/channels/shop/work", "answered 502"):
        assert path in output


def test_every_parameter_of_the_template_can_be_given_to_deploy(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, str] = {}

    def plan(_target: object, *, stack: str, parameters: Mapping[str, str], say: object) -> list[str]:  # noqa: ARG001
        given.update({"Stack": stack, **parameters})
        return []

    monkeypatch.setattr(deploy, "plan", plan)
    wish = ["--sender", "a@b.example", "--notification-sender", "437568002678", "--channel-rate", "9"]
    answer = CliRunner().invoke(cli.main, ["deploy", *wish, "--dry-run"])
    assert answer.exit_code == 0, answer.output
    known = load()["Parameters"]
    assert set(given) == set(known) - OF_THE_LOCAL_CLOUD
    assert given["NotificationSender"] == "437568002678"
    assert given["ChannelRate"] == "9"
    assert given["ChannelBurst"] == str(known["ChannelBurst"]["Default"])
