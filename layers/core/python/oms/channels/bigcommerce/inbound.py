"""BigCommerce's webhooks, which only name an order, and the order's document as it is fetched then.

Sources, all of bigcommerce/docs: docs/integrations/webhooks (scopes, `hash`, headers of one's own),
reference/orders.v2.oas2.yml (the order, its consignments, its statuses); see also `docs/connect/bigcommerce.md`.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence
from decimal import Decimal

from oms.channels.bigcommerce.fetching import PARTLY_REFUNDED, REFUND_STATES, REFUNDED, hydrate, moment, poll
from oms.channels.bigcommerce.figures import charges, sold
from oms.channels.bigcommerce.payload import BigOrder, Consignments, LineItem, PostalAddress, Shipping
from oms.channels.document import ChannelDocument, DocumentKind, Remark, document
from oms.channels.fetched import store_named
from oms.channels.figures import minor, placed_lines
from oms.channels.payload import Payload, Text, read
from oms.channels.protocol import WHOLE, Headers, body_hash
from oms.channels.revision import revision
from oms.errors import InvalidInput
from oms.orders.contact import Address, Contact
from oms.orders.events import OrderPlaced, PaymentMethod, PaymentTerms, PriceMode
from oms.setup import Channel

__all__ = ["cause", "hydrate", "is_ping", "parse", "poll", "reference", "topic", "verify"]

HEADER = "X-Webhook-Secret"
"""The header that the merchant has BigCommerce send, with the channel's secret as its value."""

THIN = "webhook"
"""The topic of all webhooks: their scope stands in the body, and they carry no order."""

INCOMPLETE, SHIPPED, CANCELLED, DECLINED, COMPLETED, UNVERIFIED, DISPUTED = 0, 2, 5, 6, 10, 12, 13
"""Statuses of orders; their numbers are the same in every store, their names are the merchant's."""

GONE = frozenset({CANCELLED, DECLINED})
"""Statuses in which nothing is to be shipped any more; `REFUNDED` takes back what has not been shipped."""

PAID = frozenset({SHIPPED, 3, REFUNDED, 8, 9, COMPLETED, 11, PARTLY_REFUNDED})
"""Statuses in which the shop has its money, unless its gateway says otherwise: they come after the payment."""

HAS_IT = frozenset({"captured", "paid", *REFUND_STATES})
RESERVED = frozenset({"authorized", "capture pending"})
WITHOUT = frozenset({"declined", "void", "void pending", "held for review"})
"""What the gateway says (`payment_status`): the money is there, it is reserved, it will not come as things stand."""

TEST_GATEWAY = "Test Payment Gateway"


def verify(raw: bytes, headers: Headers, secret: str) -> bool:
    """See `ChannelPlatform.verify`. By the agreed header, or by BigCommerce's signature when the secret is the app's.

    How old a signature is makes no difference: what is believed of a body is which order to look at, and nothing else.
    """
    if not secret:
        return False
    shown = hmac.compare_digest(headers.get(HEADER, "").encode(), secret.encode())
    return _signed(raw, headers, secret) or shown


def _signed(raw: bytes, headers: Headers, secret: str) -> bool:
    """Whether one of the signatures is right, as Standard Webhooks has it: several stand there while keys change."""
    text = f"{headers.get('webhook-id', '')}.{headers.get('webhook-timestamp', '')}.".encode() + raw
    right = b"v1," + base64.b64encode(hmac.digest(secret.encode(), text, "sha256"))
    return any(hmac.compare_digest(each.encode(), right) for each in headers.get("webhook-signature", "").split())


def is_ping(raw: bytes, headers: Headers) -> bool:  # noqa: ARG001 - a new webhook is not tried
    """See `ChannelPlatform.is_ping`."""
    return False


def topic(headers: Headers) -> str:  # noqa: ARG001 - it stands in the body
    """See `ChannelPlatform.topic`."""
    return THIN


class _Data(Payload):
    id: Text = ""
    order_id: Text = ""
    orderId: Text = ""  # noqa: N815 - as webhooks about shipments spell it


class _Webhook(Payload):
    scope: Text = ""
    hash: Text = ""
    data: _Data | None = None


