"""Secrets of carriers and aggregators, as those who set them up write them and are shown which there are."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from oms.carriers.account import CarrierAccount
from oms.carriers.keys import OF_AGGREGATORS, CarrierSecretsForm, credentials_of
from oms.carriers.names import DEFAULT
from oms.channels.keys import WEBHOOK_SECRET
from oms.platform import channel_keys, setup
from oms.platform.secrets import carrier_secret


def keep(carrier: str, form: CarrierSecretsForm) -> None:
    """Store what was sent; what was not sent stays.

    Raises:
        NotFound: there is neither an account nor an aggregator of this name.
        InvalidInput: it takes no key of a name that was sent.
        Conflict: somebody else gave the same names other values at the same moment; theirs stay.
    """
    channel_keys.keep(carrier_secret(carrier), form.secrets(_taken(carrier)))


def known(carrier: str) -> dict[str, Any]:
    """Which secrets are set, and since when; see `CarrierSecrets`.

    Raises:
        NotFound: there is neither an account nor an aggregator of this name.
    """
    names = (WEBHOOK_SECRET, *_taken(carrier))
    found = channel_keys.known(carrier_secret(carrier), names)
    return {"carrier": carrier, "secrets": {name: asdict(each) for name, each in found.items()}}


def _taken(carrier: str) -> tuple[str, ...]:
    """Names of the keys that it takes, beside the webhook's secret."""
    if carrier == DEFAULT:
        return ()
    if carrier in OF_AGGREGATORS:
        return OF_AGGREGATORS[carrier]
    return credentials_of(setup.stored(CarrierAccount, carrier).value.platform)
