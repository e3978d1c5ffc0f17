"""A stock feed over the API: opened, sent, started, watched; hot levels and kits among its rows."""

from __future__ import annotations

from tests.support.merchant import BERLIN, MILAN, Merchant
from tests.support.world import World


def test_a_file_of_counts_is_sent_started_and_told_of_row_by_row(world: World) -> None:
    merchant = Merchant(world).open({("TEE", BERLIN): 100, ("MUG", BERLIN): 2})
    assert world.http("PUT", f"/stock/TEE/{BERLIN}/buckets", {"buckets": 4}, key="stock:write").status == 200
    opened = merchant.post("/stock/feeds", {"content_type": "text/csv", "reference": "night"}, key="stock:write")
    assert opened.status == 201, opened
    feed = opened.json
    assert (feed["status"], feed["upload"]["method"]) == ("waiting", "PUT")
    assert merchant.post(f"/stock/feeds/{feed['feed_id']}/start", key="stock:write").status == 409

    rows = ["sku,location_id,on_hand", f"TEE,{BERLIN},90", f"MUG,{BERLIN},2", f"MUG,{MILAN},7", f"NONE,{BERLIN},1"]
    world.cloud.client("s3").put_object(
        Bucket=world.name("DocumentsBucket"), Key=f"feeds/{feed['feed_id']}/upload", Body="\n".join(rows).encode()
    )
    assert merchant.post(f"/stock/feeds/{feed['feed_id']}/start", key="stock:write").status == 202
    world.settle()
    told = merchant.get(f"/stock/feeds/{feed['feed_id']}", key="stock:read")
    assert told["status"] == "done"
    assert [told[name] for name in ("created", "updated", "unchanged", "refused")] == [1, 1, 1, 1]
    page = merchant.get(f"/stock/feeds/{feed['feed_id']}/rows?result=refused", key="stock:read")
    assert [(row["line"], row["id"]) for row in page["rows"]] == [(5, f"NONE/{BERLIN}")]
    assert merchant.stock("TEE") == {BERLIN: (90, 90, 0)}
    assert merchant.stock("MUG")[MILAN] == (7, 7, 0)
