from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from oms.errors import NotFound, VersionMismatch
from oms.orders.contact import Address
from oms.platform import batch_read, cache, setup, setup_items
from oms.platform.setup import Outcome
from oms.setup import Channel, Location, Platform, Product

pytestmark = pytest.mark.usefixtures("world")

SHOP = Channel(channel_id="shop", platform=Platform.SHOPIFY, name="Shop", default_language="de", currency="EUR")
BERLIN = Location(
    location_id="berlin",
    name="Berlin",
    address=Address(line1="Torstraße 1", city="Berlin", postal_code="10119", country="DE"),
    latitude=52.53,
    longitude=13.4,
)
MUG = Product(sku="MUG/1 ü", title="Mug", grams=300)


@pytest.mark.parametrize("value", [SHOP, BERLIN, MUG])
def test_what_is_put_is_read_back_as_it_was(value: Any) -> None:
    assert setup.put(value) == setup.Written(1, Outcome.CREATED)
    value_id = setup_items.id_of(value)
    assert setup.stored(type(value), value_id) == setup_items.Stored(value, 1)


def test_the_same_value_put_again_is_not_written() -> None:
    setup.put(SHOP)
    assert setup.put(SHOP) == setup.Written(1, Outcome.UNCHANGED)


def test_a_repeated_call_is_harmless_even_with_the_version_of_before() -> None:
    setup.put(SHOP)
    changed = replace(SHOP, name="New")
    assert setup.put(changed, expected_version=1) == setup.Written(2, Outcome.UPDATED)
    assert setup.put(changed, expected_version=1) == setup.Written(2, Outcome.UNCHANGED)


def test_a_version_that_is_no_longer_the_newest_writes_nothing() -> None:
    setup.put(SHOP)
    setup.put(replace(SHOP, name="New"))
    with pytest.raises(VersionMismatch):
        setup.put(replace(SHOP, name="Newer"), expected_version=1)
    assert setup.stored(Channel, "shop").value.name == "New"


def test_version_zero_means_that_nothing_is_there_yet() -> None:
    setup.put(SHOP, expected_version=0)
    with pytest.raises(VersionMismatch):
        setup.put(replace(SHOP, name="New"), expected_version=0)


def test_a_write_that_meets_another_is_made_on_the_newer_version() -> None:
    setup.put(SHOP)
    stale = setup.stored(Channel, "shop")
    setup.put(replace(SHOP, name="New"))
    assert setup._put(replace(SHOP, name="Newest"), stale, None) == setup.Written(3, Outcome.UPDATED)


def test_of_many_values_the_last_one_of_an_id_wins() -> None:
    setup.put(MUG)
    done = setup.put_many([MUG, replace(MUG, sku="CUP"), replace(MUG, grams=1), replace(MUG, grams=2)])
    assert [(each.version, each.outcome.value) for each in done] == [
        (1, "unchanged"),
        (1, "created"),
        (2, "updated"),
        (3, "updated"),
    ]
    assert setup.stored(Product, MUG.sku).value.grams == 2


def test_a_channel_that_does_not_exist_is_found_as_soon_as_it_does() -> None:
    with pytest.raises(NotFound):
        setup.channel("shop")
    elsewhere(SHOP)
    assert setup.channel("shop") == SHOP


def test_a_channel_is_read_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    setup.put(SHOP)
    elsewhere(replace(SHOP, name="New"), version=2)
    assert setup.channel("shop").name == "Shop"
    later = cache.time.time() + setup.LIFE + 1
    monkeypatch.setattr(cache.time, "time", lambda: later)
    assert setup.channel("shop").name == "New"


def test_locations_are_listed_by_id() -> None:
    setup.put(replace(BERLIN, location_id="wien"))
    setup.put(BERLIN)
    setup.put(MUG)
    assert [each.location_id for each in setup.locations()] == ["berlin", "wien"]


def test_a_location_is_found_although_the_list_in_memory_is_older() -> None:
    assert setup.locations() == ()
    elsewhere(BERLIN)
    assert setup.location("berlin") == BERLIN
    with pytest.raises(NotFound):
        setup.location("wien")


def test_products_are_read_in_batches_and_the_unknown_are_left_out() -> None:
    for number in range(150):
        setup.put(replace(MUG, sku=f"MUG-{number}"))
    cache.forget_all()
    found = setup.products([*(f"MUG-{number}" for number in range(150)), "CUP", "", "MUG-1"])
    assert set(found) == {f"MUG-{number}" for number in range(150)}


def test_an_unknown_product_is_asked_for_again() -> None:
    assert setup.products([MUG.sku]) == {}
    elsewhere(MUG)
    assert setup.products([MUG.sku]) == {MUG.sku: MUG}


def test_what_a_busy_table_leaves_out_of_a_batch_is_asked_for_again(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        setup.put(replace(MUG, sku=f"MUG-{number}"))
    cache.forget_all()
    monkeypatch.setattr(batch_read.time, "sleep", lambda _: None)
    whole = world.batch_get_item

    def one_at_a_time(RequestItems: dict[str, Any]) -> Any:  # noqa: N803 - the service's own name
        keys = RequestItems["test-setup"]["Keys"]
        answer = whole(RequestItems={"test-setup": {**RequestItems["test-setup"], "Keys": keys[:1]}})
        left = {"test-setup": {**RequestItems["test-setup"], "Keys": keys[1:]}} if keys[1:] else {}
        return {**answer, "UnprocessedKeys": left}

    monkeypatch.setattr(world, "batch_get_item", one_at_a_time)
    assert len(setup.products([f"MUG-{number}" for number in range(5)])) == 5


def test_fields_of_a_newer_version_of_the_code_are_passed_over() -> None:
    elsewhere(MUG, extra={"material": "porcelain"})
    assert setup.products([MUG.sku]) == {MUG.sku: MUG}


def elsewhere(value: Any, *, version: int = 1, extra: dict[str, Any] | None = None) -> None:
    """Another process writes."""
    from dataclasses import asdict

    setup.client("dynamodb").put_item(
        TableName="test-setup",
        Item={
            **setup_items.key(type(value), setup_items.id_of(value)),
            "body": {"S": json.dumps({**asdict(value), **(extra or {})})},
            "version": {"N": str(version)},
        },
    )
