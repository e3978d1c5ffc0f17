"""The items of the set-up table: what each kind of value is called there, its key, and how it is read.

`kind` and `id` are the keys; beside them stand `body` (the value as JSON text) and `version` (from 1). A product has a
partition of its own (`kind` is `product#<sku>`), so that a large catalogue spreads; channels and locations are few and
are listed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from oms.setup import Channel, Location, Product
from oms.setup_body import from_body

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    from oms.carriers.account import CarrierAccount
    from oms.fraud.rules import FraudRules
    from oms.sourcing.rates import RateCard
    from oms.sourcing.rules import SourcingRule

    SetUp = Channel | Location | Product | FraudRules | SourcingRule | RateCard | CarrierAccount

Value = TypeVar("Value", bound="SetUp")


@dataclass(frozen=True, slots=True)
class Stored(Generic[Value]):
    """A value as the table has it."""

    value: Value
    version: int


NAMES = {
    "Channel": "channel",
    "Location": "location",
    "Product": "product",
    "FraudRules": "fraud",
    "SourcingRule": "sourcing_rule",
    "RateCard": "rate_card",
    "CarrierAccount": "carrier",
}
"""What each kind of value is called in the table, by the name of its class: few functions need all of them."""

_IDS = {
    "Channel": "channel_id",
    "Location": "location_id",
    "Product": "sku",
    "FraudRules": "rules_id",
    "SourcingRule": "rule_id",
    "RateCard": "card_id",
    "CarrierAccount": "carrier",
}
"""The field of each that is its id."""


def key(of: type[object], value_id: str) -> dict[str, AttributeValueTypeDef]:
    """The key of a value of this kind."""
    if of is Product:
        return {"kind": {"S": f"product#{value_id}"}, "id": {"S": "product"}}
    return {"kind": {"S": NAMES[of.__name__]}, "id": {"S": value_id}}


def id_of(value: SetUp) -> str:
    """The id of a value."""
    return str(getattr(value, _IDS[type(value).__name__]))


def load(of: type[Value], item: Mapping[str, Any]) -> Stored[Value]:
    """Read an item. Fields that a newer version of the code wrote are passed over, so that it can be rolled back."""
    version = int(item["version"]["N"])
    if of.__name__ == "FraudRules":
        from oms.fraud.rules import from_body as fraud_rules_of

        return Stored(fraud_rules_of(json.loads(item["body"]["S"])), version)  # type: ignore[arg-type]
    return Stored(from_body(of, json.loads(item["body"]["S"])), version)
