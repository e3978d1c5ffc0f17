"""Orders of eBay: fetched by time of change, or one by one.

Source: eBay Sell APIs, Fulfillment API v1 (`getOrders`, `getOrder`), with the breakdown of taxes; see also
`docs/connect/ebay.md`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from oms.channels.connection import Connection
from oms.channels.document import ChannelDocument, DocumentKind, Remark, document
from oms.channels.ebay import api
from oms.channels.ebay.figures import Figures, figures, given_back, service_of, sold
from oms.channels.ebay.payload import EbayOrder, Instruction, Person, PostalAddress
from oms.channels.fetched import store_named
from oms.channels.figures import placed_lines
from oms.channels.payload import read
from oms.channels.protocol import WHOLE, Headers, Listed, Page, body_hash
from oms.channels.rest import content, written
from oms.channels.revision import instant, revision
from oms.errors import Unavailable
from oms.orders.contact import Address, Contact
from oms.orders.events import OrderPlaced, PaymentMethod, PaymentTerms, PriceMode
from oms.setup import Channel

CANCELED = "CANCELED"
ASKED = "IN_PROGRESS"
PAID = frozenset({"PAID", "PARTIALLY_REFUNDED", "FULLY_REFUNDED"})
"""Payment statuses in which eBay has the money; the others are still waited for."""

DONE = frozenset({"FULFILLED", "IN_PROGRESS"})
DIGITAL, PICKUP = "DIGITAL", "PREPARE_FOR_PICKUP"
BY_EBAY = "EBAY"

BREAKDOWN = {"fieldGroups": "TAX_BREAKDOWN"}
"""Has the taxes listed, and those that eBay collects in the totals."""

PAGE = 100
"""Orders of a page; eBay gives at most 200."""


def verify(raw: bytes, headers: Headers, secret: str) -> bool:  # noqa: ARG001 - see below
    """Orders are fetched from eBay: whatever comes over HTTP is not its."""
    return False


def is_ping(raw: bytes, headers: Headers) -> bool:  # noqa: ARG001 - see `verify`
    """See `ChannelPlatform.is_ping`."""
    return False


def topic(headers: Headers) -> str:  # noqa: ARG001 - see `verify`
    """See `ChannelPlatform.topic`."""
    return WHOLE


def cause(raw: bytes, headers: Headers) -> str:  # noqa: ARG001 - there is nothing else
    """See `ChannelPlatform.cause`."""
    return f"ebay:{body_hash(raw)}"


def reference(topic: str, raw: bytes) -> str:  # noqa: ARG001 - nothing names an order without being it
    """See `Hydrates.reference`."""
    return ""


def hydrate(connection: Connection, reference: str) -> bytes | None:
    """See `Hydrates.hydrate`."""
    reply = api.ask(connection, "GET", f"{api.ORDERS}/{quote(reference, safe='')}", query=BREAKDOWN)
    return None if reply.status == HTTPStatus.NOT_FOUND else written(content(reply))


def poll(connection: Connection, since: datetime, until: datetime, cursor: str) -> Page:
    """See `Polls.poll`. The cursor is how many orders to skip, of how many there were.

    An order that changes meanwhile leaves the period, and all behind it move up. How many have left is seen by the
    number of those that remain; the next page begins that much earlier, so that none is skipped.
    """
    offset, before = (int(part) for part in cursor.split("/")) if cursor else (0, 0)
    query = {
        "filter": f"lastmodifieddate:[{api.iso(since)}..{api.iso(until)}]",
        "limit": str(PAGE),
        "offset": str(offset),
        **BREAKDOWN,
    }
    body = content(api.ask(connection, "GET", api.ORDERS, query=query))
    if not isinstance(body, dict) or not isinstance(body.get("total"), int):
        raise Unavailable("eBay answered without a list of orders")
    found: list[dict[str, Any]] = [each for each in body.get("orders") or () if isinstance(each, dict)]
    total = body["total"]
    left = max(0, before - total)
    following = max(0, offset - left) if left else offset + len(found)
    more = following < total and (bool(found) or left > 0)
    listed = [
        Listed(
            external_id=str(each.get("orderId", "")),
            changed_at=str(each.get("lastModifiedDate", "")),
            raw=written(each),
        )
        for each in found
    ]
    return Page(
        orders=tuple(sorted(listed, key=lambda each: each.changed_at)),
        cursor=f"{following}/{total}" if more else "",
        more=more,
    )


def parse(topic: str, raw: bytes, channel: Channel) -> ChannelDocument | None:
    """See `ChannelPlatform.parse`. What eBay or a partner of it ships is passed over."""
    if topic != WHOLE:
        return None
    order = read(EbayOrder, raw)
    program = order.program.fulfillment_program if order.program else None
    if program and program.fulfilled_by == BY_EBAY:
        return None
    found = figures(order)
    gone = order.cancel_status.cancel_state == CANCELED
    back = given_back(order, found)
    placed = _placed(order, found, channel, gone=gone, back=back)
    return document(
        DocumentKind.CANCELLED if gone else DocumentKind.UPDATED,
        placed,
        _contact(order),
        cancelled={line.external_line_id: line.quantity for line in placed.lines} if gone else {},
        remarks=list(_remarks(order, found)),
        given_back=back,
    )


def _placed(order: EbayOrder, found: Figures, channel: Channel, *, gone: bool, back: int) -> OrderPlaced:
    way = _way(order)
    paid = order.order_payment_status in PAID
    method = (PaymentMethod.MARKETPLACE if found.total else PaymentMethod.PREPAID) if paid else PaymentMethod.UNPAID
    placed_at = instant(order.creation_date, "creationDate")
    changed = order.last_modified_date
    lines = sold(order, found, channel.channel_id, shipped=way.fulfillment_instructions_type != DIGITAL)
    return OrderPlaced(
        channel_id=channel.channel_id,
        external_id=order.order_id,
        number=order.sales_record_reference or order.order_id,
        currency=found.currency,
        placed_at=placed_at,
        language=channel.default_language,
        lines=placed_lines(lines, PriceMode.NET),
        charges=found.charges,
        total=found.total,
        payment=PaymentTerms(method=method, amount=found.total if paid else 0, reference=f"ebay:{order.order_id}"),
        prices=PriceMode.NET,
        tax_remitter=found.remitter,
        shipping_service=service_of(order),
        pickup_location_id=_fetched_at(way, channel),
        revision=revision(
            instant(changed, "lastModifiedDate") if changed else placed_at, method, gone=gone, given_back=back
        ),
    )


def _way(order: EbayOrder) -> Instruction:
    """How the goods come to the buyer: eBay writes a list of which there is only ever one."""
    return next(iter(order.fulfillment_start_instructions), Instruction())


def _fetched_at(way: Instruction, channel: Channel) -> str:
    """The store in which the buyer fetches the goods, or eBay's key of it, if the channel has no location for it."""
    if way.fulfillment_instructions_type != PICKUP:
        return ""
    key = way.pickup_step.merchant_location_key if way.pickup_step else ""
    return store_named(channel, (key,)) or key or PICKUP


