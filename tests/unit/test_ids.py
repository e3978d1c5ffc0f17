from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from oms.ids import derived, fulfillment_order_id, fulfillment_order_of, order_id, order_of, parcel_id

parts = st.lists(st.text(), max_size=4)


@given(parts, parts)
def test_different_parts_give_different_ids_and_equal_parts_the_same(one: list[str], other: list[str]) -> None:
    assert (derived(*one) == derived(*other)) == (one == other)


def test_parts_are_not_run_together() -> None:
    assert derived("ab", "c") != derived("a", "bc")
    assert derived("a", "") != derived("a")


def test_an_id_is_the_same_on_every_machine_and_forever() -> None:
    """Orders are found again by these: whoever changes the rule loses every order that was ever placed."""
    assert order_id("shop", "1001") == "opcara5xnl4npqo3calyz"
    assert derived("a") == derived("a", length=26)[:20]


@given(st.text(min_size=1), st.text(min_size=1), st.integers(1, 999), st.integers(1, 999))
def test_a_part_of_an_order_carries_the_ids_of_what_it_belongs_to(
    channel: str, external: str, number: int, parcel: int
) -> None:
    order = order_id(channel, external)
    fulfillment = fulfillment_order_id(order, number)
    box = parcel_id(fulfillment, parcel)
    assert re.fullmatch(r"o[a-z2-7]{20}", order)
    assert re.fullmatch(r"[a-z0-9-]+", box), "ids stand in URLs, keys and barcodes"
    assert order_of(order) == order_of(fulfillment) == order_of(box) == order
    assert fulfillment_order_of(box) == fulfillment
