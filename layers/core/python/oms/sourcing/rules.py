"""Rules of sourcing, as data in three layers: which orders, which locations, and what counts as good.

`docs/sourcing.md` explains them to merchandisers. Amounts are minor units of the rule's `currency`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

from annotated_types import Ge, Le, MaxLen, MinLen

from oms.setup import LocationKind

Text = Annotated[str, MinLen(1), MaxLen(100)]
Texts = Annotated[tuple[Text, ...], MaxLen(500)]
Amount = Annotated[int, Ge(0), Le(10**9)]
Percent = Annotated[int, Ge(0), Le(1000)]

_STRICT: Mapping[str, Any] = {"extra": "forbid", "use_attribute_docstrings": True}
"""What a form does not know is refused, so that a misspelt field is not taken for a default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Applies:
    """Which orders a rule is for: those that meet every field that is set. An empty one is for all."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = _STRICT

    channels: Texts = ()
    """Channel ids."""
    countries: Texts = ()
    """Where the parcel goes: ISO 3166-1 alpha-2."""
    postal_prefixes: Texts = ()
    """Beginnings of the postal code, without regard to spaces and capitals."""
    services: Texts = ()
    """Shipping services, as the channel names them; capitals make no difference."""
    tags: Texts = ()
    """One of the order's tags; capitals make no difference."""
    skus: Texts = ()
    """At least one line is of one of these, or of one of the `categories`."""
    categories: Texts = ()
    min_value: Amount | None = None
    """The goods that are to be sent are worth at least so much, tax included, in the rule's `currency`."""
    max_value: Amount | None = None
    """And at most so much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Which locations may give, beyond what products, services and markets ask of them."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = _STRICT

    groups: Texts = ()
    """Groups of locations (or ids) in the order of preference: a later one is asked only for what those before lack.

    Empty: all locations.
    """
    exclude: Texts = ()
    """Groups or ids of locations that give nothing."""
    kinds: tuple[LocationKind, ...] = ()
    """Only warehouses, or only stores; empty is both."""
    requires: Texts = ()
    """Abilities that a location must have, beside those that the products require."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """What counts as good: the plan of the smallest sum of these costs is taken. 0 leaves a thing out."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = _STRICT

    fewest_parcels: bool = True
    """Whether fewer parcels are better whatever they cost; the other weights then decide between equally many."""
    parcel: Amount = 0
    """What each parcel costs beside shipping: box, work, and the customer's second trip to the door."""
    shipping: Percent = 0
    """Percent at which shipping by the locations' rate cards and their handling counts: 100 is what it costs."""
    kilometre: Amount = 0
    """What each kilometre of each parcel costs."""
    late_day: Amount = 0
    """What each day costs that a parcel arrives later than the fastest location's would."""
    balance: Amount = 0
    """What a unit costs from a location that has next to none of its sku; nothing where all stock of it is."""
    markdown: Percent = 0
    """Percent at which it counts that goods are sold before they lose their price: see `docs/sourcing.md`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcingRule:
    """How the orders that it applies to are sourced."""

    rule_id: str
    priority: int = 0
    """Of the rules that apply to an order the one of the lowest number is taken, then the one whose id comes first."""
    active: bool = True
    name: str = ""
    applies: Applies = field(default_factory=Applies)
    places: Places = field(default_factory=Places)
    objective: Objective = field(default_factory=Objective)
    currency: str = ""
    """ISO 4217, of the rule's amounts; empty when it has none."""
    exchange: Mapping[str, int] = field(default_factory=dict)
    """For amounts of other currencies: how many minor units of `currency` a million of their minor units are."""
    max_parcels: int | None = None
    """An order goes out in so many parcels at most; what would take a further one waits for stock. None: any number."""
    min_value_per_split: int = 0
    """A parcel beside the first must carry goods of at least this value, tax included; cheaper goods wait."""
    split_lines: bool = True
    """Whether units of a sku may come from several locations; if not, they wait until one location has them all."""
    version: int = 0
    """Of the set-up, for the explanation; 0 for the rule of the house."""


STANDARD = SourcingRule(rule_id="standard", objective=Objective(fewest_parcels=True, kilometre=1))
"""What holds for orders that no rule applies to: fewest parcels, of these the nearest, then priority, then name."""
