"""An account with a carrier in use: with its keys and the network, and the `Carrier` that comes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field

from oms.carriers.account import CarrierAccount, CarrierPlatform
from oms.carriers.protocol import Carrier
from oms.clock import Clock
from oms.wire import Http, Token


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """An account with all that is needed to use it; `tokens` outlives the call."""

    account: CarrierAccount
    secret: Mapping[str, str]
    http: Http
    clock: Clock
    tokens: MutableMapping[str, Token] = field(default_factory=dict)
    renew: Callable[[], bool] = lambda: False
    """Bring `secret` up to date when it is no longer accepted; whether that changed it."""


def connect(access: Access) -> Carrier:
    """The carrier behind an account; its library is loaded when something is asked of it."""
    match access.account.platform:
        case CarrierPlatform.FEDEX:
            from oms.carriers.karrio_fedex import FedEx

            return FedEx(access)
        case CarrierPlatform.UPS:
            from oms.carriers.karrio_ups import Ups

            return Ups(access)
        case CarrierPlatform.DHL_EXPRESS:
            from oms.carriers.karrio_dhl_express import DhlExpress

            return DhlExpress(access)
