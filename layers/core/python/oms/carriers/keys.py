"""The secrets of carriers and of those who watch parcels for them: what each takes beside `webhook_secret`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from oms.carriers.account import KEYS, CarrierPlatform
from oms.carriers.names import AGGREGATORS
from oms.errors import InvalidInput

BESIDE: Mapping[CarrierPlatform, tuple[str, ...]] = {CarrierPlatform.FEDEX: ("track_api_key", "track_secret_key")}
"""Keys that a carrier may have more than its account needs."""

OF_AGGREGATORS: Mapping[str, tuple[str, ...]] = {**dict.fromkeys(AGGREGATORS, ()), "shippo": ("webhook_token",)}


def credentials_of(platform: CarrierPlatform) -> tuple[str, ...]:
    """Names of the keys by which a carrier's API lets us in."""
    return (*KEYS[platform], *BESIDE.get(platform, ()))


class CarrierSecretsForm(BaseModel):
    """Secrets of a carrier or an aggregator: written, and never read."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, use_attribute_docstrings=True)

    webhook_secret: Annotated[SecretStr, Field(min_length=8, max_length=500)] | None = None
    """Signs webhooks to `/carriers/{carrier}/webhooks`. Without it, the one of before stays, and after a new one for
    another day."""
    credentials: Annotated[
        dict[str, Annotated[SecretStr, Field(min_length=1, max_length=4000)] | None], Field(max_length=20)
    ] = Field(default_factory=dict)
    """The keys of the carrier's API by their names. What is not named stays; null removes."""

    def secrets(self, taken: tuple[str, ...]) -> dict[str, str | None]:
        """What was sent, by name; None for one that is to be taken away. `taken` are the names that there are.

        Raises:
            InvalidInput: another was sent.
        """
        if wrong := [name for name in self.credentials if name not in taken]:
            known = ", ".join(taken) or "none"
            raise InvalidInput(f"no credential {', '.join(wrong)[:100]} is taken; known: {known}", path="credentials")
        given = {"webhook_secret": self.webhook_secret} if self.webhook_secret is not None else {}
        return {
            name: None if value is None else value.get_secret_value()
            for name, value in (given | self.credentials).items()
        }
