"""The work as it is carried out: labels, stock and papers, whoever dies, repeats or is faster."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from oms.carriers.simulated import is_tracking_number
from oms.errors import ConcurrentAppend, InvalidInput, NotAllowed, NotFound, ShortStock, VersionMismatch
from oms.fulfillment import work
from oms.fulfillment.decisions import Packing
from oms.fulfillment.labels import Wanted, label_link
from oms.orders.events import LabelBought, UnitsPacked, UnitsShipped
from oms.orders.order import Order
from tests.unit.fulfillment.warehouse import NUMBER, ORDER, PARCEL, SHARE, Died, Warehouse, many, mugs, plates


@pytest.fixture
def house() -> Warehouse:
    house = Warehouse()
    house.sold(mugs(3), plates(2))
    return house


def to_picked(house: Warehouse) -> Order:
    work.accept(house.desk(), SHARE, house.caller("accept"))
    order = work.pick(house.desk(), SHARE, house.caller("pick"))
    house.calls.clear()
    return order


def pack(house: Warehouse, cause: str = "pack", **packing: int) -> Order:
    return work.pack(house.desk(), SHARE, house.caller(cause), packing=Packing(**packing))


def to_shipped(house: Warehouse) -> Order:
    to_picked(house)
    pack(house)
    return work.ship(house.desk(), SHARE, house.caller("ship"))


def events_of(house: Warehouse, kind: type) -> list[object]:
    return [event for entry in house.log[ORDER] for event in entry.events if isinstance(event, kind)]


def test_parcel_label_and_the_way_back_stand_in_one_entry(house: Warehouse) -> None:
    to_picked(house)
    order = pack(house, grams=900)
    packed, bought = house.log[ORDER][-1].events
    assert isinstance(packed, UnitsPacked)
    assert isinstance(bought, LabelBought)
    assert (bought.tracking_number, bought.document) == (NUMBER, f"{ORDER}/{PARCEL}-label.pdf")
    assert is_tracking_number(bought.tracking_number)
    assert house.links == {f"parcel#simulated#{NUMBER}": ORDER}
    assert house.papers[bought.document].startswith(b"%PDF")
    assert house.calls == ["read", "buy", "put", "append"]
    assert order.parcels[PARCEL].label == bought


def test_shipping_moves_committed_stock_out_of_the_house(house: Warehouse) -> None:
    before = house.levels["mug", "north"]
    order = to_shipped(house)
    level = house.levels["mug", "north"]
    assert (before.on_hand, before.committed) == (3, 3)
    assert (level.on_hand, level.available, level.committed) == (0, 0, 0)
    assert order.parcels[PARCEL].shipped_at is not None
    assert list(house.totals()) == [0, 0]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("call", range(4))
def test_a_packer_who_dies_at_any_point_gets_the_same_label_at_the_next_try(
    house: Warehouse, call: int, when: str
) -> None:
    to_picked(house)
    house.die_at = call, when
    with pytest.raises(Died):
        pack(house, grams=900)
    house.die_at = None
    order = pack(house, grams=900)
    assert [event.tracking_number for event in events_of(house, LabelBought)] == [NUMBER]  # type: ignore[attr-defined]
    assert set(house.bought) == {PARCEL}
    assert list(house.papers) == [f"{ORDER}/{PARCEL}-label.pdf"]
    assert list(order.parcels) == [PARCEL]


def test_two_packers_at_once_close_two_parcels_with_a_label_each(house: Warehouse) -> None:
    to_picked(house)
    desk = house.desk()

    def other_packer() -> None:
        work.pack(desk, SHARE, house.caller("other"), packing=Packing(units={"2": 2}, grams=777))

    house.meanwhile["append"] = other_packer
    order = work.pack(desk, SHARE, house.caller("mine"), packing=Packing(units={"1": 3}, grams=111))
    assert [(each.packed.grams, each.label and each.label.document) for each in order.parcels.values()] == [
        (777, f"{ORDER}/{PARCEL}-label.pdf"),
        (111, f"{ORDER}/{SHARE}-p2-label.pdf"),
    ]
    assert len({each.label.tracking_number for each in order.parcels.values() if each.label}) == 2


def test_a_label_is_the_same_whatever_is_packed_so_that_a_race_leaves_no_wrong_one(house: Warehouse) -> None:
    to_picked(house)
    pack(house, grams=900)
    first = dict(house.papers)
    other = Warehouse()
    other.sold(mugs(3), plates(2))
    to_picked(other)
    pack(other, grams=100)
    assert other.papers == first


@pytest.mark.parametrize("action", [work.accept, work.pick, work.ship, work.deliver])
def test_the_same_cause_is_carried_out_once(house: Warehouse, action: Callable[..., Order]) -> None:
    if action in {work.ship, work.deliver}:
        to_picked(house)
        pack(house)
    if action is work.deliver:
        work.ship(house.desk(), SHARE, house.caller("ship"))
    if action is work.pick:
        work.accept(house.desk(), SHARE, house.caller("accept"))
    first = action(house.desk(), SHARE, house.caller("once"))
    assert first.version == len(house.log[ORDER])
    assert action(house.desk(), SHARE, house.caller("once")) == first


def test_packing_under_one_key_twice_buys_no_second_label_even_when_more_is_picked(house: Warehouse) -> None:
    work.accept(house.desk(), SHARE, house.caller("accept"))
    work.pick(house.desk(), SHARE, house.caller("pick 1"), units={"1": 1})
    pack(house, "pack 1")
    work.pick(house.desk(), SHARE, house.caller("pick 2"))
    order = pack(house, "pack 1")
    assert list(order.parcels) == [PARCEL]
    assert house.bought == [PARCEL]


def test_if_match_holds_for_every_action(house: Warehouse) -> None:
    stale = house.order().version - 1
    for act in (
        lambda: work.accept(house.desk(), SHARE, house.caller("a"), expected_version=stale),
        lambda: work.pack(house.desk(), SHARE, house.caller("b"), packing=Packing(), expected_version=stale),
        lambda: work.ship(house.desk(), SHARE, house.caller("c"), expected_version=stale),
    ):
        with pytest.raises(VersionMismatch, match=f"is at version {stale + 1}, not {stale}"):
            act()


def test_somebody_elses_entry_in_between_is_decided_upon_anew(house: Warehouse) -> None:
    to_picked(house)
    house.fail_appends = 3
    order = pack(house)
    assert list(order.parcels) == [PARCEL]
    assert set(house.bought) == {PARCEL}
    house.fail_appends = 100
    with pytest.raises(ConcurrentAppend, match="try again"):
        work.ship(house.desk(), SHARE, house.caller("ship"))


def test_an_order_without_an_address_is_not_packed() -> None:
    house = Warehouse()
    house.sold(mugs(1), buyer=None)
    to_picked(house)
    with pytest.raises(NotAllowed, match="no address to ship to"):
        pack(house)
    assert not house.bought


def test_an_unknown_carrier_and_an_overweight_parcel_are_named(house: Warehouse) -> None:
    to_picked(house)
    with pytest.raises(InvalidInput) as unknown:
        work.pack(house.desk(), SHARE, house.caller("p"), packing=Packing(), label=Wanted(carrier="owl"))
    assert unknown.value.errors[0].path == "carrier"
    with pytest.raises(InvalidInput) as heavy:
        pack(house, grams=40_000)
    assert heavy.value.errors[0].path == "grams"
    assert not house.order().parcels


def test_stock_that_was_counted_away_stops_the_parcel_at_the_door(house: Warehouse) -> None:
    to_picked(house)
    pack(house)
    level = house.levels["mug", "north"]
    house.levels["mug", "north"] = type(level)(sku="mug", location_id="north", on_hand=1, committed=1)
    with pytest.raises(ShortStock):
        work.ship(house.desk(), SHARE, house.caller("ship"))
    assert house.order().parcels[PARCEL].shipped_at is None


# A parcel of more skus than one transaction moves.


@pytest.fixture
def crate() -> Warehouse:
    house = Warehouse()
    house.sold(*many(200))
    to_picked(house)
    pack(house)
    house.calls.clear()
    return house


def test_a_parcel_of_very_many_skus_leaves_in_several_entries(crate: Warehouse) -> None:
    order = work.ship(crate.desk(), SHARE, crate.caller("ship"))
    assert [(len(event.units), event.complete) for event in events_of(crate, UnitsShipped)] == [  # type: ignore[attr-defined]
        (90, False),
        (90, False),
        (20, True),
    ]
    assert order.parcels[PARCEL].shipped_at is not None
    assert all(level.on_hand == level.committed == 0 for level in crate.levels.values())
    assert work.ship(crate.desk(), SHARE, crate.caller("ship")) == order


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("call", range(6))
def test_a_shipping_broken_off_goes_on_where_it_stopped(crate: Warehouse, call: int, when: str) -> None:
    version = crate.order().version
    crate.calls.clear()
    crate.die_at = call, when
    with pytest.raises(Died):
        work.ship(crate.desk(), SHARE, crate.caller("ship"), expected_version=version)
    crate.die_at = None
    order = work.ship(crate.desk(), SHARE, crate.caller("ship"), expected_version=version)
    assert [len(event.units) for event in events_of(crate, UnitsShipped)] == [90, 90, 20]  # type: ignore[attr-defined]
    assert order.version == version + 3
    assert all(level.on_hand == level.committed == 0 for level in crate.levels.values())


# Papers.


def test_papers_are_found_by_their_links(house: Warehouse) -> None:
    with pytest.raises(NotFound, match="no label for it; parcels: none"):
        label_link(house.desk(), SHARE)
    to_shipped(house)
    assert label_link(house.desk(), SHARE).endswith(f"/{ORDER}/{PARCEL}-label.pdf")
    assert label_link(house.desk(), SHARE, PARCEL) == label_link(house.desk(), SHARE)
    assert work.packing_slip_link(house.desk(), SHARE).endswith(f"/{ORDER}/{SHARE}-packing-slip.pdf")
    with pytest.raises(NotFound, match=f"parcels: {PARCEL}"):
        label_link(house.desk(), SHARE, f"{SHARE}-p9")
    with pytest.raises(NotFound):
        work.packing_slip_link(house.desk(), f"{ORDER}-9")
