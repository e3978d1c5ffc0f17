"""Which carrier a parcel goes with: the cheapest that keeps the promise, and why the others lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.carriers.account import CarrierAccount, CarrierPlatform
from oms.carriers.protocol import Quote
from oms.carriers.shopping import CHOSEN, Choice, Verdict, choose
from oms.errors import NotAllowed

MONDAY = date(2026, 3, 2)
FEDEX = CarrierAccount(
    carrier="fedex",
    platform=CarrierPlatform.FEDEX,
    account_number="1",
    country="DE",
    default_service="ground",
    services={"*": ("ground", "two_days"), "express": ("overnight",)},
)
UPS = replace(FEDEX, carrier="ups", platform=CarrierPlatform.UPS, services={"*": ("standard", "saver")})


def quote(service: str, cost: int, days: int | None = None, currency: str = "EUR") -> Quote:
    day = MONDAY + timedelta(days=days) if days is not None else None
    return Quote(service=service, cost=cost, currency=currency, days=days, date=day)


def chosen(quotes: dict[str, tuple[Quote, ...] | str], *, days: int | None = None, service: str = "standard") -> Choice:
    promised = MONDAY + timedelta(days=days) if days is not None else None
    return choose([FEDEX, UPS], quotes, shipping_service=service, promised=promised, currency="EUR")


def verdicts(choice: Choice) -> dict[str, Verdict]:
    return {each.service or each.carrier: each.verdict for each in choice.candidates}


PRICES: dict[str, tuple[Quote, ...] | str] = {
    "fedex": (quote("ground", 840, 4), quote("two_days", 1725, 2), quote("overnight", 3610, 1)),
    "ups": (quote("standard", 905, 3), quote("saver", 1725, 1)),
}


def test_without_a_promise_the_cheapest_goes() -> None:
    choice = chosen(PRICES)
    assert (choice.carrier, choice.service) == ("fedex", "ground")
    assert verdicts(choice) == {
        "ground": Verdict.CHEAPEST,
        "standard": Verdict.DEARER,
        "saver": Verdict.DEARER,
        "two_days": Verdict.DEARER,
        "overnight": Verdict.NOT_ALLOWED,
    }


def test_a_promise_is_kept_at_the_lowest_price() -> None:
    choice = chosen(PRICES, days=3)
    assert (choice.carrier, choice.service) == ("ups", "standard")
    assert verdicts(choice)["ground"] is Verdict.TOO_LATE
    assert choice.candidates[0].verdict is Verdict.CHEAPEST_IN_TIME


def test_of_equal_prices_the_earlier_goes() -> None:
    choice = chosen(PRICES, days=2)
    assert (choice.carrier, choice.service) == ("ups", "saver")
    assert verdicts(choice)["two_days"] is Verdict.LATER


def test_a_promise_that_nobody_keeps_is_broken_by_as_little_as_can_be() -> None:
    choice = chosen(PRICES, days=0)
    assert (choice.carrier, choice.service) == ("ups", "saver")
    assert choice.candidates[0].verdict is Verdict.FASTEST


def test_who_names_no_day_keeps_no_promise() -> None:
    choice = chosen({"fedex": (quote("ground", 1),), "ups": (quote("standard", 905, 3),)}, days=3)
    assert choice.service == "standard"
    assert verdicts(choice)["ground"] is Verdict.NO_DAY


def test_what_the_customer_chose_limits_the_choice() -> None:
    assert chosen(PRICES, service="express").service == "standard", "of UPS's for any; FedEx allows overnight"
    assert chosen({"fedex": PRICES["fedex"]}, service="express").service == "overnight"


def test_a_carrier_that_does_not_answer_is_passed_over_and_none_answering_leaves_the_first() -> None:
    choice = chosen({"fedex": "no price within 8 s", "ups": PRICES["ups"]})
    assert (choice.carrier, choice.service) == ("ups", "standard")
    assert choice.candidates[-1].note == "no price within 8 s"
    silent = chosen({"fedex": "no price within 8 s"})
    assert (silent.carrier, silent.service) == ("fedex", "ground")
    assert [each.verdict for each in silent.candidates] == [Verdict.DEFAULT, Verdict.NO_ANSWER, Verdict.NO_ANSWER]


def test_prices_of_another_currency_are_not_compared() -> None:
    choice = chosen({"fedex": (quote("ground", 5, 1, "CHF"),), "ups": (quote("standard", 905, 1),)})
    assert choice.service == "standard"
    assert verdicts(choice)["ground"] is Verdict.OTHER_CURRENCY


def test_without_an_account_there_is_nothing_to_choose() -> None:
    with pytest.raises(NotAllowed):
        choose([], {}, shipping_service="", promised=None, currency="EUR")


@st.composite
def quoted(draw: st.DrawFn) -> dict[str, tuple[Quote, ...] | str]:
    said: dict[str, tuple[Quote, ...] | str] = {}
    for account in (FEDEX, UPS):
        services = draw(st.sets(st.sampled_from(["ground", "two_days", "overnight", "standard", "saver"])))
        cost, days = st.integers(1, 9), st.none() | st.integers(0, 4)
        currency = st.sampled_from(["EUR", "CHF"])
        said[account.carrier] = tuple(quote(each, draw(cost), draw(days), draw(currency)) for each in sorted(services))
    return said


@given(quoted(), st.none() | st.integers(0, 4))
def test_one_is_chosen_each_is_told_and_none_in_time_is_cheaper(
    quotes: dict[str, tuple[Quote, ...] | str], days: int | None
) -> None:
    choice = chosen(quotes, days=days)
    assert [each.verdict in CHOSEN for each in choice.candidates].count(True) == 1
    assert sum(len(each) for each in quotes.values()) == sum(each.cost is not None for each in choice.candidates)
    best = choice.candidates[0]
    assert (best.carrier, best.service) == (choice.carrier, choice.service)
    allowed = [each for each in choice.candidates if each.verdict is not Verdict.NOT_ALLOWED and each.cost is not None]
    rivals = [each for each in allowed if each.currency == best.currency]
    if best.verdict is Verdict.CHEAPEST_IN_TIME:
        assert best.date is not None
        assert choice.promised is not None
        assert best.date <= choice.promised
        in_time = [each.cost for each in rivals if each.date is not None and each.date <= choice.promised]
        assert best.cost == min(cost for cost in in_time if cost is not None)
