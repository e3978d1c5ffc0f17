"""What a channel's rules make of a new order: moments on its log, and no other document."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from oms.channels.document import ChannelDocument, DocumentKind, document
from oms.channels.intake import Outcome, capture
from oms.channels.patience import with_deadlines
from oms.orders.contact import Contact
from oms.setup import Channel, Platform
from tests.support.memory_stack import START, MemoryStack
from tests.support.orders import line, placed

CALM = Channel(channel_id="shop", platform=Platform.CANONICAL, name="Shop")
STRICT = replace(CALM, remorse_minutes=30, unpaid_expiry_hours=48, backorder_cancel_days=14)


@pytest.fixture
def sold() -> ChannelDocument:
    return document(DocumentKind.PLACED, placed(line("1", "mug", 1, 1000)), Contact())


def test_the_rules_become_moments_counted_from_when_the_order_came_in(sold: ChannelDocument) -> None:
    kept = with_deadlines(sold, STRICT, START).placed
    assert kept.release_at == START + timedelta(minutes=30)
    assert kept.pay_by == START + timedelta(hours=48)
    assert kept.backorder_days == 14


def test_a_channel_without_rules_leaves_the_document_as_it_is(sold: ChannelDocument) -> None:
    assert with_deadlines(sold, CALM, START) == sold


def test_the_same_document_later_and_under_other_rules_is_a_repetition_and_changes_no_moment(
    sold: ChannelDocument,
) -> None:
    stack = MemoryStack()
    first = capture(stack, with_deadlines(sold, STRICT, stack.now), stack.caller("first"))
    stack.tick(3600)
    again = capture(stack, with_deadlines(sold, CALM, stack.now), stack.caller("again"))
    assert first is not None
    assert again is not None
    assert again.outcome is Outcome.REPEATED
    assert again.order.placed.pay_by == START + timedelta(hours=48)
    assert len(stack.entries(first.order.order_id)) == 1
