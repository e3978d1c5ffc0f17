"""WooCommerce's webhooks about orders, the ping of a new one, and the order's document as it is fetched.

Source: WooCommerce REST API v3, the Order resource and "Webhooks"; see also `docs/channels.md`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from html import unescape

from oms.channels.document import ChannelDocument, DocumentKind, Remark, document
from oms.channels.fetched import store_named
from oms.channels.figures import minor, placed_lines
from oms.channels.payload import document_id, document_number, read
from oms.channels.protocol import UNKNOWN, WHOLE, Headers, body_hash, signed_base64
from oms.channels.revision import instant, revision
from oms.channels.woocommerce.fetching import hydrate, poll
from oms.channels.woocommerce.figures import charges, sold
from oms.channels.woocommerce.payload import LineItem, PostalAddress, ShippingLine, WooOrder
from oms.orders.contact import Address, Contact
from oms.orders.events import OrderPlaced, PaymentMethod, PaymentTerms, PriceMode
from oms.setup import Channel

__all__ = ["cause", "deleted", "hydrate", "is_ping", "parse", "poll", "reference", "topic", "verify"]

TOPICS: Mapping[str, DocumentKind] = {
    "order.created": DocumentKind.PLACED,
    "order.updated": DocumentKind.UPDATED,
    "order.restored": DocumentKind.UPDATED,
    WHOLE: DocumentKind.UPDATED,
}

DELETED = "order.deleted"
"""Sent when an order is put into the trash, too; it carries the id alone."""

COMPLETED = "completed"

PAID = frozenset({"processing", COMPLETED, "refunded"})
"""Statuses in which the shop has its money, or will collect it itself, as with cash on delivery."""

GONE = frozenset({"cancelled", "refunded", "trash"})
"""Statuses in which nothing is to be shipped any more. `failed` is not among them: the customer may pay again."""

DRAFTS = frozenset({"checkout-draft", "auto-draft", "draft", "new"})
"""Not orders yet: the customer is still in the checkout."""

PICKUP_METHODS = frozenset({"local_pickup", "pickup_location"})
"""Ways of shipping by which the customer fetches the goods: the older one, and that of the newer checkout."""

PLACE_KEY = "pickup_location"
"""Where the newer checkout leaves the name of the place, on the shipping line."""

LANGUAGE_KEYS = ("wpml_language", "_wpml_language", "pll_language")
"""Where plug-ins for several languages leave the customer's."""


def verify(raw: bytes, headers: Headers, secret: str) -> bool:
    """See `ChannelPlatform.verify`."""
    return signed_base64(raw, headers.get("X-WC-Webhook-Signature", ""), secret)


def is_ping(raw: bytes, headers: Headers) -> bool:
    """A new webhook is tried with a form that names it, without signature."""
    return "X-WC-Webhook-Signature" not in headers and re.fullmatch(rb"webhook_id=\d{1,20}", raw) is not None


def topic(headers: Headers) -> str:
    """See `ChannelPlatform.topic`."""
    return headers.get("X-WC-Webhook-Topic") or UNKNOWN


def cause(raw: bytes, headers: Headers) -> str:  # noqa: ARG001 - delivery ids differ between deliveries of one event
    """The order and the bytes, which hold the time of change: the platform's delivery id is not unique."""
    return f"woocommerce:{document_id(raw)}:{body_hash(raw)}"


def reference(topic: str, raw: bytes) -> str:  # noqa: ARG001 - what names an order without having it tells its end
    """See `Hydrates.reference`."""
    return ""


def deleted(topic: str, raw: bytes) -> str:
    """See `Deletes.deleted`."""
    return document_number(document_id(raw)) if topic == DELETED else ""


def parse(topic: str, raw: bytes, channel: Channel) -> ChannelDocument | None:
    """See `ChannelPlatform.parse`."""
    kind = TOPICS.get(topic)
    if kind is None:
        return None
    order = read(WooOrder, raw)
    if order.status in DRAFTS:
        return None
    items = [item for item in order.line_items if item.quantity or item.total]
    placed = _placed(order, items, channel)
    cancelled = {line.external_line_id: line.quantity for line in placed.lines} if order.status in GONE else {}
    return document(
        kind,
        placed,
        _contact(order),
        cancelled=cancelled,
        sent=_sent(order, placed),
        remarks=_remarks(order, items),
        given_back=_given_back(order, placed.currency),
    )


def whole_units(item: LineItem) -> int | None:
    """The line's units, or None when it is a fraction or nothing that can be counted."""
    return int(item.quantity) if item.quantity >= 1 and item.quantity == item.quantity.to_integral_value() else None


