"""Shopify's webhooks about orders, whole or by name, and the order's document as it is fetched.

Source: Shopify REST Admin API, the Order resource, "Webhooks: verify deliveries" and the list of topics; see also
`docs/channels.md` and `docs/connect/shopify.md`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from oms.channels.document import ChannelDocument, DocumentKind, Remark, document
from oms.channels.fetched import store_named
from oms.channels.figures import minor, placed_lines, sum_of
from oms.channels.payload import document_number, read
from oms.channels.protocol import UNKNOWN, WHOLE, Headers, body_hash, signed_base64
from oms.channels.revision import instant, revision
from oms.channels.shopify.fetching import hydrate, poll
from oms.channels.shopify.figures import charges, rounding, sold, tax_remitter
from oms.channels.shopify.payload import LineItem, Notice, PostalAddress, ShippingLine, ShopifyOrder
from oms.orders.contact import Address, Contact
from oms.orders.events import OrderPlaced, PaymentMethod, PaymentTerms, PriceMode
from oms.orders.sold import MAX_TAG, MAX_TAGS
from oms.setup import Channel

TOPICS: Mapping[str, DocumentKind] = {
    "orders/create": DocumentKind.PLACED,
    "orders/updated": DocumentKind.UPDATED,
    "orders/paid": DocumentKind.UPDATED,
    "orders/cancelled": DocumentKind.CANCELLED,
    "orders/fulfilled": DocumentKind.UPDATED,
    "orders/partially_fulfilled": DocumentKind.UPDATED,
    WHOLE: DocumentKind.UPDATED,
}
"""Topics that carry the order, whole."""

NAMED = frozenset({"refunds/create", "fulfillments/create", "fulfillments/update", "orders/edited"})
"""Topics that say something of an order and name it. Shopify sends `orders/updated` with each of them, too."""

DELETED = "orders/delete"

UNSENT = frozenset({"cancelled", "error", "failure"})
"""Statuses of fulfillments that came to nothing."""

__all__ = ["cause", "deleted", "hydrate", "is_ping", "parse", "poll", "reference", "topic", "verify"]

METHODS: Mapping[str, PaymentMethod] = {
    "paid": PaymentMethod.PREPAID,
    "partially_refunded": PaymentMethod.PREPAID,
    "refunded": PaymentMethod.PREPAID,
    "authorized": PaymentMethod.CHANNEL_AUTHORISED,
}
"""`financial_status` to how the order is paid; all others (pending, partially_paid, voided, expired) are unpaid."""


def verify(raw: bytes, headers: Headers, secret: str) -> bool:
    """See `ChannelPlatform.verify`."""
    return signed_base64(raw, headers.get("X-Shopify-Hmac-Sha256", ""), secret)


def is_ping(raw: bytes, headers: Headers) -> bool:  # noqa: ARG001 - Shopify signs everything that it sends
    """See `ChannelPlatform.is_ping`."""
    return False


def topic(headers: Headers) -> str:
    """See `ChannelPlatform.topic`."""
    return headers.get("X-Shopify-Topic") or UNKNOWN


def cause(raw: bytes, headers: Headers) -> str:
    """The event's id, which is the same for all deliveries of one event."""
    return f"shopify:{headers.get('X-Shopify-Event-Id') or body_hash(raw)}"


def reference(topic: str, raw: bytes) -> str:
    """See `Hydrates.reference`."""
    if topic not in NAMED:
        return ""
    notice = read(Notice, raw)
    return document_number(notice.order_edit.order_id if notice.order_edit else notice.order_id)


def deleted(topic: str, raw: bytes) -> str:
    """See `Deletes.deleted`."""
    return document_number(read(Notice, raw).id) if topic == DELETED else ""


def parse(topic: str, raw: bytes, channel: Channel) -> ChannelDocument | None:
    """See `ChannelPlatform.parse`."""
    kind = TOPICS.get(topic)
    if kind is None:
        return None
    order = read(ShopifyOrder, raw)
    items = [item for item in order.line_items if not item.is_tip and item.quantity > 0]
    shipping = [line for line in order.shipping_lines if not line.is_removed]
    cancelled = _cancelled(order, items, everything=kind is DocumentKind.CANCELLED)
    return document(
        kind,
        _placed(order, items, shipping, channel, gone=sum(cancelled.values()) == sum(item.quantity for item in items)),
        _contact(order),
        cancelled=cancelled,
        sent=_sent(order, items),
        remarks=_remarks(order, items),
        given_back=_given_back(order),
    )


