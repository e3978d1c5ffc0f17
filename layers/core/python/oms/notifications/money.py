"""What customers are told about their money: received, given back, and what a change of the order does to it."""

from __future__ import annotations

from collections.abc import Iterable

from oms.notifications.frame import amount, letter, number
from oms.notifications.letter import Block, Letter, Pair, Panel, Paragraph
from oms.notifications.occasion import Occasion
from oms.notifications.voice import Voice
from oms.orders.events import PaymentMethod
from oms.orders.transfers import to_refund
from oms.payments.ledger import Payment, PaymentRefunded


def received(voice: Voice) -> Letter:
    """The money that the customer was asked for has come."""
    order = voice.order
    sum_ = voice.money(min(order.due, order.covered))
    return letter(
        voice,
        "payment_received",
        [
            Paragraph(voice.say("payment_received.intro")),
            Panel((number(voice), Pair(voice.say("common.amount"), sum_))),
        ],
        sms=voice.say("payment_received.sms", amount=sum_),
    )


def refunded(voice: Voice, found: Occasion) -> Letter:
    """Money is on its way back: how much, to where, how long that takes, and what else follows."""
    payments = voice.order.payments
    made = [event for event in found.entry if isinstance(event, PaymentRefunded)]
    total = voice.money(sum(event.amount for event in made))
    ways = [tender(payments[event.payment_id], by_channel=event.by_channel) for event in made]
    facts = [number(voice), Pair(voice.say("common.refund"), total)]
    if len(made) == 1:
        facts.append(Pair(voice.say("refund_made.to"), voice.say(ways[0])))
    else:
        facts += [Pair(voice.say(way), voice.money(event.amount)) for way, event in zip(ways, made, strict=True)]
    return letter(
        voice,
        "refund_made",
        [
            Paragraph(voice.say("refund_made.intro", amount=total)),
            Panel((*facts, *_outstanding(voice, made))),
            *(Paragraph(voice.say(f"{way}_time")) for way in dict.fromkeys(ways)),
        ],
        sms=voice.say("refund_made.sms", amount=total),
    )


def _outstanding(voice: Voice, made: Iterable[PaymentRefunded]) -> list[Pair]:
    """What is still to come of the refunds of which parts were made."""
    order, pairs = voice.order, []
    for refund_id in dict.fromkeys(event.refund_id for event in made):
        refund = order.after_sale.refunds.get(refund_id)
        for part in refund.parts if refund is not None else ():
            payment = order.payments[part.payment_id]
            if not any(each.refund_id == refund_id for each in payment.refunds):
                label = voice.say("refund_made.follows", tender=voice.say(tender(payment)))
                pairs.append(Pair(label, voice.money(part.amount)))
    return pairs


def tender(payment: Payment, *, by_channel: bool = False) -> str:
    """The key of the text that says where a payment's money goes back to."""
    match payment.method:
        case PaymentMethod.GIFT_CARD:
            return "tender.gift_card"
        case PaymentMethod.MARKETPLACE:
            return "tender.marketplace"
        case PaymentMethod.BANK_TRANSFER | PaymentMethod.CASH_ON_DELIVERY:
            return "tender.account"
        case _:
            return "tender.card" if payment.gateway and not by_channel else "tender.shop"


def given_back(found: Occasion) -> int:
    """What is refunded because of the entry: what was charged beyond what is due, and was not before.

    What pays for the goods of an exchange is not refunded.
    """
    before = to_refund(found.before) if found.before is not None else 0
    return max(0, to_refund(found.then) - before)


def effect(voice: Voice, found: Occasion) -> list[Pair]:
    """What the entry makes the customer get back, and what they need not pay."""
    back = given_back(found)
    less = (found.before.due if found.before is not None else 0) - found.then.due - back
    pairs = [amount(voice, "common.refund", back)] if back else []
    return [*pairs, amount(voice, "common.not_charged", less)] if less > 0 else pairs


def follows(voice: Voice, found: Occasion) -> list[Block]:
    """That the refund will come, when there is one."""
    return [Paragraph(voice.say("common.refund_follows"))] if given_back(found) else []
