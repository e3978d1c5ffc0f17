"""The doors of sourcing's set-up: rules and rate cards."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from chalice.app import Blueprint, Response

from oms.platform.http import endpoint, expected_version, ok, parse
from oms.platform.setup_answers import get_value, put_value

if TYPE_CHECKING:
    from oms.platform.setup_items import SetUp
    from oms.sourcing.rates import RateCard
    from oms.sourcing.rules import SourcingRule

sourcing = Blueprint(__name__)


@sourcing.route("/sourcing/rules", methods=["GET"])
@endpoint(sourcing, scope="setup")
def list_rules() -> Response:
    """All rules of sourcing, in the order in which they are asked whether they apply."""
    from oms.sourcing.rules import SourcingRule

    return _list(SourcingRule, "rules")


@sourcing.route("/sourcing/rules/{rule_id}", methods=["PUT"])
@endpoint(sourcing, scope="setup")
def put_rule(rule_id: str) -> Response:
    """Create or replace a rule: which orders, which locations, what counts as good."""
    from oms.setup_fields import Id, checked
    from oms.sourcing.forms import SourcingRuleForm

    return put_value(sourcing, parse(SourcingRuleForm, sourcing).value(checked(Id, rule_id, "rule_id")))


@sourcing.route("/sourcing/rules/{rule_id}", methods=["GET"])
@endpoint(sourcing, scope="setup")
def get_rule(rule_id: str) -> Response:
    """A rule of sourcing."""
    from oms.sourcing.rules import SourcingRule

    return get_value(SourcingRule, rule_id)


@sourcing.route("/sourcing/rules/{rule_id}", methods=["DELETE"])
@endpoint(sourcing, scope="setup")
def delete_rule(rule_id: str) -> Response:
    """Take a rule away. Orders that were sourced by it keep its id in their explanations."""
    from oms.sourcing.rules import SourcingRule

    return _delete(SourcingRule, rule_id)


@sourcing.route("/rate-cards", methods=["GET"])
@endpoint(sourcing, scope="setup")
def list_cards() -> Response:
    """All rate cards, by id."""
    from oms.sourcing.rates import RateCard

    return _list(RateCard, "rate_cards")


@sourcing.route("/rate-cards/{card_id}", methods=["PUT"])
@endpoint(sourcing, scope="setup")
def put_card(card_id: str) -> Response:
    """Create or replace a rate card: what a carrier asks for a parcel, by zone and weight."""
    from oms.setup_fields import Id, checked
    from oms.sourcing.forms import RateCardForm

    return put_value(sourcing, parse(RateCardForm, sourcing).value(checked(Id, card_id, "card_id")))


@sourcing.route("/rate-cards/{card_id}", methods=["GET"])
@endpoint(sourcing, scope="setup")
def get_card(card_id: str) -> Response:
    """A rate card."""
    from oms.sourcing.rates import RateCard

    return get_value(RateCard, card_id)


@sourcing.route("/rate-cards/{card_id}", methods=["DELETE"])
@endpoint(sourcing, scope="setup")
def delete_card(card_id: str) -> Response:
    """Take a rate card away. Locations that name it then ship at a cost that nobody knows."""
    from oms.sourcing.rates import RateCard

    return _delete(RateCard, card_id)


def _list(of: type[SourcingRule | RateCard], name: str) -> Response:
    from oms.platform.setup import all_stored

    every = sorted(all_stored(of), key=lambda each: getattr(each.value, "priority", 0))
    return ok({name: [{**asdict(each.value), "version": each.version} for each in every]})


def _delete(of: type[SetUp], value_id: str) -> Response:
    from oms.platform.setup import delete

    delete(of, value_id, expected_version=expected_version(sourcing))
    return ok({"deleted": value_id})
