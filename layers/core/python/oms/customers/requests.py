"""What can be asked of customers, as the bodies of the API's calls."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

MAX_SPLIT = 25
"""Orders that one call takes out of a history: the rows and signs must fit into one transaction."""

OrderId = Annotated[str, Field(min_length=1, max_length=64)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, use_attribute_docstrings=True)


class FindCustomers(_Body):
    """By what to look for customers: one of mail address, phone number, or account in a channel."""

    email: Annotated[str, Field(max_length=254)] = ""
    phone: Annotated[str, Field(max_length=50)] = ""
    """With the country's code: `+39 0471 123456`."""
    channel: Annotated[str, Field(max_length=64)] = ""
    external_id: Annotated[str, Field(max_length=200)] = ""
    """The channel's own id of the customer."""

    @model_validator(mode="after")
    def _one(self) -> FindCustomers:
        if sum(map(bool, (self.email, self.phone, self.external_id))) != 1 or bool(self.channel) != bool(
            self.external_id
        ):
            raise ValueError("give one of email, phone, or channel with external_id")
        return self


class WriteNote(_Body):
    """What staff want to remember of a customer."""

    text: Annotated[str, Field(min_length=1, max_length=2000)]


class MergeCustomers(_Body):
    """Another customer who is the same person."""

    other: Annotated[str, Field(min_length=1, max_length=64)]


class SplitCustomer(_Body):
    """Orders that are another person's."""

    order_ids: Annotated[list[OrderId], Field(min_length=1, max_length=MAX_SPLIT)]
