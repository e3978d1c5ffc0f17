"""The bodies that the calls of returns take."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from oms.ids import MAX_SKU
from oms.orders.after_sale import Disposition, ReturnReason
from oms.orders.condition import ItemCondition
from oms.orders.exchanges import ShipWhen
from oms.orders.reasons import DeclineReason
from oms.returns.credits import StaffCredit
from oms.returns.decisions import Wanted
from oms.returns.exchanges import ExchangeWish, Goods
from oms.returns.receiving import Arrived, Receipt

Count = Annotated[int, Field(ge=1, le=1_000_000)]
Number = Annotated[int, Field(ge=1, le=100_000)]
Amount = Annotated[int, Field(ge=0, le=10**12)]
Id = Annotated[str, Field(min_length=1, max_length=200)]


class Body(BaseModel):
    """What all bodies share: what is not known is refused."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class ClaimedUnits(Body):
    """Units of a line, and what is wrong with them."""

    line_id: Id
    quantity: Count
    reason: ReturnReason = ReturnReason.OTHER

    def value(self) -> Wanted:
        """The wish as the domain has it."""
        return Wanted(line_id=self.line_id, quantity=self.quantity, reason=self.reason)


class WantedUnits(ClaimedUnits):
    """Units of a line, why they come back, and in what condition."""

    condition: ItemCondition = ItemCondition.UNKNOWN

    def value(self) -> Wanted:
        """The wish as the domain has it."""
        return Wanted(line_id=self.line_id, quantity=self.quantity, reason=self.reason, condition=self.condition)


class ArrivedUnits(Body):
    """Units of a line that were unpacked or missed, and what becomes of them. Only `restock` makes them sellable."""

    line_id: Id
    quantity: Count
    disposition: Disposition
    credit: bool = True
    """False for what the customer spoiled, or what came in a condition that is not taken back."""


class CustomerReturn(Body):
    """What a customer wants to send back."""

    units: Annotated[list[WantedUnits], Field(min_length=1, max_length=1000)]
    number: Number | None = None
    """The return's number within the order, from 1: who names it may send the call again."""


class RequestReturn(CustomerReturn):
    """What is to come back, as staff note it. Nothing of it is decided yet."""

    note: Annotated[str, Field(max_length=500)] = ""


class ApproveReturn(Body):
    """Where the goods may come to, and what is kept of the refund."""

    location_id: Id | None = None
    """Without it: where the goods were sent from."""
    restocking_fee: Amount | None = None
    """Minor units; without it what the channel's policy says, as with the fee for shipping."""
    shipping_fee: Amount | None = None
    with_label: bool | None = None
    """Whether a label for the way back is bought; without it what the channel's policy says."""


class DeclineReturn(Body):
    """Why not; the customer is told. Without a `code`, the `reason` must say it."""

    reason: Annotated[str, Field(max_length=500)] = ""
    """In the customer's language: it is passed on as it stands."""
    code: DeclineReason = DeclineReason.OTHER
    """Told in the customer's language."""

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        if self.code is DeclineReason.OTHER and not self.reason.strip():
            raise ValueError("say why: with a code, or in words")
        return self


class ExchangeGoods(Body):
    """What the customer gets instead."""

    sku: Annotated[str, Field(min_length=1, max_length=MAX_SKU)]
    quantity: Count
    price: Amount | None = None
    """What one unit costs, with tax, in minor units. Without it, on all lines, they cost what comes back cost."""
    tax: Amount = 0
    """What of the price is tax."""


class ExchangeReturn(Body):
    """Other goods for what a return is to bring back."""

    lines: Annotated[list[ExchangeGoods], Field(min_length=1, max_length=100)]
    ship: ShipWhen = ShipWhen.ON_RECEIPT
    number: Number | None = None
    """The exchange's number within the order, from 1: who names it may send the call again."""
    gateway: Annotated[str, Field(max_length=100)] = ""
    """Together with `instrument`: what pays for what the goods cost beyond the credit. Without them the instrument that
    paid before is asked, if it can be; otherwise the order of the goods waits for its payment."""
    instrument: Annotated[str, Field(max_length=200)] = ""
    shipping_service: Annotated[str, Field(max_length=100)] = ""
    """Without it the one that the first order went by."""

    def value(self) -> ExchangeWish:
        """The wish as the domain has it."""
        return ExchangeWish(
            goods=tuple(
                Goods(sku=each.sku, quantity=each.quantity, price=each.price, tax=each.tax) for each in self.lines
            ),
            ship=self.ship,
            number=self.number,
            gateway=self.gateway,
            instrument=self.instrument,
            shipping_service=self.shipping_service,
        )

    @model_validator(mode="after")
    def _both_or_none(self) -> Self:
        if bool(self.gateway) != bool(self.instrument):
            raise ValueError("name the gateway and the instrument, or neither")
        return self


class CancelExchange(Body):
    """Why the other goods are not wanted."""

    reason: Annotated[str, Field(max_length=200)] = ""


class ReceiveReturn(Body):
    """What came, unit by unit."""

    location_id: Id
    units: Annotated[list[ArrivedUnits], Field(min_length=1, max_length=1000)]
    receipt: Number | None = None
    """The receipt's number within the return, from 1: who names it may send the call again."""

    def value(self) -> Receipt:
        """The receipt as the domain has it."""
        units = tuple(
            Arrived(line_id=each.line_id, quantity=each.quantity, disposition=each.disposition, credit=each.credit)
            for each in self.units
        )
        return Receipt(location_id=self.location_id, units=units, number=self.receipt)


class ReceiveUnannounced(ReceiveReturn):
    """What came back without a word, such as a parcel that was refused."""

    credit: bool = False
    """Whether the customer no longer owes it."""
    reason: ReturnReason = ReturnReason.OTHER


class CreditReturn(Body):
    """What staff credit of a return beyond what was announced: units by line id, and an amount of charges."""

    units: Annotated[dict[str, Count], Field(max_length=1000)] = Field(default_factory=dict)
    charges: Amount = 0
    """Of shipping and the like, in minor units."""
    reason: ReturnReason = ReturnReason.OTHER

    def value(self) -> StaffCredit:
        """The credit as the domain has it."""
        return StaffCredit(units=self.units, charges=self.charges, reason=self.reason)


class ClaimUnits(Body):
    """What a customer gets back the money for without sending it: damaged, missing, wrong, not as described."""

    units: Annotated[list[ClaimedUnits], Field(min_length=1, max_length=1000)]
    charges: Amount = 0
    """Of shipping and the like, in minor units."""
