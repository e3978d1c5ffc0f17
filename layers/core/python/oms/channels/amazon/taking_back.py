"""Cancelling on Amazon and giving money back: both by feeds, in steps (`feeds`).

Amazon cancels whole orders, and then has the customer pay nothing: there is nothing to give back beside. Single units
are cancelled by the refund that names them. Of a cancellation the order itself says whether it happened; of a refund
nothing does, so one whose end nobody knows is for a person.

Source: Selling Partner API, "Order Feed Type Values": `POST_ORDER_ACKNOWLEDGEMENT_DATA` (to cancel a whole order) and
`POST_PAYMENT_ADJUSTMENT_DATA`.
"""

from __future__ import annotations

from datetime import timedelta

from oms.channels.amazon import feed_paper, feeds
from oms.channels.amazon.feed_paper import ACKNOWLEDGEMENT, ADJUSTMENT, Report
from oms.channels.amazon.feeds import FEED, ORDER, SENDING, UPLOADED, Step
from oms.channels.amazon.figures import figures
from oms.channels.amazon.inbound import GONE, hydrate
from oms.channels.amazon.payload import AmazonOrder
from oms.channels.amazon.refunding import adjusted
from oms.channels.connection import Connection
from oms.channels.oauth import key
from oms.channels.outbound import Cancelled, Handed, HandedIn, MoneyBack, Sale, Told, Undone
from oms.channels.payload import read
from oms.errors import Refused, Throttled
from oms.setup import ChannelUpdate

LOOK = "Look at the order in Seller Central: if the money did not go back, give it back there; then skip this"
"""What a person does about money of which nobody here can know whether it went back."""

LATER = timedelta(minutes=5)
"""After which an order is looked at again that Amazon is to cancel."""


def cancel(connection: Connection, sale: Sale, cancelled: Cancelled) -> Told:
    """See `ToldPlatform.cancel`. Single units are cancelled by the refund that follows, as Amazon has it.

    Raises:
        Refused: only some units are off, and nothing says so.
    """
    if not cancelled.everything:
        if ChannelUpdate.REFUNDS in connection.channel.updates:
            return ""
        raise Refused("Amazon cancels single units with a refund of them: cancel them there, or have refunds told")
    order = _order(connection, sale)
    if _gone(order):
        return ""
    items = [item.order_item_id for item in order.order_items]
    seller_id = key(connection, "seller_id")
    paper = feed_paper.cancellation(seller_id, cancelled.key, sale.external_id, sale.order_id, items, cancelled.code)
    return feeds.upload(connection, paper, _amount(cancelled))


def refund(connection: Connection, sale: Sale, refund: MoneyBack) -> Told:
    """See `ToldPlatform.refund`. What a cancelled order cost, Amazon does not charge, or gives back by itself.

    Raises:
        Refused: the order is off here and not there, and Amazon is told of no cancellations.
    """
    order = _order(connection, sale)
    if _gone(order):
        return ""
    if refund.everything and not any(item.fulfilled for item in order.order_items):
        if ChannelUpdate.CANCELLATIONS not in connection.channel.updates:
            raise Refused("cancel the whole order in Seller Central: Amazon then charges nothing for it")
        return feeds.then(connection, ORDER, "-", wait=LATER)
    found = figures(order, sale.currency)
    items = adjusted(order.order_items, found, refund)
    seller_id = key(connection, "seller_id")
    paper = feed_paper.adjustment(seller_id, refund.key, sale.external_id, sale.currency, items)
    return feeds.upload(connection, paper, refund.amount)


def proceed(connection: Connection, sale: Sale, what: Cancelled | MoneyBack, handed: Handed) -> Told:
    """See `InSteps.proceed`."""
    known = feeds.step(handed.reference)
    try:
        return _next(connection, sale, what, known, fresh=handed.fresh)
    except Throttled as error:
        return feeds.put_off(known, error)


def _next(connection: Connection, sale: Sale, what: Cancelled | MoneyBack, known: Step, *, fresh: bool) -> Told:
    now = connection.clock()
    if known.name == UPLOADED:
        if now - known.at > feeds.KEEPS or known.amount != _amount(what):
            return _anew(connection, sale, what)
        return feeds.then(connection, SENDING, known.subject, amount=known.amount)
    if known.name == SENDING and fresh:
        return feeds.hand_in(connection, _kind(what), _marketplace(connection, sale), known)
    if known.name == SENDING:
        return feeds.doubtful(connection, known) or _looked_for(connection, sale, what, known)
    if known.name == FEED:
        return _became(connection, sale, what, known)
    told = _anew(connection, sale, what)
    if not isinstance(told, HandedIn) or feeds.step(told.reference).name != ORDER:
        return told
    if now - known.at > feeds.KEEPS:
        raise Refused("Amazon has not cancelled the order for a day: look at it in Seller Central")
    return HandedIn(reference=known.text, wait=LATER)


def _looked_for(connection: Connection, sale: Sale, what: Cancelled | MoneyBack, known: Step) -> Told:
    """What to do about a feed that was perhaps handed in: for an order that is cancelled, nothing; or begin anew."""
    if isinstance(what, MoneyBack):
        found = feeds.candidates(connection, ADJUSTMENT, known)
        if found:
            raise Refused(
                f"whether Amazon took the refund is not known; it may be feed {' or '.join(found[:5])}. {LOOK}"
            )
    # A cancellation that comes twice is one: the order says whether it is off.
    return _anew(connection, sale, what)


def _became(connection: Connection, sale: Sale, what: Cancelled | MoneyBack, known: Step) -> Told:
    found = feeds.outcome(connection, known)
    if isinstance(found, HandedIn):
        return found
    done = isinstance(found, Report) and found.successful > 0 and found.failed == 0
    if done or (isinstance(what, Cancelled) and _gone(_order(connection, sale))):
        return known.subject
    if isinstance(found, Report) and found.failed and not found.successful:
        return Undone(found.words or f"Amazon refused it in feed {known.subject}, and did not say why")
    if found == "CANCELLED" or isinstance(what, Cancelled):
        return Undone(
            f"feed {known.subject} ended as {found if isinstance(found, str) else 'done, with nothing in it'}"
        )
    raise Refused(f"Amazon broke off feed {known.subject}, and the refund may have been made. {LOOK}")


def _anew(connection: Connection, sale: Sale, what: Cancelled | MoneyBack) -> Told:
    return cancel(connection, sale, what) if isinstance(what, Cancelled) else refund(connection, sale, what)


def _kind(what: Cancelled | MoneyBack) -> str:
    return ACKNOWLEDGEMENT if isinstance(what, Cancelled) else ADJUSTMENT


def _amount(what: Cancelled | MoneyBack) -> int:
    return what.amount if isinstance(what, MoneyBack) else 0


def _marketplace(connection: Connection, sale: Sale) -> str:
    return connection.channel.account or _order(connection, sale).sales_channel.marketplace_id


def _gone(order: AmazonOrder) -> bool:
    return order.fulfillment.fulfillment_status == GONE


def _order(connection: Connection, sale: Sale) -> AmazonOrder:
    raw = hydrate(connection, sale.external_id)
    if raw is None:
        raise Refused(f"Amazon has no order {sale.external_id}")
    return read(AmazonOrder, raw)
