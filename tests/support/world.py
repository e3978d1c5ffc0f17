"""A whole stack in one process: the template's resources on moto, its functions, API Gateway, and pumps between them.

with World() as world:
    world.http("POST", "/stock/adjustments", {...}, key="stock:write")
    world.settle()
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from unittest.mock import patch

from oms.platform.aws import forget_clients
from tests.support import cloud, outside
from tests.support.chaos import Chaos
from tests.support.clock import StepClock
from tests.support.functions import Function, Runtime, functions_of
from tests.support.gateway_api import CRASHED, NO_ROUTE, Answer, Api, answer_of
from tests.support.pumps import CALM, Failure, Pump, mappings, pump
from tests.support.recorder import ProcessDied, Recorder, recorder
from tests.support.template import STACK, Template

PARAMETERS = {
    "Stack": STACK,
    "MailSender": "orders@shop.example",
    "PublicUrl": "https://orders.shop.example/v1",
    # A few countries with a few places: building the real data set takes 20 seconds.
    "GeoData": str(Path(__file__).parent / "geo"),
}

PATIENCE = 5000
"""Steps of all pumps together before the world must have settled."""

TOGETHER = 0.1
"""Seconds within which messages wake at once: those of a batch were put back one by one, in the machine's own time."""

LONGEST_WAIT = 6 * 3600
"""Seconds of the world's time after which whatever still comes back is stuck."""


class Stuck(AssertionError):
    """The world did not come to rest; says what still moves and why it fails."""


@cache
def stack() -> Template:
    """The stack's own template, composed once per process."""
    from infra.compose import compose

    return Template(compose(), PARAMETERS)


