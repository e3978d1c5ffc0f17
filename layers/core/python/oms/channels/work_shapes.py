"""The shapes of what the API answers about the work that channels make."""

from __future__ import annotations

import sys

from oms.channels.work import WorkKind

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:  # pydantic, which makes the API document of these, asks for the newer one
    from typing_extensions import TypedDict


class WorkResource(TypedDict):
    """Something in a channel that somebody has to look at."""

    work_id: str
    channel_id: str
    kind: WorkKind
    external_id: str
    """The channel's id of the order, or a file's name; empty when it is about the channel as a whole."""
    problem: str
    since: str
    last_at: str
    """When it last said something new."""
    times: int
    """How often it did."""
    closed_at: str | None
    closed_by: str | None


class WorkPage(TypedDict):
    """Work of a channel. A page may have fewer than were asked for; `cursor` is null on the last."""

    work: list[WorkResource]
    cursor: str | None


class FoundResource(TypedDict):
    """What a comparison found, in numbers of orders; each is work of the channel."""

    listed: int
    """Orders that the channel has of the time."""
    missed: int
    """Of these, those that never reached us. They were captured."""
    differing: int
    missing_there: int
    """Orders that we have and the channel has not."""


class ComparisonResource(TypedDict):
    """A comparison of a channel with us."""

    run_id: str
    channel_id: str
    since: str
    until: str
    state: str
    """`listing`, `checking`, `done`, or `given_up` when the platform did not let us go on."""
    started_at: str
    finished_at: str | None
    found: FoundResource
