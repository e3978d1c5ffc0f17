"""Karrio as a translator: its mappers turn our shipments into each carrier's requests, and answers into values.

Its own HTTP is not used. It has no timeout, follows redirects with the keys in the header, hides the status of an
answer, and keeps every request, addresses included, in memory. Loading it also switches the checking of certificates
off for everything in the process that opens TLS by urllib; that is put back here. Requests go over `oms.wire`.

The gateway (`karrio.sdk`), which looks for plugins in all installed packages, is not loaded: only the mapper, the
settings and the models of one carrier. That takes 0.9 to 1.4 seconds with bytecode, once per process.
"""

from __future__ import annotations

import os
import ssl
import warnings
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from typing import Any, TypeVar

from oms.errors import InvalidInput

Result = TypeVar("Result")

MAX_WORDS = 300
"""Characters of what a carrier says that are passed on."""


@cache
def library(platform: str) -> Any:
    """`karrio.mappers.<platform>`: its `Mapper` and `Settings`."""
    return part(f"mappers.{platform}")


@cache
def part(name: str) -> Any:
    """A module of Karrio's, by its name within the package."""
    os.environ.setdefault("KARRIO_LOG_LEVEL", "CRITICAL")
    checked = ssl._create_default_https_context  # noqa: SLF001 - it is what Karrio overwrites
    try:
        with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # it imports PyPDF2
            module = import_module(f"karrio.{name}")
    finally:
        ssl._create_default_https_context = checked  # noqa: SLF001
    import_module("loguru").logger.remove()
    # Some parsers fetch a further document by themselves. What they need stands in the answer, or is not needed.
    library: Any = import_module("karrio.lib")
    library.request = _no_network
    return module


def mapper(platform: str, settings: Mapping[str, Any]) -> Any:
    """The translator for an account."""
    module = library(platform)
    return module.Mapper(module.Settings(**settings))


def models() -> Any:
    """The values that mappers take."""
    return part("core.models")


def translated(make: Callable[[], Result]) -> Result:
    """What a mapper makes of our values.

    Raises:
        InvalidInput: it lacks something that the carrier needs; names it.
    """
    errors = part("core.errors")
    try:
        return make()
    except errors.FieldError as error:
        named = ", ".join(str(name) for name in error.details)
        raise InvalidInput(f"the carrier needs {named}", path=named) from None
    except errors.ShippingSDKError as error:
        raise InvalidInput(f"the carrier does not take this: {error}"[:MAX_WORDS]) from None


def read(body: object, parse: Callable[[Any], tuple[Any, list[Any]]], ctx: Mapping[str, Any]) -> tuple[Any, list[str]]:
    """What a parser makes of an answer, and what the carrier says that is more than a note."""
    lib = part("lib")
    details, messages = parse(lib.Deserializable(body, lambda same: same, dict(ctx)))
    return details, words(messages)


def words(messages: list[Any]) -> list[str]:
    """The carrier's errors as texts: `CODE: message`."""
    errors = [each for each in messages if getattr(each, "level", None) in {None, "error"}]
    return [": ".join(part for part in (str(each.code or ""), str(each.message or "")) if part) for each in errors]


def _no_network(*_: object, **__: object) -> None:
    raise ConnectionError("Karrio opens no connections here")
