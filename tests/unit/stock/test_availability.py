"""What may be promised: never below zero, never falling with a later date, and never the same unit twice."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from oms.setup import Channel, Location, Platform, Product
from oms.stock.availability import outlook
from oms.stock.expected import Expected
from oms.stock.levels import Level, SkuStock
from oms.stock.shares import EVERYWHERE, kept_back, outside, pool_of, room, sellable, waiting_limit

TODAY = date(2026, 3, 2)
PLACES = ("east", "north", "south")


def day(number: int) -> date:
    return TODAY + timedelta(days=number)


def level(place: str, available: int) -> Level:
    return Level(sku="mug", location_id=place, on_hand=max(0, available), available=available)


def comes(place: str, units: int, on: int) -> Expected:
    return Expected(sku="mug", location_id=place, quantity=units, expected=day(on), purchase_order_id="po")


levels = st.lists(st.sampled_from(PLACES), unique=True, max_size=3).flatmap(
    lambda places: st.tuples(*(st.builds(level, st.just(place), st.integers(-3, 12)) for place in places))
)
coming = st.lists(
    st.builds(comes, st.sampled_from((*PLACES, "west")), st.integers(1, 9), st.integers(-3, 9)), max_size=6
)
kept = st.fixed_dictionaries({place: st.integers(0, 4) for place in (*PLACES, "west")})
pools = st.none() | st.frozensets(st.sampled_from((*PLACES, "west")), min_size=1)


def supply(found: tuple[Level, ...], arriving: list[Expected], stays: dict[str, int], by: date) -> dict[str, int]:
    """By the formula: what is there and will be, less what stays; today's arrivals count from tomorrow."""
    there = {each.location_id: each.available for each in found}
    for each in arriving:
        if max(each.expected, day(1)) <= by:
            there[each.location_id] = there.get(each.location_id, 0) + each.quantity
    return {place: max(0, units - stays[place]) for place, units in there.items()}


@given(found=levels, arriving=coming, stays=kept, waiting=st.integers(0, 15), pool=pools, hidden=st.integers(0, 5))
def test_the_figures_are_never_below_zero_and_never_fall_with_a_later_date(
    found: tuple[Level, ...],
    arriving: list[Expected],
    stays: dict[str, int],
    waiting: int,
    pool: frozenset[str] | None,
    hidden: int,
) -> None:
    stock = SkuStock(sku="mug", levels=found, waiting=waiting)
    seen = outlook(stock, arriving, TODAY, kept=stays.__getitem__, pool=pool, hidden=hidden)
    figures = [seen.by(day(number)) for number in range(-5, 15)]
    assert figures == sorted(figures)
    assert figures[0] == seen.now >= 0
    assert all(units >= 0 for moment in seen.moments for units in moment.free.values())
    assert [units for _, units in seen.steps] == sorted({units for _, units in seen.steps})


@given(found=levels, arriving=coming, stays=kept, waiting=st.integers(0, 15), hidden=st.integers(0, 5))
def test_what_is_promised_is_what_is_there_and_comes_less_what_is_owed_kept_and_hidden(
    found: tuple[Level, ...], arriving: list[Expected], stays: dict[str, int], waiting: int, hidden: int
) -> None:
    stock = SkuStock(sku="mug", levels=found, waiting=waiting)
    seen = outlook(stock, arriving, TODAY, kept=stays.__getitem__, hidden=hidden)
    for number in range(12):
        there = sum(supply(found, arriving, stays, day(number)).values())
        assert seen.by(day(number)) == max(0, there - waiting - hidden)


@given(
    found=levels,
    arriving=coming,
    stays=kept,
    waiting=st.integers(0, 8),
    wishes=st.lists(st.tuples(st.integers(1, 5), st.integers(0, 9)), max_size=8),
)
def test_no_unit_is_promised_twice(
    found: tuple[Level, ...],
    arriving: list[Expected],
    stays: dict[str, int],
    waiting: int,
    wishes: list[tuple[int, int]],
) -> None:
    """Whoever is promised units by a day gets them by then: the line before them is shorter than what has come."""
    stock = SkuStock(sku="mug", levels=found, waiting=waiting)
    ahead = waiting
    for units, by in wishes:
        seen = outlook(stock, arriving, TODAY, kept=stays.__getitem__)
        if units > seen.by(day(by)):
            continue
        assert ahead + units <= sum(supply(found, arriving, stays, day(by)).values())
        ahead += units
        stock = SkuStock(sku="mug", levels=found, waiting=ahead)


