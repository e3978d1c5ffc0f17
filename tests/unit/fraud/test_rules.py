"""Rules against fraud: each speaks against what it is meant for and against nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from oms.fraud import rules as ru
from oms.fraud.disposable import is_disposable
from oms.fraud.forms import FraudRulesForm
from oms.fraud.protocol import Screening, ScreeningRequest
from oms.fraud.rules import KINDS, STANDARD, Counted, FraudRules, Rule, from_body
from oms.fraud.score import Known, Look, assess, looks
from oms.fraud.traits import traits
from oms.orders.contact import Address, Contact
from oms.orders.events import PaymentMethod
from oms.orders.screening import ScreeningOutcome
from oms.platform.http import field_errors

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HOME = Address(name="Kim Berg", line1="Hauptstr. 1", city="München", postal_code="80331", country="DE")
PERSONAL = ("Kim", "Berg", "kim@", "Hauptstr", "München", "80331", "555")

PLAIN = ScreeningRequest(
    order_id="o1",
    channel_id="web",
    placed_at=NOON,
    currency="EUR",
    amount=10_000,
    units={"mug": 2, "cup": 1},
    method=PaymentMethod.GATEWAY,
    instrument="tok_1",
    shipping_service="standard",
    contact=Contact(name="Kim Berg", email="kim@example.org", phone="+49 89 555 0100", shipping=HOME, billing=HOME),
)


def request(**changes: Any) -> ScreeningRequest:
    """An order that nothing speaks against, changed; `contact` takes changes of the contact."""
    contact = replace(PLAIN.contact, **changes.pop("contact", {}))
    return replace(PLAIN, contact=contact, **changes)


def ships_to(**changes: str) -> ScreeningRequest:
    return request(contact={"shipping": replace(HOME, **changes)})


def hours_ago(*hours: float) -> list[datetime]:
    return [NOON - timedelta(hours=each) for each in hours]


def screened(rule: Rule, asked: ScreeningRequest, others: Mapping[Counted, Sequence[datetime]] | None = None) -> bool:
    known = Known(others=others or {}, disposable=is_disposable)
    found = assess(FraudRules(rules_id="default", rules=(rule,)), asked, known)
    assert found.score == (rule.points if found.reasons else 0)
    said = " ".join(each.text for each in found.reasons)
    assert not [word for word in PERSONAL if word in said]
    return bool(found.reasons)


R: dict[str, Any] = {"rule_id": "r", "points": 20}

EXAMPLES: list[tuple[Rule, ScreeningRequest, bool]] = [
    (ru.AmountAbove(currency="EUR", amount=9_999, **R), PLAIN, True),
    (ru.AmountAbove(currency="EUR", amount=10_000, **R), PLAIN, False),
    (ru.AmountAbove(currency="USD", amount=1, **R), PLAIN, False),
    (ru.CountriesDiffer(**R), ships_to(country="FR"), True),
    (ru.CountriesDiffer(**R), ships_to(country="de"), False),
    (ru.CountriesDiffer(**R), request(contact={"billing": None}), False),
    (ru.RiskyCountry(countries=("XK", "FR"), **R), ships_to(country="FR"), True),
    (ru.RiskyCountry(countries=("XK", "FR"), **R), PLAIN, False),
    (ru.DisposableMail(**R), request(contact={"email": "a@mailinator.com"}), True),
    (ru.DisposableMail(**R), request(contact={"email": "a@eu.Mailinator.com"}), True),
    (ru.DisposableMail(**R), request(contact={"email": "a@notmailinator.com.example"}), False),
    (ru.DisposableMail(domains=("burner.example",), **R), request(contact={"email": "a@x.burner.example"}), True),
    (ru.DisposableMail(**R), PLAIN, False),
    (ru.DisposableMail(**R), request(contact={"email": ""}), False),
    (ru.PostBox(**R), ships_to(line1="P.O. Box 12"), True),
    (ru.PostBox(**R), ships_to(line1="Postfach 30 40"), True),
    (ru.PostBox(**R), ships_to(line2="Casella Postale 7"), True),
    (ru.PostBox(**R), ships_to(line1="BP 120"), True),
    (ru.PostBox(**R), ships_to(line1="Apartado de Correos 5"), True),
    (ru.PostBox(**R), ships_to(line1="Boxhagener Str. 3"), False),
    (ru.NoHouseNumber(**R), ships_to(line1="somewhere near the station"), True),
    (ru.NoHouseNumber(**R), ships_to(line1="Hof Eiche", line2="Haus 3"), False),
    (ru.AddressWords(words=("Freight Forwarding",), **R), ships_to(company="Global FREIGHT-forwarding Ltd"), True),
    (ru.AddressWords(words=("c/o",), **R), ships_to(line2="c/o Muster"), True),
    (ru.AddressWords(words=("port",), **R), ships_to(line1="Portstr. 1"), False),
    (ru.ManyUnits(units=1, **R), PLAIN, True),
    (ru.ManyUnits(units=2, **R), PLAIN, False),
    (ru.ExpressAbove(services=("Express",), currency="EUR", amount=1, **R), request(shipping_service="express"), True),
    (ru.ExpressAbove(services=("express",), currency="EUR", amount=1, **R), PLAIN, False),
    (ru.ExpressAbove(services=("standard",), currency="EUR", amount=10_000, **R), PLAIN, False),
    (ru.NamesDiffer(**R), ships_to(name="Toni Tal"), True),
    (ru.NamesDiffer(**R), ships_to(name="BERG, Kim-Marie"), False),
    (ru.NamesDiffer(**R), ships_to(name=""), False),
]


@pytest.mark.parametrize(("rule", "asked", "against"), EXAMPLES, ids=lambda value: getattr(value, "kind", None))
def test_a_rule_speaks_against_what_it_is_meant_for(rule: Rule, asked: ScreeningRequest, against: bool) -> None:  # noqa: FBT001 - a column
    assert screened(rule, asked) is against


def test_more_orders_than_allowed_within_the_window_speak_against_the_next() -> None:
    rule = ru.Velocity(counted=Counted.MAIL, orders=2, hours=24, **R)
    assert not screened(rule, PLAIN, {Counted.MAIL: hours_ago(1)})
    assert screened(rule, PLAIN, {Counted.MAIL: hours_ago(1, 24)})
    assert not screened(rule, PLAIN, {Counted.MAIL: hours_ago(1, 25)})
    assert not screened(rule, PLAIN, {Counted.PHONE: hours_ago(1, 2, 3)})


def test_an_expensive_first_order_is_told_from_one_of_a_known_customer() -> None:
    rule = ru.FirstOrder(currency="EUR", amount=5_000, **R)
    assert screened(rule, PLAIN)
    assert not screened(rule, PLAIN, {Counted.MAIL: hours_ago(24 * 60)})
    assert not screened(rule, request(amount=5_000))
    assert not screened(rule, request(contact={"email": ""}))


def test_every_kind_of_rule_has_an_example() -> None:
    counting = {"velocity", "first_order"}
    assert {rule.kind for rule, _, against in EXAMPLES if against} | counting == set(KINDS)
    assert {rule.kind for rule, _, against in EXAMPLES if not against} | counting == set(KINDS)


def test_rules_that_count_nothing_ask_for_no_counters() -> None:
    assert looks(FraudRules(rules_id="x", rules=(ru.PostBox(**R), ru.CountriesDiffer(**R)))) == {}


def test_what_is_counted_is_counted_once_as_far_as_any_rule_looks() -> None:
    found = looks(
        FraudRules(
            rules_id="x",
            rules=(
                ru.Velocity(counted=Counted.MAIL, orders=9, hours=1, **R),
                ru.Velocity(counted=Counted.MAIL, orders=3, hours=48, **R),
                ru.FirstOrder(currency="EUR", amount=1, **R),
                ru.Velocity(counted=Counted.PHONE, orders=3, hours=2, **R),
            ),
        )
    )
    assert found == {Counted.MAIL: Look(ru.LONGEST_WINDOW, 9), Counted.PHONE: Look(2, 3)}


def test_the_same_hand_leaves_the_same_traits_however_it_writes() -> None:
    written = request(
        contact={
            "email": "KIM+shop@example.org",
            "phone": "0049 (89) 5550100",
            "shipping": replace(HOME, line1="hauptstr 1", postal_code="80 331", country="de"),
        }
    )
    assert traits(written) == traits(PLAIN)
    assert set(traits(PLAIN)) == set(Counted)
    other = request(contact={"email": "kim@example.com", "phone": "+49895550101"}, instrument="tok_2")
    assert {counted for counted in Counted if traits(other)[counted] == traits(PLAIN)[counted]} == {Counted.ADDRESS}


def test_a_mail_service_that_ignores_dots_gives_nobody_a_second_face() -> None:
    plain, dotted = (request(contact={"email": each}) for each in ("kimberg@gmail.com", "k.im.berg+2@googlemail.com"))
    assert traits(plain)[Counted.MAIL].split("@")[0] == traits(dotted)[Counted.MAIL].split("@")[0]


NOTHING = Contact()
some_rules = st.lists(
    st.sampled_from([replace(rule, points=points) for rule, *_ in EXAMPLES for points in (1, 30, 100)]), max_size=8
)
some_orders = st.sampled_from([asked for _, asked, _ in EXAMPLES] + [replace(PLAIN, contact=NOTHING)])
some_times = st.dictionaries(
    st.sampled_from(list(Counted)), st.lists(st.floats(0, 90), max_size=5).map(lambda hours: hours_ago(*hours))
)


def score(rules: Sequence[Rule], asked: ScreeningRequest, others: Mapping[Counted, Sequence[datetime]]) -> Screening:
    return assess(FraudRules(rules_id="x", rules=tuple(rules)), asked, Known(others=others, disposable=is_disposable))


@given(rules=some_rules, more=some_rules, asked=some_orders, others=some_times)
def test_a_score_is_from_0_to_100_and_no_further_rule_lowers_it(
    rules: list[Rule], more: list[Rule], asked: ScreeningRequest, others: dict[Counted, list[datetime]]
) -> None:
    fewer, all_of_them = score(rules, asked, others), score([*rules, *more], asked, others)
    assert 0 <= fewer.score <= all_of_them.score <= 100
    assert all_of_them.reasons[: len(fewer.reasons)] == fewer.reasons
    assert score(rules, asked, others) == fewer


@given(
    orders=st.integers(1, 5),
    hours=st.lists(st.integers(0, 90), max_size=6),
    more=st.integers(0, 90),
    amount=st.integers(0, 20_000),
    dearer=st.integers(0, 20_000),
)
def test_neither_one_more_order_nor_a_higher_amount_lowers_a_score(
    orders: int, hours: list[int], more: int, amount: int, dearer: int
) -> None:
    rules: list[Rule] = [
        ru.Velocity(counted=Counted.MAIL, orders=orders, hours=48, **R),
        ru.AmountAbove(currency="EUR", amount=8_000, **R),
        ru.ExpressAbove(services=("standard",), currency="EUR", amount=12_000, **R),
    ]
    before = score(rules, request(amount=amount), {Counted.MAIL: hours_ago(*hours)})
    after = score(rules, request(amount=amount + dearer), {Counted.MAIL: hours_ago(*hours, more)})
    assert before.score <= after.score


@pytest.mark.parametrize(
    ("points", "outcome"),
    [(49, ScreeningOutcome.ACCEPT), (50, ScreeningOutcome.REVIEW), (90, ScreeningOutcome.REJECT)],
)
def test_the_score_says_what_is_to_be_done(points: int, outcome: ScreeningOutcome) -> None:
    rule = ru.AmountAbove(rule_id="r", points=points, currency="EUR", amount=1)
    rules = FraudRules(rules_id="x", review_from=50, reject_from=90, rules=(rule,))
    assert assess(rules, PLAIN, Known(others={}, disposable=is_disposable)).outcome is outcome


def test_a_vendors_score_beyond_the_scale_is_refused() -> None:
    with pytest.raises(ValueError, match="0 to 100"):
        Screening(score=101, outcome=ScreeningOutcome.REVIEW, provider="x")


def test_rules_are_stored_and_read_as_they_were() -> None:
    whole = FraudRules(
        rules_id="web",
        review_from=30,
        reject_from=80,
        exempt=(PaymentMethod.PREPAID,),
        rules=(*(rule for rule, *_ in EXAMPLES), *STANDARD.rules, ru.FirstOrder(currency="EUR", amount=1, **R)),
    )
    assert from_body(json.loads(json.dumps(asdict(whole)))) == whole


def test_what_newer_code_stored_is_passed_over() -> None:
    body = json.loads(json.dumps(asdict(STANDARD)))
    body |= {"mood": "bad", "exempt": ["barter"]}
    body["rules"][0]["colour"] = "red"
    body["rules"].append({"kind": "astrology", "rule_id": "stars", "points": 9})
    assert from_body(body) == STANDARD


def test_the_rules_of_the_house_can_be_sent_as_they_stand() -> None:
    body = json.loads(json.dumps(asdict(STANDARD)))
    del body["rules_id"]
    assert FraudRulesForm.model_validate_json(json.dumps(body)).value("default") == STANDARD


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"kind": "velocity", "counted": "mail", "orders": 0, "hours": 1}, "rules[0].velocity.orders"),
        ({"kind": "velocity", "counted": "shoes", "orders": 1, "hours": 1}, "rules[0].velocity.counted"),
        ({"kind": "post_box", "amount": 5}, "rules[0].post_box.amount"),
        ({"kind": "amount", "currency": "EURO", "amount": 5}, "rules[0]"),
        ({"kind": "risky_country", "countries": ["Germany"]}, "rules[0]"),
        ({"kind": "risky_country", "countries": []}, "rules[0].risky_country.countries"),
        ({"kind": "astrology"}, "rules[0]"),
        ({"kind": "post_box", "points": 101}, "rules[0].post_box.points"),
        ({"kind": "post_box", "rule_id": "A b"}, "rules[0]"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_by_its_place(wrong: dict[str, Any], path: str) -> None:
    with pytest.raises(ValidationError) as refused:
        FraudRulesForm.model_validate_json(json.dumps({"rules": [{**R, **wrong}]}))
    assert path in [error.path for error in field_errors(refused.value)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"rules": [{"kind": "post_box", **R}, {"kind": "no_house_number", **R}]},
        {"review_from": 60, "reject_from": 50},
        {"review_from": 0},
        {"provider": "nobody"},
        {"exempt": ["barter"]},
        {"colour": "red"},
    ],
)
def test_rules_that_contradict_each_other_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        FraudRulesForm.model_validate_json(json.dumps(wrong))
