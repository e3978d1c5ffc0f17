"""Fraud rules as callers send them, checked field by field."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from oms.errors import InvalidInput
from oms.fraud.rules import PROVIDERS, RULES, AmountAbove, ExpressAbove, FirstOrder, FraudRules, RiskyCountry, Rule
from oms.money import exponent
from oms.orders.events import PaymentMethod
from oms.orders.screening import MAX_SCORE

RULE_ID = re.compile(r"[a-z0-9][a-z0-9-]*")
Score = Annotated[int, Field(ge=1, le=MAX_SCORE)]


def _sound(rule: Rule) -> Rule:
    if not RULE_ID.fullmatch(rule.rule_id):
        raise ValueError("rule_id: small letters, digits and hyphens")
    if isinstance(rule, AmountAbove | FirstOrder | ExpressAbove):
        try:
            exponent(rule.currency)
        except InvalidInput as error:
            raise ValueError(f"currency: {error.detail}") from None
    if isinstance(rule, RiskyCountry) and not all(re.fullmatch("[A-Z]{2}", each) for each in rule.countries):
        raise ValueError("countries: ISO 3166-1 alpha-2, such as DE")
    return rule


def _provider(name: str) -> str:
    if name not in PROVIDERS:
        raise ValueError(f"there is no provider {name!r}; there are {', '.join(sorted(PROVIDERS))}")
    return name


class FraudRulesForm(BaseModel):
    """How the orders of a channel are screened, or, under `default`, of all channels without rules of their own."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    provider: Annotated[str, AfterValidator(_provider)] = RULES
    """Who screens: `rules`, or a vendor, whose own score and advice then count."""
    review_from: Score = 50
    """The score from which on an order is held for review."""
    reject_from: Score | None = None
    """The score from which on the advice is to refuse the order; it is held all the same."""
    exempt: Annotated[list[PaymentMethod], Field(max_length=len(PaymentMethod))] = []
    """Orders paid in these ways are not screened."""
    rules: Annotated[
        list[Annotated[Rule, Field(discriminator="kind"), AfterValidator(_sound)]], Field(max_length=100)
    ] = []
    """What speaks against an order, each with its points."""

    @model_validator(mode="after")
    def _consistent(self) -> FraudRulesForm:
        ids = [rule.rule_id for rule in self.rules]
        if twice := sorted({each for each in ids if ids.count(each) > 1}):
            raise ValueError(f"rules: there are two of one rule_id: {', '.join(twice)}")
        if self.reject_from is not None and self.reject_from < self.review_from:
            raise ValueError("reject_from: not below review_from")
        return self

    def value(self, rules_id: str) -> FraudRules:
        """The rules under their id."""
        return FraudRules(
            rules_id=rules_id,
            provider=self.provider,
            review_from=self.review_from,
            reject_from=self.reject_from,
            exempt=tuple(self.exempt),
            rules=tuple(self.rules),
        )
