"""What taking an order costs beside the one write that it cannot do without: the packaged capture, in a fresh process.

Both write to a table of their own on the local cloud, so nothing is set in motion: the difference between them is
what our code does, from the bearer key to the answer.
"""

from __future__ import annotations

import json
import random
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from infra.bench import unpacked
from infra.demo import canonical
from infra.demo.goods import ARTICLES
from infra.demo.sale import Form, Paid
from infra.demo.story import Book
from infra.local import Cloud

CALLS = 200
"""Orders of one run, after the first."""

FIRST_RUNS = 5
"""Fresh processes in which the first order is timed."""

TABLE = "oms-bench-orders"

ORDERS = """
import json, time
from types import SimpleNamespace

began = time.perf_counter()
import app

def event(body):
    path = "/channels/{channel_id}/orders"
    return {
        "resource": path,
        "path": "/channels/shop/orders",
        "httpMethod": "POST",
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": {"channel_id": "shop"},
        "stageVariables": None,
        "requestContext": {
            "httpMethod": "POST", "resourcePath": path, "path": "/v1/channels/shop/orders", "stage": "v1",
            "requestId": "bench", "identity": {"sourceIp": "127.0.0.1"},
        },
        "body": body,
        "isBase64Encoded": False,
    }

def take(body):
    answer = app.app(event(body), SimpleNamespace(aws_request_id="bench", function_name="bench"))
    assert answer["statusCode"] == 201, answer

given = json.load(open(sys.argv[1]))
headers, bodies = given["headers"], given["bodies"]
take(bodies[0])
first = time.perf_counter() - began
"""

WRITES = """
import json, time
began = time.perf_counter()
import boto3
client = boto3.client("dynamodb")

def write(item, number):
    item = {**item, "order_id": {"S": f"bench-{given['run']}-{number}"}}
    client.put_item(TableName=given["table"], Item=item, ConditionExpression="attribute_not_exists(order_id)")

given = json.load(open(sys.argv[1]))
"""

FIRST_ORDER = ORDERS + 'json.dump({"first": first}, open(sys.argv[2], "w"))\n'

FIRST_WRITE = (
    WRITES
    + """
write(given["item"], 0)
json.dump({"first": time.perf_counter() - began}, open(sys.argv[2], "w"))
"""
)

BOTH = (
    ORDERS
    + WRITES
    + """
items = client.scan(TableName=given["table"], Limit=1)["Items"]
orders, writes = [], []
for number, body in enumerate(bodies[1:]):
    began = time.perf_counter()
    write(items[0], number)
    writes.append(time.perf_counter() - began)
    began = time.perf_counter()
    take(body)
    orders.append(time.perf_counter() - began)
json.dump({"orders": orders, "writes": writes, "item": items[0]}, open(sys.argv[2], "w"))
"""
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """Medians in seconds: an order and a bare write, warm; and the first of each in a fresh process, with imports."""

    order: float
    write: float
    first_order: float
    first_write: float

    @property
    def ratio(self) -> float:
        """A warm order as a share of a bare write."""
        return self.order / self.write

    @property
    def first_ratio(self) -> float:
        """The first order of a process as a share of the first write of another."""
        return self.first_order / self.first_write


def taking(cloud: Cloud) -> Taking:
    """Measure on a local cloud; orders and writes alternate."""
    for name in (*unpacked.LAYERS, "capture"):
        unpacked.unpack(name)
    with _table(cloud):
        bench = _Bench(cloud)
        warm = bench.run(BOTH, CALLS + 1)
        item = warm["item"]
        orders, writes = [], []
        for _ in range(FIRST_RUNS):
            writes.append(bench.run(FIRST_WRITE, 0, item=item)["first"])
            orders.append(bench.run(FIRST_ORDER, 1)["first"])
    return Taking(
        order=statistics.median(warm["orders"]),
        write=statistics.median(warm["writes"]),
        first_order=statistics.median(orders),
        first_write=statistics.median(writes),
    )


class _Bench:
    """Runs programs with orders that nobody has posted before."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._book = Book(random.Random(0), first=0, now=datetime.now(UTC))  # noqa: S311 - no secrets here
        self._runs = 0

    def run(self, program: str, orders: int, **given: Any) -> dict[str, Any]:
        """What a program measured."""
        self._runs += 1
        given |= {
            "run": self._runs,
            "table": TABLE,
            "headers": {
                "authorization": f"Bearer {self._cloud.keys['orders:write']}",
                "content-type": "application/json",
            },
            "bodies": [self._order() for _ in range(orders)],
        }
        environment = self._cloud.environment | {"OMS_ORDERS_TABLE": TABLE}
        with TemporaryDirectory() as directory:
            asked, told = Path(directory) / "asked.json", Path(directory) / "told.json"
            asked.write_text(json.dumps(given))
            unpacked.run(program, unpacked.paths("capture"), str(asked), str(told), environment=environment)
            measured: dict[str, Any] = json.loads(told.read_text())
        return measured

    def _order(self) -> str:
        wish = [(ARTICLES[0], 2), (ARTICLES[4], 1)]
        sale = self._book.sale(Form.CANONICAL, wish, country="DE", paid=Paid.BY_US, instrument="sim_ok")
        return json.dumps(canonical.document(sale))


@contextmanager
def _table(cloud: Cloud) -> Iterator[None]:
    """A table like that of the orders, without a stream."""
    dynamodb = cloud.client("dynamodb")
    keys = (("order_id", "S", "HASH"), ("seq", "N", "RANGE"))
    dynamodb.create_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": kind} for name, kind, _ in keys],
        KeySchema=[{"AttributeName": name, "KeyType": role} for name, _, role in keys],
        BillingMode="PAY_PER_REQUEST",
    )
    try:
        yield
    finally:
        dynamodb.delete_table(TableName=TABLE)
