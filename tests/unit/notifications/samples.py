"""Orders to write messages about: their whole history, made of entries as the log keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from oms.money import allocate
from oms.notifications.catalogue import UNDER_WAY, Kind
from oms.notifications.counter import Counter
from oms.notifications.occasion import Occasion, occasion
from oms.notifications.way_back import WayBack
from oms.orders import after_sale as back
from oms.orders import events as ev
from oms.orders.after_sale import Disposition
from oms.orders.cancelling import CancellationDeclined, CancellationRequested
from oms.orders.contact import Address, Contact
from oms.orders.editing import LinesAdded, ShippingServiceChanged
from oms.orders.events import HoldReason, OrderEvent, UnitState
from oms.orders.evolve import fold
from oms.orders.order import Entry, Order
from oms.orders.pickup import PickupCollected, PickupExpired, PickupReady, PickupReminded, Proof
from oms.orders.promising import PromiseChanged, PromiseReason
from oms.orders.reached import ParcelStateReached
from oms.orders.reasons import DeclineReason
from oms.orders.substituting import SubstituteOffered
from oms.orders.way_back import ReturnLabelIssued
from oms.payments.ledger import PaymentCaptured, PaymentRefunded
from oms.setup import Location

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
    bought_label: list[list[OrderEvent]] = [[bought]] if bought else []
    return [
        [ev.FulfillmentAccepted(fulfillment_order_id=FULFILLMENT)],
        [ev.UnitsPicked(fulfillment_order_id=FULFILLMENT, units=units(*shares))],
        [ev.UnitsPacked(fulfillment_order_id=FULFILLMENT, parcel_id=PARCEL, units=units(*shares))],
        *bought_label,
        [ev.UnitsShipped(fulfillment_order_id=FULFILLMENT, parcel_id=PARCEL, location_id="bz", units=units(*shares))],
    ]


def delivered(at: datetime = datetime(2026, 11, 24, 14, 5, tzinfo=UTC)) -> ev.ParcelDelivered:
    return ev.ParcelDelivered(parcel_id=PARCEL, at=at)


def under_way(kind: Kind, at: datetime = datetime(2026, 11, 20, 16, 20, tzinfo=UTC), **where: Any) -> list[OrderEvent]:
    """A scan of the carrier that brings the parcel into the state that a message of this kind tells."""
    status = next(status for status, told in UNDER_WAY.items() if told is kind)
    return [
        ev.ParcelTracked(parcel_id=PARCEL, scan_id=f"{kind} {at}", status=status, at=at),
        ParcelStateReached(parcel_id=PARCEL, status=status, at=at, **where),
    ]


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


def journey(order: ev.OrderPlaced) -> list[list[OrderEvent]]:
    """Paid, all but the last line sent and delivered."""
    all_units = [(each.line_id, each.quantity) for each in order.lines]
    short, rest = all_units[-1], all_units[:-1] or all_units
    first: list[OrderEvent] = [allocated(*rest), CONFIRMED]
    if len(all_units) > 1:
        first.insert(1, backordered(short))
    return [[order, paid(order)], first, *sent(*rest, bought=label()), [delivered()]]


def story(kind: Kind, order: ev.OrderPlaced | None = None, contact: Contact | None = CONTACT) -> list[Entry]:
    """A history of the usual order whose last event leads to a message of this kind."""
    order = order or usual()
    return history(*_decisions(kind, order), contact=contact)


def _decisions(kind: Kind, order: ev.OrderPlaced) -> list[list[OrderEvent]]:
    whole = journey(order)
    match kind:
        case Kind.ACTION_NEEDED:
            return [[order], [held(HoldReason.BAD_ADDRESS)]]
        case Kind.ORDER_CONFIRMED:
            return whole[:2]
        case Kind.PARCEL_SHIPPED:
            return whole[:-1]
        case Kind.PARCEL_DELIVERED:
            return whole
        case Kind.ORDER_CANCELLED:
            return [*whole, [cancelled(order.lines[-1])]]
        case Kind.ORDER_CHANGED:
            return [*whole[:2], edit(order)]
        case Kind.CANCELLATION_DECLINED:
            return [*whole[:3], *not_stopped(order.lines[0])]
        case Kind.PAYMENT_RECEIVED:
            return [[order, held(HoldReason.PAYMENT_PENDING)], [paid(order), ev.HoldReleased(handle="hold-1")]]
        case Kind.REFUND_MADE:
            return [*whole, [cancelled(order.lines[-1])], *refunded(1000)]
        case Kind.DELIVERY_CHANGED:
            return [*short(order), [another_day()]]
        case Kind.SUBSTITUTE_OFFERED:
            return [*short(order), [substitute(order.lines[-1])]]
        case _ if kind in UNDER_WAY.values():
            return [*whole[:-1], under_way(kind)]
        case Kind.PICKUP_READY | Kind.PICKUP_REMINDER | Kind.PICKUP_EXPIRED | Kind.PICKED_UP:
            return _fetched(kind, order)
        case _:
            return [*whole, *_sent_back(kind)]


def short(order: ev.OrderPlaced) -> list[list[OrderEvent]]:
    """All but the last line have a place; the last waits, for two weeks at most."""
    rest = [(each.line_id, each.quantity) for each in order.lines[:-1]]
    last = order.lines[-1]
    patient = replace(order, backorder_days=14)
    return [[patient, paid(order)], [allocated(*rest), backordered((last.line_id, last.quantity)), CONFIRMED]]


def another_day(day: date | None = date(2026, 12, 4)) -> PromiseChanged:
    reason = PromiseReason.INCOMING if day else PromiseReason.NOT_COMING
    return PromiseChanged(expected_delivery=day, arrives=day, reason=reason, tell=True)


def substitute(sold: ev.PlacedLine) -> SubstituteOffered:
    return SubstituteOffered(
        offer_id=f"{ORDER_ID}-s1",
        line_id=sold.line_id,
        quantity=sold.quantity,
        sku="SKU-9",
        title="Cutting board, walnut",
        net=sold.net,
        tax=sold.tax,
        expires_at=datetime(2026, 11, 24, 9, 30, tzinfo=UTC),
    )


def fetched(order: ev.OrderPlaced) -> list[list[OrderEvent]]:
    """All but the last line stand ready in a store, each step of the way there."""
    rest = [(each.line_id, each.quantity) for each in order.lines[:-1]]
    last = order.lines[-1]
    return [
        [replace(order, pickup_location_id="bz"), paid(order)],
        [allocated(*rest), backordered((last.line_id, last.quantity)), CONFIRMED],
        *sent(*rest)[:-2],
        [ev.UnitsPacked(fulfillment_order_id=FULFILLMENT, parcel_id=PARCEL, units=units(*rest)), READY],
    ]


def handed_over(order: ev.OrderPlaced) -> list[OrderEvent]:
    """The customer has what stood ready."""
    rest = units(*((each.line_id, each.quantity) for each in order.lines[:-1]))
    return [
        ev.UnitsShipped(fulfillment_order_id=FULFILLMENT, parcel_id=PARCEL, location_id="bz", units=rest),
        delivered(),
        PickupCollected(fulfillment_order_id=FULFILLMENT, proof=Proof.CODE),
    ]


def _fetched(kind: Kind, order: ev.OrderPlaced) -> list[list[OrderEvent]]:
    whole = fetched(order)
    match kind:
        case Kind.PICKUP_REMINDER:
            return [*whole, [PickupReminded(fulfillment_order_id=FULFILLMENT)]]
        case Kind.PICKUP_EXPIRED:
            return [*whole, [PickupExpired(fulfillment_order_id=FULFILLMENT)]]
        case Kind.PICKED_UP:
            return [*whole, handed_over(order)]
        case _:
            return whole


READY = PickupReady(
    fulfillment_order_id=FULFILLMENT,
    location_id="bz",
    last_day=date(2026, 11, 30),
    until=datetime(2026, 11, 30, 23, tzinfo=UTC),
)


def _sent_back(kind: Kind) -> list[list[OrderEvent]]:
    approved = back.ReturnApproved(return_id=RETURN, location_id="bz", restocking_fee=120, shipping_fee=490)
    match kind:
        case Kind.RETURN_REQUESTED:
            return [[asked()]]
        case Kind.RETURN_APPROVED:
            return [[asked()], [approved]]
        case Kind.RETURN_DECLINED:
            return [[asked()], [back.ReturnDeclined(return_id=RETURN, code=DeclineReason.WINDOW_OVER)]]
        case Kind.RETURN_RECEIVED:
            return [
                [asked()],
                [approved],
                [credit(RETURN, fee=490), came(("1", 1, Disposition.RESTOCK), ("2", 1, Disposition.MISSING))],
            ]
        case Kind.CREDITED:
            return [[credit()]]
        case _:
            raise AssertionError(kind)


def labelled() -> list[Entry]:
    """A return is approved with a label, which is bought a moment later."""
    approved = back.ReturnApproved(return_id=RETURN, location_id="bz", with_label=True)
    issued = ReturnLabelIssued(
        return_id=RETURN,
        carrier="gls",
        service="return",
        tracking_number="RET123",
        tracking_url="https://track.example/RET123",
        document="return.pdf",
    )
    return history(*journey(usual()), [asked()], [approved], [issued])


RETURN = f"{ORDER_ID}-r1"


def edit(order: ev.OrderPlaced) -> list[OrderEvent]:
    """What was on backorder is taken away, and a line comes in its place."""
    more = line(len(order.lines) + 1, title=order.lines[0].title, price=2000)
    return [cancelled(order.lines[-1]), LinesAdded(lines=(more,))]


def express(order: ev.OrderPlaced) -> ShippingServiceChanged:
    """Another shipping service at another price."""
    charge = ev.Charge(kind=ev.ChargeKind.SHIPPING, title="Express", net=1000, tax=220)
    old = [each for each in order.charges if each.kind is ev.ChargeKind.SHIPPING]
    return ShippingServiceChanged(
        service="Express",
        charge=charge,
        net=charge.net - sum(each.net for each in old),
        tax=charge.tax - sum(each.tax for each in old),
    )


def not_stopped(sold: ev.PlacedLine, *, late: bool = False, **why: Any) -> list[list[OrderEvent]]:
    """A location is asked to put a line back, and does not."""
    asked_for = CancellationRequested(
        request_id=f"{FULFILLMENT}-q1",
        fulfillment_order_id=FULFILLMENT,
        units=units((sold.line_id, sold.quantity)),
        **why,
    )
    return [[asked_for], [CancellationDeclined(request_id=asked_for.request_id, reason="said by staff", late=late)]]


def cancelled(sold: ev.PlacedLine, quantity: int = 0, **why: Any) -> ev.UnitsCancelled:
    """Backordered units of a line are cancelled: all of them, unless a number is named."""
    gone = ev.CancelledUnits(
        line_id=sold.line_id, sku=sold.sku, quantity=quantity or sold.quantity, source=UnitState.BACKORDERED
    )
    return ev.UnitsCancelled(units=(gone,), **why)


def refunded(amount: int) -> list[list[OrderEvent]]:
    """A refund to the channel's payment, asked for and made."""
    parts = (back.RefundPart(payment_id="channel", amount=amount),)
    return [
        [back.RefundRequested(refund_id="refund-1", parts=parts)],
        [PaymentRefunded(payment_id="channel", refund_id="refund-1", reference="r", amount=amount, by_channel=True)],
    ]


