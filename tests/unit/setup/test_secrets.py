from __future__ import annotations

import pytest

from oms.errors import Conflict, NotFound
from oms.platform import cache, channel_keys, secrets
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


def meanwhile(monkeypatch: pytest.MonkeyPatch, *others: dict[str, str | None]) -> None:
    """Let others store theirs each time after somebody has read what is kept, and before they write."""
    reads, waiting = secrets.as_kept, list(others)

    def as_kept(name: str) -> tuple[dict[str, str], str]:
        found = reads(name)
        if waiting:
            channel_keys.keep(name, waiting.pop())
        return found

    monkeypatch.setattr(secrets, "as_kept", as_kept)


@pytest.mark.parametrize("before", [{}, {"webhook_secret": "correct horse"}])
def test_two_who_change_different_keys_at_one_moment_both_get_their_way(
    before: dict[str, str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    channel_keys.keep(NAME, before)
    meanwhile(monkeypatch, {"consumer_key": "theirs"})
    channel_keys.keep(NAME, {"consumer_secret": "ours"})
    kept, _ = secrets.as_kept(NAME)
    assert {name: value for name, value in kept.items() if not name.endswith("_since")} == {
        **before,
        "consumer_key": "theirs",
        "consumer_secret": "ours",
    }


def test_of_two_who_change_one_key_at_one_moment_the_later_is_told_and_nothing_is_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    channel_keys.keep(NAME, {"access_token": "before", "consumer_key": "stays"})
    meanwhile(monkeypatch, {"access_token": "tok-2"})
    with pytest.raises(Conflict, match="set access_token of channels/shop at the same moment") as refused:
        channel_keys.keep(NAME, {"access_token": "tok-3"})
    assert "tok-" not in refused.value.detail
    kept, _ = secrets.as_kept(NAME)
    assert (kept["access_token"], kept["consumer_key"]) == ("tok-2", "stays")


def test_who_gives_the_same_key_at_one_moment_is_no_loser(monkeypatch: pytest.MonkeyPatch) -> None:
    channel_keys.keep(NAME, {"access_token": "before"})
    meanwhile(monkeypatch, {"access_token": "new"})
    channel_keys.keep(NAME, {"access_token": "new"})
    assert secrets.as_kept(NAME)[0]["access_token"] == "new"


def test_a_write_whose_answer_was_lost_is_done() -> None:
    channel_keys.keep(NAME, {"access_token": "before"})
    _, version = secrets.as_kept(NAME)
    for _ in range(2):
        secrets.replace_secret(NAME, {"access_token": "new"}, version)
    with pytest.raises(Conflict):
        secrets.replace_secret(NAME, {"access_token": "another"}, version)
    assert secrets.as_kept(NAME)[0] == {"access_token": "new"}
