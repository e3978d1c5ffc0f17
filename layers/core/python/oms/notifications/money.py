"""What customers are told about their money: received, given back, and what a change of the order does to it."""

from __future__ import annotations

from oms.notifications.frame import amount, letter, number
from oms.notifications.letter import Block, Letter, Pair, Panel, Paragraph
from oms.notifications.occasion import Occasion
from oms.notifications.voice import Voice
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


def refunded(voice: Voice, event: PaymentRefunded) -> Letter:
    """Money is on its way back: how much, to where, how long that takes, and what else follows."""
    order = voice.order
    to = tender(order.payments[event.payment_id], by_channel=event.by_channel)
    sum_ = voice.money(event.amount)
    refund = order.after_sale.refunds.get(event.refund_id)
    facts = [number(voice), Pair(voice.say("common.refund"), sum_), Pair(voice.say("refund_made.to"), voice.say(to))]
    if refund is not None:
        facts += [
            Pair(
                voice.say("refund_made.follows", tender=voice.say(tender(order.payments[part.payment_id]))),
                voice.money(part.amount),
            )
            for part in refund.parts
            if not any(each.refund_id == event.refund_id for each in order.payments[part.payment_id].refunds)
        ]
    return letter(
        voice,
        "refund_made",
        [
            Paragraph(voice.say("refund_made.intro", amount=sum_)),
            Panel(tuple(facts)),
            Paragraph(voice.say(f"{to}_time")),
        ],
        sms=voice.say("refund_made.sms", amount=sum_),
    )


def tender(payment: Payment, *, by_channel: bool = False) -> str:
    """The key of the text that says where a payment's money goes back to."""
    return "tender.shop" if by_channel or payment.by_channel else "tender.card"


def given_back(found: Occasion) -> int:
    """What is refunded because of the entry: what was charged beyond what is due, and was not before."""
    before = found.before.overcharged if found.before is not None else 0
    return max(0, found.then.overcharged - before)


def effect(voice: Voice, found: Occasion) -> list[Pair]:
    """What the entry makes the customer get back, and what they need not pay."""
    back = given_back(found)
    less = (found.before.due if found.before is not None else 0) - found.then.due - back
    pairs = [amount(voice, "common.refund", back)] if back else []
    return [*pairs, amount(voice, "common.not_charged", less)] if less > 0 else pairs


def follows(voice: Voice, found: Occasion) -> list[Block]:
    """That the refund will come, when there is one."""
    return [Paragraph(voice.say("common.refund_follows"))] if given_back(found) else []
