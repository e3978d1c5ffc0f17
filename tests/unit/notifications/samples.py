"""Orders to write messages about: their whole history, made of entries as the log keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from oms.money import allocate
from oms.notifications.catalogue import Kind
from oms.orders import events as ev
from oms.orders.contact import Address, Contact
from oms.orders.events import HoldReason, OrderEvent
from oms.orders.evolve import fold
from oms.orders.order import Entry, Order
from oms.payments.ledger import PaymentCaptured

ORDER_ID = "oq4rduk7w2m5x3fzt6b7a"
FULFILLMENT = f"{ORDER_ID}-1"
PARCEL = f"{FULFILLMENT}-p1"
START = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)

CONTACT = Contact(
    name="Maria Rossi",
    email="maria.rossi@example.com",
    phone="+39 0471 123456",
    shipping=Address(
        name="Maria Rossi", line1="Via Portici 12", city="Bolzano", region="BZ", postal_code="39100", country="IT"
    ),
)

TITLES = ("Espresso cup “Alba”, set of two", "Linen tea towel", "Cutting board, olive wood")


def line(
    number: int,
    *,
    title: str = "",
    quantity: int = 1,
    price: int = 1999,
    discount: int = 0,
    prices: ev.PriceMode = ev.PriceMode.GROSS,
    tax_percent: int = 22,
    requires_shipping: bool = True,
) -> ev.PlacedLine:
    quoted = price * quantity - discount
    if prices is ev.PriceMode.GROSS:
        tax = quoted * tax_percent // (100 + tax_percent)
        net = quoted - tax
    else:
        net, tax = quoted, quoted * tax_percent // 100
    shares = list(zip(allocate(net, [1] * quantity), allocate(tax, [1] * quantity), strict=True))
    runs = tuple(ev.UnitRun(count=shares.count(s), net=s[0], tax=s[1]) for s in dict.fromkeys(shares))
    return ev.PlacedLine(
        line_id=str(number),
        sku=f"SKU-{number}",
        title=title or TITLES[(number - 1) % 3],
        quantity=quantity,
        net=net,
        tax=tax,
        units=runs,
        discount=discount,
        list_price=price,
        requires_shipping=requires_shipping,
    )


def placed(
    *lines: ev.PlacedLine,
    currency: str = "EUR",
    language: str = "it",
    prices: ev.PriceMode = ev.PriceMode.GROSS,
    charges: Sequence[ev.Charge] = (),
    number: str = "1001",
    extra: int = 0,
    service: str = "Standard",
) -> ev.OrderPlaced:
    total = sum(x.net + x.tax for x in lines) + sum(x.net + x.tax for x in charges) + extra
    return ev.OrderPlaced(
        channel_id="web",
        external_id="900001",
        number=number,
        currency=currency,
        placed_at=START,
        language=language,
        lines=lines,
        total=total,
        payment=ev.PaymentTerms(method=ev.PaymentMethod.PREPAID, amount=total),
        charges=tuple(charges),
        prices=prices,
        shipping_service=service,
    )


def usual(currency: str = "EUR", language: str = "it") -> ev.OrderPlaced:
    """Three lines, one of them discounted, with paid shipping."""
    return placed(
        line(1, quantity=2, price=3490, discount=500),
        line(2, quantity=3, price=1250),
        line(3, price=129900),
        currency=currency,
        language=language,
        charges=[ev.Charge(kind=ev.ChargeKind.SHIPPING, title="Standard", net=484, tax=106)],
    )


def paid(order: ev.OrderPlaced) -> PaymentCaptured:
    return PaymentCaptured(payment_id="channel", reference="r", amount=order.total, by_channel=True)


def allocated(*shares: tuple[str, int]) -> ev.UnitsAllocated:
    return ev.UnitsAllocated(
        allocations=tuple(
            ev.Allocation(
                fulfillment_order_id=FULFILLMENT,
                location_id="bz",
                line_id=line_id,
                sku=f"SKU-{line_id}",
                quantity=quantity,
            )
            for line_id, quantity in shares
        )
    )


def units(*shares: tuple[str, int]) -> tuple[ev.LineUnits, ...]:
    return tuple(ev.LineUnits(line_id=line_id, sku=f"SKU-{line_id}", quantity=n) for line_id, n in shares)


def backordered(*shares: tuple[str, int]) -> ev.UnitsBackordered:
    return ev.UnitsBackordered(units=units(*shares))


CONFIRMED = ev.OrderConfirmed(expected_delivery=date(2026, 11, 25))


def label(url: str = "https://track.example/SIM123456789", carrier: str = "dhl") -> ev.LabelBought:
    return ev.LabelBought(
        parcel_id=PARCEL,
        carrier=carrier,
        service="standard",
        tracking_number="SIM123456789",
        tracking_url=url,
        document="label.pdf",
    )


def sent(*shares: tuple[str, int], bought: ev.LabelBought | None = None) -> list[list[OrderEvent]]:
    """From the location's yes to the parcel's departure."""
    return [
        [ev.FulfillmentAccepted(fulfillment_order_id=FULFILLMENT)],
        [ev.UnitsPicked(fulfillment_order_id=FULFILLMENT, units=units(*shares))],
        [ev.UnitsPacked(fulfillment_order_id=FULFILLMENT, parcel_id=PARCEL, units=units(*shares))],
        *([[bought]] if bought else []),
        [ev.UnitsShipped(fulfillment_order_id=FULFILLMENT, parcel_id=PARCEL, location_id="bz", units=units(*shares))],
    ]


def delivered(at: datetime = datetime(2026, 11, 24, 14, 5, tzinfo=UTC)) -> ev.ParcelDelivered:
    return ev.ParcelDelivered(parcel_id=PARCEL, at=at)


def held(reason: HoldReason, handle: str = "hold-1") -> ev.OrderHeld:
    return ev.OrderHeld(handle=handle, reason=reason, note="said by staff, for staff")


def history(*decisions: Sequence[OrderEvent], contact: Contact | None = CONTACT) -> list[Entry]:
    return [
        Entry(
            order_id=ORDER_ID,
            seq=seq,
            at=START + timedelta(hours=seq),
            actor="test",
            cause=f"cause-{seq}",
            events=tuple(decision),
            contact=contact if seq == 1 else None,
        )
        for seq, decision in enumerate(decisions, start=1)
    ]


def story(kind: Kind, order: ev.OrderPlaced | None = None, contact: Contact | None = CONTACT) -> list[Entry]:
    """A history of the usual order whose last event leads to a message of this kind."""
    order = order or usual()
    if kind is Kind.ACTION_NEEDED:
        return history([order], [held(HoldReason.BAD_ADDRESS)], contact=contact)
    all_units = [(each.line_id, each.quantity) for each in order.lines]
    short, rest = all_units[-1], all_units[:-1] or all_units
    decisions: list[list[OrderEvent]] = [[order, paid(order)]]
    if len(all_units) > 1:
        decisions.append([allocated(*rest), backordered(short), CONFIRMED])
    else:
        decisions.append([allocated(*rest), CONFIRMED])
    if kind is not Kind.ORDER_CONFIRMED:
        decisions += sent(*rest, bought=label())
    if kind is Kind.PARCEL_DELIVERED:
        decisions.append([delivered()])
    return history(*decisions, contact=contact)


def state(entries: Sequence[Entry]) -> Order:
    order = fold(entries)
    assert order is not None
    return order