def _placed(
    order: ShopifyOrder, items: Sequence[LineItem], shipping: Sequence[ShippingLine], channel: Channel, *, gone: bool
) -> OrderPlaced:
    prices = PriceMode.GROSS if order.taxes_included else PriceMode.NET
    total = minor(order.total_price, order.currency)
    lines = placed_lines(sold(order, items, shipping, channel.channel_id), prices)
    beside = charges(order, shipping, prices)
    beside += rounding(order, total - sum_of(lines, beside))
    method = METHODS.get(order.financial_status, PaymentMethod.UNPAID) if total else PaymentMethod.PREPAID
    chosen = shipping[0] if shipping else ShippingLine()
    placed_at = order.processed_at or order.created_at
    return OrderPlaced(
        channel_id=channel.channel_id,
        external_id=order.id,
        number=order.name or order.id,
        currency=order.currency,
        placed_at=instant(placed_at, "created_at"),
        language=order.customer_locale.replace("_", "-") or channel.default_language,
        lines=lines,
        charges=beside,
        total=total,
        payment=PaymentTerms(
            method=method, amount=0 if method is PaymentMethod.UNPAID else total, reference=f"shopify:{order.id}"
        ),
        prices=prices,
        tax_remitter=tax_remitter(order, items, shipping),
        shipping_service=chosen.code or chosen.title,
        # Shopify says where by the name of the shipping line, and by nothing else.
        pickup_location_id=store_named(channel, (chosen.code, chosen.title)),
        revision=revision(
            instant(order.updated_at or placed_at, "updated_at"), method, gone=gone, given_back=_given_back(order)
        ),
        tags=_tags(order.tags),
        test=bool(order.test),
    )


def _tags(text: str) -> tuple[str, ...]:
    """The shop's marks of an order; what is too long or too much for a rule is left out."""
    marks = (each.strip() for each in text.split(","))
    return tuple(dict.fromkeys(each for each in marks if 0 < len(each) <= MAX_TAG))[:MAX_TAGS]


def _cancelled(order: ShopifyOrder, items: Sequence[LineItem], *, everything: bool) -> dict[str, int]:
    if everything or order.cancelled_at:
        return {item.id: item.quantity for item in items}
    return {
        item.id: item.quantity - max(item.current_quantity, 0)
        for item in items
        if item.current_quantity is not None and item.current_quantity < item.quantity
    }


def _sent(order: ShopifyOrder, items: Sequence[LineItem]) -> dict[str, int]:
    """Units that have been sent, by line; where no parcels are told, the line's own word counts."""
    sent = {item.id: item.quantity for item in items if item.fulfillment_status == "fulfilled"}
    if order.fulfillments:
        sent = {}
    for fulfillment in order.fulfillments:
        if fulfillment.status not in UNSENT:
            for each in fulfillment.line_items:
                sent[each.id] = sent.get(each.id, 0) + each.quantity
    return sent


def _given_back(order: ShopifyOrder) -> int:
    """What was refunded in all. A status that says "all of it" is believed where no movements of money are told."""
    if order.financial_status == "refunded" and not order.refunds:
        return minor(order.total_price, order.currency)
    moved = [each for refund in order.refunds for each in refund.transactions if each.kind == "refund"]
    made = [each.amount for each in moved if each.status == "success" and each.currency in {"", order.currency}]
    return max(0, minor(sum(made, Decimal(0)), order.currency))


def _remarks(order: ShopifyOrder, items: Sequence[LineItem]) -> list[Remark]:
    remarks = []
    if order.financial_status == "refunded":
        remarks.append(Remark("the channel has given all of the money back, but the order is not cancelled there"))
    sent = _sent(order, items)
    done = [item.id for item in items if item.ships and (item.fulfillment_status or sent.get(item.id))]
    if done:
        remarks.append(
            Remark(f"the channel says that {len(done)} of the lines have been fulfilled already", at_placing=True)
        )
    return remarks


def _contact(order: ShopifyOrder) -> Contact:
    shipping, billing, customer = _address(order.shipping_address), _address(order.billing_address), order.customer
    name = f"{customer.first_name} {customer.last_name}".strip() if customer else ""
    return Contact(
        name=name or (shipping or billing or Address()).name,
        email=order.email or order.contact_email or (customer.email if customer else ""),
        phone=order.phone or (customer.phone if customer else "") or (shipping.phone if shipping else ""),
        customer_id=customer.id if customer else "",
        shipping=shipping,
        billing=billing,
        verified_email=customer.email if customer and customer.verified_email else "",
    )


def _address(address: PostalAddress | None) -> Address | None:
    if address is None:
        return None
    return Address(
        name=address.name or f"{address.first_name} {address.last_name}".strip(),
        company=address.company,
        line1=address.address1,
        line2=address.address2,
        city=address.city,
        region=address.province_code or address.province,
        postal_code=address.zip,
        country=address.country_code or address.country,
        phone=address.phone,
    )
