"""Carriers wired to this stack: their accounts from set-up, their keys from Secrets Manager, the network between.

Tokens of carriers' APIs live as long as the process, by account. A carrier without an account is the simulated one.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

from oms.carriers.access import Access, connect
from oms.carriers.account import CarrierAccount
from oms.carriers.names import DEFAULT
from oms.carriers.protocol import Ability, Carrier, Quote, Rates, Shipment, able
from oms.carriers.protocol import carrier as without_account
from oms.clock import now
from oms.errors import NotFound, OmsError, Refused
from oms.platform import setup
from oms.platform.cache import Cache
from oms.platform.channel_http import ChannelHttp
from oms.platform.secrets import carrier_secret, secret

if TYPE_CHECKING:
    from oms.wire import Http, Token

QUOTING = 8.0
"""Seconds in which carriers say their prices while a packer waits; who is slower is not chosen."""

_tokens: Cache[str, MutableMapping[str, Token]] = Cache(seconds=24 * 3600, size=100)


def transport() -> Http:
    """What sends requests. Tests put stand-ins of carriers in its place."""
    return ChannelHttp()


def accounts() -> Sequence[CarrierAccount]:
    """All accounts, by id, at most a minute old."""
    return tuple(each.value for each in setup.listed(CarrierAccount))


def carrier(name: str) -> Carrier:
    """The carrier of this account, or the simulated one.

    Raises:
        NotFound: there is no such account.
        Refused: its keys are not set up.
    """
    if name == DEFAULT:
        return without_account(name)
    account = next((each for each in accounts() if each.carrier == name), None)
    if account is None:
        account = setup.stored(CarrierAccount, name).value
    try:
        keys = dict(secret(carrier_secret(name)))
    except NotFound:
        raise Refused(f"the account {name!r} has no keys: PUT /carriers/{name}/secrets") from None
    kept = _tokens.get(name)
    tokens = kept if kept is not None else _tokens.put(name, {})

    def renew() -> bool:
        """Keys are changed while functions run: what is in memory may be a few minutes old."""
        fresh = secret(carrier_secret(name), fresh=True)
        changed = fresh != keys
        keys.clear()
        keys.update(fresh)
        return changed

    return connect(Access(account=account, secret=keys, http=transport(), clock=now, tokens=tokens, renew=renew))


def quotes(names: Sequence[str], shipment: Shipment) -> Mapping[str, tuple[Quote, ...] | str]:
    """What several carriers ask for a shipment, at once; in place of quotes why one did not say.

    Carriers are made before the threads begin: their libraries are loaded one after another.
    """
    said: dict[str, tuple[Quote, ...] | str] = {}
    sellers: dict[str, Rates] = {}
    for name in names:
        try:
            sellers[name] = able(carrier(name), Ability.RATE, Rates)
        except OmsError as error:
            said[name] = error.detail
    if not sellers:
        return said
    pool = ThreadPoolExecutor(max_workers=len(sellers))
    asked = {name: pool.submit(seller.rate, shipment) for name, seller in sellers.items()}
    wait(asked.values(), timeout=QUOTING)
    pool.shutdown(wait=False, cancel_futures=True)
    for name, answer in asked.items():
        if not answer.done():
            said[name] = f"no price within {QUOTING:g} s"
            continue
        try:
            said[name] = answer.result()
        except OmsError as error:
            said[name] = error.detail
    return said
