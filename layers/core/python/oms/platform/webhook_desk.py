"""What a merchant does with webhooks: subscribe, look at deliveries, send once more, change the secret, try."""

from __future__ import annotations

import base64
from datetime import timedelta
from secrets import token_bytes, token_hex

from oms.clock import now, to_text
from oms.errors import InvalidInput
from oms.platform import subscriptions, webhooks
from oms.platform.open_internet import private_allowed
from oms.platform.secrets import put_secret, subscription_secret
from oms.platform.webhook_table import range_of
from oms.webhooks.forms import Replay
from oms.webhooks.resource import (
    Asked,
    DeliveriesResource,
    SecretResource,
    SubscriptionResource,
    delivery_resource,
    subscription_resource,
)
from oms.webhooks.subscription import Health, Subscription
from oms.webhooks.target import target

OVERLAP = timedelta(days=1)
"""How long the secret of before still signs after a rotation."""

SECRET_BYTES = 32
MOST_PER_PAGE = 100
_FIRST, _LAST = "0", "9"
"""Before and after every time."""


def put(value: Subscription, *, expected_version: int | None) -> tuple[SubscriptionResource, bool]:
    """Create or replace a subscription; whether it is new, and then with its secret.

    Raises:
        InvalidInput: nothing is posted to such a URL, or there are too many subscriptions.
        VersionMismatch: it has another version.
    """
    target(value.url, private=private_allowed())
    known = {each.subscription.subscription_id for each in subscriptions.subscriptions(fresh=True)}
    if value.subscription_id not in known and len(known) >= subscriptions.MOST:
        raise InvalidInput(f"there are {len(known)} subscriptions already; remove one first")
    version, new = subscriptions.put_subscription(value, expected_version=expected_version)
    shown = subscription_resource(value, version, Health())
    if not new:
        return shown, False
    # Only who has created it, of several at once, makes its secret: the one that is shown is the one that signs. Until
    # then, and if we stop here, deliveries say what is missing and wait.
    secret = _secret()
    put_secret(subscription_secret(value.subscription_id), {"secret": secret})
    return {**shown, "secret": secret}, True


def _secret() -> str:
    return "whsec_" + base64.b64encode(token_bytes(SECRET_BYTES)).decode()


def shown(subscription_id: str) -> SubscriptionResource:
    """A subscription as it is now.

    Raises:
        NotFound: there is none of this id.
    """
    known = subscriptions.subscription(subscription_id)
    return subscription_resource(known.subscription, known.version, known.health)


def listed() -> list[SubscriptionResource]:
    """All subscriptions, by id."""
    return [
        subscription_resource(each.subscription, each.version, each.health)
        for each in subscriptions.subscriptions(fresh=True)
    ]


def rotate(subscription_id: str) -> SecretResource:
    """A new secret. For a day, webhooks carry a signature with each of the two.

    Raises:
        NotFound: there is no such subscription.
    """
    subscriptions.subscription(subscription_id)
    fresh, until = _secret(), to_text(now() + OVERLAP)
    webhooks.rotate(subscription_id, fresh, until)
    return {"secret": fresh, "previous_until": until}


def test(subscription_id: str) -> Asked:
    """Send a message that means nothing.

    Raises:
        NotFound: there is no such subscription.
    """
    subscriptions.subscription(subscription_id)
    return {"delivery_id": webhooks.ask_test(subscription_id, f"test-{token_hex(8)}").delivery_id}


def replay(subscription_id: str, wish: Replay) -> Asked:
    """Send events of a time once more, as far as they are kept.

    Raises:
        NotFound: there is no such subscription.
    """
    subscriptions.subscription(subscription_id)
    since, until = wish.moments
    webhooks.ask_replay(subscription_id, to_text(since), to_text(until), failed_only=wish.failed_only)
    return {}


def deliveries(subscription_id: str, limit: int, cursor: str) -> DeliveriesResource:
    """A page of what a subscription was told, the newest first.

    Raises:
        InvalidInput: the limit is out of bounds.
        NotFound: there is no such subscription.
    """
    if not 1 <= limit <= MOST_PER_PAGE:
        raise InvalidInput(f"from 1 to {MOST_PER_PAGE}", path="limit")
    subscriptions.subscription(subscription_id)
    try:
        after = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except ValueError:
        raise InvalidInput("this is no cursor of this list", path="cursor") from None
    page, last = range_of(subscription_id, _FIRST, _LAST, after, limit, newest_first=True)
    return {
        "deliveries": [delivery_resource(each) for each in page],
        "cursor": base64.urlsafe_b64encode(last.encode()).decode().rstrip("=") if last else None,
    }
