"""Fulfillment wired to this stack: its ports, its work queues, and what carriers and the log tell it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from oms.carriers.aggregator import Call, aggregator
from oms.carriers.names import AGGREGATORS, DEFAULT
from oms.carriers.protocol import carrier
from oms.clock import from_text, now, to_text
from oms.errors import NotFound, Unauthenticated
from oms.fulfillment.labels import label_in_use
from oms.fulfillment.ports import Ports
from oms.fulfillment.purchases import Buyer, Purchase, may_be_found, tidy
from oms.fulfillment.tracking import Received, claim, receive
from oms.ids import order_of
from oms.orders.codec import from_data
from oms.orders.events import LabelBought, LabelVoided
from oms.orders.log import load
from oms.orders.order import Order
from oms.orders.way_back import ReturnLabelIssued
from oms.platform import carriers
from oms.platform.channel_keys import any_fits
from oms.platform.documents import documents
from oms.platform.event_log import order_log
from oms.platform.observability import Metric, count, logger
from oms.platform.purchases import DynamoPurchases
from oms.platform.references import references
from oms.platform.secrets import carrier_secret
from oms.platform.setup import channel, location, products


def ports() -> Ports:
    """What fulfillment needs, from this stack's tables and bucket."""
    return Ports(
        log=order_log(),
        references=references(),
        documents=documents(),
        purchases=DynamoPurchases(),
        carrier=carriers.carrier,
        accounts=carriers.accounts,
        quotes=carriers.quotes,
        channel=channel,
        location=location,
        products=products,
    )


def concerning(fulfillment_order_id: str) -> str:
    """The order that a fulfillment order belongs to; from here on the lines of the log name it."""
    order_id = order_of(fulfillment_order_id)
    logger().append_keys(order_id=order_id)
    return order_id


def order_with(fulfillment_order_id: str) -> Order:
    """The order that a fulfillment order belongs to, as it is now.

    Raises:
        NotFound: there is no such order.
    """
    return load(order_log(), concerning(fulfillment_order_id))


def work_queue(location_id: str, status: str, *, limit: int, cursor: str) -> dict[str, Any]:
    """A page of a location's fulfillment orders, in these statuses, or in all in which it has work to do.

    Raises:
        NotFound: there is no such location.
        InvalidInput: no such status, limit or cursor.
    """
    from oms.fulfillment.requests import statuses
    from oms.platform import views

    location(location_id)
    page = views.fulfillment_orders(location_id, statuses(status), limit=limit, cursor=cursor)
    return {"fulfillment_orders": page.items, "cursor": page.cursor}


def take_webhook(name: str, raw: bytes, headers: Mapping[str, str], query: Mapping[str, str]) -> Received:
    """Take the webhook of a carrier or of an aggregator, if the very bytes carry its signature.

    Raises:
        Unauthenticated: they do not, or there is neither of this name. Which of these is not told.
        InvalidInput: the sender signed something that it should not have sent.
    """
    try:
        received = _told_by_aggregator(name, raw, headers, query) if name in AGGREGATORS else _told(name, raw, headers)
    except NotFound:
        received = None
    if received is None:
        count(Metric.SIGNATURES_REFUSED)
        raise Unauthenticated("no valid signature")
    if received.parked:
        count(Metric.SCANS_PARKED, received.parked)
    return received


def _told(name: str, raw: bytes, headers: Mapping[str, str]) -> Received | None:
    """What a carrier says of its own parcels; None when it was not the carrier."""
    sender = carrier(name)
    if not any_fits(
        carrier_secret(name), lambda kept: sender.verify(raw, headers, kept.get("webhook_secret", ""), now=now())
    ):
        return None
    return receive(ports(), name, sender.parse(raw), now)


def _told_by_aggregator(name: str, raw: bytes, headers: Mapping[str, str], query: Mapping[str, str]) -> Received | None:
    """What an aggregator says of other carriers' parcels; None when it was not the aggregator."""
    sender = aggregator(name)
    if not any_fits(
        carrier_secret(name), lambda kept: sender.verify(Call(raw=raw, headers=headers, query=query, now=now()), kept)
    ):
        return None
    report = sender.parse(raw)
    return receive(ports(), report.carrier, report.scans, now, told_by=name) if report is not None else Received()


def label_bought(message: dict[str, Any], _message_id: str) -> None:
    """A message of the fulfillment queue: a parcel got its tracking number, so what was parked for it is applied.

    Labels that were bought for it, and are not the one that it has, are taken back: also those that were voided.
    """
    event = from_data(message["type"], message["v"], message["data"])
    assert isinstance(event, LabelBought | LabelVoided | ReturnLabelIssued)
    if isinstance(event, LabelVoided):
        _tidy(event.parcel_id)
        return
    claim(ports(), event.carrier, event.tracking_number, now)
    if event.carrier != DEFAULT:
        from oms.platform.parcel_watch import watch

        watch(event.carrier, event.tracking_number, from_text(message["at"]))
        _tidy(event.parcel_id if isinstance(event, LabelBought) else event.return_id, event.tracking_number)


def _tidy(owner: str, used: str = "") -> None:
    """Look once; what carriers may list later is looked for again, the rest is for a person."""
    later, lost = tidy_labels(owner, used)
    if later:
        from oms.platform.label_doubts import look_later

        if not look_later(owner, min(each.at for each in later), now()):
            lost += later
    for_a_person(lost)


def tidy_labels(owner: str, used: str = "") -> tuple[list[Purchase], list[Purchase]]:
    """Take back labels of a parcel or a return that are not the log's: what may be found later, and what not.

    `used` is the label that the log is known to have: if no other was ever asked for, nothing more is read.
    """
    known = ports()
    tries = known.purchases.of(owner)
    if all(each.label is not None and each.label.tracking_number == used for each in tries):
        return [], []
    buyer = Buyer(purchases=known.purchases, papers=known.documents, clock=now)
    sellers = {name: known.carrier(name) for name in sorted({each.carrier for each in tries})}
    doubtful = tidy(
        buyer, owner, lambda: label_in_use(load(order_log(), order_of(owner)), owner), list(sellers.values())
    )
    later = [each for each in doubtful if may_be_found(each, sellers[each.carrier])]
    return later, [each for each in doubtful if each not in later]


def for_a_person(doubtful: Iterable[Purchase]) -> None:
    """Name purchases of which nobody knows whether they left a label at the carrier."""
    for each in doubtful:
        logger().warning("label_doubtful", owner=each.owner, carrier=each.carrier, asked_at=to_text(each.at))
        count(Metric.LABELS_DOUBTFUL)