class World:
    """See the module. `template` is the stack's own unless a test of the support brings a smaller one."""

    def __init__(self, template: Template | None = None, *, chaos: Chaos = CALM, always_cold: bool = False) -> None:
        self.template = template or stack()
        self.cloud = cloud.Cloud(self.template)
        self.functions: dict[str, Function] = functions_of(self.template)
        self.api = Api(self.template, self.functions)
        self.runtime = Runtime(always_cold=always_cold)
        self.clock = StepClock()
        self.recorder: Recorder = recorder()
        self.chaos = chaos
        self.keys: dict[str, str] = {}
        self.pumps: list[Pump] = []
        self.stages: frozenset[str] = frozenset()
        """The stages whose pumps run from the next `begin` on; all of them when it is empty."""
        self.crashes: list[BaseException] = []
        """What functions raised while they answered HTTP calls."""
        self.failures_expected = False
        """Set by a test that makes functions fail on purpose."""
        self.charges: dict[str, str] = {}
        """What the payment gateway was asked for, by idempotency key: `capture 1990 EUR`."""
        self.gate = outside.Gate()
        self.labels: dict[str, int] = {}
        """What the carrier was asked for: parcels' grams by idempotency key."""
        self._opened = ExitStack()
        self.requests = 0

    def __enter__(self) -> Self:
        with ExitStack() as opened:
            opened.enter_context(patch.dict(os.environ, cloud.ENVIRONMENT))
            opened.enter_context(outside.observed(self.charges, self.labels, self.recorder.violations, self.gate))
            self.cloud.start()
            opened.callback(self.cloud.stop)
            self.clock.install()
            opened.callback(self.clock.uninstall)
            forget_clients()
            opened.callback(forget_clients)
            opened.callback(self.runtime.forget)
            self.recorder.violations.clear()
            self.begin()
            self._opened = opened.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._opened.close()
        if error is None:
            assert not self.recorder.violations, "would be refused outside:\n" + "\n".join(self.recorder.violations)

    def begin(self) -> None:
        """Start with functions that remember nothing, and pumps at the beginning of their streams."""
        self.recorder.clear()
        self.gate.clear()
        self.crashes.clear()
        self.runtime.forget()
        self.runtime.invocations.clear()
        self.pumps = [
            pump(settings, self.runtime.invoke, self.cloud.client("sqs"), self.chaos)
            for settings in mappings(self.template, self.functions)
            if not self.stages or settings.function.stage in self.stages
        ]

    def name(self, logical_id: str) -> str:
        """The physical name of a resource: `world.name("OrdersTable")`."""
        return self.template.name_of(logical_id)

    @contextmanager
    def inside(self, logical_id: str) -> Iterator[None]:
        """Be within a function's environment, to use the platform directly; its calls are the test's, not recorded."""
        with patch.dict(os.environ, self.functions[logical_id].environment):
            self.runtime.forget()
            yield
        self.runtime.forget()

    def bearer(self, scope: str) -> str:
        """A key with one scope, issued at its first use."""
        if scope not in self.keys:
            from oms.platform.keys import issue

            with self.inside(next(iter(self.functions))):
                self.keys[scope], _ = issue(f"test {scope}", [scope])
        return self.keys[scope]

    def http(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
        key: str | None = None,
        insist: bool = False,
    ) -> Answer:
        """Call the API. `body` is sent as it is when it is bytes, as JSON otherwise; `key` names a bearer key's scope.

        With `insist` the call is repeated, as a careful client does, while the answer is one of a server in trouble.
        """
        found = self.api.find(method, path)
        if found is None:
            return NO_ROUTE
        route, parameters = found
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        sent = {"Content-Type": "application/json", "Accept": "*/*", **(headers or {})}
        if key is not None:
            sent["Authorization"] = f"Bearer {self.bearer(key)}"
        for _ in range(6 if insist else 1):
            self.requests += 1
            event = self.api.event(route, parameters, path, sent, raw, f"call-{self.requests}")
            try:
                answer = answer_of(self.runtime.invoke(route.function, event))
            except (Exception, ProcessDied) as error:  # noqa: BLE001 - whatever a function raises, the caller gets a 502
                self.crashes.append(error)
                answer = CRASHED
            if answer.status < 500:
                break
        return answer

    def tick(self) -> None:
        """Run everything that the template lets the clock run, once, as the rules do each minute."""
        for rule in self.template.of_type("AWS::Events::Rule").values():
            for target in rule["Targets"]:
                function = next(each for each in self.functions.values() if each.arn == target["Arn"])
                self.runtime.invoke(function, {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}})

    def wait(self, seconds: float) -> None:
        """Let time pass, and everything happen that it brings."""
        self.clock.wait(seconds)
        self.tick()
        self.settle()

    def step(self) -> bool:
        """One batch of one pump, if any has something to do."""
        return any(each.step() for each in self.chaos.any_order(self.pumps))

    def settle(self, *, wait: bool = True) -> None:
        """Run all pumps until nothing is left; with `wait`, time passes for what is delayed or in flight.

        Raises:
            Stuck: something keeps coming back.
        """
        began, steps = self.clock.instant, 0
        while True:
            while self.step():
                steps += 1
                if steps > PATIENCE:
                    raise Stuck(f"still busy after {steps} steps: {self._left()}")
            due = self._next_due() if wait else None
            if due is None and wait and any(each.waiting() for each in self.pumps):
                # A message woke between the last look at its queue and the look for sleepers.
                steps += 1
                if steps > PATIENCE:
                    raise Stuck(f"left over: {self._left()}")
                continue
            if due is None:
                break
            self.clock.wait(max(0.0, due))
            if (self.clock.instant - began).total_seconds() > LONGEST_WAIT:
                raise Stuck(f"not at rest after {LONGEST_WAIT} s of its time: {self._left()}")

    def _next_due(self) -> float | None:
        """Wake the messages that are next, delayed or in flight; the seconds until then. None when there are none."""
        sleeping: list[tuple[float, Any]] = []
        for each in self.pumps:
            if each.settings.of_stream:
                continue
            queue = cloud.queue(each.settings.source)
            for message in queue._messages:
                seconds = cloud.sleeps(message)
                if seconds is not None:
                    sleeping.append((seconds, message))
        if not sleeping:
            return None
        soonest = min(seconds for seconds, _ in sleeping)
        for seconds, message in sleeping:
            cloud.let_pass(message, soonest) if seconds > soonest + TOGETHER else cloud.wake(message)
        return soonest

    def _left(self) -> str:
        busy = [f"{each.settings.logical_id} has {each.waiting()}" for each in self.pumps if each.waiting()]
        last = [repr(failure) for failure in self.failures[-3:]]
        return "; ".join(busy) + (" — last failures: " + ", ".join(last) if last else "")

    @property
    def failures(self) -> list[Failure]:
        """Every batch, or part of one, that failed so far."""
        return [failure for each in self.pumps for failure in each.failures]

    def depth(self, logical_id: str) -> int:
        """How many messages a queue holds, as its alarm counts them."""
        answer = self.cloud.client("sqs").get_queue_attributes(
            QueueUrl=self.template.ref(logical_id), AttributeNames=["ApproximateNumberOfMessages"]
        )
        return int(answer["Attributes"]["ApproximateNumberOfMessages"])

    def items(self, logical_id: str) -> list[dict[str, Any]]:
        """All items of a table, as plain values."""
        return list(cloud.items(self.name(logical_id)))

    def eventually(self, ask: Callable[[], Answer], wanted: Iterable[int] = (200,)) -> Answer:
        """Settle, then ask; the answer must have one of the wanted statuses."""
        self.settle()
        answer = ask()
        assert answer.status in set(wanted), answer
        return answer
