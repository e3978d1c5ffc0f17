"""From rules and an order to a score: pure, so that the same order always gets the same reasons."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from oms.fraud.protocol import Screening, ScreeningRequest
from oms.fraud.rules import (
    LONGEST_WINDOW,
    RULES,
    AddressWords,
    AmountAbove,
    Counted,
    CountriesDiffer,
    DisposableMail,
    ExpressAbove,
    FirstOrder,
    FraudRules,
    ManyUnits,
    NamesDiffer,
    NoHouseNumber,
    PostBox,
    RiskyCountry,
    Rule,
    Velocity,
)
from oms.fraud.traits import names, words
from oms.money import Money
from oms.orders.contact import Address
from oms.orders.screening import MAX_SCORE, Finding, ScreeningOutcome

FIRST_ORDER_WITHIN = LONGEST_WINDOW
"""Hours without an order after which a customer is as good as new."""

_POST_BOX = re.compile(
    r"\bp\.?\s*o\.?\s*box\b|\bpost\s*office\s*box\b|\bpost(fach|bus|boks|box)\b|\bcasella\s+postale\b|\bc\.\s*p\.\s*\d"
    r"|\bbo[iî]te\s+postale\b|\bb\.?\s*p\.?\s*\d|\bapartado(\s+de\s+correos)?\b|\bapdo\b|\bcaixa\s+postal\b"
    r"|\bskrytka\s+pocztowa\b",
    re.IGNORECASE,
)

_COUNTED = {
    Counted.MAIL: "mail address",
    Counted.PHONE: "phone number",
    Counted.ADDRESS: "shipping address",
    Counted.INSTRUMENT: "means of payment",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known beside the order itself."""

    others: Mapping[Counted, Sequence[datetime]]
    """When other orders with the same trait were placed, the newest first, as many as any rule asks for."""
    disposable: Callable[[str], bool]
    """Whether a mail domain is of a service for throwaway addresses."""


@dataclass(frozen=True, slots=True)
class Look:
    """How far the rules look for other orders: `hours` back, and no more than `orders` of them."""

    hours: int
    orders: int


def looks(rules: FraudRules) -> dict[Counted, Look]:
    """What must be counted for these rules, and how far; nothing for rules that count nothing."""
    needed: dict[Counted, Look] = {}
    for rule in rules.rules:
        match rule:
            case Velocity():
                counted, look = rule.counted, Look(rule.hours, rule.orders)
            case FirstOrder():
                counted, look = Counted.MAIL, Look(FIRST_ORDER_WITHIN, 1)
            case _:
                continue
        known = needed.get(counted, look)
        needed[counted] = Look(max(known.hours, look.hours), max(known.orders, look.orders))
    return needed


def assess(rules: FraudRules, request: ScreeningRequest, known: Known) -> Screening:
    """Apply every rule; the score is the sum of the points of those that speak against the order, 100 at most."""
    reasons = tuple(
        Finding(rule=rule.rule_id, points=rule.points, text=text)
        for rule in rules.rules
        if (text := _against(rule, request, known))
    )
    score = min(MAX_SCORE, sum(reason.points for reason in reasons))
    return Screening(score=score, outcome=outcome_of(rules, score), reasons=reasons, provider=RULES)


def outcome_of(rules: FraudRules, score: int) -> ScreeningOutcome:
    """What a score means under these rules."""
    if rules.reject_from is not None and score >= rules.reject_from:
        return ScreeningOutcome.REJECT
    return ScreeningOutcome.REVIEW if score >= rules.review_from else ScreeningOutcome.ACCEPT


def _against(rule: Rule, request: ScreeningRequest, known: Known) -> str:
    """Why the rule speaks against the order, without personal data; empty when it does not."""
    contact = request.contact
    shipping, billing = contact.shipping or Address(), contact.billing or Address()
    countries = {each.country.upper() for each in (shipping, billing) if each.country}
    match rule:
        case AmountAbove():
            if _above(request, rule.currency, rule.amount):
                return f"costs more than {Money(rule.amount, rule.currency)}"
        case Velocity():
            since = request.placed_at - timedelta(hours=rule.hours)
            count = 1 + sum(at >= since for at in known.others.get(rule.counted, ()))
            if count > rule.orders:
                return f"more than {rule.orders} orders of one {_COUNTED[rule.counted]} in {rule.hours} hours"
        case CountriesDiffer():
            if len(countries) > 1:
                return "billing and shipping are in different countries"
        case RiskyCountry():
            if risky := sorted(countries & {each.upper() for each in rule.countries}):
                return f"billing or shipping is in {', '.join(risky)}"
        case DisposableMail():
            domain = contact.email.strip().casefold().rpartition("@")[2]
            if domain and (_listed(domain, rule.domains) or known.disposable(domain)):
                return "the mail address is of a service for throwaway addresses"
        case PostBox():
            if _POST_BOX.search(f"{shipping.line1}\n{shipping.line2}"):
                return "the parcel is to go to a post office box"
        case NoHouseNumber():
            if shipping.line1 and not re.search(r"\d", shipping.line1 + shipping.line2):
                return "the street has no number"
        case AddressWords():
            found = f" {' '.join(words(f'{shipping.company} {shipping.line1} {shipping.line2}'))} "
            if any(f" {' '.join(words(word))} " in found for word in rule.words):
                return "the shipping address has a word that the rule names"
        case ManyUnits():
            if max(request.units.values(), default=0) > rule.units:
                return f"more than {rule.units} units of one sku"
        case FirstOrder():
            new = contact.email and not known.others.get(Counted.MAIL)
            if new and _above(request, rule.currency, rule.amount):
                return f"the first order of this mail address costs more than {Money(rule.amount, rule.currency)}"
        case ExpressAbove():
            services = {service.casefold() for service in rule.services}
            if request.shipping_service.casefold() in services and _above(request, rule.currency, rule.amount):
                return f"express shipping for more than {Money(rule.amount, rule.currency)}"
        case NamesDiffer():
            payer, receiver = (set(words(name)) for name in names(contact))
            if payer and receiver and payer.isdisjoint(receiver):
                return "billing and shipping name have nothing in common"
    return ""


def _above(request: ScreeningRequest, currency: str, amount: int) -> bool:
    return request.currency == currency and request.amount > amount


def _listed(domain: str, domains: Sequence[str]) -> bool:
    return any(domain == each.casefold() or domain.endswith(f".{each.casefold()}") for each in domains)
