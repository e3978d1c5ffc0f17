"""Notification on AWS: from an event of the topic to the messages about it, and from a bounce to no more mail."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from oms import clock
from oms.errors import NotFound, Unavailable
from oms.notifications import feedback
from oms.notifications.catalogue import (
    FETCHED,
    Kind,
    Medium,
    Recipient,
    kind_of,
    not_before,
    recipients,
    still_true,
    too_late,
)
from oms.notifications.occasion import Occasion, occasion
from oms.orders.substituting import SubstituteOffered
from oms.platform.batch import Json
from oms.platform.config import settings
from oms.platform.event_log import order_log
from oms.platform.mail import send_mail, send_sms
from oms.platform.messages import Record, Status, send_once, suppress
from oms.platform.observability import Metric, count, logger
from oms.platform.queues import come_again
from oms.platform.setup import channel, location

if TYPE_CHECKING:
    from oms.notifications.counter import Counter
    from oms.notifications.way_back import WayBack

METRICS = {
    Status.SENT: Metric.MESSAGES_SENT,
    Status.SUPPRESSED: Metric.MESSAGES_SUPPRESSED,
    Status.FAILED: Metric.MESSAGES_FAILED,
}


def handle(body: Json, message_id: str) -> None:
    """Tell the customer about an event, by each medium that they can be reached by. Safe to repeat.

    Raises:
        NotFound: the order, its entry or its channel is not there (yet).
        Unavailable: a message could not be sent now; those that were will not be sent again.
    """
    from oms.notifications.preferences import waits_until, wanted
    from oms.platform.wishes import still_waits, wishes_of

    if still_waits(body, clock.now()):
        return
    order_id, seq, index = body["order_id"], body["seq"], body["index"]
    found = occasion(order_id, order_log().entries(order_id), seq, index)
    kind = kind_of(found)
    if kind is None:
        return
    if not still_true(found) or too_late(found, clock.now()):
        logger().info("message_obsolete", kind=kind)
        return
    moment = not_before(found)
    if moment is not None and clock.now() < moment:
        come_again(body, moment, clock.now())
        return
    to = recipients(kind, found.then.contact)
    wishes = wishes_of(found.today) if to else None
    to = wanted(wishes, kind, to) if wishes else ()
    if not (to and wishes):
        logger().info("message_without_recipient", kind=kind)
        return

    from oms.notifications.language import choose
    from oms.notifications.plain import NAME, clean
    from oms.notifications.render import render

    origin = channel(found.then.placed.channel_id)
    shop = clean(origin.name, NAME)
    language = choose(wishes.language, found.then.placed.language, origin.default_language)
    message = render(kind, found, language, shop, _way_back(kind, found), _counter(kind, found))

    def send(recipient: Recipient) -> str:
        if recipient.medium is Medium.SMS:
            return send_sms(recipient.address, message.sms)
        return send_mail(recipient.address, message, shop=shop, order_id=order_id)

    failures, waits = [], []
    for recipient in to:
        if until := waits_until(wishes, kind, recipient.medium, clock.now()):
            waits.append(until)
            continue
        record = Record(
            event_id=f"{order_id}:{seq}:{index}",
            order_id=order_id,
            kind=kind,
            language=language.tag,
            recipient=recipient,
        )
        try:
            status = send_once(record, partial(send, recipient), caller=message_id, now=clock.now())
        except Unavailable as error:  # a provider in trouble does not keep the other from its message
            failures.append(error)
            continue
        logger().info(f"message_{status or 'repeated'}", kind=kind, medium=recipient.medium)
        if status:
            count(METRICS[status])
    if failures:
        raise failures[0]
    if waits:
        come_again(body, min(waits), clock.now())


def _way_back(kind: Kind, found: Occasion) -> WayBack:
    """Where a return goes, and the customer's page: without a public address or a key there is no link."""
    from oms.notifications.way_back import NOWHERE, WayBack

    if isinstance(found.event, SubstituteOffered):
        from oms.platform.returns import offer_link

        return WayBack(None, offer_link(found.event.offer_id, found.event.expires_at))
    if kind not in {Kind.RETURN_REQUESTED, Kind.RETURN_APPROVED}:
        return NOWHERE
    from oms.platform.returns import new_link

    approved = found.then.after_sale.returns[found.event.return_id].approved  # type: ignore[union-attr]
    try:
        page = new_link(found.then.order_id)[0] if settings().public_url else ""
    except NotFound:
        page = ""
    return WayBack(location(approved.location_id) if approved else None, page)


def _counter(kind: Kind, found: Occasion) -> Counter:
    """The store in which the customer fetches the goods, and the code that they show there."""
    from oms.notifications.counter import NO_COUNTER, Counter

    location_id = found.then.placed.pickup_location_id
    if not location_id or kind not in {Kind.ORDER_CONFIRMED, *FETCHED.values()}:
        return NO_COUNTER
    from oms.platform.pickup import code_of

    told = kind in {Kind.PICKUP_READY, Kind.PICKUP_REMINDER}
    code = code_of(found.event.fulfillment_order_id) if told else ""  # type: ignore[union-attr]
    return Counter(location(location_id), code)


def mail_feedback(body: Json, _message_id: str) -> None:
    """A document of SES about a mail that did not arrive or was not wanted: its address gets no more. Repeatable."""
    for unwanted in feedback.unwanted(body):
        suppress(unwanted, clock.now())
        logger().info(
            "recipient_suppressed",
            order_id=feedback.order_of(body),
            reason=unwanted.reason,
            detail=unwanted.detail,
        )
