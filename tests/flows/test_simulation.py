"""Past orders under other rules, over the API; and every decision made again from the log alone."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from click.testing import CliRunner

from infra import simulating
from infra.cli import main
from tests.support.merchant import BERLIN, LOCATIONS, MILAN, Merchant
from tests.support.replay import replayed
from tests.support.shops import ITALIAN, Sale, canonical_order
from tests.support.state import logs
from tests.support.world import World

CHEAPEST = {"rule_id": "cheapest", "currency": "EUR", "objective": {"fewest_parcels": False, "shipping": 100}}


def _network(world: World) -> None:
    """Parcels from Milan are dear, from Berlin cheap."""
    for place, price in ((MILAN, 1900), (BERLIN, 700)):
        zone = {"name": "all", "steps": [{"grams": 30_000, "price": price}]}
        _set_up(world, f"/rate-cards/{place}", {"currency": "EUR", "zones": [zone]})
        known = next(each for each in LOCATIONS if each["location_id"] == place)
        body = {name: value for name, value in known.items() if name != "location_id"}
        _set_up(world, f"/locations/{place}", body | {"rate_card": place})


def _set_up(world: World, path: str, body: dict[str, Any]) -> None:
    answer = world.http("PUT", path, body, key="setup", insist=True)
    assert answer.status in {200, 201}, answer


def _tried(merchant: Merchant, wish: dict[str, Any]) -> Any:
    answer = merchant.world.http("POST", "/routing/simulate", wish, key="ops", insist=True)
    assert answer.status == 200, answer
    return answer.json


def _on_the_terminal(world: World, rules: list[dict[str, Any]], *arguments: str) -> str:
    """What `oms simulate-routing` prints."""
    with world.inside("InsightHttp"), TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulating, "inside", lambda _stack: nullcontext())
        patch.setenv("COLUMNS", "200")
        file = Path(folder) / "rules.json"
        file.write_text(json.dumps(rules))
        answer = CliRunner().invoke(main, ["simulate-routing", str(file), *arguments])
    assert answer.exit_code == 0, answer.output
    return answer.output


def test_other_rules_are_tried_on_past_orders_and_nothing_is_changed(merchant: Merchant, world: World) -> None:
    _network(world)
    merchant.receive("TEE", 3, location=MILAN)
    far = merchant.sell(canonical_order("S-1", [Sale("TEE", 2, "20.00")], buyer=ITALIAN))
    near = merchant.sell(canonical_order("S-2", [Sale("MUG", 1, "9.00")]))
    waits = merchant.sell(canonical_order("S-3", [Sale("CAP", 12, "9.00")]))
    merchant.receive("CAP", 5)
    before = logs(world)

    tried = _tried(merchant, {"rules": [CHEAPEST], "order_ids": [far, near, waits]})
    orders = {each["order_id"]: each for each in tried["orders"]}
    assert (orders[far]["before"]["location_ids"], orders[far]["after"]["location_ids"]) == ([MILAN], [BERLIN])
    assert (orders[far]["before"]["shipping"], orders[far]["after"]["shipping"]) == (1900, 700)
    assert orders[far]["changed"]
    assert not orders[near]["changed"]
    assert orders[waits]["before"]["unfilled"] == orders[waits]["after"]["unfilled"] == 2
    total = tried["total"]
    assert (total["orders"], total["changed"]) == (3, 1)
    assert (total["before"]["shipping"], total["after"]["shipping"]) == ({"EUR": 3300}, {"EUR": 2100})
    assert total["after"]["kilometres"] > total["before"]["kilometres"]
    assert logs(world) == before
    told = _on_the_terminal(world, [CHEAPEST], "--order", far, "--order", near)
    assert f"{MILAN}" in told
    assert "2 orders, 1 sourced otherwise" in told
    assert "-12.00 EUR" in told

    day = orders[far]["sourced_at"][:10]
    pages, cursor = [], ""
    while cursor is not None:
        page = _tried(merchant, {"rules": [], "first_day": day, "limit": 2, "cursor": cursor})
        pages.append([each["order_id"] for each in page["orders"]])
        assert not page["total"]["changed"], "without rules the house decides, as it did"
        cursor = page["cursor"]
    assert sorted(each for page in pages for each in page) == sorted([far, near, waits])
    assert [len(page) for page in pages] == [2, 1]
    decision = merchant.get(f"/orders/{far}/routing")["decisions"][0]
    assert decision["next_best"]["location_ids"] == [BERLIN]
    assert [len(each) and replayed(each) for each in before.values()] == [1, 1, 2]


def test_what_cannot_be_tried_is_said(merchant: Merchant, world: World) -> None:
    unknown = merchant.sell(canonical_order("S-1", [Sale("NO-SUCH", 1, "9.00")]))
    tried = _tried(merchant, {"rules": [], "order_ids": [unknown]})
    assert tried["skipped"] == [{"order_id": unknown, "why": "it was not sourced yet"}]
    for wish, status in (
        ({"rules": []}, 422),
        ({"rules": [], "order_ids": [unknown], "first_day": "2026-03-01"}, 422),
        ({"rules": [{"rule_id": "r", "objective": {"parcel": 5}}], "order_ids": [unknown]}, 422),
        ({"rules": [], "order_ids": ["o-none"]}, 404),
    ):
        assert world.http("POST", "/routing/simulate", wish, key="ops").status == status
