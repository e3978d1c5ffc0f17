"""Decisions made again from what the log keeps of them: the same plan, from less."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from oms.setup import LocationKind
from oms.sourcing.decide import Decision, Question, decide
from oms.sourcing.distance import Coordinates
from oms.sourcing.facts import Demand, Goods, OrderFacts
from oms.sourcing.rates import RateCard, Step, Zone
from oms.sourcing.record import LONGEST, MOST_SITES, left_out_of, question_of, record_of
from oms.sourcing.rules import STANDARD, Applies, Objective, Places, SourcingRule
from oms.sourcing.sites import Site

HOME = Coordinates(48.0, 11.0)
MONDAY = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
IDS = tuple(f"l{number}" for number in range(1, 7))
SKUS = ("A", "B")
FACTS = OrderFacts(
    channel_id="web",
    country="DE",
    postal_code="80331",
    service="Express",
    tags=("vip",),
    currency="EUR",
    value=9900,
    goods={
        "A": Goods(grams=700, price=1000, markdown_percent=30, requires=("cold",)),
        "B": Goods(grams=1800, price=2500),
    },
)
CARDS = {
    "near": RateCard(
        card_id="near",
        currency="EUR",
        zones=(
            Zone(name="city", postal_prefixes=("80",), up_to_km=300, steps=(Step(grams=2000, price=390),), days=1),
            Zone(name="rest", countries=("DE",), steps=(Step(grams=1000, price=590), Step(grams=5000, price=790))),
        ),
    ),
    "far": RateCard(card_id="far", currency="CHF", zones=(Zone(name="ch", steps=(Step(grams=9000, price=1290),)),)),
}

sites = st.lists(
    st.builds(
        Site,
        location_id=st.sampled_from(IDS),
        latitude=st.sampled_from([None, 48.0, 48.0, 52.0]),
        longitude=st.sampled_from([11.0, 13.0]),
        priority=st.integers(0, 1),
        country=st.sampled_from(["DE", "CH"]),
        kind=st.sampled_from(LocationKind),
        groups=st.sampled_from([(), ("hub",)]),
        abilities=st.sampled_from([("cold",), ("cold",), ()]),
        rate_card=st.sampled_from(["near", "far", "lost", ""]),
        handling_unit=st.sampled_from([0, 15]),
        unsold_percent=st.sampled_from([0, 50]),
        processing_days=st.integers(0, 2),
        cut_off=st.sampled_from(["", "09:00"]),
        closed_days=st.sampled_from([(), (date(2026, 3, 3),)]),
    ),
    unique_by=lambda site: site.location_id,
    min_size=1,
    max_size=6,
).map(tuple)
rules = st.builds(
    SourcingRule,
    rule_id=st.just("r"),
    version=st.just(3),
    applies=st.just(Applies(postal_prefixes=("803",), tags=("VIP",))),
    places=st.sampled_from([Places(), Places(groups=("hub", "l1", "l2", "l3")), Places(exclude=("l2",))]),
    objective=st.builds(
        Objective,
        fewest_parcels=st.booleans(),
        parcel=st.sampled_from([0, 300]),
        shipping=st.sampled_from([0, 100]),
        kilometre=st.sampled_from([0, 1]),
        late_day=st.sampled_from([0, 200]),
        balance=st.sampled_from([0, 40]),
        markdown=st.sampled_from([0, 100]),
    ),
    currency=st.just("EUR"),
    exchange=st.just({"CHF": 1_040_000}),
    max_parcels=st.sampled_from([None, None, 1, 2]),
    min_value_per_split=st.sampled_from([0, 0, 1500]),
    split_lines=st.booleans(),
)
questions = st.builds(
    Question,
    order=st.just(FACTS),
    demand=st.dictionaries(st.sampled_from(SKUS), st.integers(1, 3), min_size=1).map(
        lambda wanted: tuple(Demand(str(line), sku, units) for line, (sku, units) in enumerate(wanted.items(), 1))
    ),
    stock=st.dictionaries(st.sampled_from(SKUS), st.dictionaries(st.sampled_from(IDS), st.integers(-1, 3))),
    sites=sites,
    destination=st.sampled_from([HOME, HOME, None]),
    now=st.just(MONDAY),
    rules=st.one_of(st.just(()), rules.map(lambda rule: (rule,))),
    cards=st.just(CARDS),
    barred=st.sampled_from([{}, {("l1", ""): "rejected it"}, {("l2", "A"): "did not find it"}]),
    full=st.sampled_from([{}, {"l3": date(2026, 3, 9)}]),
    joined=st.sampled_from([frozenset[str](), frozenset({"l4"})]),
    parcels=st.integers(0, 1),
)


def _again(decision: Decision) -> Decision:
    """What is decided when all that is known went through the log's JSON."""
    kept = json.loads(json.dumps(record_of(decision)))
    assert "80331" not in json.dumps(kept), "the address has one home"
    return decide(question_of(kept))


