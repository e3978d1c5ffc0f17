"""The guide to rules says what happens: its orders are planned by its rules, in the shop that it describes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from oms.setup import LocationKind
from oms.sourcing.decide import Question, decide
from oms.sourcing.distance import Coordinates
from oms.sourcing.facts import Demand, Goods, OrderFacts
from oms.sourcing.forms import RateCardForm, SourcingRuleForm
from oms.sourcing.rates import RateCard
from oms.sourcing.rules import Objective, Places, SourcingRule
from oms.sourcing.sites import Site

GUIDE = (Path(__file__).parents[3] / "docs" / "sourcing-rules.md").read_text()
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
MUNICH = Coordinates(48.14, 11.58)
CITIES = {
    "munich": (48.13, 11.57, "DE"),
    "verona": (45.44, 10.99, "IT"),
    "berlin": (52.52, 13.40, "DE"),
    "hamburg": (53.55, 9.99, "DE"),
}
GOODS = {
    "TEE": Goods(grams=200, price=2000),
    "MUG": Goods(grams=400, price=950),
    "LAMP": Goods(grams=6000, price=12_000),
}

Units = dict[str, dict[str, int]]


@dataclass(frozen=True)
class Example:
    """An order of the guide, the rule that stands before it (None: the house), and where it says it comes from."""

    rule: SourcingRule | None
    wanted: dict[str, int]
    words: str
    units: Units

    def __str__(self) -> str:
        return f"{self.rule.name if self.rule else 'no rule'}: {self.wanted}{self.words}"


def _counted(text: str) -> dict[str, int]:
    return {sku: int(units) for units, sku in re.findall(r"(\d+) ([A-Z]+)", text)}


def _cells() -> Iterator[list[str]]:
    for line in GUIDE.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[0] in CITIES:
            yield cells


def _sites() -> list[Site]:
    return [
        Site(
            location_id=name,
            latitude=CITIES[name][0],
            longitude=CITIES[name][1],
            country=CITIES[name][2],
            kind=LocationKind(kind),
            groups=tuple(groups.split(", ")),
            rate_card=card,
        )
        for name, kind, groups, _, card, *_ in _cells()
    ]


def _stock() -> Units:
    return {
        sku: {cells[0]: int(cells[column]) for cells in _cells()}
        for sku, column in (("TEE", 5), ("MUG", 6), ("LAMP", 7))
    }


def _cards() -> dict[str, RateCard]:
    blocks = re.findall(r"```json card (\w+)\n(.*?)```", GUIDE, re.DOTALL)
    return {name: RateCardForm.model_validate_json(body).value(name) for name, body in blocks}


def _examples() -> list[Example]:
    found: list[Example] = []
    rule: SourcingRule | None = None
    for body, wanted, words, units in _parts():
        if body:
            rule = SourcingRuleForm.model_validate_json(body).value("guide")
        else:
            shares = {share.split(" ", 1)[0]: _counted(share) for share in units.split("; ")}
            found.append(Example(rule, _counted(wanted), words, shares))
    return found


def _parts() -> Iterator[tuple[str, str, str, str]]:
    for block in re.finditer(
        r"```json rule\n(?P<rule>.*?)```|^→ `(?P<order>[^`]*)`(?P<words>[^:\n]*): (?P<units>[^\n]*)$",
        GUIDE,
        re.DOTALL | re.MULTILINE,
    ):
        yield block["rule"] or "", block["order"] or "", block["words"] or "", block["units"] or ""


@pytest.mark.parametrize("example", _examples(), ids=str)
def test_an_order_of_the_guide_goes_out_from_where_it_says(example: Example) -> None:
    goods, sites, rule = dict(GOODS), _sites(), example.rule
    if "requires oversize" in example.words:
        goods["LAMP"] = replace(goods["LAMP"], requires=("oversize",))
        sites = [replace(site, abilities=("oversize",) * (site.location_id == "verona")) for site in sites]
        rule = SourcingRule(rule_id="any", objective=Objective(kilometre=1))
    if "loses 50 percent" in example.words:
        goods["TEE"] = replace(goods["TEE"], markdown_percent=50)
        sites = [replace(site, unsold_percent=40 * (site.location_id == "hamburg")) for site in sites]
    order = OrderFacts(
        country="DE",
        postal_code="80331",
        service="express" if "by express" in example.words else "standard",
        currency="EUR",
        value=sum(goods[sku].price * units for sku, units in example.wanted.items()),
        goods={sku: goods[sku] for sku in example.wanted},
    )
    question = Question(
        order=order,
        demand=tuple(Demand(str(number), sku, units) for number, (sku, units) in enumerate(example.wanted.items())),
        stock=_stock(),
        sites=tuple(sites),
        destination=MUNICH,
        now=MONDAY,
        rules=(rule,) if rule else (),
        cards=_cards(),
    )
    decision = decide(question)
    assert decision.rule.rule_id == (rule.rule_id if rule else "standard")
    got: Units = {}
    for each in decision.plan.assignments:
        got.setdefault(each.location_id, {})[each.sku] = each.quantity
    if decision.plan.unfilled:
        got["waits"] = {each.sku: each.quantity for each in decision.plan.unfilled}
    assert got == example.units


def test_the_guide_has_an_example_for_each_weight_and_limit() -> None:
    rules = [example.rule for example in _examples() if example.rule]
    used = {name for rule in rules for name in Objective.__slots__ if getattr(rule.objective, name)}
    assert used == set(Objective.__slots__)
    assert {name for rule in rules for name in Places.__slots__ if getattr(rule.places, name)} >= {"groups", "exclude"}
    limits = {(rule.max_parcels is not None, rule.min_value_per_split > 0, rule.split_lines) for rule in rules}
    assert limits >= {(True, True, True), (False, False, False), (False, False, True)}
