from __future__ import annotations

import json
from typing import Any

import pytest

from oms.errors import Forbidden, InvalidInput, Unauthenticated
from oms.platform import cache, keys

pytestmark = pytest.mark.usefixtures("world")


def bearer(text: str) -> str:
    return f"Bearer {text}"


def test_a_key_is_good_for_its_own_scope_and_no_other() -> None:
    text, key = keys.issue("shop", ["orders:write"])
    assert keys.authenticate(bearer(text), "orders:write") == key
    for scope in set(keys.SCOPES) - {"orders:write"}:
        with pytest.raises(Forbidden):
            keys.authenticate(bearer(text), scope)


def test_operations_reads_everything_and_may_hold_and_cancel_but_not_move_stock() -> None:
    text, _ = keys.issue("desk", ["ops"])
    for scope in ("ops", "orders:read", "orders:write", "stock:read", "reports"):
        keys.authenticate(bearer(text), scope)
    for scope in ("stock:write", "setup", "fulfillment", "returns"):
        with pytest.raises(Forbidden):
            keys.authenticate(bearer(text), scope)


def test_a_key_is_stored_only_as_its_hash(world: Any) -> None:
    text, _ = keys.issue("shop", ["orders:write"])
    stored = json.dumps(world.scan(TableName="test-setup")["Items"])
    assert text not in stored
    assert text.rsplit("_", 1)[-1] not in stored
    assert keys.digest(text) in stored


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Basic b21zOnNlY3JldA==", "Bearer oms_setup_short", "oms_setup_" + "a" * 43],
)
def test_what_is_no_key_is_refused_without_a_look_at_the_table(header: str) -> None:
    with pytest.raises(Unauthenticated):
        keys.authenticate(header, "setup")


def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(Unauthenticated):
        keys.authenticate(bearer("oms_setup_" + "a" * 43), "setup")


def test_a_revoked_key_is_refused_once_the_memory_is_over() -> None:
    text, key = keys.issue("shop", ["orders:write"])
    keys.authenticate(bearer(text), "orders:write")
    keys.revoke(key.digest)
    with pytest.raises(Unauthenticated):
        keys.authenticate(bearer(text), "orders:write")


def test_a_key_is_read_once_a_minute(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    text, key = keys.issue("shop", ["orders:write"])
    keys.authenticate(bearer(text), "orders:write")
    world.delete_item(TableName="test-setup", Key={"kind": {"S": "key"}, "id": {"S": key.digest}})
    assert keys.authenticate(bearer(text), "orders:write") == key
    later = cache.time.time() + keys.LIFE + 1
    monkeypatch.setattr(cache.time, "time", lambda: later)
    with pytest.raises(Unauthenticated):
        keys.authenticate(bearer(text), "orders:write")


@pytest.mark.parametrize("scopes", [[], ["orders"], ["setup", "everything"]])
def test_a_key_needs_scopes_that_exist(scopes: list[str]) -> None:
    with pytest.raises(InvalidInput):
        keys.issue("shop", scopes)
