from __future__ import annotations

import pytest

from oms.errors import NotFound
from oms.platform import cache, secrets
from oms.platform.aws import client

pytestmark = pytest.mark.usefixtures("world")

NAME = secrets.channel_secret("shop")


def test_a_secret_is_kept_under_the_name_of_the_stack() -> None:
    secrets.put_secret(NAME, {"webhook_secret": "one"})
    assert client("secretsmanager").list_secrets()["SecretList"][0]["Name"] == "test/channels/shop"
    assert secrets.secret(NAME) == {"webhook_secret": "one"}


def test_without_a_secret_nothing_can_be_verified() -> None:
    with pytest.raises(NotFound):
        secrets.secret(NAME)


def test_a_changed_secret_is_found_when_asked_for_freshly_but_not_at_every_wish(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    secrets.put_secret(NAME, {"webhook_secret": "one"})
    changed_elsewhere(NAME, "two")
    assert secrets.secret(NAME, fresh=True) == {"webhook_secret": "one"}
    later = cache.time.time() + secrets.FRESH + 1
    monkeypatch.setattr(cache.time, "time", lambda: later)
    assert secrets.secret(NAME) == {"webhook_secret": "one"}
    assert secrets.secret(NAME, fresh=True) == {"webhook_secret": "two"}
    assert secrets.secret(NAME) == {"webhook_secret": "two"}


def test_a_changed_secret_is_used_by_everyone_after_five_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets.put_secret(NAME, {"webhook_secret": "one"})
    changed_elsewhere(NAME, "two")
    later = cache.time.time() + secrets.LIFE + 1
    monkeypatch.setattr(cache.time, "time", lambda: later)
    assert secrets.secret(NAME) == {"webhook_secret": "two"}


def test_replacing_a_secret_is_seen_at_once_where_it_was_done() -> None:
    secrets.put_secret(NAME, {"webhook_secret": "one"})
    secrets.put_secret(NAME, {"webhook_secret": "two"})
    assert secrets.secret(NAME) == {"webhook_secret": "two"}


def changed_elsewhere(name: str, value: str) -> None:
    client("secretsmanager").put_secret_value(SecretId=f"test/{name}", SecretString=f'{{"webhook_secret": "{value}"}}')
