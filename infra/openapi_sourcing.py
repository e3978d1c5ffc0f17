"""What the API document says of the calls that set up sourcing."""

from __future__ import annotations

from infra.openapi_calls import Call, Versioned
from oms.routing.trial import SimulateRouting, SimulationResource
from oms.sourcing.forms import RateCardForm, SourcingRuleForm
from oms.sourcing.rates import RateCard
from oms.sourcing.resource import Deleted, RateCards, SourcingRules
from oms.sourcing.rules import SourcingRule


def _put(form: type, value: type) -> Call:
    return Call(tag="set-up", body=form, answers={200: Versioned(value), 201: Versioned(value)}, if_match=True)


_DELETE = Call(tag="set-up", answers={200: Deleted}, if_match=True)

SOURCING_CALLS: dict[tuple[str, str], Call] = {
    ("POST", "/routing/simulate"): Call(tag="routing", body=SimulateRouting, answers={200: SimulationResource}),
    ("GET", "/sourcing/rules"): Call(tag="set-up", answers={200: SourcingRules}),
    ("PUT", "/sourcing/rules/{rule_id}"): _put(SourcingRuleForm, SourcingRule),
    ("GET", "/sourcing/rules/{rule_id}"): Call(tag="set-up", answers={200: Versioned(SourcingRule)}),
    ("DELETE", "/sourcing/rules/{rule_id}"): _DELETE,
    ("GET", "/rate-cards"): Call(tag="set-up", answers={200: RateCards}),
    ("PUT", "/rate-cards/{card_id}"): _put(RateCardForm, RateCard),
    ("GET", "/rate-cards/{card_id}"): Call(tag="set-up", answers={200: Versioned(RateCard)}),
    ("DELETE", "/rate-cards/{card_id}"): _DELETE,
}
