"""The doors of webhooks out: who is told of events, what was delivered, and sending once more."""

from __future__ import annotations

from chalice.app import Blueprint, Response

from oms.platform.http import endpoint, expected_version, ok, paging, parse

subscriptions = Blueprint(__name__)


@subscriptions.route("/subscriptions", methods=["GET"])
@endpoint(subscriptions, scope="setup")
def list_subscriptions() -> Response:
    """All subscriptions, and how their endpoints answer."""
    from oms.platform.webhook_desk import listed

    return ok({"subscriptions": listed()})


@subscriptions.route("/subscriptions/{subscription_id}", methods=["PUT"])
@endpoint(subscriptions, scope="setup")
def put_subscription(subscription_id: str) -> Response:
    """Create or replace a subscription. The answer that creates it shows its secret, once."""
    from oms.platform.webhook_desk import put
    from oms.setup_fields import Id, checked
    from oms.webhooks.forms import SubscriptionForm

    value = parse(SubscriptionForm, subscriptions).value(checked(Id, subscription_id, "subscription_id"))
    known, new = put(value, expected_version=expected_version(subscriptions))
    return ok(known, status=201 if new else 200, version=known["version"])


@subscriptions.route("/subscriptions/{subscription_id}", methods=["GET"])
@endpoint(subscriptions, scope="setup")
def get_subscription(subscription_id: str) -> Response:
    """A subscription, and how its endpoint answers."""
    from oms.platform.webhook_desk import shown

    known = shown(subscription_id)
    return ok(known, version=known["version"])


@subscriptions.route("/subscriptions/{subscription_id}", methods=["DELETE"])
@endpoint(subscriptions, scope="setup")
def delete_subscription(subscription_id: str) -> Response:
    """Tell an endpoint nothing more; what waits for it is dropped."""
    from oms.platform.subscriptions import remove_subscription

    remove_subscription(subscription_id)
    return ok({"deleted": subscription_id})


@subscriptions.route("/subscriptions/{subscription_id}/secret", methods=["POST"], content_types=[])
@endpoint(subscriptions, scope="setup")
def rotate_secret(subscription_id: str) -> Response:
    """A new secret; for a day, that of before signs too."""
    from oms.platform.webhook_desk import rotate

    return ok(rotate(subscription_id))


@subscriptions.route("/subscriptions/{subscription_id}/test", methods=["POST"], content_types=[])
@endpoint(subscriptions, scope="setup")
def test_subscription(subscription_id: str) -> Response:
    """Send a test message; an endpoint that was given up and takes it is back."""
    from oms.platform.webhook_desk import test

    return ok(test(subscription_id), status=202)


@subscriptions.route("/subscriptions/{subscription_id}/deliveries", methods=["GET"])
@endpoint(subscriptions, scope="setup")
def list_deliveries(subscription_id: str) -> Response:
    """What was posted, what was answered, and what is tried again when."""
    from oms.platform.webhook_desk import deliveries

    return ok(deliveries(subscription_id, *paging(subscriptions)))


@subscriptions.route("/subscriptions/{subscription_id}/replay", methods=["POST"], content_types=[])
@endpoint(subscriptions, scope="setup")
def replay(subscription_id: str) -> Response:
    """Send events of a time once more."""
    from oms.platform.webhook_desk import replay as again
    from oms.webhooks.forms import Replay

    return ok(again(subscription_id, parse(Replay, subscriptions)), status=202)