def cause(raw: bytes, headers: Headers) -> str:  # noqa: ARG001
    """The hash, which is the same whenever a webhook is sent about one event."""
    try:
        told = read(_Webhook, raw).hash
    except InvalidInput:
        told = ""
    return f"bigcommerce:{told[:64] or body_hash(raw)}"


def reference(topic: str, raw: bytes) -> str:
    """See `Hydrates.reference`: the order of a webhook about an order or one of its shipments."""
    if topic == WHOLE:
        return ""
    webhook = read(_Webhook, raw)
    area, data = webhook.scope.split("/")[1:3], webhook.data or _Data()
    if area[:1] == ["shipment"]:
        return _number(data.orderId)
    if area[:1] == ["order"] and area[1:] not in (["message"], ["metafield"]):
        return _number(data.order_id or data.id)
    return ""


def parse(topic: str, raw: bytes, channel: Channel) -> ChannelDocument | None:
    """See `ChannelPlatform.parse`."""
    if topic != WHOLE:
        return None
    order = read(BigOrder, raw)
    if order.status_id == INCOMPLETE:
        return None
    if order.items_total and not order.lines:
        raise InvalidInput("the order was fetched without its lines", path="consignments")
    items = [item for item in order.lines if item.quantity > 0]
    cancelled = {item.id: count for item in items if (count := _unwanted(order, item))}
    gone = bool(items) and all(cancelled.get(item.id) == item.quantity for item in items)
    return document(
        DocumentKind.UPDATED,
        _placed(order, items, channel, gone=gone),
        _contact(order),
        cancelled=cancelled,
        remarks=_remarks(order, items),
        given_back=_given_back(order, _currency(order, channel)),
    )


def _number(text: str) -> str:
    """An id of the platform, which becomes part of an address: digits, or nothing."""
    return text if text.isascii() and text.isdigit() else ""


def _currency(order: BigOrder, channel: Channel) -> str:
    """The currency that the customer pays in; the other one is only what prices were shown in."""
    return order.default_currency_code or order.currency_code or channel.currency


def _placed(order: BigOrder, items: Sequence[LineItem], channel: Channel, *, gone: bool) -> OrderPlaced:
    currency = _currency(order, channel)
    prices = PriceMode.GROSS if order.is_tax_inclusive_pricing else PriceMode.NET
    placed_at = moment(order.date_created, "date_created")
    changed_at = moment(order.date_modified, "date_modified") if order.date_modified else placed_at
    terms = _tenders(order, currency)
    parts = order.consignments or Consignments()
    return OrderPlaced(
        channel_id=channel.channel_id,
        external_id=order.id,
        number=order.id,
        currency=currency,
        placed_at=placed_at,
        language=order.customer_locale.replace("_", "-") or channel.default_language,
        lines=placed_lines(sold(order, items, currency, channel.channel_id), prices),
        charges=charges(order, currency),
        total=minor(order.total_inc_tax, currency),
        payment=terms[0],
        tenders=terms[1:],
        prices=prices,
        shipping_service=next((part.shipping_method for part in parts.shipping if part.shipping_method), ""),
        pickup_location_id="" if _addresses(order) else _fetched_at(parts, channel),
        revision=revision(
            changed_at,
            method_of(order),
            gone=gone,
            given_back=_given_back(order, currency),
            fetched_at=order.fetched_at,
        ),
        test=order.payment_method == TEST_GATEWAY,
    )


def _tenders(order: BigOrder, currency: str) -> tuple[PaymentTerms, ...]:
    """The means of payment: what is left after store credit and gift certificates goes by the order's own method."""
    vouchers = [
        PaymentTerms(method=PaymentMethod.GIFT_CARD, amount=amount, reference=f"bigcommerce:{order.id}:{name}")
        for name, told in (("store-credit", order.store_credit_amount), ("gift-cards", order.gift_certificate_amount))
        if (amount := minor(told, currency)) > 0
    ]
    rest, method = minor(order.total_inc_tax, currency) - sum(each.amount for each in vouchers), method_of(order)
    if vouchers and rest <= 0:
        return tuple(vouchers)
    main = PaymentTerms(
        method=method,
        amount=0 if method is PaymentMethod.UNPAID else max(rest, 0),
        reference=order.payment_provider_id or f"bigcommerce:{order.id}",
    )
    return (main, *vouchers)


