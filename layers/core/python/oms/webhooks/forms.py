"""What callers send about webhooks, checked field by field."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from oms.orders.codec import EVENT_TYPES
from oms.setup import ID_PATTERN
from oms.webhooks.subscription import Subscription
from oms.webhooks.target import MAX_URL


def _event(name: str) -> str:
    if name not in EVENT_TYPES:
        raise ValueError(f"there is no event {name!r}; docs/webhooks.md lists them")
    return name


class SubscriptionForm(BaseModel):
    """An endpoint that is told of events."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    url: Annotated[str, Field(min_length=1, max_length=MAX_URL)]
    """Where events are posted: HTTPS, on the open internet."""
    description: Annotated[str, Field(max_length=200)] = ""
    events: Annotated[list[Annotated[str, AfterValidator(_event)]], Field(max_length=200)] = []
    """Types of events that it is told of; empty for all."""
    channels: Annotated[list[Annotated[str, Field(pattern=ID_PATTERN)]], Field(max_length=200)] = []
    """Channels whose orders it is told of; empty for all."""
    active: bool = True
    """What happens while it is not active, it is never told of. Sending this again revives one that was given up."""

    def value(self, subscription_id: str) -> Subscription:
        """The subscription under its id."""
        return Subscription(
            subscription_id=subscription_id,
            url=self.url,
            description=self.description,
            events=tuple(sorted(set(self.events))),
            channels=tuple(sorted(set(self.channels))),
            active=self.active,
        )


class Replay(BaseModel):
    """Events of a time, to be sent once more."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, use_attribute_docstrings=True)

    since: Annotated[AwareDatetime, Field(alias="from")]
    """Events that happened at or after this moment."""
    until: Annotated[AwareDatetime, Field(alias="to")]
    """Events that happened at or before this moment."""
    failed_only: bool = True
    """Only what never arrived; false sends all that this subscription was told of once more."""

    @model_validator(mode="after")
    def _ordered(self) -> Replay:
        if self.until < self.since:
            raise ValueError("to: before from")
        return self

    @property
    def moments(self) -> tuple[datetime, datetime]:
        """The first and the last."""
        return self.since, self.until
