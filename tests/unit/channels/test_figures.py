from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.channels.figures import Sold, exactly, minor, placed_lines, shared
from oms.errors import InvalidInput
from oms.money import allocate
from oms.orders.events import PriceMode
from oms.orders.sold import MAX_TITLE, short, unit_runs

AMOUNTS = st.integers(min_value=0, max_value=10**9)


@given(st.integers(min_value=1, max_value=200), AMOUNTS, AMOUNTS)
def test_units_carry_the_shares_that_largest_remainder_gives_them(quantity: int, net: int, tax: int) -> None:
    runs = unit_runs(quantity, net, tax)
    assert [run.net for run in runs for _ in range(run.count)] == allocate(net, [1] * quantity)
    assert [run.tax for run in runs for _ in range(run.count)] == allocate(tax, [1] * quantity)
    assert all(run.count > 0 for run in runs)


@given(st.integers(min_value=1, max_value=10**6), st.integers(min_value=-(10**9), max_value=10**9), AMOUNTS)
def test_the_units_of_a_line_add_up_to_the_line(quantity: int, net: int, tax: int) -> None:
    runs = unit_runs(quantity, net, tax)
    assert sum(run.count for run in runs) == quantity
    assert sum(run.count * run.net for run in runs) == net
    assert sum(run.count * run.tax for run in runs) == tax
    assert len(runs) <= 3


@pytest.mark.parametrize(
    ("text", "currency", "expected"),
    [
        ("19.99", "EUR", 1999),
        ("1980", "JPY", 1980),
        ("1980.00", "JPY", 1980),
        ("1.234", "KWD", 1234),
        ("-0.05", "CHF", -5),
        ("0.62125", "USD", 62),
        ("0.005", "USD", 1),
        ("-0.005", "USD", -1),
        ("19.990000000000000000001", "EUR", 1999),
    ],
)
def test_decimal_text_becomes_minor_units_of_its_currency(text: str, currency: str, expected: int) -> None:
    assert minor(Decimal(text), currency) == expected


def test_a_unit_price_that_nobody_can_pay_is_no_list_price() -> None:
    assert exactly(Decimal("10.00") / 3, "EUR") is None
    assert exactly(Decimal("10.00"), "EUR") == 1000


def test_an_unknown_currency_is_refused() -> None:
    with pytest.raises(InvalidInput):
        minor(Decimal(1), "EURO")


@given(st.lists(st.integers(min_value=0, max_value=10**6), min_size=1, max_size=20), st.data())
def test_a_shared_discount_never_takes_more_than_a_line_costs(amounts: list[int], data: st.DataObject) -> None:
    discount = data.draw(st.integers(min_value=0, max_value=sum(amounts)))
    shares = shared(discount, amounts)
    assert sum(shares) == discount
    if sum(amounts):
        assert all(share <= amount for share, amount in zip(shares, amounts, strict=True))


@given(AMOUNTS, st.integers(min_value=0, max_value=100), st.integers(min_value=0, max_value=30))
def test_gross_and_net_prices_of_one_sale_make_the_same_line(net: int, discount_percent: int, rate: int) -> None:
    tax = net * rate // 100
    discount = net * discount_percent // 100
    quoted = {PriceMode.NET: net + discount, PriceMode.GROSS: net + tax + discount}
    lines = [
        placed_lines(
            [Sold(external_line_id="1", sku="A", title="A", quantity=3, amount=amount, discount=discount, tax=tax)],
            mode,
        )[0]
        for mode, amount in quoted.items()
    ]
    assert lines[0] == lines[1]
    assert (lines[0].net, lines[0].tax) == (net, tax)


def test_a_title_is_one_line_and_cut_to_what_the_log_holds() -> None:
    assert short("  two\n lines ") == "two lines"
    assert len(short("x" * 1000)) == MAX_TITLE
