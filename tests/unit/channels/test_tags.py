"""The marks of an order, by which rules of sourcing know it."""

from __future__ import annotations

import pytest

from oms.channels.document import ChannelDocument
from tests.unit.channels.payloads import shopify_document, shopify_line, shopify_order
from tests.unit.channels.test_canonical import order, read


def of_shopify(tags: str) -> ChannelDocument:
    return shopify_document(shopify_order([shopify_line(1, "10.00")], "10.00", tags=tags))


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("", ()),
        ("VIP", ("VIP",)),
        (" VIP, gift wrap ,,VIP", ("VIP", "gift wrap")),
        (f"{'x' * 101}, ok", ("ok",)),
    ],
)
def test_a_shopify_shop_marks_its_orders(text: str, tags: tuple[str, ...]) -> None:
    assert of_shopify(text).placed.tags == tags


def test_no_more_marks_are_kept_than_rules_can_ask_for() -> None:
    assert len(of_shopify(", ".join(map(str, range(99)))).placed.tags) == 50


def test_a_mark_changes_nothing_of_what_was_sold() -> None:
    assert of_shopify("VIP").placed.fingerprint == of_shopify("").placed.fingerprint
    marked = read(order(tags=["VIP", "gift"])).placed
    assert marked.tags == ("VIP", "gift")
    assert marked.fingerprint == read(order()).placed.fingerprint
