"""The counters of what locations take on, by the expressions that really are sent."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from moto import mock_aws

from oms.orders.booking import RoomChange
from oms.platform import capacity, setup
from oms.platform.aws import client, code
from oms.setup import Location
from oms.sourcing.capacity import SLOT
from tests.support import tables

DAY, NEXT = date(2026, 3, 3), date(2026, 3, 4)


@pytest.fixture
def world(cloud: mock_aws) -> Any:
    tables.fresh(cloud, "setup", "references")
    setup.put(Location(location_id="near", name="Near", latitude=48, longitude=11, daily_capacity=SLOT + 10))


def change(units: int, slot: int = 0, day: date = DAY) -> str:
    """Try one change, and say how it went."""
    from botocore.exceptions import ClientError

    write = capacity.room_write(RoomChange(location_id="near", day=day, slot=slot, units=units))
    try:
        client("dynamodb").transact_write_items(TransactItems=[write])
    except ClientError as error:
        return code(error)
    return "taken"


@pytest.mark.usefixtures("world")
def test_a_slot_takes_its_quota_and_not_a_unit_more() -> None:
    half = (SLOT + 10) // 2
    assert change(half - 1) == "taken"
    assert change(2) == "TransactionCanceledException"
    assert change(1) == "taken"
    assert change(1) == "TransactionCanceledException"
    assert change(half, slot=1) == "taken"
    assert capacity.used("near", DAY, NEXT) == {(DAY, 0): half, (DAY, 1): half}


@pytest.mark.usefixtures("world")
def test_more_than_a_slot_is_never_taken_at_once() -> None:
    assert change(SLOT) == "TransactionCanceledException"


@pytest.mark.usefixtures("world")
def test_what_is_given_back_can_be_taken_again_even_when_the_counter_is_long_gone() -> None:
    change(130)
    assert change(-30) == "taken"
    assert change(30) == "taken"
    assert change(-5, day=NEXT) == "taken"
    assert capacity.used("near", DAY, DAY) == {(DAY, 0): 130}
    assert capacity.used("near", NEXT, NEXT) == {(NEXT, 0): -5}


@pytest.mark.usefixtures("world")
def test_a_location_whose_limit_was_lifted_takes_anything() -> None:
    change(130)
    setup.put(Location(location_id="near", name="Near", latitude=48, longitude=11))
    assert change(500) == "taken"
