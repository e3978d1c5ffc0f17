"""The rules that speak against an order, as data: each has an id, its points, and what it looks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal, get_args

from annotated_types import Ge, Le, MaxLen, MinLen

from oms.orders.events import PaymentMethod
from oms.orders.screening import MAX_SCORE

RuleId = Annotated[str, MinLen(1), MaxLen(64)]
Points = Annotated[int, Ge(1), Le(MAX_SCORE)]
Amount = Annotated[int, Ge(0), Le(10**12)]
Texts = Annotated[tuple[Annotated[str, MinLen(1), MaxLen(100)], ...], MinLen(1), MaxLen(300)]

LONGEST_WINDOW = 24 * 90
"""Hours over which orders can be counted."""


class Counted(StrEnum):
    """What orders have in common when they come from the same hand."""

    MAIL = "mail"
    PHONE = "phone"
    ADDRESS = "address"
    INSTRUMENT = "instrument"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """What all rules share. What a rule does not know is refused."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    rule_id: RuleId
    """Stands in the reasons of a screening."""
    points: Points
    """What it adds to the score; 100 is the most that all rules together make."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountAbove(_Rule):
    """The order costs more than `amount` minor units. Orders in other currencies are not meant."""

    kind: Literal["amount"] = "amount"
    currency: str
    amount: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Velocity(_Rule):
    """More than `orders` orders, this one counted, within `hours`, that have the same mail, phone, address or card."""

    kind: Literal["velocity"] = "velocity"
    counted: Counted
    orders: Annotated[int, Ge(1), Le(100)]
    hours: Annotated[int, Ge(1), Le(LONGEST_WINDOW)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CountriesDiffer(_Rule):
    """Billing and shipping are in different countries."""

    kind: Literal["countries_differ"] = "countries_differ"


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskyCountry(_Rule):
    """Billing or shipping is in one of these countries (ISO 3166-1 alpha-2)."""

    kind: Literal["risky_country"] = "risky_country"
    countries: Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class DisposableMail(_Rule):
    """The mail address is of a service for throwaway addresses, or of one of the `domains`."""

    kind: Literal["disposable_mail"] = "disposable_mail"
    domains: Annotated[tuple[Annotated[str, MinLen(1), MaxLen(253)], ...], MaxLen(300)] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PostBox(_Rule):
    """The parcel is to go to a post office box."""

    kind: Literal["post_box"] = "post_box"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoHouseNumber(_Rule):
    """The street has no number in it."""

    kind: Literal["no_house_number"] = "no_house_number"


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressWords(_Rule):
    """The shipping address has one of these words: a forwarder's name, its suite, `c/o`."""

    kind: Literal["address_words"] = "address_words"
    words: Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class ManyUnits(_Rule):
    """More than `units` of one sku."""

    kind: Literal["many_units"] = "many_units"
    units: Annotated[int, Ge(1), Le(1_000_000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstOrder(_Rule):
    """No other order of the same mail address in the last 90 days, and this one costs more than `amount`."""

    kind: Literal["first_order"] = "first_order"
    currency: str
    amount: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpressAbove(_Rule):
    """One of these shipping services, for an order that costs more than `amount`."""

    kind: Literal["express"] = "express"
    services: Texts
    currency: str
    amount: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class NamesDiffer(_Rule):
    """Billing and shipping name have no word in common."""

    kind: Literal["names_differ"] = "names_differ"


Rule = (
    AmountAbove
    | Velocity
    | CountriesDiffer
    | RiskyCountry
    | DisposableMail
    | PostBox
    | NoHouseNumber
    | AddressWords
    | ManyUnits
    | FirstOrder
    | ExpressAbove
    | NamesDiffer
)

KINDS: Mapping[str, Any] = {
    str(next(field.default for field in fields(each) if field.name == "kind")): each for each in get_args(Rule)
}
"""Every kind of rule by its name."""

RULES = "rules"
"""The provider that applies the rules of this room."""

SIMULATED = "simulated"
"""The provider that exists nowhere: see `oms.fraud.simulated`."""

PROVIDERS = frozenset({RULES, SIMULATED})
"""Who can be named as provider."""

DEFAULT = "default"
"""The set for channels that have none of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FraudRules:
    """How the orders of a channel are screened: by whom, from which score on a person looks, and what counts."""

    rules_id: str
    """A channel's id, or `default` for all that have no set of their own."""
    provider: str = RULES
    """Who screens: `rules`, or a vendor."""
    review_from: int = 50
    """The score from which on an order is held for review."""
    reject_from: int | None = None
    """The score from which on the advice is to refuse it. It is held all the same: a person cancels."""
    exempt: tuple[PaymentMethod, ...] = ()
    """Orders paid in these ways are not screened: who takes the money bears the risk."""
    rules: tuple[Rule, ...] = ()


STANDARD = FraudRules(
    rules_id=DEFAULT,
    rules=(
        DisposableMail(rule_id="disposable-mail", points=40),
        Velocity(rule_id="orders-by-mail", points=30, counted=Counted.MAIL, orders=3, hours=24),
        Velocity(rule_id="orders-by-phone", points=30, counted=Counted.PHONE, orders=4, hours=24),
        Velocity(rule_id="orders-by-address", points=25, counted=Counted.ADDRESS, orders=4, hours=24),
        Velocity(rule_id="orders-by-card", points=40, counted=Counted.INSTRUMENT, orders=3, hours=24),
        CountriesDiffer(rule_id="countries-differ", points=25),
        PostBox(rule_id="post-box", points=15),
        NoHouseNumber(rule_id="no-house-number", points=10),
        ManyUnits(rule_id="many-units", points=20, units=10),
        NamesDiffer(rule_id="names-differ", points=10),
    ),
)
"""What holds for a channel whose screening is on as long as nobody has set up rules."""


def from_body(body: Mapping[str, Any]) -> FraudRules:
    """Rules as they were stored. What newer code wrote is passed over, so that it can be rolled back."""
    plain = {field.name: body[field.name] for field in fields(FraudRules) if field.name in body}
    rules = tuple(_rule(each) for each in body.get("rules", ()) if each.get("kind") in KINDS)
    exempt = tuple(PaymentMethod(each) for each in body.get("exempt", ()) if each in set(PaymentMethod))
    return FraudRules(**{**plain, "rules": rules, "exempt": exempt})


def _rule(body: Mapping[str, Any]) -> Rule:
    of = KINDS[body["kind"]]
    known = {field.name for field in fields(of)}
    given = {name: tuple(value) if isinstance(value, list) else value for name, value in body.items() if name in known}
    if "counted" in given:
        given["counted"] = Counted(body["counted"])
    rule: Rule = of(**given)
    return rule
