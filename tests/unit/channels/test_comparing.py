"""What is said of an order that stands otherwise in its channel, how long one is asked for, rows that make an order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.channels.asking import FIRST_WAITS, LATER, PATIENCE, wait_before
from oms.channels.changes import first_events
from oms.channels.comparing import differences
from oms.channels.document import ChannelDocument
from oms.channels.order_rows import COLUMNS, MOST_ROWS, NEEDED, TableRow, check_header, grouped, order_of
from oms.channels.polling import OVERLAP, next_window
from oms.channels.shopify.inbound import parse
from oms.channels.work import Finding, WorkKind
from oms.errors import InvalidInput
from oms.orders import decisions
from oms.orders.evolve import evolve
from oms.orders.order import Order
from oms.setup import Channel, Platform
from tests.support.shops import Sale, encoded, shopify_order

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CHANNEL = Channel(channel_id="shop", platform=Platform.SHOPIFY, name="Shop")


def document(units: int = 2, **changes: object) -> ChannelDocument:
    order = shopify_order(1, [Sale("TEE", units, "10.00")], **changes)
    read = parse("orders/updated", encoded(order), CHANNEL)
    assert read is not None
    return read


def placed(from_document: ChannelDocument) -> Order:
    order: Order | None = None
    for event in first_events(from_document, "o1", NOON):
        order = evolve(order, event, order_id="o1", at=NOON)
    assert order is not None
    return order


GONE = {"cancelled_at": "2026-03-02T12:00:00Z"}


def test_an_order_that_stands_as_in_its_channel_differs_in_nothing() -> None:
    for each in (document(), document(**GONE)):
        assert differences(placed(each), each) == ()


@pytest.mark.parametrize(
    ("here", "there", "said"),
    [
        (document(), document(**GONE), "cancelled in the channel, and 2 units are alive here"),
        (document(**GONE), document(), "alive in the channel, and cancelled here"),
        (document(3), document(2), "2 units in the channel and 3 here"),
        (document(2), document(2, shipping="9.90"), "the total is"),
        (document(2), document(2, currency="USD"), "the currency is USD in the channel and EUR here"),
    ],
)
def test_what_stands_otherwise_is_said_in_words(here: ChannelDocument, there: ChannelDocument, said: str) -> None:
    assert said in "; ".join(differences(placed(here), there))


def test_a_line_that_was_shrunk_there_because_units_were_cancelled_here_makes_no_other_total() -> None:
    before = document(3, status="pending")
    draft = placed(before)
    off = decisions.cancel(draft, {"1": 1}, reason="the customer changed their mind")
    order = draft
    for event in off:
        order = evolve(order, event, order_id="o1", at=NOON)
    assert differences(order, document(2, status="pending")) == ()
    assert "the total is" in "; ".join(differences(order, document(2, status="pending", shipping="9.90")))
    assert "the total is" in "; ".join(differences(order, document(1, status="pending"))), "more than was cancelled"


def test_an_order_is_asked_for_less_and_less_often_until_patience_ends() -> None:
    waits = [wait_before(attempt) for attempt in range(1, 60)]
    assert waits == sorted(waits)
    assert waits[0] == timedelta(seconds=FIRST_WAITS[0])
    tries = next(number for number in range(60) if sum(waits[:number], timedelta()) > PATIENCE)
    assert 20 < tries < 40


def test_a_platform_that_asks_for_patience_gets_it_within_bounds() -> None:
    assert wait_before(1, 120) == timedelta(minutes=2)
    assert wait_before(9, 1) == LATER
    assert wait_before(1, 10**6) == LATER


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_no_moment_lies_between_two_windows(first: int, later: int) -> None:
    read_to = NOON + timedelta(seconds=first)
    window = next_window(read_to, read_to + timedelta(seconds=later))
    assert window.since <= read_to - OVERLAP
    assert next_window(window.until, window.until + timedelta(seconds=1)).since < window.until


def test_work_is_the_same_for_one_matter_of_one_order_and_told_apart_by_its_words() -> None:
    one = Finding(channel_id="shop", kind=WorkKind.DIFFERS, external_id="1", problem="a")
    again = Finding(channel_id="shop", kind=WorkKind.DIFFERS, external_id="1", problem="b")
    other = Finding(channel_id="shop", kind=WorkKind.MISSED, external_id="1", problem="a")
    assert one.work_id == again.work_id != other.work_id
    assert one.digest != again.digest


# Rows


def row(line: int, **values: str) -> TableRow:
    return TableRow(
        line, line * 100, {"external_id": "1", "sku": "TEE", "quantity": "1", "unit_price": "1.00", **values}
    )


@given(st.lists(st.sampled_from("aabc"), max_size=30))
def test_rows_are_grouped_without_losing_one(ids: list[str]) -> None:
    rows = [row(number, external_id=each) for number, each in enumerate(ids)]
    groups = list(grouped(rows))
    assert [each for group in groups for each in group] == rows
    assert all(len({each.external_id for each in group}) == 1 for group in groups)


def test_an_order_without_end_is_never_held_in_memory_as_a_whole() -> None:
    (group,) = grouped(row(number) for number in range(10 * MOST_ROWS))
    assert len(group) == MOST_ROWS + 1
    with pytest.raises(InvalidInput):
        order_of(group, "EUR")


def test_a_header_names_what_is_needed_and_nothing_that_is_not_known() -> None:
    check_header(sorted(COLUMNS))
    with pytest.raises(InvalidInput, match="column sku is missing; the column 'colour' is not known"):
        check_header([*(name for name in NEEDED if name != "sku"), "colour"])


def test_every_cell_that_cannot_be_read_is_named_by_line_and_column_and_the_others_are_not() -> None:
    rows = [
        row(2, currency="EUR", shipping="1.005", requires_shipping="perhaps"),
        row(3, quantity="-1", unit_price="1,00", currency="USD"),
    ]
    with pytest.raises(InvalidInput) as caught:
        order_of(rows, "EUR")
    assert sorted(error.path for error in caught.value.errors) == [
        "line 2.requires_shipping",
        "line 2.shipping",
        "line 3.currency",
        "line 3.quantity",
        "line 3.unit_price",
    ]
