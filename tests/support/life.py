"""What an order's life costs: its AWS calls and DynamoDB units by function, as JSON in a file.

`oms bench` runs it as `python -m tests.support.life FILE`: the world of the flow tests belongs to the tests, and the
bench only reads what it says. One order has been through before, so that keys, secrets and set-up are remembered, as
they are in a function that is at work.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from oms.platform import cache
from tests.support import functions
from tests.support.functions import Function, Runtime
from tests.support.merchant import MILAN, Merchant
from tests.support.recorder import Call
from tests.support.shops import Sale, canonical_order
from tests.support.world import World

READERS = frozenset({"InsightHttp"})
"""Functions that only answer questions: nobody has to ask them for an order to arrive."""

CHANGES = ("Put", "Update", "Delete", "Transact", "BatchWrite", "Send", "Publish")
"""How operations begin that change something in AWS."""

LIVES = {
    "one place": [Sale("TEE", 2, "19.90"), Sale("MUG", 1, "9.50")],
    "two places": [Sale("TEE", 2, "19.90"), Sale("POSTER", 1, "12.00")],
}


class Warm(Runtime):
    """Runs functions as processes of their own that stay: each remembers what it knew when it last ran."""

    def __init__(self) -> None:
        super().__init__()
        self._memories: dict[str, list[dict[Any, Any]]] = {}

    def invoke(self, function: Function, event: Mapping[str, Any]) -> Any:
        """See `Runtime.invoke`."""
        if self._last != function.name:
            self._memories[self._last] = [dict(each._kept) for each in cache._all]
            self.forget()
            functions._set_environment(function)
            self._stages.add(function.stage)
            self._last = function.name
            # Caches of modules that were imported meanwhile are at the end of the list.
            for each, kept in zip(cache._all, self._memories.get(function.name, []), strict=False):
                each._kept.update(kept)
        return super().invoke(function, event)


def measure() -> dict[str, dict[str, Any]]:
    """The cost of each life, by life and function."""
    found = {}
    world = World()
    world.runtime = Warm()
    with world:
        merchant = Merchant(world).open()
        world.http("PUT", "/products/POSTER", {"title": "Poster"}, key="setup", insist=True)
        merchant.receive("POSTER", 5, location=MILAN)
        for number, (name, sales) in enumerate(LIVES.items()):
            merchant.to_the_door(merchant.sell(canonical_order(f"WARM-{number}", sales)))
            world.recorder.clear()
            order_id = merchant.sell(canonical_order(f"LIFE-{number}", sales))
            merchant.to_the_door(order_id)
            found[name] = _by_function(world.recorder.calls)
            status = merchant.order(order_id)["status"]
            assert status == "delivered", f"the life of an order ended {status}"
    return found


def _by_function(calls: Iterable[Call]) -> dict[str, Any]:
    found: dict[str, dict[str, Any]] = {}
    for call in calls:
        if call.function in READERS:
            continue
        row = found.setdefault(
            call.function, {"calls": 0, "changes": 0, "read_units": 0.0, "write_units": 0.0, "operations": {}}
        )
        row["calls"] += 1
        row["changes"] += call.operation.startswith(CHANGES)
        row["read_units"] += call.read_units
        row["write_units"] += call.write_units
        operation = f"{call.service}:{call.operation}"
        row["operations"][operation] = row["operations"].get(operation, 0) + 1
    return found


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(measure()))
