"""Bearer keys of the API: issued once, kept as a hash, checked against the scope of each call.

A key carries 256 random bits, so a plain SHA-256 is enough at rest: there is nothing to guess, and no salt to add.
The hash is the key of the item, so a look-up compares no secret byte by byte and its timing tells nothing.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from oms.errors import Forbidden, InvalidInput, Unauthenticated
from oms.platform.aws import client
from oms.platform.cache import Cache
from oms.platform.config import settings

SCOPES = (
    "orders:read",
    "orders:write",
    "stock:read",
    "stock:write",
    "fulfillment",
    "returns",
    "customers:read",
    "customers:write",
    "privacy",
    "setup",
    "reports",
    "ops",
)
"""What a key may be good for."""

IMPLIED = {
    "ops": frozenset({"orders:read", "orders:write", "stock:read", "customers:read", "reports"}),
    "customers:write": frozenset({"customers:read"}),
}
"""Scopes that a scope contains: operations reads everything, holds, releases and cancels. Nothing contains `privacy`,
which exports and erases persons."""

LIFE = 60
"""Seconds that a function may go on accepting a key after it was revoked."""

_SHAPE = re.compile(r"oms_[a-z-]+_[A-Za-z0-9_-]{43}")

_keys: Cache[str, Key] = Cache(seconds=LIFE, size=1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What is known of a key; the key itself is shown once, when it is issued."""

    digest: str
    name: str
    scopes: frozenset[str]
    active: bool = True

    def allows(self, scope: str) -> bool:
        """Whether the key is good for a scope, by itself or by one that implies it."""
        return scope in self.scopes or any(scope in IMPLIED.get(own, ()) for own in self.scopes)

    @property
    def actor(self) -> str:
        """How the key is named on the entries of an order: `key:<name>`."""
        return f"key:{self.name}"


def authenticate(authorization: str, scope: str) -> Key:
    """The key in an `Authorization: Bearer` header, if it is good for the scope.

    Raises:
        Unauthenticated: no header, not a key, unknown, or revoked. Which of these is not told.
        Forbidden: a good key without the scope.
    """
    kind, _, text = authorization.strip().partition(" ")
    text = text.strip()
    if kind.lower() != "bearer" or not _SHAPE.fullmatch(text):
        raise Unauthenticated("no key")
    key = _known(digest(text))
    if key is None or not key.active:
        raise Unauthenticated("not a key")
    if not key.allows(scope):
        raise Forbidden(f"key {key.name!r} lacks the scope {scope}")
    return key


def issue(name: str, scopes: Iterable[str]) -> tuple[str, Key]:
    """Make a key and store its hash; the text is returned this once and can never be shown again.

    Raises:
        InvalidInput: a scope that does not exist, or none.
    """
    granted = frozenset(scopes)
    unknown = granted - set(SCOPES)
    if unknown or not granted:
        raise InvalidInput(
            f"no such scope: {', '.join(sorted(unknown)) or '(none)'}; there are {', '.join(SCOPES)}", path="scopes"
        )
    first = next(scope for scope in SCOPES if scope in granted)
    text = f"oms_{first.replace(':', '-')}_{secrets.token_urlsafe(32)}"
    key = Key(digest=digest(text), name=name, scopes=granted)
    _store(key)
    return text, key


def revoke(key_digest: str) -> None:
    """Make a key useless; every function knows within a minute.

    Raises:
        Unauthenticated: there is no such key.
    """
    key = _read(key_digest)
    if key is None:
        raise Unauthenticated("not a key")
    _store(Key(digest=key.digest, name=key.name, scopes=key.scopes, active=False))
    _keys.forget(key_digest)


def digest(text: str) -> str:
    """What is stored of a key."""
    return hashlib.sha256(text.encode()).hexdigest()


def _known(key_digest: str) -> Key | None:
    kept = _keys.get(key_digest)
    if kept is not None:
        return kept
    key = _read(key_digest)
    return _keys.put(key_digest, key) if key is not None else None


def _read(key_digest: str) -> Key | None:
    answer = client("dynamodb").get_item(
        TableName=settings().setup_table,
        Key={"kind": {"S": "key"}, "id": {"S": key_digest}},
        ConsistentRead=True,
    )
    if "Item" not in answer:
        return None
    body = json.loads(answer["Item"]["body"]["S"])
    return Key(digest=key_digest, name=body["name"], scopes=frozenset(body["scopes"]), active=body["active"])


def _store(key: Key) -> None:
    body = {"name": key.name, "scopes": sorted(key.scopes), "active": key.active}
    client("dynamodb").put_item(
        TableName=settings().setup_table,
        Item={
            "kind": {"S": "key"},
            "id": {"S": key.digest},
            "body": {"S": json.dumps(body)},
            "version": {"N": "1"},
        },
    )
