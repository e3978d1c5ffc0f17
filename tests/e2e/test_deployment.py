"""The packaged template on the local cloud: what it is made of answers, and what ministack lacks is mended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from infra import processes
from infra.compose import compose
from infra.limits import without_limits
from infra.local import Cloud
from infra.redrive import redrive, waiting

PATIENCE = 60


def eventually(holds: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if found := holds():
            return found
        time.sleep(0.25)
    return pytest.fail(f"waited {PATIENCE} seconds for {what}")


def get(cloud: Cloud, path: str, scope: str | None) -> requests.Response:
    headers = {"Authorization": f"Bearer {cloud.keys[scope]}"} if scope else {}
    return requests.get(cloud.url + path, headers=headers, timeout=30)


def test_every_resource_of_the_template_stands(cloud: Cloud) -> None:
    template = without_limits(compose())["Resources"]
    conditional = {name for name, resource in template.items() if "Condition" in resource}
    generated = {name for name, resource in template.items() if resource["Type"] == "AWS::Serverless::LayerVersion"}
    assert set(template) - set(cloud.names) == conditional | generated


def test_a_request_without_a_key_is_refused_and_told_nothing(cloud: Cloud) -> None:
    answer = get(cloud, "/orders", None)
    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert set(answer.json()) == {"type", "title", "status"}


def test_a_key_opens_its_scope_and_no_other(cloud: Cloud) -> None:
    assert get(cloud, "/orders", "orders:read").status_code == 200
    assert get(cloud, "/orders", "stock:write").status_code == 403


def test_metrics_in_logs_become_metrics_in_cloudwatch(cloud: Cloud) -> None:
    get(cloud, "/orders", None)
    query = {
        "Namespace": "OMS",
        "MetricName": "RequestsRefused",
        "Dimensions": [{"Name": "service", "Value": "insight"}],
        "StartTime": datetime.now(UTC) - timedelta(minutes=10),
        "EndTime": datetime.now(UTC) + timedelta(minutes=1),
        "Period": 60,
        "Statistics": ["Sum"],
    }
    points = eventually(lambda: cloud.client("cloudwatch").get_metric_statistics(**query)["Datapoints"], "a data point")
    assert sum(point["Sum"] for point in points) >= 1


def test_an_entry_that_no_reader_understands_ends_in_the_failures_and_comes_back_on_redrive(cloud: Cloud) -> None:
    # No code of ours writes such an entry: it stands for a defect of a reader that a release then mends.
    table, key = cloud.names["OrdersTable"], {"order_id": {"S": "defect"}, "seq": {"N": "1"}}
    cloud.client("dynamodb").put_item(TableName=table, Item=key)
    stuck = lambda: {q for q, count in waiting(cloud.client, cloud.stack).items() if count}  # noqa: E731
    eventually(lambda: stuck() >= {"RelayFailures", "ProjectFailures"}, "the readers to give up")
    assert get(cloud, "/orders", "orders:read").status_code == 200
    redriven = redrive(cloud.client, cloud.stack, ["relay", "project"])
    assert [(each.queue, each.returned, each.failed) for each in redriven] == [("Project", 0, 1), ("Relay", 0, 1)]
    assert stuck() >= {"RelayFailures", "ProjectFailures"}
    for queue in ("RelayFailures", "ProjectFailures"):
        cloud.client("sqs").purge_queue(QueueUrl=cloud.names[queue])


def test_a_message_that_cannot_be_handled_is_a_dead_letter_and_goes_back_with_its_attributes(cloud: Cloud) -> None:
    sqs, dead = cloud.client("sqs"), cloud.names["NotifyDeadLetters"]
    attributes = {"type": {"DataType": "String", "StringValue": "OrderHeld"}}
    # Straight into the dead letters: five visibility timeouts would take ten minutes.
    sqs.send_message(QueueUrl=dead, MessageBody="no JSON", MessageAttributes=attributes)
    redriven = redrive(cloud.client, cloud.stack, ["notify"])
    assert [(each.queue, each.returned) for each in redriven] == [("Notify", 1)]
    assert waiting(cloud.client, cloud.stack)["NotifyDeadLetters"] == 0
    tried = lambda: [  # noqa: E731
        event
        for event in cloud.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{cloud.stack}-notify-send")[
            "events"
        ]
        if "record_failed" in event["message"]
    ]
    assert json.loads(eventually(tried, "the reader to try it")[0]["message"])["attempt"] == "1"
    sqs.purge_queue(QueueUrl=cloud.names["NotifyQueue"])


def test_a_worker_that_is_killed_is_replaced(cloud: Cloud) -> None:
    assert get(cloud, "/orders", "orders:read").status_code == 200
    killed = [worker for worker in workers(cloud) if "insight-http" in command_line(worker)]
    assert killed
    for worker in killed:
        os.kill(worker, signal.SIGKILL)
    eventually(lambda: get(cloud, "/orders", "orders:read").status_code == 200, "a new worker")


def workers(cloud: Cloud) -> list[int]:
    """Processes that run functions: the children of the cloud's process."""
    return [
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and f"ministack-lambda-{cloud.stack}-" in command_line(int(entry.name))
    ]


def command_line(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return ""


def test_the_cloud_listens_on_this_machine_only(cloud: Cloud) -> None:
    own = {str(link.readlink()) for link in Path(f"/proc/{cloud.processes['cloud']}/fd").iterdir()}
    listening = [
        line.split()[1]
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
        if line.split()[3] == "0A" and f"socket:[{line.split()[9]}]" in own
    ]
    assert listening
    assert {address.split(":")[0] for address in listening} == {"0100007F"}


def test_a_process_that_is_not_ours_is_left_alone() -> None:
    # A stale state file may name an id that the system has given to another process since.
    stranger = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True)
    try:
        assert not processes.alive(stranger.pid)
        processes.end(stranger.pid)
        assert stranger.poll() is None
    finally:
        stranger.communicate()