def method_of(order: BigOrder) -> PaymentMethod:
    """How the order is paid: as its gateway says it, and where that says nothing, as its status does."""
    if not order.total_inc_tax or order.payment_status in HAS_IT:
        return PaymentMethod.PREPAID
    if order.payment_status in RESERVED:
        return PaymentMethod.CHANNEL_AUTHORISED
    if order.payment_status in WITHOUT:
        return PaymentMethod.UNPAID
    return PaymentMethod.PREPAID if order.status_id in PAID else PaymentMethod.UNPAID


def _unwanted(order: BigOrder, item: LineItem) -> int:
    """Units that the shop will not have sent: all of a cancelled order, and what it gave back beyond what was sent.

    A refund does not say which of a line's units it is for. Those that were sent come first: they may have come back.
    """
    if order.status_id in GONE:
        return item.quantity
    if order.status_id == REFUNDED:
        return max(item.quantity - item.quantity_shipped, 0)
    return min(max(item.quantity_refunded - item.quantity_shipped, 0), item.quantity)


def _given_back(order: BigOrder, currency: str) -> int:
    """What was refunded in all and no gateway declined; "all of it" is believed where no refunds are told."""
    if not order.refunds and (order.status_id == REFUNDED or order.payment_status == "refunded"):
        return minor(order.total_inc_tax, currency)
    paid = [payment.amount for refund in order.refunds for payment in refund.payments if not payment.is_declined]
    return max(0, minor(sum(paid, Decimal(0)), currency))


def _addresses(order: BigOrder) -> list[Shipping]:
    """Where goods are sent to."""
    return [part for part in (order.consignments or Consignments()).shipping if part.line_items]


def _fetched_at(parts: Consignments, channel: Channel) -> str:
    """The store in which the customer fetches the goods, or its name there, if the channel has no location for it."""
    for part in parts.pickups:
        names = [part.location.code, part.location.name] if part.location else []
        names = [name for name in (*names, part.pickup_method_display_name) if name]
        if found := store_named(channel, names) or next(iter(names), ""):
            return found
    return ""


def _remarks(order: BigOrder, items: Sequence[LineItem]) -> list[Remark]:
    remarks = []
    if order.status_id == UNVERIFIED:
        remarks.append(Remark("the channel wants the order looked at before anything is sent"))
    if order.status_id == DISPUTED:
        remarks.append(Remark("the channel says that the customer contests the payment"))
    sent = sum(item.quantity_shipped for item in items)
    if sent or order.status_id in {SHIPPED, COMPLETED}:
        remarks.append(
            Remark(f"the channel says that {sent or 'all'} of the units have been sent already", at_placing=True)
        )
    places = len(_addresses(order)) + sum(
        bool(part.line_items) for part in (order.consignments or Consignments()).pickups
    )
    if places > 1:
        remarks.append(
            Remark(f"the goods go to {places} addresses or stores: all would be sent to the first", at_placing=True)
        )
    return remarks


def _contact(order: BigOrder) -> Contact:
    billing = _address(order.billing_address)
    shipping = next((found for part in _addresses(order) if (found := _address(part))), None)
    told = order.billing_address or PostalAddress()
    return Contact(
        name=(billing or shipping or Address()).name,
        email=told.email or next((part.email for part in _addresses(order) if part.email), ""),
        phone=told.phone or (shipping.phone if shipping else ""),
        customer_id="" if order.customer_id == "0" else order.customer_id,
        shipping=shipping,
        billing=billing,
    )


def _address(address: PostalAddress | None) -> Address | None:
    if address is None:
        return None
    found = Address(
        name=f"{address.first_name} {address.last_name}".strip(),
        company=address.company,
        line1=address.street_1,
        line2=address.street_2,
        city=address.city,
        region=address.state,
        postal_code=address.zip,
        country=address.country_iso2 or address.country,
        phone=address.phone,
    )
    return found if found.line1 or found.city or found.postal_code else None
