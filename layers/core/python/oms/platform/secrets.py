"""Secrets of channels, carriers and customers' links in Secrets Manager, kept in memory for five minutes."""

from __future__ import annotations

import json
from secrets import token_urlsafe

from oms.errors import Conflict, NotFound
from oms.platform.aws import client
from oms.platform.cache import Cache
from oms.platform.config import settings

LIFE = 300
"""Seconds that a secret is used before it is read again."""

FRESH = 10
"""Seconds within which a second wish for a fresh secret is answered from memory: bad signatures cost us no calls."""

LINKS = "links"
"""The name of the secret that signs customers' links: `{"signing_secret": ...}`."""

CURRENT, PROPOSED = "AWSCURRENT", "OMS_PROPOSED"
"""Stages of a secret's versions: what everybody reads, and what is to take its place."""

_secrets: Cache[str, dict[str, str]] = Cache(seconds=LIFE, size=1000)


def channel_secret(channel_id: str) -> str:
    """The name of a channel's secret, for `secret`."""
    return f"channels/{channel_id}"


def carrier_secret(carrier: str) -> str:
    """The name of a carrier's secret, for `secret`."""
    return f"carriers/{carrier}"


def subscription_secret(subscription_id: str) -> str:
    """The name of the secret that signs webhooks to a subscription.

    `{"secret": "whsec_…", "previous": "whsec_…", "previous_until": RFC 3339}`, the last two after a rotation.
    """
    return f"subscriptions/{subscription_id}"


def gateway_secret(gateway: str) -> str:
    """The name of a payment gateway's secret: `{"api_key": ..., "webhook_secret": ...}`.

    With `url`, another place is asked in the gateway's stead: a stand-in of tests.
    """
    return f"gateways/{gateway}"


def secret(name: str, *, fresh: bool = False) -> dict[str, str]:
    """The secret `<stack>/<name>`: `{"webhook_secret": ...}`, or what its name's own docstring says.

    A signature that does not match may come from a secret that was changed a moment ago: ask again with `fresh`, and
    compare once more.

    Raises:
        NotFound: there is none. Nothing can be verified then: an empty secret would accept anybody's signature.
    """
    kept = _secrets.get(name, younger_than=FRESH if fresh else None)
    if kept is not None:
        return kept
    secrets_manager = client("secretsmanager")
    try:
        answer = secrets_manager.get_secret_value(SecretId=_full(name))
    except secrets_manager.exceptions.ResourceNotFoundException:
        raise NotFound(f"there is no secret {name}") from None
    value: dict[str, str] = json.loads(answer["SecretString"])
    return _secrets.put(name, value)


def made_secret(name: str) -> dict[str, str]:
    """A secret that nobody outside has to know, `{"key": ...}`: made when it is first needed."""
    try:
        return secret(name)
    except NotFound:
        secrets_manager = client("secretsmanager")
        value = {"key": token_urlsafe(32)}
        try:
            secrets_manager.create_secret(Name=_full(name), SecretString=json.dumps(value))
        except secrets_manager.exceptions.ResourceExistsException:
            return secret(name)  # somebody else needed it first, at the same moment
        return _secrets.put(name, value)


def put_secret(name: str, value: dict[str, str]) -> None:
    """Create or replace a secret."""
    secrets_manager = client("secretsmanager")
    text = json.dumps(value)
    try:
        secrets_manager.put_secret_value(SecretId=_full(name), SecretString=text)
    except secrets_manager.exceptions.ResourceNotFoundException:
        try:
            secrets_manager.create_secret(Name=_full(name), SecretString=text)
        except secrets_manager.exceptions.ResourceExistsException:
            secrets_manager.put_secret_value(SecretId=_full(name), SecretString=text)
    _secrets.put(name, value)


def as_kept(name: str) -> tuple[dict[str, str], str]:
    """A secret as it is in the store, not as it is remembered, and its version; both are empty if there is none."""
    secrets_manager = client("secretsmanager")
    try:
        answer = secrets_manager.get_secret_value(SecretId=_full(name))
    except secrets_manager.exceptions.ResourceNotFoundException:
        return {}, ""
    value: dict[str, str] = json.loads(answer["SecretString"])
    return _secrets.put(name, value), answer["VersionId"]


def replace_secret(name: str, value: dict[str, str], seen: str) -> None:
    """Put a secret in the place of the version that was seen, or make it where there was none.

    Secrets Manager moves the label of the current version only away from the one that is named: of two writers who saw
    the same version, one fails.

    Raises:
        Conflict: somebody else has put another in its place meanwhile; theirs stays.
    """
    secrets_manager = client("secretsmanager")
    errors = secrets_manager.exceptions
    try:
        if seen:
            _propose(name, value, seen)
        else:
            secrets_manager.create_secret(Name=_full(name), SecretString=json.dumps(value))
    except (errors.ResourceExistsException, errors.ResourceNotFoundException, errors.InvalidParameterException):
        # Without an answer the client asks again, so it may be our own that is there already.
        if as_kept(name)[0] != value:
            raise Conflict(f"the secret {name} was changed by somebody else at the same moment") from None
    _secrets.put(name, value)


def _propose(name: str, value: dict[str, str], seen: str) -> None:
    secrets_manager = client("secretsmanager")
    put = secrets_manager.put_secret_value(
        SecretId=_full(name), SecretString=json.dumps(value), VersionStages=[PROPOSED]
    )
    secrets_manager.update_secret_version_stage(
        SecretId=_full(name), VersionStage=CURRENT, RemoveFromVersionId=seen, MoveToVersionId=put["VersionId"]
    )


def forget(name: str) -> None:
    """Read a secret anew at the next wish."""
    _secrets.forget(name)


def _full(name: str) -> str:
    return f"{settings().stack}/{name}"
