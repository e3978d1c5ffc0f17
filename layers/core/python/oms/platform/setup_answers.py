"""How a value of set-up is written and shown, whatever it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from oms.platform.http import App, expected_version, ok

if TYPE_CHECKING:
    from chalice.app import Response

    from oms.platform.setup_items import SetUp


def put_value(app: App, value: SetUp, beside: Callable[[], Mapping[str, Any]] = dict) -> Response:
    """Create or replace it, under `If-Match` if the caller knows a version: 201 when it is new.

    `beside` does what is to be done once it is written, and says what is shown with it.
    """
    from oms.platform.setup import Outcome, put

    written = put(value, expected_version=expected_version(app))
    status = 201 if written.outcome is Outcome.CREATED else 200
    more = beside()
    shown = {**asdict(written.value or value), **more, "version": written.version}
    return ok(shown, status=status, version=written.version)


def get_value(of: type[SetUp], value_id: str, beside: Callable[[], Mapping[str, Any]] = dict) -> Response:
    """It as it stands, with its version, and with what is shown beside it."""
    from oms.platform.setup import stored

    read = stored(of, value_id)
    return ok({**asdict(read.value), **beside(), "version": read.version}, version=read.version)
