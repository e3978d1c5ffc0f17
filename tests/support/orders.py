"""Orders to begin a test with: a few words in, an `OrderPlaced` out."""

from __future__ import annotations

from datetime import UTC, datetime

from oms.money import allocate
from oms.orders.events import (
    Charge,
    ChargeKind,
    OrderPlaced,
    PaymentMethod,
    PaymentTerms,
    PlacedLine,
    UnitRun,
)


def line(line_id: str, sku: str, quantity: int, net: int, tax: int = 0, *, ships: bool = True) -> PlacedLine:
    """A line of `quantity` units that cost `net` and `tax` together."""
    nets, taxes = allocate(net, [1] * quantity), allocate(tax, [1] * quantity)
    return PlacedLine(
        line_id=line_id,
        sku=sku,
        title=sku.title(),
        quantity=quantity,
        net=net,
        tax=tax,
        units=tuple(UnitRun(count=1, net=n, tax=t) for n, t in zip(nets, taxes, strict=True)),
        requires_shipping=ships,
    )


def placed(
    *lines: PlacedLine,
    shipping: int = 0,
    total: int | None = None,
    method: PaymentMethod = PaymentMethod.PREPAID,
    instrument: str = "",
    currency: str = "EUR",
) -> OrderPlaced:
    """An order of these lines; `instrument` makes it one that the simulated gateway is to authorise."""
    charges = (Charge(kind=ChargeKind.SHIPPING, title="Shipping", net=shipping),) if shipping else ()
    sums = sum(each.net + each.tax for each in lines) + shipping
    due = sums if total is None else total
    terms = (
        PaymentTerms(method=PaymentMethod.GATEWAY, amount=due, gateway="simulated", instrument=instrument)
        if instrument
        else PaymentTerms(method=method, amount=0 if method is PaymentMethod.UNPAID else due)
    )
    return OrderPlaced(
        channel_id="shop",
        external_id="1001",
        number="1001",
        currency=currency,
        placed_at=datetime(2026, 3, 2, 8, 59, tzinfo=UTC),
        language="en",
        lines=lines,
        charges=charges,
        total=due,
        payment=terms,
    )
