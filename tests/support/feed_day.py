"""A day on which a warehouse sends its counts in one file: what the API document says of it."""

from __future__ import annotations

from tests.support.merchant import BERLIN, Merchant


def day(merchant: Merchant) -> None:
    """A feed, a hot level among its rows, and an alert about what it found."""
    world = merchant.world
    buckets = f"/stock/MUG/{BERLIN}/buckets"
    assert world.http("PUT", buckets, {"buckets": 2}, key="stock:write").status == 200
    mug = {"title": "Mug", "low_stock": 10, "components": []}
    assert world.http("PUT", "/products/MUG", mug, key="setup").status == 200
    place = f"/stock/feeds/{merchant.post('/stock/feeds', {}, key='stock:write').json['feed_id']}"
    world.cloud.client("s3").put_object(
        Bucket=world.name("DocumentsBucket"),
        Key=place.removeprefix("/stock/") + "/upload",
        Body=f"sku,location_id,on_hand\nMUG,{BERLIN},3\nGHOST,{BERLIN},1\n".encode(),
    )
    assert merchant.post(f"{place}/start", key="stock:write").status == 202
    world.settle()
    assert merchant.get(place, key="stock:read")["refused"] == 1
    assert merchant.get(f"{place}/rows?limit=1", key="stock:read")["cursor"]
    assert merchant.get("/alerts?limit=1", key="stock:read")["alerts"]