@given(
    found=levels,
    arriving=coming,
    waiting=st.dictionaries(st.sampled_from(["web", "store", "all"]), st.integers(1, 9)),
    web=st.frozensets(st.sampled_from(PLACES), min_size=1),
)
def test_channels_with_pools_of_their_own_are_not_in_each_others_way(
    found: tuple[Level, ...], arriving: list[Expected], waiting: dict[str, int], web: frozenset[str]
) -> None:
    store = frozenset({*PLACES, "west"}) - web
    stock = SkuStock(sku="mug", levels=found, waiting=sum(waiting.values()), waiting_by=waiting)
    none = dict.fromkeys((*PLACES, "west"), 0)
    served = {"web": web, "store": store, "all": EVERYWHERE}
    for number in range(11):
        there = supply(found, arriving, none, day(number))
        by_pool = {}
        for name, pool in (("web", web), ("store", store), ("all", EVERYWHERE)):
            seen = outlook(stock, arriving, TODAY, pools=served, pool=pool)
            mine = sum(units for place, units in there.items() if pool is None or place in pool)
            by_pool[name] = seen.by(day(number))
            assert by_pool[name] <= max(0, mine - waiting.get(name, 0))
            if "all" not in waiting and name != "all":
                assert by_pool[name] == max(0, mine - waiting.get(name, 0))
        assert by_pool["web"] + by_pool["store"] >= by_pool["all"] - waiting.get("all", 0)


def test_goods_that_come_are_first_for_who_waits_and_for_what_stays() -> None:
    stock = SkuStock(sku="mug", levels=(level("north", 1), level("south", -2)), waiting=4)
    arriving = [comes("south", 10, 3), comes("north", 5, 6), comes("west", 4, -2)]
    seen = outlook(stock, arriving, TODAY, kept=lambda place: 3 if place == "north" else 0)
    # Four come to west tomorrow, for who waits; ten to south, of which two are missing; five to north, where two stay.
    assert seen.steps == ((day(0), 0), (day(3), 8), (day(6), 11))
    assert seen.on(day(6)).free == {"north": 3, "south": 8, "west": 0}


def test_who_may_be_served_from_one_place_only_keeps_nobody_from_another() -> None:
    stock = SkuStock(
        sku="mug", levels=(level("north", 4), level("south", 5)), waiting=7, waiting_by={"web": 6, "store": 1}
    )
    assert sellable(stock, {"web": frozenset({"north"})}) == {"north": 0, "south": 4}
    assert sellable(stock) == {"north": 2, "south": 0}


def test_a_pool_names_locations_and_groups() -> None:
    places = [
        Location(location_id=name, name=name, latitude=0, longitude=0, groups=groups, buffer=2)
        for name, groups in (("berlin", ("eu",)), ("milan", ("eu", "stores")), ("york", ()))
    ]
    channel = Channel(channel_id="web", platform=Platform.CANONICAL, name="Web", pool=("stores", "york"))
    assert pool_of(channel, places) == {"milan", "york"}
    assert pool_of(None, places) is EVERYWHERE
    assert outside(pool_of(channel, places), places, "web") == {("berlin", ""): "is not in the pool of channel web"}
    assert kept_back(places[0], Product(sku="mug", title="Mug")) == 2
    assert kept_back(places[0], Product(sku="mug", title="Mug", buffer=0)) == 0
    assert kept_back(None, None) == 0


def test_until_its_release_as_many_may_wait_as_preorders_may() -> None:
    product = Product(sku="mug", title="Mug", backorder_limit=5, preorder_limit=100, release_date=day(3))
    assert [waiting_limit(product, day(number)) for number in (2, 3)] == [100, 5]
    assert (room(product, 7, day(3)), room(product, 7, day(2))) == (0, 93)
    assert room(Product(sku="mug", title="Mug"), 1000, TODAY) is None
    assert waiting_limit(None, TODAY) is None
