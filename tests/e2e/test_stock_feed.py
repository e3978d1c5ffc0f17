"""A file of counts on the local cloud, sent as a merchant sends it: to the address that the API names, from outside."""

from __future__ import annotations

from typing import Any

import requests

from infra.local import Cloud
from tests.e2e.test_deployment import eventually

SKUS, PLACES = 60, ("feed-north", "feed-south")


def call(cloud: Cloud, method: str, path: str, scope: str, **body: Any) -> Any:
    headers = {"Authorization": f"Bearer {cloud.keys[scope]}", **body.pop("headers", {})}
    answer = requests.request(method, cloud.url + path, headers=headers, timeout=30, **body)
    assert answer.ok, answer.text
    return answer.json()


def test_levels_are_sent_to_new_locations_and_counted(cloud: Cloud) -> None:
    home = {"line1": "Weg 1", "city": "Berlin", "postal_code": "10115", "country": "DE"}
    # Not active: what else is tried on this cloud shall not look at them.
    place_of_counts = {"address": home, "latitude": 52.5, "longitude": 13.4, "active": False}
    skus = [f"NIGHT-{number:03}" for number in range(SKUS)]
    rows = ["sku,title", *(f"{sku},Article" for sku in skus)]
    call(cloud, "POST", "/products/import", "setup", data="\n".join(rows), headers={"Content-Type": "text/csv"})
    for place in PLACES:
        call(cloud, "PUT", f"/locations/{place}", "setup", json={"name": place, **place_of_counts})

    opened = call(cloud, "POST", "/stock/feeds", "stock:write", json={"content_type": "text/csv", "reference": "night"})
    counts = [f"{sku},{place},7" for sku in skus for place in PLACES]
    upload = opened["upload"]
    file = "\n".join(["sku,location_id,on_hand", *counts, "FEED-NONE,feed-north,1"])
    sent = requests.request(upload["method"], upload["url"], headers=upload["headers"], data=file, timeout=30)
    assert sent.ok, sent.text
    feed = f"/stock/feeds/{opened['feed_id']}"
    call(cloud, "POST", f"{feed}/start", "stock:write")

    def done() -> Any:
        told = call(cloud, "GET", feed, "stock:read")
        return told if told["status"] == "done" else None

    told = eventually(done, "the feed to be done")
    assert [told[name] for name in ("rows", "created", "refused")] == [len(counts) + 1, len(counts), 1]
    refused = call(cloud, "GET", f"{feed}/rows?result=refused", "stock:read")["rows"]
    assert [(row["line"], row["id"]) for row in refused] == [(len(counts) + 2, "FEED-NONE/feed-north")]
    assert call(cloud, "GET", f"/stock/{skus[-1]}", "stock:read")["on_hand"] == 7 * len(PLACES)
