from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.clock import from_text, now, to_text

offsets = st.builds(lambda minutes: timezone(timedelta(minutes=minutes)), st.integers(-14 * 60, 14 * 60))
instants = st.datetimes(
    min_value=datetime(1990, 1, 1),  # noqa: DTZ001 - hypothesis wants bounds without a zone
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=offsets,
)


@given(instants)
def test_an_instant_written_reads_back_as_itself(instant: datetime) -> None:
    read = from_text(to_text(instant))
    assert read == instant
    assert read.tzinfo is UTC


@given(instants, instants)
def test_the_order_of_texts_is_the_order_of_times(one: datetime, other: datetime) -> None:
    assert (to_text(one) < to_text(other)) == (one < other)


def test_a_text_has_a_fixed_width() -> None:
    assert to_text(datetime(2026, 3, 1, 9, 30, tzinfo=UTC)) == "2026-03-01T09:30:00.000000Z"


@pytest.mark.parametrize(
    "text", ["2026-03-01T09:30:00Z", "2026-03-01T10:30:00+01:00", "2026-03-01T09:30:00", "2026-03-01 09:30:00.000Z"]
)
def test_a_time_is_read_with_any_offset_and_without_one_as_utc(text: str) -> None:
    assert from_text(text) == datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01T00:00:00Z", "09:30"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"isoformat|month"):
        from_text(text)


def test_now_is_in_utc() -> None:
    assert now().tzinfo is UTC
