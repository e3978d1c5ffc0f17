"""Which carrier and service a parcel goes with: pure, and told with every candidate and why it lost.

    1. Only services count that the account allows for what the customer chose.
    2. Of those that are there on the promised day, the cheapest. Without a promise, the cheapest of all.
    3. Where none keeps the promise, the fastest: one day late is better than two.
    4. Equal ones: the earlier, then the order in which accounts and their services are set up.
    5. Where no carrier said a price, the first account's preferred service: a parcel leaves all the same.

Prices are compared in one currency: the order's, if any carrier quotes in it, or else the first that comes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from oms.carriers.account import CarrierAccount
from oms.carriers.protocol import Quote
from oms.errors import NotAllowed


class Verdict(StrEnum):
    """Why a candidate was chosen, or not."""

    CHEAPEST_IN_TIME = "cheapest_in_time"
    CHEAPEST = "cheapest"
    FASTEST = "fastest"
    DEFAULT = "default"
    DEARER = "dearer"
    LATER = "later"
    """Another is as cheap and earlier, or preferred."""
    TOO_LATE = "too_late"
    NO_DAY = "no_day"
    """It does not say when it would be there, and a day is promised."""
    NOT_ALLOWED = "not_allowed"
    """The account does not allow it for this shipping service."""
    OTHER_CURRENCY = "other_currency"
    NO_ANSWER = "no_answer"
    """The carrier did not answer in time, or does not carry it; `note` has its words."""


CHOSEN = frozenset({Verdict.CHEAPEST_IN_TIME, Verdict.CHEAPEST, Verdict.FASTEST, Verdict.DEFAULT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A service that was looked at, and what became of it; `cost` is in minor units of `currency`."""

    carrier: str
    service: str
    verdict: Verdict
    cost: int | None = None
    currency: str = ""
    days: int | None = None
    date: date | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What is bought, and all that were looked at: the chosen one first."""

    carrier: str
    service: str
    promised: date | None
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class _Offer:
    rank: tuple[int, int]
    """By the set-up: accounts as they come, and the services of each as they are preferred."""
    carrier: str
    quote: Quote


def choose(
    accounts: Sequence[CarrierAccount],
    quotes: Mapping[str, tuple[Quote, ...] | str],
    *,
    shipping_service: str,
    promised: date | None,
    currency: str,
) -> Choice:
    """Compare what the accounts' carriers quoted; a text in place of quotes says why there are none.

    Raises:
        NotAllowed: there is no account to choose from.
    """
    if not accounts:
        raise NotAllowed("no carrier is set up that could be chosen")
    offers: list[_Offer] = []
    lost: list[Candidate] = []
    for place, account in enumerate(accounts):
        allowed = account.services_for(shipping_service)
        said = quotes.get(account.carrier, "it was not asked")
        if isinstance(said, str):
            lost += [Candidate(carrier=account.carrier, service="", verdict=Verdict.NO_ANSWER, note=said)]
            continue
        for quote in said:
            if quote.service not in allowed:
                lost.append(_candidate(account.carrier, quote, Verdict.NOT_ALLOWED))
            else:
                offers.append(_Offer((place, allowed.index(quote.service)), account.carrier, quote))
    if not offers:
        first = accounts[0]
        service = first.services_for(shipping_service)[0]
        default = Candidate(carrier=first.carrier, service=service, verdict=Verdict.DEFAULT)
        return Choice(carrier=first.carrier, service=service, promised=promised, candidates=(default, *lost))
    best, told = _best(offers, promised, currency)
    return Choice(carrier=best.carrier, service=best.quote.service, promised=promised, candidates=(*told, *lost))


def _best(offers: list[_Offer], promised: date | None, currency: str) -> tuple[_Offer, list[Candidate]]:
    money = currency if any(each.quote.currency == currency for each in offers) else offers[0].quote.currency
    comparable = [each for each in offers if each.quote.currency == money]
    in_time = [each for each in comparable if promised is None or _keeps(each.quote, promised)]
    dated = [each for each in comparable if each.quote.date is not None]
    if in_time:
        best = min(in_time, key=_by_price)
        verdict = Verdict.CHEAPEST if promised is None else Verdict.CHEAPEST_IN_TIME
    elif dated:
        best = min(dated, key=lambda each: (each.quote.date or date.max, _by_price(each)))
        verdict = Verdict.FASTEST
    else:
        best, verdict = min(comparable, key=_by_price), Verdict.CHEAPEST
    told = [_candidate(best.carrier, best.quote, verdict)]
    told += [
        _candidate(each.carrier, each.quote, _why_not(each.quote, best.quote, promised, money))
        for each in sorted(offers, key=_by_price)
        if each is not best
    ]
    return best, told


def _why_not(quote: Quote, best: Quote, promised: date | None, money: str) -> Verdict:
    if quote.currency != money:
        return Verdict.OTHER_CURRENCY
    if promised is not None and not _keeps(quote, promised):
        return Verdict.NO_DAY if quote.date is None else Verdict.TOO_LATE
    return Verdict.DEARER if quote.cost > best.cost else Verdict.LATER


def _keeps(quote: Quote, promised: date) -> bool:
    return quote.date is not None and quote.date <= promised


def _by_price(offer: _Offer) -> tuple[int, date, tuple[int, int]]:
    return offer.quote.cost, offer.quote.date or date.max, offer.rank


def _candidate(carrier: str, quote: Quote, verdict: Verdict) -> Candidate:
    return Candidate(
        carrier=carrier,
        service=quote.service,
        verdict=verdict,
        cost=quote.cost,
        currency=quote.currency,
        days=quote.days,
        date=quote.date,
    )
