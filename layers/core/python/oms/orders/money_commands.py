"""What staff may say about money that came or went past any gateway: the bodies, and each carried out."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from oms.money import Money
from oms.orders import tenders
from oms.orders.commands import Command, Name
from oms.orders.log import Caller, OrderLog, execute
from oms.orders.order import Order

MAX_AMOUNT = 10**14


class ReceivedAmount(BaseModel):
    """An amount in minor units."""

    model_config = ConfigDict(extra="forbid")

    amount: Annotated[int, Field(gt=0, lt=MAX_AMOUNT)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class ReceivePayment(Command):
    """Money that came: on the merchant's account, at the door, at a till."""

    amount: ReceivedAmount
    method: Literal["bank_transfer", "cash_on_delivery", "cash", "gift_card", "other"]
    reference: Annotated[str, Field(min_length=1, max_length=200)]
    """The statement's or the receipt's own. The same reference with the same amount is recorded once."""
    payment_id: Name = ""
    """The promised payment that it belongs to; left out, the first of this method that is still outstanding."""


class RefundMade(Command):
    """A refund that the channel, a transfer or the till has made."""

    reference: Annotated[str, Field(min_length=1, max_length=200)]


def receive_payment(
    log: OrderLog, order_id: str, command: ReceivePayment, caller: Caller, expected_version: int | None = None
) -> Order:
    """Record money that came past any gateway; see `tenders.received`."""
    amount = Money(command.amount.amount, command.amount.currency)
    return execute(
        log,
        order_id,
        lambda order: tenders.received(
            order, amount, method=command.method, reference=command.reference, payment_id=command.payment_id
        ),
        caller,
        expected_version=expected_version,
    )


def record_refund(
    log: OrderLog, order_id: str, refund_id: str, command: RefundMade, caller: Caller, version: int | None = None
) -> Order:
    """Record a refund that was made by hand; see `tenders.refund_made`."""
    return execute(
        log,
        order_id,
        lambda order: tenders.refund_made(order, refund_id, reference=command.reference),
        caller,
        expected_version=version,
    )
