"""A local cloud to run on: the one that runs, or one that lives only as long as it is needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from infra import local


@contextmanager
def a_cloud(screen: Console, *, keep: bool) -> Iterator[local.Cloud]:
    """The local cloud that runs; else one that is ended afterwards, unless it is to be kept."""
    running = local.current()
    if running:
        screen.print(f"using the local cloud that runs at {running.endpoint_url}")
        yield running
        return
    with screen.status("starting a local cloud") as status:
        cloud = local.up(say=status.update if screen.is_terminal else screen.print)
    try:
        yield cloud
    finally:
        if not keep:
            local.down(say=lambda _: None)
