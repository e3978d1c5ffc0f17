"""A merchant's account with a carrier: what is set up of it; `oms.carriers.access` makes a `Carrier` of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from oms.carriers.customs import Incoterm
from oms.carriers.names import LabelFormat


class CarrierPlatform(StrEnum):
    """The carriers that there is code for, beside the simulated one, which needs no account."""

    FEDEX = "fedex"
    UPS = "ups"
    DHL_EXPRESS = "dhl_express"


KEYS: Mapping[CarrierPlatform, tuple[str, ...]] = {
    CarrierPlatform.FEDEX: ("api_key", "secret_key"),
    CarrierPlatform.UPS: ("client_id", "client_secret"),
    CarrierPlatform.DHL_EXPRESS: ("site_id", "password"),
}
"""What the secret `carriers/<carrier>` must have; `oms.carriers.keys` says what it may have beside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierAccount:
    """An account. Its credentials are not here: see `KEYS` and `oms.platform.secrets`."""

    carrier: str
    """The id in URLs, references and secrets; a merchant may have several accounts with one carrier."""
    platform: CarrierPlatform
    account_number: str
    country: str
    """Of the account, ISO 3166-1 alpha-2."""
    default_service: str
    """What is bought when nothing else is said and nothing is compared: `fedex_ground`."""
    services: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By a shipping service as channels name it, the carrier's services that keep it, the preferred one first.

    Under `*` those for any other; without it the default one alone.
    """
    label_format: LabelFormat = LabelFormat.PDF
    incoterm: Incoterm = Incoterm.DAP
    """Who pays duties and taxes where the channel does not say."""
    test: bool = False
    """The carrier's own place for trying: its labels carry nothing."""
    url: str = ""
    """Another place that answers as the carrier does: a stand-in."""
    poll: bool = True
    """Whether it is asked for parcels of which nothing was heard for hours."""
    active: bool = True
    """Nothing is bought with an inactive account; its parcels are still followed."""

    def services_for(self, shipping_service: str) -> tuple[str, ...]:
        """The services that may be bought for what the customer chose, the preferred one first."""
        found = self.services.get(shipping_service) or self.services.get("*")
        return tuple(found) if found else (self.default_service,)