def _remarks(order: EbayOrder, found: Figures) -> Iterator[Remark]:
    wishes = [each for each in order.cancel_status.cancel_requests if each.cancel_request_state == "REQUESTED"]
    if order.cancel_status.cancel_state == ASKED or wishes:
        yield Remark("the buyer asks to cancel it; confirm or decline that on eBay")
    if order.order_payment_status == "FULLY_REFUNDED":
        yield Remark("the channel has given all of the money back, but the order is not cancelled there")
    if order.order_fulfillment_status in DONE:
        sent = [item for item in order.line_items if item.line_item_fulfillment_status in DONE]
        yield Remark(f"the channel says that {len(sent)} lines have been shipped already", at_placing=True)
    if found.collected and any(line.tax for line in found.lines):
        yield Remark("eBay pays some taxes to the state, and the merchant others", at_placing=True)


def _contact(order: EbayOrder) -> Contact:
    step, buyer = _way(order).shipping_step, order.buyer
    person, known = step.ship_to if step else None, buyer.buyer_registration_address if buyer else None
    shipping = _address(person, step.ship_to_reference_id if step else "")
    name = (known.full_name if known else "") or (person.full_name if person else "")
    return Contact(
        name=name,
        email=(person.email if person else "") or (known.email if known else ""),
        phone=_phone(person) or _phone(known),
        customer_id=buyer.username if buyer else "",
        shipping=shipping,
        billing=_address(known),
    )


def _address(person: Person | None, reference: str = "") -> Address | None:
    if person is None or person.contact_address is None:
        return None
    given: PostalAddress = person.contact_address
    further = (given.address_line2, f"Reference {reference}" if reference else "")
    return Address(
        name=person.full_name,
        company=person.company_name,
        line1=given.address_line1,
        line2=", ".join(line for line in further if line),
        city=given.city,
        region=given.state_or_province or given.county,
        postal_code=given.postal_code,
        country=given.country_code,
        phone=_phone(person),
    )


def _phone(person: Person | None) -> str:
    return person.primary_phone.phone_number if person and person.primary_phone else ""
