"""Every AWS call that the functions make: who made it, on what, what it cost; and death at a chosen one.

The hooks stand on the session that the functions' clients come from, so no call escapes them, and a handler cannot
tell that it is watched. What the calls need from IAM is kept per function for the whole run of the tests.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from tests.support import capacity, cloud, strict
from tests.support.template import ACCOUNT, REGION, name_in, queue_arn

Json = Mapping[str, Any]

running: ContextVar[str] = ContextVar("running", default="")
"""The function that runs now; empty while the test itself acts."""


@contextmanager
def not_a_function() -> Iterator[None]:
    """Let the test act in the middle of a function's work: its calls are not the function's."""
    token = running.set("")
    try:
        yield
    finally:
        running.reset(token)


class ProcessDied(BaseException):
    """The process is gone. Not an `Exception`: no handler may survive it."""


class Moment(StrEnum):
    """When a process dies: before its call is sent, or after AWS has carried it out."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Need:
    """A permission: `dynamodb:PutItem` on an ARN."""

    action: str
    resource: str


@dataclass(slots=True)
class Call:
    """One AWS call. Units are those of DynamoDB's on-demand price; `refused` is the error's code, if it had one."""

    function: str
    service: str
    operation: str
    needs: tuple[Need, ...]
    read_units: float = 0.0
    write_units: float = 0.0
    refused: str = ""

    @property
    def name(self) -> str:
        """`dynamodb:PutItem on table/oms-orders`, in short."""
        places = sorted({need.resource.split(":", 5)[-1] for need in self.needs})
        return f"{self.service}:{self.operation} on {', '.join(places)}"


