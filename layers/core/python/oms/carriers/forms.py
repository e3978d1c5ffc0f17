"""Accounts with carriers as callers send them, checked field by field."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from oms.carriers.account import CarrierAccount, CarrierPlatform
from oms.carriers.customs import Incoterm
from oms.carriers.names import DEFAULT, LabelFormat
from oms.errors import InvalidInput

Service = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,100}$")]


class CarrierAccountForm(BaseModel):
    """An account with a carrier. Its credentials are the secret `carriers/<carrier>`."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, use_attribute_docstrings=True)

    platform: CarrierPlatform
    """Whose account it is."""
    account_number: Annotated[str, Field(min_length=1, max_length=50)]
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    """Of the account, ISO 3166-1 alpha-2."""
    default_service: Service
    """What is bought when nothing else is said and nothing is compared: `fedex_ground`."""
    services: Annotated[
        dict[Annotated[str, Field(min_length=1, max_length=100)], Annotated[tuple[Service, ...], Field(min_length=1)]],
        Field(max_length=100),
    ] = Field(default_factory=dict)
    """By a shipping service as channels name it, the carrier's services that keep it, the preferred one first; under
    `*` those for any other."""
    label_format: LabelFormat = LabelFormat.PDF
    """For locations that do not say what their printers take."""
    incoterm: Incoterm = Incoterm.DAP
    """Who pays duties and taxes where the channel does not say."""
    test: bool = False
    """The carrier's own place for trying: its labels carry nothing."""
    url: Annotated[str, Field(max_length=500, pattern=r"^(https?://[^\s/]+(/[^\s]*[^\s/])?)?$")] = ""
    """Another place that answers as the carrier does: a stand-in. Plain http only on the local cloud."""
    poll: bool = True
    """Whether it is asked for parcels of which nothing was heard for hours."""
    active: bool = True
    """Nothing is bought with an inactive account; its parcels are still followed."""

    def value(self, carrier: str) -> CarrierAccount:
        """The account.

        Raises:
            InvalidInput: the simulated carrier has none.
        """
        if carrier == DEFAULT:
            raise InvalidInput(f"{DEFAULT!r} needs no account", path="carrier")
        return CarrierAccount(carrier=carrier, **self.model_dump())
