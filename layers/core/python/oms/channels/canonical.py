"""From a canonical order to the document that capture takes: figures checked, discounts shared, nothing guessed."""

from __future__ import annotations

from collections.abc import Iterator

from oms.channels.canonical_model import (
    Amount,
    CanonicalAddress,
    CanonicalContact,
    CanonicalLine,
    CanonicalOrder,
    CanonicalPayment,
)
from oms.channels.document import ChannelDocument, DocumentKind, document
from oms.channels.figures import Sold, charge, placed_lines, shared, sum_of
from oms.clock import from_text, to_text
from oms.errors import FieldError, InvalidInput
from oms.money import exponent
from oms.orders.contact import Address, Contact
from oms.orders.events import OrderPlaced, PaymentMethod, PaymentTerms
from oms.setup import Channel


def canonical_document(order: CanonicalOrder, channel: Channel) -> ChannelDocument:
    """The order in our words.

    Raises:
        InvalidInput: names each field that contradicts another, or is in another currency than the order.
    """
    currency = order.currency or channel.currency
    if not currency:
        raise InvalidInput("the order names no currency, and the channel has none set up", path="currency")
    exponent(currency)
    problems = [*_currencies(order, currency), *_contradictions(order)]
    if problems:
        raise InvalidInput("the order contradicts itself; see errors", errors=problems[:50])
    lines = placed_lines(_sold(order), order.prices)
    problems = [
        FieldError(f"lines[{i}].tax", "is more than the line costs") for i, each in enumerate(lines) if each.net < 0
    ]
    if problems:
        raise InvalidInput("prices are gross, so the tax is in them; see errors", errors=problems[:50])
    charges = tuple(
        charge(each.kind, each.title, each.amount.amount, _of(each.tax), order.prices, each.code)
        for each in order.charges
    )
    ours = sum_of(lines, charges)
    total = ours if order.total is None else order.total.amount
    terms = _tenders(order, total, channel)
    placed = OrderPlaced(
        channel_id=channel.channel_id,
        external_id=order.external_id,
        number=order.number or order.external_id,
        currency=currency,
        placed_at=from_text(to_text(order.placed_at)),
        language=order.language.replace("_", "-") or channel.default_language,
        lines=lines,
        charges=charges,
        total=total,
        payment=terms[0],
        tenders=terms[1:],
        prices=order.prices,
        tax_remitter=order.tax_remitter,
        shipping_service=order.shipping_service,
        pickup_location_id=order.pickup.location_id if order.pickup else "",
        test=order.test,
        tags=tuple(order.tags),
        reservation_id=order.reservation_id,
    )
    return document(DocumentKind.PLACED, placed, contact_of(order.contact))


def contact_of(contact: CanonicalContact) -> Contact:
    """The contact as a value."""
    return Contact(
        name=contact.name,
        email=contact.email,
        phone=contact.phone,
        customer_id=contact.customer_id,
        shipping=address_of(contact.shipping),
        billing=address_of(contact.billing),
        verified_email=contact.email if contact.email_verified else "",
        verified_phone=contact.phone if contact.phone_verified else "",
    )


def address_of(address: CanonicalAddress | None) -> Address | None:
    """The address as a value."""
    return Address(**address.model_dump()) if address else None


def _tenders(order: CanonicalOrder, total: int, channel: Channel) -> tuple[PaymentTerms, ...]:
    """The means of payment in the order in which they are charged, each with its own amount."""
    named = _payments(order)
    rest = total - sum(_of(each.amount) for _, each in named)
    if len(named) > 1 and rest < 0:
        raise InvalidInput("the payments are more than the order's total", path="payments")
    return tuple(_terms(each, rest, channel, path) for path, each in named)


def _payments(order: CanonicalOrder) -> list[tuple[str, CanonicalPayment]]:
    if order.payment is not None:
        return [("payment", order.payment)]
    return [(f"payments[{i}]", each) for i, each in enumerate(order.payments)]


