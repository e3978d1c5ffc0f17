"""Adobe Commerce's (Magento's) orders, which are fetched: the document of its REST interface.

Source: AdobeDocs/commerce-webapi, `sales-data-order-interface` of the Admin REST schema and the tutorials of orders and
inventory; see also `docs/connect/adobe-commerce.md`.
"""

from __future__ import annotations

from collections.abc import Sequence

from oms.channels.adobe_commerce.fetching import hydrate, poll
from oms.channels.adobe_commerce.figures import charges, sold, total, vouchers
from oms.channels.adobe_commerce.goods import CLOSED, Good, goods_of
from oms.channels.adobe_commerce.payload import AdobeOrder, PostalAddress, Shipping
from oms.channels.document import ChannelDocument, DocumentKind, Remark, document
from oms.channels.fetched import store_named
from oms.channels.figures import minor, placed_lines
from oms.channels.payload import read
from oms.channels.protocol import WHOLE, Headers, body_hash
from oms.channels.revision import instant, revision
from oms.orders.contact import Address, Contact
from oms.orders.events import OrderPlaced, PaymentMethod, PaymentTerms, PriceMode
from oms.setup import Channel

__all__ = ["cause", "hydrate", "is_ping", "parse", "poll", "reference", "topic", "verify"]

UNSENT = "webhook"
"""The topic of what nobody sends: orders are fetched."""

HOLDED, REVIEWED, COMPLETE = "holded", "payment_review", "complete"
"""States of orders; a shop's own statuses are names for them."""

CASH_ON_DELIVERY = "cashondelivery"


def verify(raw: bytes, headers: Headers, secret: str) -> bool:  # noqa: ARG001
    """See `ChannelPlatform.verify`. Nothing is sent, so nothing is believed."""
    return False


def is_ping(raw: bytes, headers: Headers) -> bool:  # noqa: ARG001
    """See `ChannelPlatform.is_ping`."""
    return False


def topic(headers: Headers) -> str:  # noqa: ARG001
    """See `ChannelPlatform.topic`."""
    return UNSENT


def cause(raw: bytes, headers: Headers) -> str:  # noqa: ARG001
    """See `ChannelPlatform.cause`."""
    return f"adobe_commerce:{body_hash(raw)}"


def reference(topic: str, raw: bytes) -> str:  # noqa: ARG001
    """See `Hydrates.reference`: no document names an order only."""
    return ""


def parse(topic: str, raw: bytes, channel: Channel) -> ChannelDocument | None:
    """See `ChannelPlatform.parse`."""
    if topic != WHOLE:
        return None
    order = read(AdobeOrder, raw)
    goods = goods_of(order)
    cancelled = {good.item.item_id: count for good in goods if (count := good.unwanted(order.state))}
    gone = bool(goods) and all(cancelled.get(good.item.item_id) == good.units for good in goods)
    return document(
        DocumentKind.UPDATED,
        _placed(order, goods, channel, gone=gone),
        _contact(order),
        cancelled=cancelled,
        remarks=_remarks(order, goods),
        given_back=_given_back(order, _currency(order, channel)),
    )


def _currency(order: AdobeOrder, channel: Channel) -> str:
    return order.order_currency_code or order.base_currency_code or channel.currency


def _placed(order: AdobeOrder, goods: Sequence[Good], channel: Channel, *, gone: bool) -> OrderPlaced:
    currency = _currency(order, channel)
    placed_at = instant(order.created_at, "created_at")
    changed_at = instant(order.updated_at, "updated_at") if order.updated_at else placed_at
    terms = _tenders(order, currency)
    return OrderPlaced(
        channel_id=channel.channel_id,
        external_id=order.entity_id,
        number=order.increment_id or order.entity_id,
        currency=currency,
        placed_at=placed_at,
        language=channel.default_language,
        lines=placed_lines(sold(order, goods, currency, channel.channel_id), PriceMode.NET),
        charges=charges(order, currency),
        total=total(order, currency),
        payment=terms[0],
        tenders=terms[1:],
        prices=PriceMode.NET,
        shipping_service=_way(order).method or order.shipping_description,
        pickup_location_id=_fetched_at(order, channel),
        revision=revision(
            changed_at,
            _progress(order),
            gone=gone,
            given_back=_given_back(order, currency),
            fetched_at=order.fetched_at,
        ),
    )


