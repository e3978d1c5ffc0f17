"""The stages' Lambda functions, run in process: each with its own environment, memory and module, as Lambda has it."""

from __future__ import annotations

import importlib.util
import json
import logging
import os
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import AmazonCloudWatchEMFProvider

from oms.platform import cache, config, observability
from tests.support.recorder import ProcessDied, running
from tests.support.template import ACCOUNT, REGION, Template

FUNCTIONS = Path(__file__).parents[2] / "functions"

OWN_VARIABLES = ("OMS_", "POWERTOOLS_", "PYDANTIC_", "AWS_LAMBDA_")
"""Prefixes of the variables that a function gets from the template or from Lambda, and from nowhere else."""

Handler = Callable[[dict[str, Any], Any], Any]


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the template: `stage` is its folder, `entry` the name in its `app.py`."""

    logical_id: str
    name: str
    stage: str
    entry: str
    environment: Mapping[str, str]

    @property
    def arn(self) -> str:
        """The function's ARN."""
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{self.name}"


@dataclass(frozen=True, slots=True)
class Context:
    """What Lambda tells a handler about its invocation."""

    function_name: str
    aws_request_id: str
    function_version: str = "$LATEST"
    memory_limit_in_mb: int = 512
    remaining: int = 30_000

    @property
    def invoked_function_arn(self) -> str:
        """The function's ARN."""
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the time limit; the tests' clock stands still."""
        return self.remaining


def functions_of(template: Template) -> dict[str, Function]:
    """The template's functions by logical id."""
    found = {}
    for logical_id, properties in template.of_type("AWS::Serverless::Function", "AWS::Lambda::Function").items():
        environment = properties.get("Environment", {}).get("Variables", {})
        found[logical_id] = Function(
            logical_id=logical_id,
            name=template.name_of(logical_id),
            stage=environment.get("POWERTOOLS_SERVICE_NAME", ""),
            entry=properties["Handler"].rpartition(".")[2],
            environment={key: str(value) for key, value in environment.items()},
        )
    return found


class _Chalicelib(MetaPathFinder):
    """Finds the package `chalicelib` of the stage that is being loaded: every stage has one of that name.

    On AWS each is on a path of its own. Here the path is left alone, since other threads may be importing along it.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.folder = FUNCTIONS

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """The package itself; what is in it is then found by its own path."""
        del path, target
        package = self.folder / "chalicelib"
        if fullname != "chalicelib" or not package.is_dir():
            return None
        return importlib.util.spec_from_file_location(
            fullname, package / "__init__.py", submodule_search_locations=[str(package)]
        )


_chalicelib = _Chalicelib()
sys.meta_path.insert(0, _chalicelib)


def load_app_module(stage: str) -> ModuleType:
    """A new module of a stage's `app.py`, with new modules of its `chalicelib`: files of one name in every stage."""
    name = f"oms_test_{stage}_{threading.get_ident()}"
    spec = importlib.util.spec_from_file_location(name, FUNCTIONS / stage / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with _chalicelib.lock:
        _chalicelib.folder = FUNCTIONS / stage
        sys.modules[name] = module
        try:
            _forget_chalicelib()
            spec.loader.exec_module(module)
        finally:
            _forget_chalicelib()
            _chalicelib.folder = FUNCTIONS
    return module


def _forget_chalicelib() -> None:
    for name in list(sys.modules):
        if name.partition(".")[0] == "chalicelib":
            del sys.modules[name]


def _one_at_a_time(owner: type[Any], *names: str) -> None:
    """Let threads use these methods in turn: on AWS each has a process, and with it its metrics, for itself."""
    lock = threading.RLock()

    def guarded(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            with lock:
                if method.__name__ == "flush_metrics" and not arguments[0].metric_set:
                    return None  # another thread has written them since this one looked
                return method(*arguments, **named)

        return call

    for name in names:
        setattr(owner, name, guarded(getattr(owner, name)))


_one_at_a_time(AmazonCloudWatchEMFProvider, "add_metric", "flush_metrics")


class Runtime:
    """Runs functions. One process stands for all of them, so what one remembers is forgotten before another runs.

    With `always_cold`, each invocation begins as in a fresh process: it makes the same calls whatever ran before.
    """

    def __init__(self, *, always_cold: bool = False) -> None:
        self.always_cold = always_cold
        self.invocations: list[str] = []
        """The name of each function that ran, in order."""
        self._last = ""
        self._stages: set[str] = set()
        self._modules = threading.local()
        self._toys: dict[str, Handler] = {}
        self._lock = threading.Lock()

    def use(self, entry: str, handler: Handler) -> None:
        """Run `handler` where a function with this entry is asked for: for tests of the pumps themselves."""
        self._toys[entry] = handler

    def invoke(self, function: Function, event: Mapping[str, Any]) -> Any:
        """The answer of a function to an event; both pass through JSON, as on AWS.

        Raises:
            Exception: whatever the handler raised. `ProcessDied` loses all that the process remembered.
        """
        with self._lock:
            if self._last != function.name or self.always_cold:
                self.forget()
                _set_environment(function)
                self._stages.add(function.stage)
                self._last = function.name
                # Made here, one at a time: threads that stand for processes would make one logger together.
                observability.logger()
                observability.metrics()
            self.invocations.append(function.name)
            number = len(self.invocations)
        token = running.set(function.logical_id)
        try:
            context = Context(function.name, f"request-{number}")
            return json.loads(json.dumps(self._handler(function)(json.loads(json.dumps(event)), context)))
        except ProcessDied:
            self.forget()
            self._modules.__dict__.clear()
            raise
        finally:
            running.reset(token)

    def forget(self) -> None:
        """Lose everything that a process keeps between invocations, but not its connections."""
        cache.forget_all()
        for each in (config.settings, observability.logger, observability.metrics):
            each.cache_clear()
        for stage in self._stages:
            # Powertools keeps its handler, and with it the output of the moment when it was made.
            logger = logging.getLogger(stage)
            logger.handlers.clear()
            for mark in ("init", "powertools_handler"):
                logger.__dict__.pop(mark, None)
        self._last = ""

    def _handler(self, function: Function) -> Handler:
        if function.entry in self._toys:
            return self._toys[function.entry]
        modules: dict[str, ModuleType] = self._modules.__dict__
        if function.stage not in modules:
            modules[function.stage] = load_app_module(function.stage)
        handler: Handler = getattr(modules[function.stage], function.entry)
        return handler


def _set_environment(function: Function) -> None:
    for name in [name for name in os.environ if name.startswith(OWN_VARIABLES)]:
        del os.environ[name]
    os.environ.update(function.environment)
    os.environ["AWS_LAMBDA_FUNCTION_NAME"] = function.name
