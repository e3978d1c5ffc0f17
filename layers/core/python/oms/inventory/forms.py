"""Documents of the warehouse as the API takes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from oms.ids import MAX_SKU
from oms.inventory.arrivals import Arrival
from oms.inventory.purchase_orders import repeated
from oms.setup import ID_PATTERN
from oms.stock.levels import StockReason, UnavailableReason

MAX_LINES = 500
"""Lines of a document."""

MAX_DAYS = 50
"""Days on which one sku of a purchase order may be expected: its lines are booked in together."""

Id = Annotated[str, Field(pattern=ID_PATTERN)]
Sku = Annotated[str, Field(min_length=1, max_length=MAX_SKU)]
Units = Annotated[int, Field(ge=1, le=1_000_000)]
Text = Annotated[str, Field(max_length=200)]

ArrivesAs = Literal[UnavailableReason.DAMAGED, UnavailableReason.QUALITY, UnavailableReason.QUARANTINE]
"""Why goods that arrive are not for sale."""


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _OfSku(_Form):
    sku: Sku


class _OncePerSku(_Form):
    lines: Sequence[_OfSku]

    @model_validator(mode="after")
    def _once(self) -> Self:
        twice = repeated(line.sku for line in self.lines)
        if twice:
            raise ValueError(f"{twice} stands there twice: add its units up")
        return self


class OrderedLine(_Form):
    """Units of a sku that are to come; without a day, on the day of the whole purchase order."""

    sku: Sku
    quantity: Units
    expected: date | None = None


class PlacePurchaseOrder(_Form):
    """What is ordered at a supplier for a location. Under the same id the same order is placed once."""

    purchase_order_id: Id | None = None
    """The number that it has elsewhere; without one it gets a number of its own."""
    location_id: Id
    supplier: Text = ""
    reference: Text = ""
    expected: date | None = None
    """The day on which its lines are expected, unless they say another."""
    lines: Annotated[list[OrderedLine], Field(min_length=1, max_length=MAX_LINES)]

    @model_validator(mode="after")
    def _dated(self) -> Self:
        seen = set()
        for index, line in enumerate(self.lines):
            day = line.expected or self.expected
            if day is None:
                raise ValueError(f"lines[{index}] needs a day: its own `expected`, or that of the purchase order")
            if (line.sku, day) in seen:
                raise ValueError(f"{line.sku} stands there twice for {day}: make it one line")
            seen.add((line.sku, day))
        most = Counter(line.sku for line in self.lines).most_common(1)[0]
        if most[1] > MAX_DAYS:
            raise ValueError(f"{most[0]} is expected on {most[1]} days; a purchase order has {MAX_DAYS} at most")
        return self


class ChangedLine(_Form):
    """A line's new quantity, its new day, or both."""

    line: Annotated[int, Field(ge=1)]
    quantity: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    expected: date | None = None


class ChangePurchaseOrder(_Form):
    """What the supplier confirms otherwise than it was ordered."""

    lines: Annotated[list[ChangedLine], Field(min_length=1, max_length=30)]


class ArrivedLine(_OfSku):
    """Units of a sku that came, all of them; `unavailable` says how many of these are not for sale, and why."""

    quantity: Units
    unavailable: dict[ArrivesAs, Units] = {}

    @model_validator(mode="after")
    def _within(self) -> Self:
        if sum(self.unavailable.values()) > self.quantity:
            raise ValueError(f"of {self.quantity} units of {self.sku} more are unavailable than came")
        return self


class _Arrivals(_OncePerSku):
    reference: Text = ""
    """The delivery note, or whatever else proves it."""
    lines: Annotated[list[ArrivedLine], Field(min_length=1, max_length=MAX_LINES)]

    def arrivals(self) -> tuple[Arrival, ...]:
        """The lines as values."""
        return tuple(
            Arrival(
                sku=line.sku,
                quantity=line.quantity,
                unavailable={why.value: units for why, units in line.unavailable.items()},
            )
            for line in self.lines
        )


class ReceiveGoods(_Arrivals):
    """What came of a purchase order."""

    accept_over: bool = False
    """Book in more than is outstanding; without it such a receipt is refused, since it may be a slip of the pen."""


class TransferredLine(_OfSku):
    """Units of a sku."""

    quantity: Units


class PlanTransfer(_OncePerSku):
    """What is to go from one location to another. Under the same id the same transfer is planned once."""

    transfer_id: Id | None = None
    """The number that it has elsewhere; without one it gets a number of its own."""
    origin: Id
    destination: Id
    expected: date
    """The day on which it is expected at its destination."""
    reference: Text = ""
    lines: Annotated[list[TransferredLine], Field(min_length=1, max_length=MAX_LINES)]

    @model_validator(mode="after")
    def _elsewhere(self) -> Self:
        if self.origin == self.destination:
            raise ValueError("origin and destination are one location")
        return self


class DispatchTransfer(_OncePerSku):
    """What leaves the origin; without lines, all that is set aside."""

    reference: Text = ""
    """The parcel or the delivery note that it leaves with."""
    lines: Annotated[list[TransferredLine], Field(max_length=MAX_LINES)] = []


class ReceiveTransfer(_Arrivals):
    """What arrived of a transfer."""


Movable = Literal[
    UnavailableReason.DAMAGED,
    UnavailableReason.QUALITY,
    UnavailableReason.QUARANTINE,
    UnavailableReason.REFURBISH,
    UnavailableReason.SAFETY,
]
"""Why people may say that goods are not for sale; transfers set aside by themselves."""


class StateMove(_Form):
    """Units of a level that are in another state from now on: put on hold, released, or gone."""

    sku: Sku
    location_id: Id
    quantity: Units
    source: Annotated[Literal["available"] | Movable, Field(alias="from")]
    """`available`, or why they were not for sale until now."""
    target: Annotated[Literal["available", "gone"] | Movable, Field(alias="to")]
    """`available` releases them, `gone` takes them off the books, else why they are not for sale."""
    reference: Text = ""

    @model_validator(mode="after")
    def _elsewhere(self) -> Self:
        if self.source == self.target:
            raise ValueError("from and to are the same")
        return self


class StateMoves(_Form):
    """Up to 100 moves; each is made once per Idempotency-Key, so a broken-off call is simply made again."""

    moves: Annotated[list[StateMove], Field(min_length=1, max_length=100)]


CountReason = Literal[
    StockReason.COUNTED,
    StockReason.FOUND,
    StockReason.LOST,
    StockReason.STOLEN,
    StockReason.DAMAGED,
    StockReason.EXPIRED,
    StockReason.USED,
]
"""Why there are more or fewer units than the books said, as far as who counts can tell."""


class CountedLevel(_OfSku):
    """Units of a sku that are there, whatever their state."""

    counted: Annotated[int, Field(ge=0, le=1_000_000_000)]
    version: Annotated[int, Field(ge=0)] | None = None
    """A level that has moved since is not corrected but has to be counted again."""
    reason: CountReason = StockReason.COUNTED


class CountStock(_OncePerSku):
    """What was counted at a location. Under the same id the same count is booked once."""

    count_id: Id | None = None
    location_id: Id
    reference: Text = ""
    max_variance: Annotated[int, Field(ge=0)] | None = None
    """Larger differences are not booked but have to be counted again."""
    lines: Annotated[list[CountedLevel], Field(min_length=1, max_length=200)]


class AcceptDifferences(_Form):
    """Why differences between a level and its ledger are taken for known."""

    note: Annotated[str, Field(min_length=1, max_length=500)]
