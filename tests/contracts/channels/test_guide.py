"""What the guide shows is what the code takes."""

from __future__ import annotations

import re
from pathlib import Path

from oms.channels.canonical import canonical_document
from oms.channels.canonical_model import CanonicalOrder
from oms.channels.shopify.inbound import DELETED, METHODS, NAMED, TOPICS
from oms.channels.woocommerce.inbound import DELETED as WOO_DELETED
from oms.channels.woocommerce.inbound import GONE, LANGUAGE_KEYS, PAID
from oms.channels.woocommerce.inbound import TOPICS as WOO_TOPICS
from oms.orders.events import ChargeKind, HoldReason, PaymentMethod
from oms.orders.sold import MAX_TITLE
from oms.setup import Channel, Platform

DOCS = Path(__file__).parents[3] / "docs"
GUIDE = (DOCS / "channels.md").read_text()
PAGES = "".join((DOCS / "connect" / f"{name}.md").read_text() for name in ("shopify", "woocommerce"))


def test_the_canonical_order_of_the_guide_is_taken_and_adds_up() -> None:
    found = re.search(r"```json\n(.*?)\n```", GUIDE, re.DOTALL)
    assert found is not None
    channel = Channel(channel_id="c", platform=Platform.CANONICAL, name="C")
    placed = canonical_document(CanonicalOrder.model_validate_json(found[1]), channel).placed
    sums = sum(line.net + line.tax for line in placed.lines) + sum(each.net + each.tax for each in placed.charges)
    assert sums == placed.total == 6058


def test_every_field_of_the_canonical_order_that_needs_a_word_has_one() -> None:
    for name in set(CanonicalOrder.model_fields) - {"test"}:
        assert f"`{name}" in GUIDE or f'"{name}"' in GUIDE, name


def test_the_guide_names_every_platform_topic_status_and_charge() -> None:
    names = {*Platform, *TOPICS, *NAMED, DELETED, WOO_DELETED, *METHODS, *PAID, *GONE, *ChargeKind, *PaymentMethod}
    names |= {LANGUAGE_KEYS[0]}
    assert {name for name in names if name and f"`{name}`" not in GUIDE + PAGES} == set()


def test_the_guide_names_every_topic_of_woocommerce_in_its_own_words() -> None:
    words = {"order.created": "Order created", "order.updated": "Order updated", "order.restored": "Order restored"}
    assert {words[topic] for topic in WOO_TOPICS if topic and words[topic] not in GUIDE + PAGES} == set()


def test_the_guide_tells_the_way_out_of_every_hold_that_capture_opens() -> None:
    ours = set(HoldReason) - {HoldReason.MANUAL}
    assert {reason for reason in ours if f"`{reason}`" not in GUIDE} == set()


def test_the_guide_tells_where_titles_are_cut() -> None:
    assert f"cut at {MAX_TITLE} characters" in GUIDE
