"""A day in the stockroom, over the API: goods are ordered, come, are looked at, move, are counted, and add up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.support.merchant import BERLIN, MILAN, Merchant

Json = dict[str, Any]

NIGHT = timedelta(days=1)


def goods_come(merchant: Merchant) -> None:
    """A purchase order: promised later, received in part with a broken unit, the rest given up."""
    wish = {
        "purchase_order_id": "PO-7",
        "location_id": BERLIN,
        "supplier": "Looms Ltd",
        "expected": "2026-12-01",
        "lines": [{"sku": "TEE", "quantity": 20}, {"sku": "MUG", "quantity": 5, "expected": "2026-12-09"}],
    }
    before = merchant.get("/stock/TEE", key="stock:read")["levels"][0]
    ordered = _wrote(merchant, "/purchase-orders", wish, status=201)
    assert ordered["status"] == "open"
    lost = wish | {"purchase_order_id": "PO-8", "location_id": "atlantis"}
    assert merchant.post("/purchase-orders", lost, key="stock:write").status == 422
    later = {"lines": [{"line": 1, "expected": "2026-12-05"}, {"line": 2, "quantity": 4}]}
    assert _wrote(merchant, "/purchase-orders/PO-7/change", later)["next_expected"] == "2026-12-05"
    came = {"reference": "LS 1", "lines": [{"sku": "TEE", "quantity": 12, "unavailable": {"damaged": 1, "quality": 2}}]}
    for _ in range(2):
        received = _wrote(merchant, "/purchase-orders/PO-7/receive", came, wish="LS 1")
    assert (received["received"], received["outstanding"]) == (12, 12)
    coming = merchant.get("/stock/TEE", key="stock:read")["expected"]
    assert coming == [{"location_id": BERLIN, "quantity": 8, "expected": "2026-12-05", "document": "PO-7"}]
    assert _listed(merchant, "/purchase-orders?location=" + BERLIN, "purchase_orders") == ["PO-7"]
    assert _wrote(merchant, "/purchase-orders/PO-7/close")["status"] == "closed"
    assert merchant.get("/purchase-orders/PO-7", key="stock:read")["version"] == 4
    now = merchant.get("/stock/TEE", key="stock:read")["levels"][0]
    assert (now["on_hand"] - before["on_hand"], now["available"] - before["available"], now["incoming"]) == (12, 9, 0)
    assert now["unavailable"] == {"damaged": 1, "quality": 2}


def goods_are_looked_at(merchant: Merchant) -> None:
    """What waits for somebody to look at it is released, and what is broken goes."""
    moves = [
        {"sku": "TEE", "location_id": BERLIN, "quantity": 2, "from": "quality", "to": "available"},
        {"sku": "TEE", "location_id": BERLIN, "quantity": 1, "from": "damaged", "to": "gone", "reference": "skip"},
    ]
    for _ in range(2):
        levels = _wrote(merchant, "/stock/moves", {"moves": moves}, wish="looked at")["levels"]
    assert levels[-1]["unavailable"] == {}


def goods_move(merchant: Merchant) -> None:
    """A transfer of six, of which five leave and four arrive."""
    plan = {
        "transfer_id": "T-1",
        "origin": BERLIN,
        "destination": MILAN,
        "expected": "2026-12-03",
        "lines": [{"sku": "TEE", "quantity": 6}],
    }
    _wrote(merchant, "/stock/transfers", plan, status=201)
    assert _listed(merchant, "/stock/transfers?status=planned", "transfers") == ["T-1"]
    _wrote(merchant, "/stock/transfers/T-1/dispatch", {"lines": [{"sku": "TEE", "quantity": 5}]})
    _wrote(merchant, "/stock/transfers/T-1/receive", {"lines": [{"sku": "TEE", "quantity": 4}]})
    assert merchant.get("/stock/transfers/T-1", key="stock:read")["in_transit"] == 1
    closed = _wrote(merchant, "/stock/transfers/T-1/close")
    assert (closed["status"], closed["lost"], closed["lines"][0]["kept"]) == ("closed", 1, 1)


def goods_are_counted(merchant: Merchant) -> None:
    """A count that finds one unit less in Milan, and one that is too far off to be believed."""
    there = merchant.stock("TEE")[MILAN][0]
    count = {"count_id": "C-1", "location_id": MILAN, "lines": [{"sku": "TEE", "counted": there - 1}]}
    for _ in range(2):
        assert _wrote(merchant, "/stock/counts", count, status=201)["variance"] == -1
    wild = {"count_id": "C-2", "location_id": MILAN, "max_variance": 5, "lines": [{"sku": "TEE", "counted": 900}]}
    assert _wrote(merchant, "/stock/counts", wild, status=201)["status"] == "recount"
    assert _listed(merchant, "/stock/counts", "counts") == ["C-2"]
    assert merchant.get("/stock/counts/C-1", key="stock:read")["lines"][0]["outcome"] == "corrected"
    assert merchant.stock("TEE")[MILAN][0] == there - 1


def the_books_add_up(merchant: Merchant) -> None:
    """At night every level is the sum of its ledger."""
    world = merchant.world
    world.settle()
    assert merchant.get("/stock/audit", key="stock:read")["found"] == 0
    known = merchant.post(f"/stock/TEE/{BERLIN}/ledger/accept", {"note": "nothing is wrong"}, key="ops")
    assert known.json == {"accepted": []}
    world.wait(NIGHT.total_seconds())
    told = merchant.get("/stock/audit", key="stock:read")
    assert told["finished_at"]
    assert (told["found"], told["differences"]) == (0, [])
    assert told["levels"] >= 2
    for item in world.items("StockTable"):
        if "on_hand" in item and "layout" not in item:  # a level in buckets has a ledger for each of them
            path = f"/stock/{item['sku']}/{item['location_id']}/ledger"
            entries = merchant.get(f"{path}?limit=100", key="stock:read")["entries"]
            assert [entry["version"] for entry in entries] == list(range(len(entries), 0, -1))
            assert entries[0]["balance"].get("on_hand", 0) == item["on_hand"]
            assert sum(entry["changes"].get("on_hand", 0) for entry in entries) == item["on_hand"]
            assert item.get("incoming", 0) == _promised(merchant, item["sku"], item["location_id"])


def _promised(merchant: Merchant, sku: str, location_id: str) -> int:
    coming = merchant.get(f"/stock/{sku}", key="stock:read")["expected"]
    return sum(each["quantity"] for each in coming if each["location_id"] == location_id)


def day(merchant: Merchant) -> None:
    """All of it but the audit."""
    goods_come(merchant)
    goods_are_looked_at(merchant)
    goods_move(merchant)
    goods_are_counted(merchant)


def _wrote(merchant: Merchant, path: str, body: Json | None = None, *, status: int = 200, wish: str = "") -> Any:
    answer = merchant.post(path, body, key="stock:write", wish=wish)
    assert answer.status == status, answer
    return answer.json


def _listed(merchant: Merchant, path: str, name: str) -> list[str]:
    rows = merchant.get(path, key="stock:read")[name]
    return [next(iter(row.values())) for row in rows]