class Recorder:
    """The calls since `clear`, and the one at which to die."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.needs: dict[str, set[Need]] = {}
        """By function, over the life of the process: what its role must allow."""
        self.violations: list[str] = []
        """Calls that DynamoDB would refuse though moto does not."""
        self._lock = threading.Lock()
        self._death: tuple[int, Moment] | None = None
        self._meeting: tuple[str, threading.Barrier] | None = None

    def clear(self) -> None:
        """Forget the calls so far, and any death that was planned."""
        self.calls.clear()
        self._death = None
        self._meeting = None

    def die_at(self, number: int, moment: Moment) -> None:
        """Kill the process at its call of this number, counted from 0 since `clear`; once."""
        self._death = (number, moment)

    def meet(self, operation: str, count: int) -> None:
        """Let the first `count` calls of an operation wait for each other, so that they are sent at the same time."""
        self._meeting = (operation, threading.Barrier(count, timeout=5))

    @property
    def death_is_due(self) -> bool:
        """Whether a planned death has not come yet."""
        return self._death is not None

    def before_call(self, model: Any, params: Json, context: Any, **_: Any) -> None:
        """Hook: a call is about to be sent. `params` is the request; ours are in `context`, put there earlier."""
        del params
        if not running.get():
            return
        arguments = context["oms_arguments"]
        service, operation = model.service_model.service_name, model.name
        with self._lock:
            call = Call(running.get(), service, operation, tuple(_needs(service, operation, arguments)))
            number = len(self.calls)
            self.calls.append(call)
            self.needs.setdefault(call.function, set()).update(call.needs)
            if service == "dynamodb":
                self.violations += strict.violations(operation, arguments)
            dies = self._death == (number, Moment.BEFORE)
            if dies:
                self._death = None
        context["oms_call"] = (number, call)
        if self._meeting is not None and self._meeting[0] == operation:
            self._wait_for_the_others(self._meeting[1])
        if dies:
            raise ProcessDied(f"before {call.name}")

    def _wait_for_the_others(self, barrier: threading.Barrier) -> None:
        # When all have met, or waited in vain for one, nobody waits any more.
        with suppress(threading.BrokenBarrierError):
            barrier.wait()
        self._meeting = None

    def arguments(self, params: Json, model: Any, context: Any, **_: Any) -> None:
        """Hook: the arguments of a call as the code gave them. A presigned URL makes no call, but needs a right."""
        context["oms_arguments"] = params
        if context.get("is_presign_request") and running.get():
            needed = set(_needs(model.service_model.service_name, model.name, params))
            with self._lock:
                self.needs.setdefault(running.get(), set()).update(needed)

    def after_call(self, http_response: Any, parsed: Json, context: Any, **_: Any) -> None:
        """Hook: AWS has answered; the code has not seen it yet."""
        number, call = context.pop("oms_call", (None, None))
        if call is None:
            return
        if http_response.status_code >= 300:
            call.refused = str(parsed.get("Error", {}).get("Code", http_response.status_code))
        if call.service == "dynamodb":
            call.read_units, call.write_units = capacity.units(call.operation, context["oms_arguments"], parsed)
        with self._lock:
            dies = self._death == (number, Moment.AFTER)
            if dies:
                self._death = None
        if dies:
            raise ProcessDied(f"after {call.name}")


@cache
def recorder() -> Recorder:
    """The process's recorder, hooked onto the functions' session at its first use."""
    made = Recorder()
    events = cloud.observed_session().events
    events.register("provide-client-params", made.arguments)
    events.register("before-call", made.before_call)
    events.register("after-call", made.after_call)
    return made


def _needs(service: str, operation: str, arguments: Json) -> Iterable[Need]:
    """What IAM must allow for a call, by the actions and resources of the service authorisation reference."""
    if service == "dynamodb":
        yield from _dynamodb_needs(operation, arguments)
    elif service == "sqs":
        action = operation.removesuffix("Batch")
        yield Need(f"sqs:{action}", queue_arn(name_in(arguments["QueueUrl"])))
    elif service == "sns":
        # A text message has no resource.
        yield Need(f"sns:{operation.removesuffix('Batch')}", arguments.get("TopicArn", "*"))
    elif service == "s3":
        key = arguments.get("Key")
        path = arguments["Bucket"] + (f"/{key}" if key else "")
        action = {"HeadObject": "GetObject", "ListObjectsV2": "ListBucket", "HeadBucket": "ListBucket"}.get(
            operation, operation
        )
        yield Need(f"s3:{action}", f"arn:aws:s3:::{path}")
    elif service == "secretsmanager":
        name = arguments.get("SecretId", arguments.get("Name", "*"))
        yield Need(f"secretsmanager:{operation}", f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}")
    elif service == "sesv2":
        prefix = f"arn:aws:ses:{REGION}:{ACCOUNT}"
        if "FromEmailAddress" in arguments:
            sender = arguments["FromEmailAddress"].rpartition("<")[2].rstrip(">")
            yield Need(f"ses:{operation}", f"{prefix}:identity/{sender}")
        if "ConfigurationSetName" in arguments:
            yield Need(f"ses:{operation}", f"{prefix}:configuration-set/{arguments['ConfigurationSetName']}")
    else:
        yield Need(f"{service}:{operation}", "*")


_IN_TRANSACTION = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}


def _dynamodb_needs(operation: str, arguments: Json) -> Iterable[Need]:
    prefix = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/"
    if "TransactItems" in arguments:
        for item in arguments["TransactItems"]:
            ((kind, part),) = item.items()
            yield Need(f"dynamodb:{_IN_TRANSACTION[kind]}", prefix + part["TableName"])
    elif "RequestItems" in arguments:
        for table in arguments["RequestItems"]:
            yield Need(f"dynamodb:{operation}", prefix + table)
    else:
        index = f"/index/{arguments['IndexName']}" if "IndexName" in arguments else ""
        yield Need(f"dynamodb:{operation}", prefix + arguments["TableName"] + index)


def save(path: Path, needs: Mapping[str, Iterable[Need]]) -> None:
    """Write what functions need: `{function: {action: [resource, …]}}`, sorted."""
    found: dict[str, dict[str, list[str]]] = {}
    for function in sorted(needs):
        for need in sorted(needs[function], key=lambda each: (each.action, each.resource)):
            found.setdefault(function, {}).setdefault(need.action, []).append(need.resource)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, indent=1) + "\n")


def load(path: Path) -> dict[str, set[Need]]:
    """Read what `save` wrote."""
    saved = json.loads(path.read_text())
    return {
        function: {Need(action, resource) for action, resources in actions.items() for resource in resources}
        for function, actions in saved.items()
    }