def asked(by_customer: bool = True) -> back.ReturnRequested:  # noqa: FBT001, FBT002 - a plain fact
    return back.ReturnRequested(
        return_id=RETURN,
        units=(
            back.ReturnUnits(line_id="1", sku="SKU-1", quantity=1, reason=back.ReturnReason.DOES_NOT_FIT),
            back.ReturnUnits(line_id="1", sku="SKU-1", quantity=1, reason=back.ReturnReason.DAMAGED),
        ),
        by_customer=by_customer,
        note="said by staff, for staff",
    )


def came(*units: tuple[str, int, Disposition], return_id: str = RETURN) -> back.UnitsReceived:
    return back.UnitsReceived(
        receipt_id=f"{ORDER_ID}-x1",
        location_id="bz",
        units=tuple(
            back.ReceivedUnits(line_id=line_id, sku=f"SKU-{line_id}", quantity=n, disposition=disposition)
            for line_id, n, disposition in units
        ),
        return_id=return_id,
    )


def credit(return_id: str = "", *, amount: int = 3240, fee: int = 0, charges: int = 0) -> back.UnitsCredited:
    return back.UnitsCredited(
        credit_id=f"{ORDER_ID}-c1",
        reason=back.ReturnReason.DAMAGED,
        units=(back.CreditedUnits(line_id="1", quantity=1, amount=amount),),
        fee=fee,
        charges=charges,
        return_id=return_id,
    )


HOME = Location(
    location_id="bz",
    name="Lager Bozen",
    address=Address(line1="Via Galvani 8", city="Bolzano", region="BZ", postal_code="39100", country="IT"),
    latitude=46.5,
    longitude=11.3,
)


PAGE = "https://api.shop.example/v1/return/o1.1.s"

WAY = WayBack(HOME, PAGE)
COUNTER = Counter(
    replace(
        HOME,
        name="Negozio Portici",
        opening_hours={**dict.fromkeys(("mon", "tue", "wed", "thu"), "10:00-19:00"), "sat": "10:00-13:00"},
    ),
    "012345",
)


def found(entries: Sequence[Entry], index: int = -1) -> Occasion:
    """What the last entry's event at `index` is about; its last one, unless another is named."""
    last = entries[-1]
    return occasion(last.order_id, entries, last.seq, index % len(last.events))


def state(entries: Sequence[Entry]) -> Order:
    order = fold(entries)
    assert order is not None
    return order
