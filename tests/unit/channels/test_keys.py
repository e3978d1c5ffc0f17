"""One secret follows another without loss."""

from __future__ import annotations

from datetime import timedelta

from oms.channels.keys import CREDENTIALS, OVERLAP, changed, in_force, shown
from oms.clock import from_text
from oms.setup import Platform

AT = from_text("2026-03-02T09:00:00Z")
LATER = AT + timedelta(hours=1)


def verifying(secret: dict[str, str], hours: float) -> list[str]:
    return [each["webhook_secret"] for each in in_force(secret, AT + timedelta(hours=hours))]


def test_the_old_webhook_secret_counts_for_a_day() -> None:
    first = changed({}, {"webhook_secret": "one"}, AT)
    second = changed(first, {"webhook_secret": "two"}, AT)
    assert verifying(first, 0) == ["one"]
    assert verifying(second, 23.9) == ["two", "one"]
    assert verifying(second, 24) == ["two"]
    assert shown(second, AT)["webhook_secret"].previous_until == "2026-03-03T09:00:00.000000Z"
    assert shown(second, AT + OVERLAP)["webhook_secret"].previous_until is None


def test_the_same_secret_again_neither_rotates_nor_moves_its_day() -> None:
    first = changed({}, {"webhook_secret": "one", "access_token": "a"}, AT)
    second = changed(first, {"webhook_secret": "two"}, AT)
    assert changed(second, {"webhook_secret": "two", "access_token": "a"}, LATER) == second


def test_a_day_that_is_none_ends_the_secret_of_before() -> None:
    for until in ("", "tomorrow", "2026-13-01"):
        assert verifying({"webhook_secret": "two", "previous": "one", "previous_until": until}, 0) == ["two"]


def test_what_is_not_given_stays_and_none_takes_away() -> None:
    kept = changed({"webhook_secret": "one", "previous": "", "access_token": "a"}, {"access_token": None}, AT)
    assert kept == {"webhook_secret": "one", "previous": ""}
    assert verifying(kept, 0) == ["one"]


def test_a_secret_of_before_this_was_written_down_is_shown_without_its_day() -> None:
    assert shown({"webhook_secret": "one", "access_token": "a", "other": "x"}, AT).keys() == {
        "webhook_secret",
        "access_token",
    }
    assert shown({"webhook_secret": "one"}, AT)["webhook_secret"].since is None


def test_every_platform_says_which_keys_it_takes() -> None:
    assert set(CREDENTIALS) == set(Platform)
