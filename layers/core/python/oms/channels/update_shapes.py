"""What an operator sees of what a channel is still to be told, and asks for: as JSON of the API."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from oms.ids import MAX_SKU


class WaitingUpdateResource(TypedDict):
    """An order of which its channel is to be told something. Times are RFC 3339."""

    order_id: str
    status: str
    """`pending` is told by itself, `stuck` waits for a person."""
    since: str
    next_at: str | None
    """When it is tried next; null when it waits for a person."""
    attempts: int
    kind: str | None
    """What could not be told yet: `shipment`, `cancellation`, `refund`; null when nobody tried."""
    key: str | None
    problem: str
    """The platform's words, or ours."""
    tried_at: str | None
    handed_in: str | None
    """How far it is with what the platform does in its own time, in the platform's terms; null when it has nothing."""
    handed_in_at: str | None


class ChannelUpdatesResource(TypedDict):
    """How a channel's platform answers, and a page of the orders of which it is to be told."""

    channel_id: str
    state: str
    """`up`, or `down` while it does not answer and is only probed."""
    failures: int
    """In a row."""
    failing_since: str | None
    probe_at: str | None
    """When it is tried next, while it is down."""
    problem: str
    """What was said when it failed last."""
    per_minute: int
    """How many things it is told in a minute at the most."""
    updates: list[WaitingUpdateResource]
    cursor: str | None


class Retried(TypedDict):
    """How many orders are tried anew, and whether there may be more: call again."""

    retried: int
    more: bool


class ChannelLevelResource(TypedDict):
    """A level of stock on its way to a channel, or one that its platform would not take."""

    sku: str
    available: int
    at: str
    """When it was worked out."""
    problem: str
    """The platform's words; empty while it waits."""


class ChannelLevelsResource(TypedDict):
    """A page of levels, by sku."""

    channel_id: str
    levels: list[ChannelLevelResource]
    cursor: str | None


class ResyncAsked(TypedDict):
    """Levels are worked out anew and told, those of `skus` or all."""

    skus: list[str] | None


class Resync(BaseModel):
    """What is to be told anew: these skus, or everything that there is stock of."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    skus: Annotated[list[Annotated[str, Field(min_length=1, max_length=MAX_SKU)]], Field(max_length=100)] = Field(
        default_factory=list
    )


class Skipped(TypedDict):
    """The key of what is not told."""

    skipped: str


class SkipUpdate(BaseModel):
    """Something is not to be told: `key` as it is shown, `reason` in somebody's words, for the order's log."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    key: Annotated[str, Field(min_length=1, max_length=200)]
    reason: Annotated[str, Field(min_length=1, max_length=500)]
