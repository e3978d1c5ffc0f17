"""What callers send about channels that are read, checked field by field."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from oms.channels.comparing import LONGEST


class Compare(BaseModel):
    """The time over whose orders a channel is to be compared with us."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, use_attribute_docstrings=True)

    since: Annotated[AwareDatetime, Field(alias="from")]
    """Orders that were placed or changed at or after this moment."""
    until: Annotated[AwareDatetime, Field(alias="to")]
    """Orders of ours that were placed at or before this moment are looked for in the channel."""

    @model_validator(mode="after")
    def _bounded(self) -> Compare:
        if self.until < self.since:
            raise ValueError("to: before from")
        if self.until - self.since > LONGEST:
            raise ValueError(f"to: more than {LONGEST.days} days after from")
        return self