def _placed(order: WooOrder, items: Sequence[LineItem], channel: Channel) -> OrderPlaced:
    currency = order.currency or channel.currency
    prices = PriceMode.GROSS if order.prices_include_tax else PriceMode.NET
    total = minor(order.total, currency)
    method = _method(order, total)
    placed_at = instant(order.date_created_gmt or order.date_created, "date_created_gmt")
    changed = order.date_modified_gmt or order.date_modified
    chosen = order.shipping_lines[0] if order.shipping_lines else ShippingLine()
    units = [whole_units(item) or 1 for item in items]
    return OrderPlaced(
        channel_id=channel.channel_id,
        external_id=order.id,
        number=order.number or order.id,
        currency=currency,
        placed_at=placed_at,
        language=_language(order) or channel.default_language,
        lines=placed_lines(sold(order, items, units, currency, channel.channel_id), prices),
        charges=charges(order, items, currency),
        total=total,
        payment=PaymentTerms(
            method=method,
            amount=0 if method is PaymentMethod.UNPAID else total,
            gateway=order.payment_method,
            reference=order.transaction_id or f"woocommerce:{order.id}",
        ),
        prices=prices,
        shipping_service=chosen.method_id or chosen.method_title,
        pickup_location_id=_fetched_at(chosen, channel),
        revision=revision(
            instant(changed, "date_modified_gmt") if changed else placed_at,
            method,
            gone=order.status in GONE,
            given_back=_given_back(order, currency),
        ),
    )


def _fetched_at(chosen: ShippingLine, channel: Channel) -> str:
    """The store in which the customer fetches the goods, or its name there, if the channel has no location for it."""
    if chosen.method_id not in PICKUP_METHODS:
        return store_named(channel, (chosen.method_id, chosen.method_title))
    places = [meta.value for meta in chosen.meta_data if meta.key == PLACE_KEY and isinstance(meta.value, str)]
    names = [*map(unescape, places), chosen.method_title, chosen.method_id]
    return store_named(channel, names) or next(name for name in names if name)


def _method(order: WooOrder, total: int) -> PaymentMethod:
    paid = order.date_paid_gmt or order.status in PAID or not total
    return PaymentMethod.PREPAID if paid else PaymentMethod.UNPAID


def _sent(order: WooOrder, placed: OrderPlaced) -> dict[str, int]:
    """WooCommerce knows no parcels: an order that is completed has been sent, whole."""
    done = order.status == COMPLETED
    return {line.external_line_id: line.quantity for line in placed.lines} if done else {}


def _given_back(order: WooOrder, currency: str) -> int:
    """What was refunded in all. A status that says "all of it" is believed where no refunds are told."""
    if order.status == "refunded" and not order.refunds:
        return max(0, minor(order.total, currency))
    return max(0, minor(-sum((each.total for each in order.refunds), Decimal(0)), currency))


def _remarks(order: WooOrder, items: Sequence[LineItem]) -> list[Remark]:
    remarks = [
        Remark(f"line {number} sells {item.quantity:f} of {item.sku or item.product}, which is no number of units")
        for number, item in enumerate(items, 1)
        if whole_units(item) is None
    ]
    if order.status == COMPLETED:
        remarks.append(Remark("the channel says that the order has been fulfilled already", at_placing=True))
    return remarks


def _language(order: WooOrder) -> str:
    found = (meta.value for meta in order.meta_data if meta.key in LANGUAGE_KEYS)
    return next((value.replace("_", "-") for value in found if isinstance(value, str) and value), "")


def _contact(order: WooOrder) -> Contact:
    billing, shipping = _address(order.billing), _address(order.shipping)
    if shipping is None and order.shipping_lines:
        # A shop that ships to billing addresses only leaves the other one blank.
        shipping = billing
    return Contact(
        name=(billing or shipping or Address()).name,
        email=order.billing.email if order.billing else "",
        phone=order.billing.phone if order.billing else "",
        customer_id="" if order.customer_id == "0" else order.customer_id,
        shipping=shipping,
        billing=billing,
    )


def _address(address: PostalAddress | None) -> Address | None:
    if address is None:
        return None
    found = Address(
        name=unescape(f"{address.first_name} {address.last_name}".strip()),
        company=unescape(address.company),
        line1=unescape(address.address_1),
        line2=unescape(address.address_2),
        city=unescape(address.city),
        region=address.state,
        postal_code=address.postcode,
        country=address.country,
        phone=address.phone,
    )
    return found if found.line1 or found.city or found.postal_code else None
