"""Which channel's calls count on which limit."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from oms.channels.lanes import LANES, STRANGERS, lane_by_name, lane_of

ids = st.lists(st.from_regex(r"[A-Za-z0-9][a-z0-9._-]{0,8}", fullmatch=True), unique=True, max_size=60).map(sorted)


@given(ids)
def test_as_long_as_there_are_as_many_each_channel_has_a_lane_of_its_own(channels: list[str]) -> None:
    lanes = [lane_of(each, channels) for each in channels]
    assert set(lanes) <= set(range(1, LANES + 1))
    assert max((lanes.count(lane) for lane in lanes), default=0) <= -(-len(channels) // LANES)


@given(ids, st.text(max_size=8))
def test_who_names_no_channel_is_limited_with_strangers(channels: list[str], name: str) -> None:
    assert (lane_of(name, channels) == STRANGERS) == (name not in channels)


@given(st.text(max_size=70))
def test_a_lane_by_name_is_one_of_the_channels(name: str) -> None:
    assert 1 <= lane_by_name(name) <= LANES
    assert lane_by_name(name) == lane_by_name(name)
