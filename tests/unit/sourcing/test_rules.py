"""Which rule an order is sourced by, who may give, and what the limits of a rule do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.setup import LocationKind
from oms.setup_body import from_body
from oms.sourcing.decide import Decision, Question, decide
from oms.sourcing.distance import Coordinates
from oms.sourcing.eligibility import rule_for
from oms.sourcing.facts import Demand, Goods, OrderFacts
from oms.sourcing.plan import Assignment
from oms.sourcing.promise import journey
from oms.sourcing.rates import RateCard, Step, Zone
from oms.sourcing.rules import STANDARD, Applies, Objective, Places, SourcingRule
from oms.sourcing.sites import Site

MUNICH = Coordinates(48.14, 11.58)
BERLIN = Site(location_id="berlin", latitude=52.52, longitude=13.40, country="DE", groups=("warehouses",))
VERONA = Site(location_id="verona", latitude=45.44, longitude=10.99, country="IT", groups=("warehouses",))
SHOP = Site(
    location_id="shop", latitude=48.13, longitude=11.57, country="DE", groups=("stores",), kind=LocationKind.STORE
)
KIOSK = replace(SHOP, location_id="kiosk", latitude=48.25)
ALL = (BERLIN, VERONA, SHOP, KIOSK)
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
FACTS = OrderFacts(
    channel_id="web",
    country="DE",
    postal_code="80 331",
    service="Express",
    tags=("VIP",),
    currency="EUR",
    value=5000,
    goods={"A": Goods(grams=500, price=1000, category="Shoes"), "B": Goods(grams=500, price=200)},
)

Stock = dict[str, dict[str, int]]


def rule(**fields: Any) -> SourcingRule:
    return SourcingRule(**{"rule_id": "r", "currency": "EUR", **fields})


def ask(wanted: dict[str, int], stock: Stock, of: SourcingRule | None = None, **known: Any) -> Decision:
    demand = tuple(Demand(str(number), sku, units) for number, (sku, units) in enumerate(wanted.items(), 1))
    question = Question(
        order=FACTS, demand=demand, stock=stock, sites=ALL, destination=MUNICH, now=MONDAY, rules=(of,) if of else ()
    )
    return decide(replace(question, **known))


def sent(decision: Decision) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for each in decision.plan.assignments:
        units = found.setdefault(each.location_id, {})
        units[each.sku] = units.get(each.sku, 0) + each.quantity
    return found


def why(decision: Decision, location_id: str) -> str:
    return next(each.verdict for each in decision.plan.explanation.candidates if each.location_id == location_id)


# Which orders.


@pytest.mark.parametrize(
    ("asked", "applies"),
    [
        (Applies(), True),
        (Applies(channels=("web", "shop")), True),
        (Applies(channels=("shop",)), False),
        (Applies(countries=("DE",)), True),
        (Applies(countries=("AT",)), False),
        (Applies(postal_prefixes=("803",)), True),
        (Applies(postal_prefixes=("81",)), False),
        (Applies(services=("express",)), True),
        (Applies(services=("standard",)), False),
        (Applies(tags=("gift", "vip")), True),
        (Applies(tags=("gift",)), False),
        (Applies(skus=("A",)), True),
        (Applies(skus=("C",)), False),
        (Applies(categories=("shoes",)), True),
        (Applies(skus=("C",), categories=("shoes",)), True),
        (Applies(min_value=5000, max_value=5000), True),
        (Applies(min_value=5001), False),
        (Applies(max_value=4999), False),
        (Applies(countries=("DE",), tags=("gift",)), False),
    ],
)
def test_a_rule_is_for_the_orders_that_meet_every_field_that_is_set(asked: Applies, applies: bool) -> None:  # noqa: FBT001 - a table
    assert (rule_for(FACTS, [rule(applies=asked)]) is not STANDARD) is applies


def test_the_lowest_priority_wins_then_the_first_id_and_inactive_rules_never() -> None:
    rules = [
        rule(rule_id="b", priority=10),
        rule(rule_id="a", priority=10),
        rule(rule_id="c", priority=5, active=False),
        rule(rule_id="d", priority=1, applies=Applies(countries=("AT",))),
    ]
    assert rule_for(FACTS, rules).rule_id == "a"
    assert rule_for(FACTS, rules[2:]) is STANDARD


def test_amounts_of_another_currency_are_compared_by_the_rules_own_rate_or_not_at_all() -> None:
    francs = replace(FACTS, currency="CHF")
    asked = rule(applies=Applies(min_value=5200))
    assert rule_for(francs, [asked]) is STANDARD
    assert rule_for(francs, [replace(asked, exchange={"CHF": 1_050_000})]).rule_id == "r"


def test_without_rules_the_house_decides_and_says_so() -> None:
    decision = ask({"A": 1}, {"A": {"shop": 1, "berlin": 1}})
    assert sent(decision) == {"shop": {"A": 1}}
    assert (decision.plan.explanation.rule_id, decision.plan.explanation.rule_version) == ("standard", 0)


# Which locations.


@pytest.mark.parametrize(
    ("site", "words"),
    [
        (replace(SHOP, ships=False), "sends no parcels"),
        (replace(SHOP, markets=("AT", "CH")), "does not ship to DE"),
        (replace(SHOP, services=("Standard",)), "does not offer Express"),
        (replace(SHOP, services=("EXPRESS",), markets=("DE",)), ""),
    ],
)
def test_who_cannot_serve_the_order_gives_nothing_and_the_explanation_says_why(site: Site, words: str) -> None:
    decision = ask({"A": 1}, {"A": {"shop": 1, "berlin": 1}}, sites=(BERLIN, site))
    assert (sent(decision) == {"berlin": {"A": 1}}) is bool(words)
    assert not words or why(decision, "shop") == words


def test_goods_go_out_from_where_they_can_be_handled() -> None:
    goods = {"A": Goods(requires=("cold", "hazmat")), "B": Goods()}
    cold = replace(BERLIN, abilities=("cold", "hazmat"))
    stock = {"A": {"shop": 1, "berlin": 1}, "B": {"shop": 1}}
    decision = ask({"A": 1, "B": 1}, stock, order=replace(FACTS, goods=goods), sites=(cold, SHOP))
    assert sent(decision) == {"berlin": {"A": 1}, "shop": {"B": 1}}
    alone = ask({"A": 1}, stock, order=replace(FACTS, goods=goods), sites=(cold, SHOP))
    assert why(alone, "shop") == "A: cannot handle cold and hazmat"


@pytest.mark.parametrize(
    ("places", "words"),
    [
        (Places(exclude=("stores",)), "excluded by rule r"),
        (Places(exclude=("shop",)), "excluded by rule r"),
        (Places(kinds=(LocationKind.WAREHOUSE,)), "rule r takes warehouses only"),
        (Places(groups=("warehouses",)), "in none of the groups of rule r"),
    ],
)
def test_a_rule_names_the_locations_that_it_means(places: Places, words: str) -> None:
    decision = ask({"A": 1}, {"A": {"shop": 1, "berlin": 1}}, rule(places=places))
    assert sent(decision) == {"berlin": {"A": 1}}
    assert why(decision, "shop") == words


def test_a_later_group_is_asked_only_for_what_the_first_ones_lack() -> None:
    preference = rule(places=Places(groups=("warehouses", "stores")))
    split = {"A": {"berlin": 1, "shop": 9}, "B": {"verona": 1, "shop": 9}}
    decision = ask({"A": 1, "B": 1}, split, preference)
    assert sent(decision) == {"berlin": {"A": 1}, "verona": {"B": 1}}, "two parcels: groups come before parcels"
    assert why(decision, "shop") == "stands in a later group, and those before have what can be had"
    lacking = ask({"A": 2, "B": 1}, split, preference)
    assert sent(lacking) == {"shop": {"A": 2, "B": 1}}


def test_an_order_that_is_pinned_comes_from_there_whatever_the_rule() -> None:
    stock = {"A": {"shop": 1, "berlin": 1, "verona": 1}}
    closed = replace(VERONA, ships=False, markets=("IT",))
    decision = ask({"A": 1}, stock, rule(places=Places(exclude=("verona",))), pinned="verona", sites=(BERLIN, closed))
    assert sent(decision) == {"verona": {"A": 1}}
    assert why(decision, "berlin") == "the order is to come from verona"


def test_who_is_barred_gives_nothing_of_it() -> None:
    barred = {("shop", "A"): "rejected it", ("kiosk", ""): "gave the order back"}
    decision = ask({"A": 1, "B": 1}, {"A": {"shop": 1, "kiosk": 1, "berlin": 1}, "B": {"shop": 1}}, barred=barred)
    assert sent(decision) == {"berlin": {"A": 1}, "shop": {"B": 1}}
    assert why(decision, "kiosk") == "gave the order back"


# Limits.


def test_no_more_parcels_than_allowed_and_of_what_fits_the_most_valuable() -> None:
    stock = {"A": {"berlin": 2}, "B": {"verona": 9, "shop": 9}}
    assert sent(ask({"A": 1, "B": 3}, stock, rule(max_parcels=2))) == {"berlin": {"A": 1}, "shop": {"B": 3}}
    decision = ask({"A": 1, "B": 3}, stock, rule(max_parcels=1))
    assert sent(decision) == {"berlin": {"A": 1}}
    assert [(each.sku, each.quantity) for each in decision.plan.unfilled] == [("B", 3)]
    assert decision.plan.limited == "a further parcel is not allowed: 1 at most"
    assert sent(ask({"A": 1, "B": 9}, stock, rule(max_parcels=1))) == {"shop": {"B": 9}}, "worth more together"


def test_the_order_keeps_to_the_limit_when_it_is_sourced_again() -> None:
    stock = {"B": {"verona": 9, "shop": 9}}
    full = ask({"B": 1}, stock, rule(max_parcels=2), parcels=2)
    assert sent(full) == {}
    joins = ask({"B": 1}, stock, rule(max_parcels=2), parcels=2, joined=frozenset({"verona"}))
    assert sent(joins) == {"verona": {"B": 1}}, "what packs for the order already takes no further parcel"


def test_a_further_parcel_must_be_worth_it_and_cheaper_goods_wait() -> None:
    stock = {"A": {"berlin": 2}, "B": {"shop": 9, "kiosk": 9}}
    decision = ask({"A": 2, "B": 2}, stock, rule(min_value_per_split=500))
    assert sent(decision) == {"berlin": {"A": 2}}
    assert decision.plan.limited == "a further parcel would carry goods of too little value"
    assert sent(ask({"A": 2, "B": 3}, stock, rule(min_value_per_split=500))) == {"berlin": {"A": 2}, "shop": {"B": 3}}
    assert sent(ask({"B": 1}, stock, rule(min_value_per_split=500))) == {"shop": {"B": 1}}, "the first is always sent"
    assert sent(ask({"B": 1}, stock, rule(min_value_per_split=500), parcels=1)) == {}
    joined = frozenset({"kiosk"})
    assert sent(ask({"B": 1}, stock, rule(min_value_per_split=500), parcels=1, joined=joined)) == {"kiosk": {"B": 1}}


def test_a_line_that_is_not_to_be_split_comes_from_one_location_or_waits() -> None:
    stock = {"A": {"berlin": 2, "shop": 2, "verona": 3}}
    assert sent(ask({"A": 3}, stock, rule(split_lines=False))) == {"verona": {"A": 3}}
    torn = ask({"A": 4}, stock, rule(split_lines=False))
    assert sent(torn) == {}
    assert torn.plan.limited == "no location has all of it, and lines are not to be split"
    assert ask({"A": 3}, stock, rule(split_lines=False)).plan.limited == ""
    demand = (Demand("1", "A", 2), Demand("2", "A", 2))
    first = ask({}, stock, rule(split_lines=False), demand=demand)
    assert first.plan.assignments == (Assignment("shop", "1", "A", 2),), "the first line that fits, and the other waits"


stocks = st.dictionaries(
    st.sampled_from(["A", "B", "C"]),
    st.dictionaries(st.sampled_from([site.location_id for site in ALL]), st.integers(0, 4)),
)
demands = st.dictionaries(st.sampled_from(["A", "B", "C"]), st.integers(1, 5), min_size=1)


@given(
    demands,
    stocks,
    st.one_of(st.none(), st.integers(1, 3)),
    st.sampled_from([0, 300, 1500]),
    st.booleans(),
    st.sampled_from([(), ("warehouses", "stores"), ("stores",)]),
    st.booleans(),
)
def test_whatever_the_limits_they_are_kept_and_every_unit_has_one_fate(
    wanted: dict[str, int],
    stock: Stock,
    most: int | None,
    least: int,
    split: bool,  # noqa: FBT001 - drawn
    groups: tuple[str, ...],
    fewest: bool,  # noqa: FBT001 - drawn
) -> None:
    of = rule(
        max_parcels=most,
        min_value_per_split=least,
        split_lines=split,
        places=Places(groups=groups),
        objective=Objective(fewest_parcels=fewest, parcel=100, kilometre=1),
    )
    goods = {"A": Goods(price=1000), "B": Goods(price=200), "C": Goods(price=10)}
    decision = ask(wanted, stock, of, order=replace(FACTS, goods=goods))
    shares = sent(decision)
    waits = {each.sku: each.quantity for each in decision.plan.unfilled}
    for sku, units in wanted.items():
        assert sum(share.get(sku, 0) for share in shares.values()) + waits.get(sku, 0) == units
        assert split or sum(sku in share for share in shares.values()) <= 1
    for name, share in shares.items():
        assert all(units <= stock[sku][name] for sku, units in share.items())
        assert len(shares) == 1 or sum(goods[sku].price * units for sku, units in share.items()) >= least
    assert most is None or len(shares) <= most
    free = ask(wanted, stock, replace(of, max_parcels=None, min_value_per_split=0), order=replace(FACTS, goods=goods))
    if sent(free) != shares and sum(waits.values()) > sum(each.quantity for each in free.plan.unfilled):
        assert decision.plan.limited


# What counts as good.


def test_a_dearer_near_parcel_loses_to_a_cheaper_far_one_when_money_counts() -> None:
    cards = {
        "de": RateCard(card_id="de", currency="EUR", zones=(Zone(name="z", steps=(Step(grams=9999, price=900),)),)),
        "it": RateCard(card_id="it", currency="EUR", zones=(Zone(name="z", steps=(Step(grams=9999, price=400),)),)),
    }
    sites = (replace(SHOP, rate_card="de"), replace(VERONA, rate_card="it", handling_parcel=100))
    stock = {"A": {"shop": 1, "verona": 1}}
    money = rule(objective=Objective(fewest_parcels=False, shipping=100))
    decision = ask({"A": 1}, stock, money, sites=sites, cards=cards)
    assert sent(decision) == {"verona": {"A": 1}}
    assert decision.plan.bills["verona"].shipping == 500_000
    urgent = replace(money, objective=replace(money.objective, late_day=300))
    assert sent(ask({"A": 1}, stock, urgent, sites=sites, cards=cards)) == {"shop": {"A": 1}}, "two days later"


def test_a_second_parcel_pays_when_it_is_cheaper_than_one_from_afar() -> None:
    cards = {
        "near": RateCard(card_id="near", currency="EUR", zones=(Zone(name="z", steps=(Step(grams=9999, price=300),)),)),
        "far": RateCard(card_id="far", currency="EUR", zones=(Zone(name="z", steps=(Step(grams=9999, price=900),)),)),
    }
    sites = (replace(SHOP, rate_card="near"), replace(KIOSK, rate_card="near"), replace(BERLIN, rate_card="far"))
    stock = {"A": {"shop": 1, "berlin": 1}, "B": {"kiosk": 1, "berlin": 1}}
    money = rule(objective=Objective(fewest_parcels=False, shipping=100))
    assert set(sent(ask({"A": 1, "B": 1}, stock, money, sites=sites, cards=cards))) == {"shop", "kiosk"}
    boxes = replace(money, objective=replace(money.objective, parcel=400))
    assert set(sent(ask({"A": 1, "B": 1}, stock, boxes, sites=sites, cards=cards))) == {"berlin"}


def test_a_location_without_a_rate_counts_as_the_dearest() -> None:
    cards = {
        "a": RateCard(card_id="a", currency="EUR", zones=(Zone(name="z", steps=(Step(grams=9999, price=900),)),)),
    }
    sites = (replace(BERLIN, rate_card="a"), replace(SHOP, rate_card="gone"))
    money = rule(objective=Objective(fewest_parcels=False, shipping=100, kilometre=1))
    assert sent(ask({"A": 1}, {"A": {"shop": 1, "berlin": 1}}, money, sites=sites, cards=cards)) == {"shop": {"A": 1}}


def test_stock_is_taken_from_where_most_of_it_lies_and_where_it_would_be_marked_down() -> None:
    stock = {"A": {"berlin": 90, "shop": 10}}
    balanced = rule(objective=Objective(fewest_parcels=False, balance=100))
    assert sent(ask({"A": 1}, stock, balanced)) == {"berlin": {"A": 1}}
    season = replace(FACTS, goods={"A": Goods(price=10_000, markdown_percent=50)})
    sites = (BERLIN, replace(SHOP, unsold_percent=40))
    risky = rule(objective=Objective(fewest_parcels=False, balance=100, markdown=100))
    assert sent(ask({"A": 1}, stock, risky, order=season, sites=sites)) == {"shop": {"A": 1}}


# Days.


def test_what_comes_after_the_cut_off_counts_as_of_the_next_day_in_the_locations_own_zone() -> None:
    rome = replace(VERONA, time_zone="Europe/Rome", cut_off="14:00")
    before = journey(datetime(2026, 7, 6, 11, 59, tzinfo=UTC), rome, 100, "IT")
    after = journey(datetime(2026, 7, 6, 12, 0, tzinfo=UTC), rome, 100, "IT")
    assert (before.leaves, after.leaves) == (date(2026, 7, 7), date(2026, 7, 8))
    auckland = replace(rome, time_zone="Pacific/Auckland", cut_off="", country="NZ")
    assert journey(datetime(2026, 7, 6, 13, tzinfo=UTC), auckland, 100, "NZ").leaves == date(2026, 7, 8)


def test_a_location_works_on_its_own_days_and_not_when_it_is_closed() -> None:
    store = replace(SHOP, working_days=(2, 3, 4, 5, 6), processing_days=1, closed_days=(date(2026, 3, 3),))
    assert journey(MONDAY, store, 10, "DE").leaves == date(2026, 3, 4)
    saturday = replace(store, closed_days=())
    assert journey(datetime(2026, 3, 6, 9, tzinfo=UTC), saturday, 10, "DE").leaves == date(2026, 3, 7)
    easter = replace(store, working_days=(1, 2, 3, 4, 5, 6))
    assert journey(datetime(2026, 4, 4, 9, tzinfo=UTC), easter, 10, "DE").leaves == date(2026, 4, 7)


def test_a_location_that_is_always_closed_is_no_endless_search() -> None:
    closed = replace(SHOP, closed_days=tuple(date.fromordinal(MONDAY.toordinal() + day) for day in range(400)))
    assert journey(MONDAY, closed, 10, "DE").leaves > date(2027, 4, 1)


def test_days_of_the_rate_card_take_the_place_of_the_houses() -> None:
    zone = Zone(name="z", services=("express",), steps=(Step(grams=9999, price=900),), days=0)
    cards = {"x": RateCard(card_id="x", currency="EUR", zones=(zone,))}
    decision = ask({"A": 1}, {"A": {"shop": 1}}, sites=(replace(SHOP, rate_card="x"),), cards=cards)
    assert decision.arrives == decision.plan.journeys["shop"].leaves == date(2026, 3, 3)


# Set-up.


def test_a_rule_comes_back_from_its_body_and_what_newer_code_wrote_is_passed_over() -> None:
    body: dict[str, Any] = {
        "rule_id": "r",
        "applies": {"countries": ["DE"], "newer": 1},
        "places": {"kinds": ["store", "drone"], "groups": ["a", "b"]},
        "objective": {"parcel": 5},
        "max_parcels": None,
        "exchange": {"CHF": 5},
        "newer": {},
    }
    assert from_body(SourcingRule, body) == SourcingRule(
        rule_id="r",
        applies=Applies(countries=("DE",)),
        places=Places(kinds=(LocationKind.STORE,), groups=("a", "b")),
        objective=Objective(parcel=5),
        exchange={"CHF": 5},
    )
