"""Payments wired to this stack: gateways with their accounts, and the webhooks that they send."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from oms.clock import now
from oms.errors import NotFound, Unauthenticated
from oms.orders.log import Reference, load
from oms.payments import notices
from oms.payments.gateway import SIMULATED, STRIPE, Gateway
from oms.payments.gateway import gateway as gateway_without_account
from oms.payments.notices import Notice, Webhook
from oms.platform.event_log import order_log
from oms.platform.observability import Metric, count, logger
from oms.platform.queues import tell
from oms.platform.references import link, references
from oms.platform.secrets import gateway_secret, secret


def gateway(name: str) -> Gateway:
    """The gateway of this name, with the account that its secret names.

    Raises:
        KeyError: there is no such gateway, or it has no account here.
    """
    if name != STRIPE:
        return gateway_without_account(name)
    try:
        account = secret(gateway_secret(name))
    except NotFound as error:
        raise KeyError(name) from error
    return _stripe(account["api_key"], account.get("url", ""))


@lru_cache(maxsize=4)
def _stripe(api_key: str, url: str) -> Gateway:
    """One client per account, which keeps its connection to Stripe open between calls."""
    from oms.payments.stripe import StripeGateway

    return StripeGateway(api_key, url=url)


def know(name: str, reference: str, order_id: str) -> None:
    """Let a gateway's reference lead to its order, and tell the order what was said before it was known.

    The simulated gateway names orders itself.
    """
    if name == SIMULATED:
        return
    key = _reference(name, reference)
    link(key, order_id)
    found = references().look_up(key)
    for parked in found.parked:
        tell(order_id, parked.body)
    references().forget(key, found.parked)


def take_webhook(name: str, raw: bytes, headers: Mapping[str, str]) -> str:
    """Take a gateway's webhook, if the very bytes carry its signature; says what became of it.

    `taken`: its order is told. `parked`: no order is known yet; it waits 30 days for one. `ignored`: nothing to us.

    Raises:
        Unauthenticated: no valid signature, or no such gateway. Which of these is not told.
        InvalidInput: the gateway signed something that it should not have sent.
        NotFound: the gateway names an order that does not exist.
    """
    try:
        reader = notices.webhook(name)
        genuine = _genuine(reader, name, raw, headers)
    except (KeyError, NotFound):
        genuine = False
    if not genuine:
        count(Metric.SIGNATURES_REFUSED)
        raise Unauthenticated("no valid signature")
    notice = reader.notice(raw)
    if notice is None:
        return "ignored"
    outcome = _pass_on(notice)
    logger().info("money_told", gateway=name, told=notice.told, reference=notice.reference, outcome=outcome)
    return outcome


def _genuine(reader: Webhook, name: str, raw: bytes, headers: Mapping[str, str]) -> bool:
    """Whether the signature fits; a secret that was changed a moment ago is read anew before it is refused."""
    key = gateway_secret(name)
    return any(
        reader.genuine(raw, headers, secret(key, fresh=fresh).get("webhook_secret", "")) for fresh in (False, True)
    )


def _pass_on(notice: Notice) -> str:
    body = notices.dump(notice)
    if notice.order_id:
        load(order_log(), notice.order_id)
        tell(notice.order_id, body)
        return "taken"
    key = _reference(notice.gateway, notice.reference)
    order_id = references().look_up(key).order_id or _asked_for_by(notice)
    if order_id is None:
        # The payment may become known in this very moment: whoever is second of the two sees the other.
        references().park(key, body, notice_id=notice.notice_id, at=now())
        order_id = references().look_up(key).order_id
    if order_id is None:
        return "parked"
    tell(order_id, body)
    return "taken"


def _asked_for_by(notice: Notice) -> str | None:
    """The order under whose key the payment was asked for, though whoever asked never wrote the answer down."""
    order_id = notice.key.partition("-")[0]
    return order_id if order_id and order_log().entries(order_id) else None


def _reference(name: str, reference: str) -> Reference:
    return Reference(kind="payment", value=f"{name}#{reference}")