def _terms(payment: CanonicalPayment, rest: int, channel: Channel, path: str) -> PaymentTerms:
    amount = 0 if payment.method is PaymentMethod.UNPAID else rest if payment.amount is None else payment.amount.amount
    gateway = payment.gateway
    if payment.method is PaymentMethod.GATEWAY:
        gateway = gateway or channel.gateway
        if not gateway or not payment.instrument:
            missing = "gateway" if not gateway else "instrument"
            raise InvalidInput("needed when a gateway is to authorise", path=f"{path}.{missing}")
    return PaymentTerms(
        method=payment.method,
        amount=amount,
        gateway=gateway,
        instrument=payment.instrument,
        reference=payment.reference,
    )


def _sold(order: CanonicalOrder) -> list[Sold]:
    after_own = [_amount(line) - _of(line.discount) for line in order.lines]
    whole = shared(sum(each.amount.amount for each in order.discounts), after_own)
    return [
        Sold(
            external_line_id=line.external_line_id or str(number),
            sku=line.sku,
            title=line.title,
            quantity=line.quantity,
            amount=_amount(line),
            discount=_of(line.discount) + share,
            tax=_of(line.tax),
            list_price=_list_price(line),
            requires_shipping=line.requires_shipping,
            grams=line.grams,
        )
        for number, (line, share) in enumerate(zip(order.lines, whole, strict=True), 1)
    ]


def _amount(line: CanonicalLine) -> int:
    """All units of the line before discount."""
    return line.total.amount if line.total else line.quantity * _of(line.unit_price)


def _list_price(line: CanonicalLine) -> int | None:
    if line.unit_price:
        return line.unit_price.amount
    each, rest = divmod(_amount(line), line.quantity)
    return None if rest else each


def _of(amount: Amount | None) -> int:
    return amount.amount if amount else 0


def _currencies(order: CanonicalOrder, currency: str) -> Iterator[FieldError]:
    """Amounts in another currency than the order's."""
    named: list[tuple[str, Amount | None]] = [("total", order.total)]
    named += [(f"{path}.amount", each.amount) for path, each in _payments(order)]
    for i, line in enumerate(order.lines):
        named += [(f"lines[{i}].{name}", getattr(line, name)) for name in ("unit_price", "total", "discount", "tax")]
    for i, charged in enumerate(order.charges):
        named += [(f"charges[{i}].amount", charged.amount), (f"charges[{i}].tax", charged.tax)]
    named += [(f"discounts[{i}].amount", each.amount) for i, each in enumerate(order.discounts)]
    for path, amount in named:
        if amount is not None and amount.currency != currency:
            yield FieldError(f"{path}.currency", f"the order is in {currency}")


def _contradictions(order: CanonicalOrder) -> Iterator[FieldError]:
    """Figures that cannot all be true."""
    seen: set[str] = set()
    for i, line in enumerate(order.lines):
        path = f"lines[{i}]"
        if line.unit_price is None and line.total is None:
            yield FieldError(path, "needs a unit_price or a total")
        elif line.unit_price and line.total and line.unit_price.amount * line.quantity != line.total.amount:
            yield FieldError(f"{path}.total", "is not quantity times unit_price")
        for name in ("unit_price", "total", "discount", "tax"):
            if _of(getattr(line, name)) < 0:
                yield FieldError(f"{path}.{name}", "cannot be below zero")
        if _of(line.discount) > _amount(line):
            yield FieldError(f"{path}.discount", "is more than the line costs")
        line_id = line.external_line_id or str(i + 1)
        if line_id in seen:
            yield FieldError(f"{path}.external_line_id", "stands on another line too")
        seen.add(line_id)
    whole = sum(each.amount.amount for each in order.discounts)
    if any(each.amount.amount < 0 for each in order.discounts):
        yield FieldError("discounts", "cannot be below zero")
    elif whole > sum(_amount(line) - _of(line.discount) for line in order.lines):
        yield FieldError("discounts", "are more than the lines cost")
    yield from _payment_contradictions(order)


def _payment_contradictions(order: CanonicalOrder) -> Iterator[FieldError]:
    if (order.payment is None) == (not order.payments):
        yield FieldError("payment", "say either payment or payments")
        return
    named = _payments(order)
    for path, each in named:
        if _of(each.amount) < 0:
            yield FieldError(f"{path}.amount", "cannot be below zero")
    open_ = [path for path, each in named if each.amount is None]
    for path in open_[1:]:
        yield FieldError(f"{path}.amount", "only one payment can do without")
