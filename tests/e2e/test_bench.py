"""The bench measures what is shipped and what runs; its figures are checked where they are counts or ratios."""

from __future__ import annotations

from infra import doors
from infra.bench import cold, growth, life, warm
from infra.local import Cloud


def test_accepting_an_order_is_one_call_that_writes() -> None:
    for rows in life.costs().values():
        (capture,) = (row for row in rows if row.function == "CaptureHttp")
        assert capture.operations == {"dynamodb:PutItem": 1}
        assert {row.function for row in rows} >= {"RouteRelay", "RouteAdvance", "FulfillHttp", "NotifySend"}


def test_each_packaged_function_starts_within_its_share_of_boto3(cloud: Cloud) -> None:
    del cloud  # its start has built the packages
    starts = cold.starts(3)
    assert [each.stage for each in starts] == doors.stages()
    assert {each.stage: each.ratio for each in starts if each.ratio > cold.GOAL} == {}


def test_the_packaged_capture_takes_orders_beside_bare_writes(cloud: Cloud) -> None:
    taken = warm.taking(cloud)
    assert 0 < taken.write < taken.order
    assert 0 < taken.first_write < taken.first_order


def test_an_order_costs_as_much_however_many_orders_and_skus_there_are() -> None:
    costs = {(each.grown, each.calls, each.read_units, each.write_units) for each in growth.steps()}
    assert {grown: sum(1 for each in costs if each[0] == grown) for grown in ("orders", "skus")} == {
        "orders": 1,
        "skus": 1,
    }
