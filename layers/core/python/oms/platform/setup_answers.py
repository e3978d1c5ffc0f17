"""How a value of set-up is written and shown, whatever it is."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from oms.platform.http import App, expected_version, ok

if TYPE_CHECKING:
    from chalice.app import Response

    from oms.platform.setup import SetUp


def put_value(app: App, value: SetUp) -> Response:
    """Create or replace it, under `If-Match` if the caller knows a version: 201 when it is new."""
    from oms.platform.setup import Outcome, put

    written = put(value, expected_version=expected_version(app))
    status = 201 if written.outcome is Outcome.CREATED else 200
    return ok({**asdict(written.value or value), "version": written.version}, status=status, version=written.version)


def get_value(of: type[SetUp], value_id: str) -> Response:
    """It as it stands, with its version."""
    from oms.platform.setup import stored

    read = stored(of, value_id)
    return ok({**asdict(read.value), "version": read.version}, version=read.version)
