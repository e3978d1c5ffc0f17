"""The one function that decides where an order is sent from: from all that is known to a plan, and nothing else.

Routing asks it with the stock of the moment; a simulation asks it again with what was known then and other rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from oms.orders.kits import Recipes
from oms.sourcing.distance import Coordinates
from oms.sourcing.eligibility import bars, rule_for
from oms.sourcing.facts import Demand, OrderFacts
from oms.sourcing.kits import plan_with_kits
from oms.sourcing.optimum import WORK
from oms.sourcing.plan import Plan, Situation, plan
from oms.sourcing.rates import RateCard
from oms.sourcing.rules import SourcingRule
from oms.sourcing.sites import Barred, Site, StockView


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """All that a decision rests on."""

    order: OrderFacts
    demand: tuple[Demand, ...]
    stock: StockView
    """Of what lies on shelves: goods, and components of kits."""
    sites: tuple[Site, ...]
    """The active locations."""
    destination: Coordinates | None
    now: datetime
    rules: tuple[SourcingRule, ...] = ()
    """Without any that applies, the rule of the house is taken."""
    cards: Mapping[str, RateCard] = field(default_factory=dict)
    """Rate cards by id."""
    barred: Barred = field(default_factory=dict)
    """Who may not give what beside what rules and set-up say: who rejected it, who is not in the channel's pool."""
    recipes: Recipes = field(default_factory=dict)
    """What kits are made of, by sku."""
    full: Mapping[str, date] = field(default_factory=dict)
    """The first day on which a location has room, for those that have none on the day on which they would ship."""
    pinned: str = ""
    """The one location that everything is to come from: the customer picks it up there. Empty: any."""
    joined: frozenset[str] = frozenset()
    """Locations that pack for the order already: what comes from there takes no parcel of its own."""
    parcels: int = 0
    """Parcels that the order has already."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The question, the plan, the rule that it was made by, and when all that it sends should be there."""

    question: Question
    plan: Plan
    rule: SourcingRule
    arrives: date | None
    """The last of the parcels; None when nothing is sent."""


def decide(question: Question, *, work: int = WORK, proof: bool = True, alternatives: bool = False) -> Decision:
    """The rule for the order, the locations that may give, and of all plans the one that costs least by the rule.

    For `proof` and `alternatives` see `plan`.
    """
    rule = rule_for(question.order, question.rules)
    skus = dict.fromkeys(each.sku for each in question.demand)
    barred = {**bars(question.order, skus, question.sites, rule, question.pinned), **question.barred}
    situation = Situation(
        order=question.order,
        rule=rule,
        cards=question.cards,
        now=question.now,
        full=question.full,
        joined=question.joined,
        parcels=question.parcels,
    )

    def make(view: StockView) -> Plan:
        return plan(
            question.demand,
            view,
            question.sites,
            question.destination,
            barred=barred,
            situation=situation,
            work=work,
            proof=proof,
            alternatives=alternatives,
        )

    planned = plan_with_kits(make, question.demand, question.stock, question.recipes)
    named = replace(planned.explanation, rule_id=rule.rule_id, rule_version=rule.version)
    planned = replace(planned, explanation=named)
    return Decision(question, planned, rule, max((each.arrives for each in planned.journeys.values()), default=None))
