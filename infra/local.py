"""The local cloud: starts it, deploys the stack into it, furnishes it, and tells where everything is."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
import urllib.request
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from infra import processes
from infra.build import BUILD, geo_directory
from infra.deploy import deploy, outputs, resources
from infra.furnish import environment, make_carriers, make_channels, make_keys, make_links_secret
from infra.packages import LOCAL
from infra.processes import HOST

STATE_VARIABLE = "OMS_LOCAL"
"""Environment variable that names another file than `build/local.json`, for a second cloud beside the first."""

REGION = "eu-central-1"
ACCOUNT = "000000000000"
SECRET = "local"  # noqa: S105 - of a cloud that answers this machine only
STACK = "oms"

START = 30.0
"""Seconds that the cloud has to answer."""

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Cloud:
    """A running local cloud, as `build/local.json` has it."""

    url: str
    """Base URL of the API, `/v1` included."""
    stack: str
    endpoint_url: str
    """Where AWS's services answer."""
    region: str
    account: str
    keys: dict[str, str]
    """A bearer key for each scope."""
    channels: dict[str, dict[str, str]]
    """`platform` and `webhook_secret` of each channel."""
    carriers: dict[str, dict[str, str]]
    """`webhook_secret` of each carrier."""
    names: dict[str, str]
    """Physical ids of the stack's resources, and its outputs, by their names in the template."""
    environment: dict[str, str]
    """What the functions have in their environment, for tools that use the same code."""
    directory: str
    """Logs and temporary files."""
    processes: dict[str, int] = field(default_factory=dict)
    """Process ids by role: `cloud`, `carrier`."""

    def client(self, service: str) -> Any:
        """A boto3 client of a service of this cloud."""
        return client(self.endpoint_url, service)


def state_file() -> Path:
    """Where the local cloud of this shell is written down."""
    return Path(os.environ.get(STATE_VARIABLE) or BUILD / "local.json")


def up(*, port: int | None = None, state: Path | None = None, stack: str = STACK, say: Say = print) -> Cloud:
    """Start the local cloud, or bring the one that runs up to date, and write down what it is.

    Raises:
        RuntimeError: it does not start; the message names its log.
        DeployError: it refuses the template.
    """
    state = state or state_file()
    running = current(state)
    if running:
        say(f"the local cloud runs at {running.endpoint_url}: bringing it up to date")
        endpoint, directory, started = running.endpoint_url, Path(running.directory), dict(running.processes)
    else:
        port = port or processes.free_port()
        endpoint, directory = f"http://{HOST}:{port}", state.parent / f"cloud-{port}"
        say(f"starting the local cloud at {endpoint}")
        started = {"cloud": _start_cloud(port, directory)}
    try:
        _wait_until_up(endpoint, started["cloud"], directory)
        cloud = _deploy(endpoint, directory, started, stack, running, say)
        write(cloud, state)
        if find_spec("infra.carrier") and not processes.alive(started.get("carrier", 0)):
            cloud.processes["carrier"] = _start_carrier(directory, state)
            write(cloud, state)
    except BaseException:
        if not running:
            processes.end(started["cloud"])
        raise
    return cloud


def down(state: Path | None = None, say: Say = print) -> None:
    """End the local cloud and all that was started with it; nothing of it is kept."""
    state = state or state_file()
    cloud = read(state)
    if cloud is None:
        say("there is no local cloud")
        return
    for role, process in reversed(cloud.processes.items()):
        processes.end(process)
        say(f"ended {role}")
    shutil.rmtree(cloud.directory, ignore_errors=True)
    state.unlink(missing_ok=True)


def current(state: Path | None = None) -> Cloud | None:
    """The cloud that runs, if one does. A busy one is given time to answer.

    Raises:
        RuntimeError: its process is there and does not answer.
    """
    cloud = read(state)
    if cloud is None or not processes.alive(cloud.processes["cloud"]):
        return None
    _wait_until_up(cloud.endpoint_url, cloud.processes["cloud"], Path(cloud.directory))
    return cloud


