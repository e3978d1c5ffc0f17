"""Baskets over the API: told what they can be promised, kept, kept longer, and left."""

from __future__ import annotations

from tests.support.merchant import WEB, Merchant


def day(merchant: Merchant) -> None:
    """Each call of availability and reservations, once."""
    told = merchant.get(f"/availability?sku=TEE&quantity=1&country=DE&channel={WEB}", key="stock:read")
    assert told["lines"][0]["sku"] == "TEE"
    made = merchant.post("/reservations", {"lines": [{"sku": "TEE"}], "channel_id": WEB}, key="orders:write")
    assert made.status == 201, made
    path = f"/reservations/{made.json['reservation_id']}"
    assert merchant.post(f"{path}/extend", {"minutes": 60}, key="orders:write").status == 200
    assert merchant.get(path, key="orders:read")["status"] == "open"
    left = merchant.world.http("DELETE", path, key="orders:write")
    assert (left.status, left.json["status"]) == (200, "released")
