"""Substitutes over HTTP: the bodies of the requests, and the requests carried out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from oms.errors import InvalidInput
from oms.ids import MAX_SKU, order_of
from oms.orders.commands import Command, Name
from oms.orders.edit_commands import Amount
from oms.orders.events import OrderEvent
from oms.orders.log import Caller, OrderLog, execute
from oms.orders.order import Order
from oms.orders.sold import MAX_UNITS
from oms.orders.substituting import OfferEnd
from oms.orders.substitution import Substitute, accept, offer, refuse

if TYPE_CHECKING:
    from oms.setup import Product

Products = Callable[[Iterable[str]], Mapping[str, "Product"]]
"""Those of the skus that are set up, by sku."""


class OfferSubstitute(Command):
    """Other goods for units of a line that wait for stock. The customer is told, with a link to accept or decline."""

    line_id: Name
    sku: Annotated[str, Field(max_length=MAX_SKU)] = ""
    """What is offered. Without it: the first of the product's `substitutes`."""
    quantity: Annotated[int, Field(ge=1, le=MAX_UNITS)] | None = None
    """For so many units. Without it: for all of the line that wait."""
    price: Amount | None = None
    """What the customer pays for all of them, with tax; no more than for the units that they stand in for, which is
    also the price without it."""
    valid_hours: Annotated[int, Field(ge=1, le=24 * 30)] = 72
    """After so many hours the offer ends, and the line waits on."""


class Refusal(StrEnum):
    """Who says no: the customer, or the merchant who takes the offer back."""

    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class RefuseSubstitute(Command):
    """Nothing comes of an offer: the customer said so on the phone, or the merchant takes it back."""

    why: Refusal = Refusal.DECLINED


def offer_substitute(
    log: OrderLog,
    order_id: str,
    wish: OfferSubstitute,
    caller: Caller,
    expected_version: int | None = None,
    *,
    products: Products,
) -> Order:
    """Offer other goods for units that wait; see `substitution.offer`.

    Raises:
        InvalidInput: no such product, none that could stand in, or an amount in another currency.
        NotAllowed, NotFound, VersionMismatch: as the decision says.
    """

    def decide(order: Order) -> list[OrderEvent]:
        if wish.price is not None and wish.price.currency != order.placed.currency:
            raise InvalidInput(f"the order is in {order.placed.currency}", path="price.currency")
        sku = wish.sku or _first_substitute(order, wish.line_id, products)
        product = products([sku]).get(sku)
        if product is None:
            raise InvalidInput(f"there is no product {sku}", path="sku")
        substitute = Substitute(
            line_id=wish.line_id,
            sku=sku,
            title=product.title,
            quantity=wish.quantity,
            price=None if wish.price is None else wish.price.amount,
            grams=product.grams,
        )
        return offer(order, substitute, expires_at=caller.clock() + timedelta(hours=wish.valid_hours))

    return execute(log, order_id, decide, caller, expected_version=expected_version)


def _first_substitute(order: Order, line_id: str, products: Products) -> str:
    line = order.lines.get(line_id)
    sold = line.placed.sku if line else ""
    product = products([sold]).get(sold)
    if product is None or not product.substitutes:
        raise InvalidInput(f"nothing is set up that could stand in for {sold or line_id}: name a sku", path="sku")
    return product.substitutes[0]


def accept_substitute(log: OrderLog, offer_id: str, caller: Caller, expected_version: int | None = None) -> Order:
    """The customer takes an offer; see `substitution.accept`."""
    return execute(
        log,
        order_of(offer_id),
        lambda order: accept(order, offer_id, caller.clock()),
        caller,
        expected_version=expected_version,
    )


def refuse_substitute(
    log: OrderLog, offer_id: str, why: Refusal, caller: Caller, expected_version: int | None = None
) -> Order:
    """Nothing comes of an offer; see `substitution.refuse`."""
    return execute(
        log,
        order_of(offer_id),
        lambda order: refuse(order, offer_id, OfferEnd(why.value)),
        caller,
        expected_version=expected_version,
    )


class Answer(StrEnum):
    """What the customer says to an offer."""

    ACCEPT = "accept"
    DECLINE = "decline"


class AnswerOffer(Command):
    """The customer's word."""

    answer: Answer


def answer_by_customer(log: OrderLog, offer_id: str, wish: AnswerOffer, caller: Caller) -> Order:
    """The customer accepts or declines; see `substitution`."""
    if wish.answer is Answer.ACCEPT:
        return accept_substitute(log, offer_id, caller)
    return refuse_substitute(log, offer_id, Refusal.DECLINED, caller)
