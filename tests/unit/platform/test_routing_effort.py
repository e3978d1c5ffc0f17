"""Where plans are proved: in the function that reads the routing queue, until a message has run out of time twice."""

from __future__ import annotations

import json
from typing import Any

import pytest

from oms.platform import routing
from oms.platform.batch import sqs_batch
from oms.routing.ports import Ports


class Patient:
    """A function with time for everything."""

    def get_remaining_time_in_millis(self) -> int:
        return 20_000


def test_the_queue_proves_plans_until_a_message_comes_for_the_third_time(monkeypatch: pytest.MonkeyPatch) -> None:
    proved = list[bool]()
    monkeypatch.setattr(routing, "advance", lambda ports, *_, **__: proved.append(ports.proof))
    body = json.dumps({"type": "OrderPlaced", "order_id": "o1", "id": "m"})
    for times in ("1", "2", "3"):
        record = {"messageId": "m", "body": body, "attributes": {"ApproximateReceiveCount": times}}
        assert sqs_batch({"Records": [record]}, Patient(), routing.handle) == {"batchItemFailures": []}
    assert proved == [True, True, False]


def test_who_waited_for_stock_is_served_without_a_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    proved = list[bool]()

    def served(ports: Ports, *_: object, **__: object) -> None:
        proved.append(ports.proof)

    monkeypatch.setattr(routing, "fill_backorders", served)
    routing.stock_arrived({"eventID": "e", "dynamodb": {"NewImage": level(3), "OldImage": level(0)}})
    assert proved == [False]


def level(units: int) -> dict[str, Any]:
    count = {"N": str(units)}
    return {"sku": {"S": "mug"}, "location_id": {"S": "near"}, "on_hand": count, "available": count}
