"""The items of an order as rows, with or without prices, and the sums beneath them."""

from __future__ import annotations

from collections.abc import Mapping

from oms.notifications.letter import Bill, Pair, Row
from oms.notifications.plain import TITLE, clean
from oms.notifications.voice import Voice
from oms.orders.events import Charge, ChargeKind, PlacedLine, PriceMode
from oms.orders.order import Line

MAX_ROWS = 40
"""Rows before the rest is summed up in one: mail programs cut a message off at about 100 kB."""


def bill(voice: Voice) -> Bill:
    """What the customer is to get and to pay, prices as the channel quoted them; the sums add up to what is due.

    Units that were cancelled before are left out.
    """
    order = voice.order
    lines = [(line, *_net_and_tax(line.placed, line.live)) for line in order.lines.values() if line.live]
    charges = order.charges
    net = sum(net for _, net, _ in lines)
    tax = sum(tax for _, _, tax in lines)
    taxes = tax + sum(charge.tax for charge in charges)
    gross = order.placed.prices is PriceMode.GROSS
    sums = [Pair(voice.say("common.subtotal"), voice.money(net + tax if gross else net))]
    sums += [_charge(voice, charge, gross=gross) for charge in charges if _told(charge)]
    if taxes and not gross:
        sums.append(Pair(voice.say("common.tax"), voice.money(taxes)))
    # What the channel's total has beyond its own figures, when somebody looked at it and let the order go on.
    odd = order.due - net - tax - sum(charge.net + charge.tax for charge in charges)
    if odd:
        sums.append(Pair(voice.say("common.adjustment"), voice.money(odd)))
    return Bill(
        title=voice.say("common.your_items"),
        item=voice.say("common.item"),
        amount=voice.say("common.amount"),
        rows=_priced(voice, [(line, n + t if gross else n) for line, n, t in lines]),
        sums=tuple(sums),
        total=Pair(voice.say("common.total"), voice.money(order.due)),
        included=Pair(voice.say("common.tax_included"), voice.money(taxes)) if taxes and gross else None,
    )


def rows(voice: Voice, units: Mapping[str, int]) -> tuple[Row, ...]:
    """Units by line id, without prices."""
    wanted = [(voice.order.lines[line_id].placed, count) for line_id, count in units.items() if count]
    shown = [Row(_title(voice, placed, count)) for placed, count in wanted[:MAX_ROWS]]
    if len(wanted) > MAX_ROWS:
        shown.append(_further(voice, len(wanted) - MAX_ROWS))
    return tuple(shown)


def _priced(voice: Voice, lines: list[tuple[Line, int]]) -> tuple[Row, ...]:
    shown = [_priced_row(voice, line, amount) for line, amount in lines[:MAX_ROWS]]
    rest = lines[MAX_ROWS:]
    if rest:
        shown.append(_further(voice, len(rest), voice.money(sum(amount for _, amount in rest))))
    return tuple(shown)


def _priced_row(voice: Voice, line: Line, amount: int) -> Row:
    placed = line.placed
    whole = line.live == placed.quantity
    notes = []
    if placed.list_price is not None and line.live > 1:
        notes.append(voice.say("common.each", price=voice.money(placed.list_price)))
    if placed.discount and whole:
        notes.append(voice.say("common.discount", amount=voice.money(-placed.discount)))
    return Row(
        title=_title(voice, placed, line.live),
        amount=voice.money(amount),
        was=voice.money(amount + placed.discount) if placed.discount and whole else "",
        notes=tuple(notes),
    )


def _further(voice: Voice, count: int, amount: str = "") -> Row:
    return Row(voice.say("common.more_items", count=voice.count(count)), amount)


def _title(voice: Voice, placed: PlacedLine, count: int) -> str:
    return f"{voice.count(count)} × {clean(placed.title, TITLE) or clean(placed.sku, TITLE)}"


def _told(charge: Charge) -> bool:
    """Whether a charge is worth a row: free shipping is, a fee of nothing is not."""
    return bool(charge.net or charge.tax) or charge.kind is ChargeKind.SHIPPING


def _charge(voice: Voice, charge: Charge, *, gross: bool) -> Pair:
    label, title = voice.say(f"common.{charge.kind.value}"), clean(charge.title, TITLE)
    if title and title.casefold() != label.casefold():
        label = voice.say("common.charge", kind=label, title=title)
    amount = charge.net + charge.tax if gross else charge.net
    free = not charge.net and not charge.tax
    return Pair(label, voice.say("common.free") if free else voice.money(amount))


def _net_and_tax(placed: PlacedLine, count: int) -> tuple[int, int]:
    """Of a line's first `count` units, in the order in which the amounts are shared."""
    net = tax = 0
    for run in placed.units:
        taken = min(run.count, count)
        net, tax, count = net + taken * run.net, tax + taken * run.tax, count - taken
    return net, tax