@given(questions)
def test_the_same_is_decided_from_what_the_log_keeps(question: Question) -> None:
    decision = decide(question)
    again = _again(decision)
    assert again.plan.assignments == decision.plan.assignments
    assert again.plan.unfilled == decision.plan.unfilled
    assert again.plan.bills == decision.plan.bills
    assert again.plan.journeys == decision.plan.journeys
    assert again.plan.kilometres == decision.plan.kilometres
    assert (again.plan.limited, again.plan.gap, again.arrives) == (
        decision.plan.limited,
        decision.plan.gap,
        decision.arrives,
    )
    assert replace(again.rule, applies=decision.rule.applies) == decision.rule


def test_locations_beyond_the_bound_are_counted_and_the_choice_stays() -> None:
    many = tuple(
        Site(location_id=f"l{number:03}", latitude=48.0 + number / 100, longitude=11.0, country="DE")
        for number in range(200)
    )
    stock = {"A": {site.location_id: 1 for site in many}, "B": {"l199": 2, "l150": 1}}
    decision = decide(
        Question(
            order=FACTS,
            demand=(Demand("1", "A", 2), Demand("2", "B", 3)),
            stock=stock,
            sites=many,
            destination=HOME,
            now=MONDAY,
        )
    )
    kept = record_of(decision)
    assert len(kept["sites"]) == MOST_SITES
    assert left_out_of(kept) == 200 - MOST_SITES
    assert decide(question_of(kept)).plan.assignments == decision.plan.assignments


def test_a_record_of_very_many_lines_keeps_within_its_length() -> None:
    places = tuple(
        Site(location_id=f"l{number}", latitude=48.0 + number / 100, longitude=11.0, country="DE")
        for number in range(80)
    )
    skus = [f"a-rather-long-stock-keeping-unit-{number}" for number in range(300)]
    decision = decide(
        Question(
            order=replace(FACTS, goods={sku: Goods(grams=100, price=1000) for sku in skus}),
            demand=tuple(Demand(str(line), sku, 1) for line, sku in enumerate(skus)),
            stock={sku: {site.location_id: 99 for site in places} for sku in skus},
            sites=places,
            destination=HOME,
            now=MONDAY,
        )
    )
    kept = record_of(decision)
    assert 0 < len(json.dumps(kept)) <= LONGEST
    assert 0 < left_out_of(kept) < 80
    assert decide(question_of(kept)).plan.assignments == decision.plan.assignments


def test_a_small_decision_takes_little_of_the_log() -> None:
    places = tuple(
        Site(location_id=name, latitude=48.0, longitude=11.0 + number, country="DE")
        for number, name in enumerate(("berlin", "verona", "vienna"))
    )
    decision = decide(
        Question(
            order=OrderFacts(channel_id="web", country="DE", currency="EUR", value=2500, goods={"A": Goods(grams=400)}),
            demand=(Demand("1", "A", 1),),
            stock={"A": {"berlin": 3, "vienna": 2}},
            sites=places,
            destination=HOME,
            now=MONDAY,
        )
    )
    kept = record_of(decision)
    assert [each["location_id"] for each in kept["sites"]] == ["berlin", "vienna"], "who has nothing is not kept"
    assert len(json.dumps(kept)) < 600
    assert question_of(kept).rules == (replace(STANDARD, active=True),)
