"""What Amazon's feeds about orders say, as XML, and what their processing reports answer.

Source: Selling Partner API, "Order Feed Type Values" and "Submit a feed"; the schemas amzn-envelope,
OrderAcknowledgement, OrderAdjustment and ProcessingReport. XML feeds about listings were removed in 2025; those about
orders are XML still.
"""

from __future__ import annotations

import hashlib
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from oms.errors import Unavailable
from oms.money import Money
from oms.orders.reasons import CancellationReason

ACKNOWLEDGEMENT = "POST_ORDER_ACKNOWLEDGEMENT_DATA"
"""Kind of the feed that cancels a whole order."""
ADJUSTMENT = "POST_PAYMENT_ADJUSTMENT_DATA"
"""Kind of the feed that gives money back, and cancels units with it."""

CONTENT_TYPE = "text/xml; charset=UTF-8"

CANCELLED_FOR: Mapping[CancellationReason, str] = {
    CancellationReason.CUSTOMER: "BuyerCanceled",
    CancellationReason.UNPAID: "GeneralAdjustment",
    CancellationReason.OTHER: "GeneralAdjustment",
}
"""Why an order is cancelled, as Amazon calls it; anything else lies with the seller's stock."""

NO_INVENTORY = "NoInventory"
TOLD = 300
"""Characters of Amazon's words that are repeated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjusted:
    """What goes back for one item: minor units by component, for `returned` units and for `cancelled` ones."""

    item_id: str
    reason: str
    components: Mapping[str, int]
    returned: int = 0
    cancelled: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of a feed's messages, and Amazon's words about those that it would not carry out."""

    processed: int
    successful: int
    failed: int
    words: str


def message_id(key: str) -> str:
    """A message's number, made of our key: a report repeats it."""
    return str(int(hashlib.sha256(key.encode()).hexdigest()[:12], 16) + 1)


def cancellation(
    seller_id: str, key: str, order_id: str, ours: str, items: Sequence[str], code: CancellationReason
) -> bytes:
    """The whole order is off. `ours` is our id of it, which Amazon keeps beside its own."""
    message, envelope = _envelope(seller_id, "OrderAcknowledgement", key)
    told = ET.SubElement(message, "OrderAcknowledgement")
    _text(told, "AmazonOrderID", order_id)
    _text(told, "MerchantOrderID", ours)
    _text(told, "StatusCode", "Failure")
    for item_id in items:
        item = ET.SubElement(told, "Item")
        _text(item, "AmazonOrderItemCode", item_id)
        _text(item, "CancelReason", CANCELLED_FOR.get(code, NO_INVENTORY))
    return _written(envelope)


def adjustment(seller_id: str, key: str, order_id: str, currency: str, items: Sequence[Adjusted]) -> bytes:
    """Money goes back. Each item carries our key, which Amazon keeps and does not heed."""
    message, envelope = _envelope(seller_id, "OrderAdjustment", key)
    told = ET.SubElement(message, "OrderAdjustment")
    _text(told, "AmazonOrderID", order_id)
    if not any(each.cancelled for each in items):
        _text(told, "ActionType", "Refund")
    for number, each in enumerate(items, 1):
        item = ET.SubElement(told, "AdjustedItem")
        _text(item, "AmazonOrderItemCode", each.item_id)
        _text(item, "MerchantAdjustmentItemID", f"{key}-{number}")
        _text(item, "AdjustmentReason", each.reason)
        prices = ET.SubElement(item, "ItemPriceAdjustments")
        for kind, amount in each.components.items():
            component = ET.SubElement(prices, "Component")
            _text(component, "Type", kind)
            _text(component, "Amount", f"{Money(amount, currency).decimal:f}", currency=currency)
        if each.cancelled:
            _text(item, "QuantityCancelled", str(each.cancelled))
        if each.returned:
            _text(item, "Quantity", str(each.returned))
    return _written(envelope)


def report(raw: bytes) -> Report:
    """Read a processing report.

    Raises:
        Unavailable: it is none, as when something on the way answers in Amazon's place.
    """
    try:
        found = ET.fromstring(raw).find("Message/ProcessingReport")  # noqa: S314 - Amazon's own, over TLS
    except ET.ParseError:
        found = None
    if found is None:
        raise Unavailable("the feed's report cannot be read")
    results = [each for each in found.findall("Result") if each.findtext("ResultCode") == "Error"]
    words = "; ".join(
        " ".join(f"{each.findtext('ResultMessageCode', '')} {each.findtext('ResultDescription', '')}".split())
        for each in results[:3]
    )

    def count(name: str) -> int:
        text = found.findtext(f"ProcessingSummary/{name}", "").strip()
        return int(text) if text.isdigit() else 0

    return Report(
        processed=count("MessagesProcessed"),
        successful=count("MessagesSuccessful"),
        failed=max(count("MessagesWithError"), len(results)),
        words=words[:TOLD],
    )


def _envelope(seller_id: str, kind: str, key: str) -> tuple[ET.Element, ET.Element]:
    """The one message of a feed, and the whole."""
    envelope = ET.Element(
        "AmazonEnvelope",
        {
            "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
            "xsi:noNamespaceSchemaLocation": "amzn-envelope.xsd",
        },
    )
    header = ET.SubElement(envelope, "Header")
    _text(header, "DocumentVersion", "1.01")
    _text(header, "MerchantIdentifier", seller_id)
    _text(envelope, "MessageType", kind)
    message = ET.SubElement(envelope, "Message")
    _text(message, "MessageID", message_id(key))
    return message, envelope


def _text(parent: ET.Element, name: str, text: str, **attributes: str) -> None:
    ET.SubElement(parent, name, attributes).text = text


def _written(envelope: ET.Element) -> bytes:
    written: bytes = ET.tostring(envelope, encoding="UTF-8", xml_declaration=True)
    return written
