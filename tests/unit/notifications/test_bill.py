"""The items and sums of a confirmation: they add up to what is due, in every price mode."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.money import Money
from oms.notifications.bill import MAX_ROWS, bill
from oms.notifications.language import Language
from oms.notifications.letter import Bill, Pair
from oms.notifications.voice import Voice
from oms.orders import events as ev
from oms.orders.events import PriceMode, UnitState
from oms.orders.order import Order
from tests.unit.notifications.samples import history, line, placed, state, usual


def after(order: ev.OrderPlaced, *cancelled: tuple[str, int]) -> Order:
    units = tuple(
        ev.CancelledUnits(line_id=line_id, sku="", quantity=quantity, source=UnitState.OPEN)
        for line_id, quantity in cancelled
    )
    return state(history([order], *([[ev.UnitsCancelled(units=units)]] if units else [])))


def bill_of(order: Order) -> Bill:
    return bill(Voice(order, Language("en", "en"), "Shop"))


def euros(text: str) -> int:
    """Minor units of a written amount of euro."""
    return Money.parse(text.replace("€", "").replace(",", ""), "EUR").amount


def test_gross_prices_show_what_the_customer_pays_and_the_tax_within() -> None:
    shown = bill_of(after(usual()))
    assert [(row.title, row.amount, row.was, row.notes) for row in shown.rows] == [
        ("2 × Espresso cup “Alba”, set of two", "€64.80", "€69.80", ("€34.90 each", "Discount -€5.00")),
        ("3 × Linen tea towel", "€37.50", "", ("€12.50 each",)),
        ("1 × Cutting board, olive wood", "€1,299.00", "", ()),
    ]
    assert shown.sums == (Pair("Subtotal", "€1,401.30"), Pair("Shipping (Standard)", "€5.90"))
    assert shown.total == Pair("Total", "€1,407.20")
    assert shown.included == Pair("Tax included", "€253.74")


def test_net_prices_show_the_tax_as_a_sum_of_its_own() -> None:
    order = placed(
        line(1, quantity=2, price=1000, prices=PriceMode.NET, tax_percent=10),
        prices=PriceMode.NET,
        charges=[ev.Charge(kind=ev.ChargeKind.SHIPPING, title="Shipping", net=500, tax=50)],
    )
    shown = bill_of(after(order))
    assert shown.rows[0].amount == "€20.00"
    assert shown.sums == (Pair("Subtotal", "€20.00"), Pair("Shipping", "€5.00"), Pair("Tax", "€2.50"))
    assert shown.total == Pair("Total", "€27.50")
    assert shown.included is None


charges = st.builds(
    ev.Charge,
    kind=st.sampled_from(ev.ChargeKind),
    title=st.just("x"),
    net=st.integers(-50, 5000),
    tax=st.integers(0, 900),
)


@given(
    st.lists(st.tuples(st.integers(1, 5), st.integers(1, 9999), st.integers(0, 1)), min_size=1, max_size=60),
    st.lists(charges, max_size=4),
    st.sampled_from(PriceMode),
    st.integers(-300, 300),
    st.integers(0, 5),
)
def test_rows_add_up_to_the_subtotal_and_sums_to_what_is_due(
    sold: list[tuple[int, int, int]], charges: list[ev.Charge], prices: PriceMode, extra: int, cancel: int
) -> None:
    lines = [
        line(n, quantity=quantity, price=price, discount=discount, prices=prices)
        for n, (quantity, price, discount) in enumerate(sold, 1)
    ]
    order = placed(*lines, charges=charges, prices=prices, extra=extra)
    gone = min(cancel, lines[0].quantity - (len(lines) == 1))
    then = after(order, *([("1", gone)] if gone else []))
    shown = bill_of(then)
    assert sum(euros(row.amount) for row in shown.rows) == euros(shown.sums[0].value)
    assert sum(euros(pair.value) for pair in shown.sums if pair.value != "Free") == then.due
    assert euros(shown.total.value) == then.due


def test_free_shipping_is_said_and_a_fee_of_nothing_is_not() -> None:
    nothing = [ev.Charge(kind=kind, title="", net=0) for kind in (ev.ChargeKind.SHIPPING, ev.ChargeKind.FEE)]
    assert bill_of(after(placed(line(1), charges=nothing))).sums[1:] == (Pair("Shipping", "Free"),)


def test_a_total_of_the_channel_that_was_let_go_on_is_the_total_the_customer_sees() -> None:
    shown = bill_of(after(placed(line(1, price=2000), extra=-3)))
    assert shown.sums[1] == Pair("Adjustment", "-€0.03")
    assert shown.total.value == "€19.97"


def test_cancelled_units_are_left_out() -> None:
    order = placed(line(1, quantity=3, price=1000, discount=300), line(2, price=500))
    shown = bill_of(after(order, ("1", 1), ("2", 1)))
    assert [(row.title[0], row.amount, row.was) for row in shown.rows] == [("2", "€18.00", "")]
    assert shown.total.value == "€18.00"


def test_a_very_long_order_is_summed_up_so_that_mail_programs_show_it_whole() -> None:
    shown = bill_of(after(placed(*(line(n, price=100) for n in range(1, 501)))))
    assert len(shown.rows) == MAX_ROWS + 1
    assert (shown.rows[-1].title, shown.rows[-1].amount) == ("Further items: 460", "€460.00")


@pytest.mark.parametrize("title", ["", "\u200b", "\n"])
def test_an_item_without_a_title_goes_by_its_sku(title: str) -> None:
    order = placed(replace(line(1), sku="CUP-1", title=title))
    assert bill_of(after(order)).rows[0].title == "1 × CUP-1"