def _tenders(order: AdobeOrder, currency: str) -> tuple[PaymentTerms, ...]:
    """The means of payment: what gift cards, store credit and points leave over goes by the order's own method."""
    used = [
        PaymentTerms(
            method=PaymentMethod.GIFT_CARD, amount=amount, reference=f"adobe_commerce:{order.entity_id}:{name}"
        )
        for name, amount in vouchers(order, currency)
    ]
    rest, method = minor(order.grand_total, currency), _method(order)
    if used and rest <= 0:
        return tuple(used)
    main = PaymentTerms(
        method=method,
        amount=0 if method is PaymentMethod.UNPAID else max(rest, 0),
        reference=(order.payment.last_trans_id if order.payment else "") or f"adobe_commerce:{order.entity_id}",
    )
    return (main, *used)


def _method(order: AdobeOrder) -> PaymentMethod:
    """How the order is paid. Cash on delivery stays that, whenever the shop notes the cash."""
    payment = order.payment
    if payment and payment.method == CASH_ON_DELIVERY and order.grand_total > 0:
        return PaymentMethod.CASH_ON_DELIVERY
    if order.total_paid >= order.grand_total or order.state == COMPLETE or order.total_refunded > 0:
        return PaymentMethod.PREPAID
    if order.state == REVIEWED:
        return PaymentMethod.UNPAID
    reserved = payment is not None and payment.amount_authorized >= order.grand_total
    return PaymentMethod.CHANNEL_AUTHORISED if reserved else PaymentMethod.UNPAID


def _progress(order: AdobeOrder) -> PaymentMethod:
    """How far the payment has come; cash at the door has not until then."""
    method = _method(order)
    return PaymentMethod.UNPAID if method is PaymentMethod.CASH_ON_DELIVERY else method


def _given_back(order: AdobeOrder, currency: str) -> int:
    """What was refunded in all, be it as money or onto gift cards and store credit that had paid."""
    more = order.more
    back = order.total_refunded + more.gift_cards_refunded + more.customer_balance_refunded
    return max(0, minor(back, currency))


def _way(order: AdobeOrder) -> Shipping:
    return next((each.shipping for each in order.more.shipping_assignments if each.shipping), Shipping())


def _fetched_at(order: AdobeOrder, channel: Channel) -> str:
    """The store in which the customer fetches the goods, or its code there, if the channel has no location for it."""
    code = order.more.pickup_location_code
    return store_named(channel, (code,)) or code


def _remarks(order: AdobeOrder, goods: Sequence[Good]) -> list[Remark]:
    remarks = [
        Remark(f"line {number} sells {good.item.qty_ordered:f} of {good.item.sku}, which is no number of units")
        for number, good in enumerate(goods, 1)
        if not good.whole
    ]
    if order.state == HOLDED:
        remarks.append(Remark("the channel has put the order on hold"))
    if order.state == CLOSED and any(good.shipped for good in goods):
        remarks.append(Remark("the channel has closed the order: it gave the money back", at_placing=True))
    sent = sum(int(good.shipped) for good in goods)
    if sent or order.state == COMPLETE:
        remarks.append(
            Remark(f"the channel says that {sent or 'all'} of the units have been sent already", at_placing=True)
        )
    return remarks


def _contact(order: AdobeOrder) -> Contact:
    billing, shipping = _address(order.billing_address), _address(_way(order).address)
    told = order.billing_address or PostalAddress()
    name = f"{order.customer_firstname} {order.customer_lastname}".strip()
    return Contact(
        name=name or (billing or shipping or Address()).name,
        email=order.customer_email or told.email,
        phone=told.telephone or (shipping.phone if shipping else ""),
        customer_id=order.customer_id,
        shipping=shipping,
        billing=billing,
    )


def _address(address: PostalAddress | None) -> Address | None:
    if address is None:
        return None
    first, *others = [*address.street, ""]
    names = (address.firstname, address.middlename, address.lastname)
    found = Address(
        name=" ".join(name for name in names if name),
        company=address.company,
        line1=first,
        line2=", ".join(line for line in others if line),
        city=address.city,
        region=address.region_code or address.region,
        postal_code=address.postcode,
        country=address.country_id,
        phone=address.telephone,
    )
    return found if found.line1 or found.city or found.postal_code else None
