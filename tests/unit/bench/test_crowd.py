"""The model of DynamoDB's limits by which hot items are measured: what it lets one partition key do, and two."""

from __future__ import annotations

from itertools import count

import pytest
from botocore.exceptions import ClientError

from infra.bench.crowd import UNDER_WAY, WRITE_UNITS, Crowd
from infra.bench.dynamo import Dynamo

SECONDS = 0.5


def made(partitions: int, *, conflicts: bool = False) -> tuple[int, Crowd]:
    """Transactions of one item each that get through in `SECONDS`."""
    dynamo, numbers = Dynamo(), count()
    crowd = Crowd(dynamo, conflicts=conflicts)
    done = 0

    def work() -> None:
        nonlocal done
        while True:
            key = {"sku": {"S": f"sku-{next(numbers) % partitions}"}, "location_id": {"S": "here"}}
            update = {"TableName": "any-stock", "Key": key, "UpdateExpression": "ADD sold :one"}
            try:
                dynamo.transact_write_items(
                    TransactItems=[{"Update": {**update, "ExpressionAttributeValues": {":one": {"N": "1"}}}}]
                )
            except ClientError:
                continue
            done += 1

    crowd.run([work] * 20 * partitions, SECONDS)
    assert done == sum(int(item["sold"]["N"]) for item in dynamo.scan(TableName="any-stock")["Items"])
    return done, crowd


@pytest.mark.parametrize("partitions", [1, 3])
def test_a_partition_key_takes_its_limit_and_no_more(partitions: int) -> None:
    done, crowd = made(partitions)
    # A transaction takes two units; a tenth of a second may be used ahead.
    assert done == pytest.approx(partitions * WRITE_UNITS / 2 * (SECONDS + 0.1), rel=0.1)
    assert crowd.throttled > 0


def test_transactions_that_meet_on_an_item_get_in_each_other_s_way() -> None:
    done, crowd = made(1, conflicts=True)
    assert done <= SECONDS / UNDER_WAY
    assert crowd.met > 0
