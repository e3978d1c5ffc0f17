from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.orders.contact import Address
from oms.setup import Location
from oms.sourcing.promise import TRANSIT, Border, delivers, expected_delivery, transit_days, works

countries = st.sampled_from(["DE", "IT", "US", "JP", "AE", "IL", "HK", "KW", "AQ", ""])


def _from(country: str, processing_days: int = 1) -> Location:
    return Location(
        location_id=f"{country}-{processing_days}",
        name="Warehouse",
        address=Address(country=country),
        latitude=0,
        longitude=0,
        processing_days=processing_days,
    )


def _on(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T09:00:00").replace(tzinfo=UTC)


def test_an_order_of_monday_is_handed_over_on_tuesday_and_there_on_wednesday() -> None:
    assert expected_delivery(_on("2026-03-02"), [(_from("DE"), 40)], "DE") == date(2026, 3, 4)


def test_a_warehouse_works_neither_on_weekends_nor_on_holidays() -> None:
    # 2026: Thursday 30 April, Friday is 1 May, Saturday and Sunday, handed over on Monday, there on Tuesday.
    assert expected_delivery(_on("2026-04-30"), [(_from("DE"), 40)], "DE") == date(2026, 5, 5)


def test_a_parcel_may_come_on_saturday_and_not_on_sunday() -> None:
    assert expected_delivery(_on("2026-03-05"), [(_from("DE"), 40)], "DE") == date(2026, 3, 7)
    assert expected_delivery(_on("2026-03-05"), [(_from("DE"), 400)], "DE") == date(2026, 3, 9)


def test_holidays_on_the_way_are_those_of_the_country_that_it_goes_to() -> None:
    # 25 April is a holiday in Italy, and a Saturday in 2026; in Austria it is a delivery day.
    wednesday = _on("2026-04-22")
    assert expected_delivery(wednesday, [(_from("DE"), 100)], "AT") == date(2026, 4, 25)
    assert expected_delivery(wednesday, [(_from("DE"), 100)], "IT") == date(2026, 4, 27)


def test_where_the_weekend_is_friday_and_saturday_parcels_come_on_sunday() -> None:
    assert delivers("KW", date(2026, 3, 8))
    assert not delivers("KW", date(2026, 3, 6))
    assert works("KW", date(2026, 3, 8))
    assert not works("KW", date(2026, 3, 7))


def test_the_last_of_several_parcels_is_the_one_that_is_promised() -> None:
    near, far = (_from("DE", 1), 40), (_from("DE", 3), 700)
    monday = _on("2026-03-02")
    assert expected_delivery(monday, [near, far], "DE") == expected_delivery(monday, [far], "DE") == date(2026, 3, 9)


def test_no_date_is_promised_while_something_waits_for_stock_or_when_nothing_is_sent() -> None:
    assert expected_delivery(_on("2026-03-02"), [(_from("DE"), 40)], "DE", backordered=True) is None
    assert expected_delivery(_on("2026-03-02"), [], "DE") is None


def test_without_processing_days_a_parcel_leaves_on_the_same_working_day() -> None:
    assert expected_delivery(_on("2026-03-02"), [(_from("DE", 0), 40)], "DE") == date(2026, 3, 3)
    assert expected_delivery(_on("2026-03-01"), [(_from("DE", 0), 40)], "DE") == date(2026, 3, 3)


@pytest.mark.parametrize(
    ("origin", "destination", "kilometres", "days"),
    [
        ("DE", "DE", 0, 1),
        ("DE", "DE", 150, 1),
        ("DE", "DE", 151, 2),
        ("DE", "AT", 100, 2),
        ("DE", "CH", 100, 5),
        ("DE", "JP", 9000, 10),
        ("DE", "", None, 10),
        ("DE", "DE", None, 7),
    ],
)
def test_days_on_the_way_grow_with_distance_and_borders(
    origin: str, destination: str, kilometres: int | None, days: int
) -> None:
    assert transit_days(origin, destination, kilometres) == days


@pytest.mark.parametrize("border", Border)
def test_farther_is_never_faster_and_the_table_reaches_round_the_earth(border: Border) -> None:
    rows = TRANSIT[border]
    assert list(rows) == sorted(rows)
    assert [days for _, days in rows] == sorted(days for _, days in rows)
    assert rows[-1][0] >= 20_038


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - it wants bounds without one
    countries,
    countries,
    st.integers(0, 10),
    st.none() | st.integers(0, 20_000),
)
def test_a_promise_is_a_day_of_delivery_in_the_future_and_not_a_month_of_waiting_more_than_needed(
    now: datetime, origin: str, destination: str, processing_days: int, kilometres: int | None
) -> None:
    day = expected_delivery(now, [(_from(origin, processing_days), kilometres)], destination)
    assert day is not None
    assert delivers(destination, day)
    days = processing_days + transit_days(origin, destination, kilometres)
    assert days <= (day - now.date()).days <= 3 * days + 30


def test_the_calendars_are_not_loaded_before_a_date_is_asked_for() -> None:
    seen = "import sys, oms.sourcing.promise; print('holidays' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", seen], check=True, capture_output=True, text=True)  # noqa: S603 - ours
    assert told.stdout == "False\n"