def read(state: Path | None = None) -> Cloud | None:
    """The cloud that was started last, running or not."""
    state = state or state_file()
    return Cloud(**json.loads(state.read_text())) if state.exists() else None


def write(cloud: Cloud, state: Path) -> None:
    """Write the file that others read, whole or not at all; it has secrets, so only its owner reads it."""
    state.parent.mkdir(parents=True, exist_ok=True)
    partial = state.with_suffix(".partial")
    partial.touch(mode=0o600)
    partial.write_text(json.dumps(asdict(cloud), indent=2) + "\n")
    partial.replace(state)


def client(endpoint_url: str, service: str) -> Any:
    """A boto3 client of the local cloud."""
    import boto3
    from botocore.config import Config

    return boto3.client(  # type: ignore[call-overload]
        service,
        endpoint_url=endpoint_url,
        region_name=REGION,
        aws_access_key_id=ACCOUNT,
        aws_secret_access_key=SECRET,
        # An update of the stack ends all workers before it answers, which takes a while on a busy machine.
        config=Config(
            read_timeout=300, retries={"mode": "standard", "total_max_attempts": 3}, s3={"addressing_style": "path"}
        ),
    )


def _deploy(
    endpoint: str, directory: Path, started: dict[str, int], stack: str, running: Cloud | None, say: Say
) -> Cloud:
    def client_of(service: str) -> Any:
        return client(endpoint, service)

    parameters = {"GeoData": str(geo_directory()), "PrivateWebhooks": "true"}
    deploy(client_of, LOCAL, stack=stack, parameters=parameters, bucket=f"{stack}-artifacts", say=say)
    told = outputs(client_of("cloudformation"), stack)
    variables = _variables(client_of("lambda"), f"{stack}-capture-http", endpoint)
    with environment(variables):
        say("making keys, channels and secrets")
        if running is None:
            make_links_secret()
        return Cloud(
            url=f"{endpoint}/_aws/execute-api/{told['ApiId']}/v1",
            stack=stack,
            endpoint_url=endpoint,
            region=REGION,
            account=ACCOUNT,
            keys=running.keys if running else make_keys(),
            channels=running.channels if running else make_channels(),
            carriers=running.carriers if running else make_carriers(),
            names=resources(client_of("cloudformation"), stack) | told,
            environment=variables,
            directory=str(directory),
            processes=started,
        )


def _variables(functions: Any, name: str, endpoint: str) -> dict[str, str]:
    deployed = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    return {name: value for name, value in deployed.items() if name.startswith("OMS_")} | {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": SECRET,
    }


def _start_cloud(port: int, directory: Path) -> int:
    temporary = directory / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "OMS_"))} | {
        "BIND_HOST": HOST,
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "LAMBDA_EXECUTOR": "local",
        "IOT_MTLS_ENABLED": "0",
        # Roles are enforced as on AWS; an account's number as the key id is its root, which may do everything.
        "AUTH": "true",
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "LOG_LEVEL": "WARNING",
        "TMPDIR": str(temporary),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [sys.executable, "-m", "infra.cloud"]
    return processes.spawn(command, surroundings, directory=BUILD.parent, log=directory / "cloud.log")


def _start_carrier(directory: Path, state: Path) -> int:
    command = [sys.executable, "-m", "infra.cli", "carrier"]
    surroundings = dict(os.environ) | {STATE_VARIABLE: str(state)}
    return processes.spawn(command, surroundings, directory=BUILD.parent, log=directory / "carrier.log")


def _wait_until_up(endpoint: str, process: int, directory: Path) -> None:
    deadline = time.monotonic() + START
    while not _answers(endpoint):
        if not processes.alive(process) or time.monotonic() > deadline:
            raise RuntimeError(f"the local cloud at {endpoint} does not answer; see {directory / 'cloud.log'}")
        time.sleep(0.1)


def _answers(endpoint: str) -> bool:
    try:
        with urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=5) as answer:  # noqa: S310 - our own host
            return bool(answer.status == 200)  # noqa: PLR2004 - the status is its own name
    except OSError:
        return False
