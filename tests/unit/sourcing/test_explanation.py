"""What a merchandiser reads about a decision: its cost, the next best, and why every other location lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from oms.orders.events import Candidate, Explanation
from oms.sourcing.decide import Question, decide
from oms.sourcing.distance import Coordinates
from oms.sourcing.facts import Demand, Goods, OrderFacts
from oms.sourcing.rates import RateCard, Step, Zone
from oms.sourcing.rules import Objective, Places, SourcingRule
from oms.sourcing.sites import Site

MUNICH = Coordinates(48.14, 11.58)
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
CARD = RateCard(
    card_id="parcel",
    currency="EUR",
    zones=(
        Zone(name="home", up_to_km=100, steps=(Step(grams=2000, price=390),), days=1),
        Zone(name="country", steps=(Step(grams=2000, price=690),), days=2),
    ),
)
BERLIN = Site(location_id="berlin", latitude=52.52, longitude=13.40, country="DE", rate_card="parcel")
VERONA = Site(location_id="verona", latitude=45.44, longitude=10.99, country="IT", rate_card="parcel")
SHOP = Site(location_id="shop", latitude=48.13, longitude=11.57, country="DE", rate_card="parcel", handling_parcel=150)
MONEY = SourcingRule(
    rule_id="money",
    version=4,
    currency="EUR",
    objective=Objective(fewest_parcels=False, parcel=200, shipping=100, kilometre=1, late_day=100),
)
FACTS = OrderFacts(country="DE", currency="EUR", goods={"A": Goods(grams=500), "B": Goods(grams=500)})


def told(
    wanted: dict[str, int], stock: dict[str, dict[str, int]], rule: SourcingRule | None = MONEY, **known: object
) -> Explanation:
    question = Question(
        order=FACTS,
        demand=tuple(Demand(str(number), sku, units) for number, (sku, units) in enumerate(wanted.items(), 1)),
        stock=stock,
        sites=(BERLIN, VERONA, SHOP),
        destination=MUNICH,
        now=MONDAY,
        rules=(rule,) if rule else (),
        cards={"parcel": CARD},
    )
    return decide(replace(question, **known), alternatives=True).plan.explanation  # type: ignore[arg-type]


def of(explanation: Explanation, location_id: str) -> Candidate:
    return next(each for each in explanation.candidates if each.location_id == location_id)


def test_the_cost_of_the_choice_of_every_candidate_and_of_the_next_best_is_told() -> None:
    explanation = told({"A": 1}, {"A": {"shop": 1, "berlin": 2, "verona": 1}})
    assert (explanation.currency, explanation.cost, explanation.arrives) == ("EUR", 741, date(2026, 3, 4))
    assert of(explanation, "shop").verdict == "has all 1 units: the cheapest that alone has what can be had"
    assert of(explanation, "shop").cost == 741
    assert of(explanation, "berlin").verdict == (
        "has 1 of 1 units: could replace shop, but costs 7.52 EUR more (shipping 1.50 EUR more, "
        "distance 5.02 EUR more for 502 km, lateness 1.00 EUR more) and arrives 1 day later"
    )
    assert of(explanation, "berlin").cost == 752
    best = explanation.next_best
    assert best is not None
    assert (best.location_ids, best.parcels, best.kilometres) == (("verona",), 1, 304)
    assert (best.cost, best.arrives) == (1294, date(2026, 3, 5))
    assert best.verdict.startswith("costs 5.52 EUR more (")


def test_without_money_the_words_are_kilometres_and_parcels() -> None:
    explanation = told({"A": 2}, {"A": {"shop": 1, "verona": 2, "berlin": 2}}, None)
    assert (explanation.currency, explanation.cost) == ("", None)
    assert of(explanation, "berlin").verdict == ("has 2 of 2 units: could replace verona, but is 200 km farther")
    assert of(explanation, "shop").verdict == "has 1 of 2 units: would take a further parcel"
    best = explanation.next_best
    assert best is not None
    assert (best.location_ids, best.cost, best.verdict) == (("berlin",), None, "is 200 km farther")


def test_where_nobody_else_has_the_goods_there_is_no_next_best() -> None:
    explanation = told({"A": 2, "B": 1}, {"A": {"shop": 2, "berlin": 1}, "B": {"shop": 1}})
    assert explanation.next_best is None
    assert of(explanation, "verona").verdict == "has none of the goods"


def test_a_limit_that_leaves_goods_waiting_is_named() -> None:
    rule = replace(MONEY, max_parcels=1)
    explanation = told({"A": 1, "B": 1}, {"A": {"shop": 1}, "B": {"berlin": 1}}, rule)
    assert explanation.limited == "a further parcel is not allowed: 1 at most"


@given(
    st.dictionaries(st.sampled_from("AB"), st.integers(1, 3), min_size=1),
    st.fixed_dictionaries(
        {
            sku: st.fixed_dictionaries({name: st.integers(0, 3) for name in ("shop", "verona", "berlin", "wien")})
            for sku in "AB"
        }
    ),
    st.booleans(),
    st.booleans(),
)
def test_no_choice_without_one_of_the_chosen_is_better_than_the_next_best(
    wanted: dict[str, int],
    stock: dict[str, dict[str, int]],
    fewest: bool,  # noqa: FBT001 - drawn
    split: bool,  # noqa: FBT001 - drawn
) -> None:
    wien = Site(location_id="wien", latitude=48.2, longitude=16.37, country="AT")
    rule = SourcingRule(
        rule_id="r",
        currency="EUR",
        objective=Objective(fewest_parcels=fewest, parcel=150, kilometre=1),
        split_lines=split,
    )
    question = Question(
        order=FACTS,
        demand=tuple(Demand(str(number), sku, units) for number, (sku, units) in enumerate(wanted.items(), 1)),
        stock=stock,
        sites=(BERLIN, VERONA, SHOP, wien),
        destination=MUNICH,
        now=MONDAY,
        rules=(rule,),
    )
    decision = decide(question, alternatives=True)
    chosen = {each.location_id for each in decision.plan.assignments}
    others = []
    for name in chosen:
        without = replace(rule, places=Places(exclude=(name,)))
        plan = decide(replace(question, rules=(without,))).plan
        if sum(each.quantity for each in plan.unfilled) == sum(each.quantity for each in decision.plan.unfilled):
            cost = sum(bill.total for bill in plan.bills.values())
            others.append((len(plan.bills) if fewest else 0, round(cost / 1000)))
    best = decision.plan.explanation.next_best
    if best is None:
        assert not others
    else:
        assert ((best.parcels if fewest else 0), best.cost) == min(others)
