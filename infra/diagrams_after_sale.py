"""Draws what returns, exchanges, payments and disputes go through: the statuses that the code itself derives of events.

Each life below is a row of events that may follow each other. What is drawn between two of them is not written here: it
is the status that the state has then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from oms.orders import after_sale as back
from oms.orders.exchanges import (
    ExchangeCancelled,
    ExchangeLapsed,
    ExchangePlaced,
    ExchangeRequested,
    ExchangeStatus,
    ShipWhen,
)
from oms.payments import ledger
from oms.payments.disputes import DisputeClosed, DisputeOpened, DisputeStatus
from oms.returns.decisions import ACTIONS

_AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

Life = Sequence[tuple[str, Any]]
"""Who or what makes an event, and the event."""

_REQUESTED = back.ReturnRequested(return_id="r", units=(back.ReturnUnits(line_id="1", sku="mug", quantity=1),))
_APPROVED = back.ReturnApproved(return_id="r", location_id="wien")
_DECLINED = back.ReturnDeclined(return_id="r", reason="no")
_CAME = back.UnitsReceived(
    receipt_id="r-1",
    location_id="wien",
    units=(back.ReceivedUnits(line_id="1", sku="mug", quantity=1, disposition=back.Disposition.RESTOCK),),
    return_id="r",
)
_CREDITED = back.UnitsCredited(
    credit_id="c",
    reason=back.ReturnReason.OTHER,
    units=(back.CreditedUnits(line_id="1", quantity=1, amount=1000),),
    return_id="r",
)
_CLOSED = back.ReturnClosed(return_id="r")

RETURNS: Sequence[Life] = (
    (("request", _REQUESTED), ("approve", _APPROVED), ("receive", _CAME), ("receive", _CAME), ("close", _CLOSED)),
    (("request", _REQUESTED), ("approve", _APPROVED), ("receive", _CAME), ("credit", _CREDITED), ("close", _CLOSED)),
    (("request", _REQUESTED), ("decline", _DECLINED), ("approve", _APPROVED), ("close", _CLOSED)),
    (("request", _REQUESTED), ("approve", _APPROVED), ("decline", _DECLINED)),
)

_WANTED = ExchangeRequested(exchange_id="x", return_id="r", lines=(), ship=ShipWhen.AT_ONCE, credit=1000)
_PLACED = ExchangePlaced(exchange_id="x", order_id="o", credit=1000)
_LAPSED = ExchangeLapsed(exchange_id="x")
_GIVEN_UP = ExchangeCancelled(exchange_id="x")

EXCHANGES: Sequence[Life] = (
    (("request", _WANTED), ("the goods are ordered", _PLACED), ("nothing came in time", _LAPSED)),
    (("request", _WANTED), ("cancel", _GIVEN_UP)),
    (("request", _WANTED), ("the goods are ordered", _PLACED), ("their order is cancelled", _GIVEN_UP)),
)


def _captured(amount: int) -> ledger.PaymentCaptured:
    return ledger.PaymentCaptured(payment_id="1", reference="c", amount=amount, parcel_id="p")


_ASKED = ledger.PaymentRequested(payment_id="1", gateway="simulated", instrument="card", amount=1000)
_LATER = ledger.PaymentPending(payment_id="1", reference="a")
_RESERVED = ledger.PaymentAuthorised(payment_id="1", reference="a", amount=1000)
_REFUSED = ledger.PaymentDeclined(payment_id="1", reference="a", code="card_declined")
_LET_GO = ledger.PaymentVoided(payment_id="1", reference="v", amount=1000)
_EXPIRED = ledger.AuthorisationExpired(payment_id="1", amount=1000)
_GIVEN_BACK = ledger.PaymentRefunded(payment_id="1", refund_id="refund-1", reference="b", amount=1000)
_CONTESTED = DisputeOpened(payment_id="1", dispute_id="d", amount=1000, reason="fraudulent", withdrawn=True)
_WON = DisputeClosed(payment_id="1", dispute_id="d", won=True)
_PROMISED = ledger.PaymentPromised(payment_id="1", method="cash_on_delivery", amount=1000, covers=True)

PAYMENTS: Sequence[Life] = (
    (
        ("ask the gateway", _ASKED),
        ("reserved", _RESERVED),
        ("a parcel leaves", _captured(400)),
        ("another", _captured(600)),
    ),
    (("ask the gateway", _ASKED), ("it decides later", _LATER), ("reserved", _RESERVED), ("not needed", _LET_GO)),
    (("ask the gateway", _ASKED), ("it decides later", _LATER), ("refused", _REFUSED)),
    (("ask the gateway", _ASKED), ("refused", _REFUSED)),
    (("ask the gateway", _ASKED), ("reserved", _RESERVED), ("its time is over", _EXPIRED)),
    (
        ("ask the gateway", _ASKED),
        ("reserved", _RESERVED),
        ("a parcel leaves", _captured(1000)),
        ("refund", _GIVEN_BACK),
    ),
    (
        ("ask the gateway", _ASKED),
        ("reserved", _RESERVED),
        ("a parcel leaves", _captured(1000)),
        ("the bank takes it", _CONTESTED),
        ("the dispute is won", _WON),
    ),
    (("promised at the door", _PROMISED), ("received", _captured(1000))),
    (("taken by the channel", _captured(1000)),),
    (("reserved by the channel", _RESERVED), ("the channel took it", _captured(1000))),
)

_INQUIRY = DisputeOpened(payment_id="1", dispute_id="d", amount=1000, reason="fraudulent", withdrawn=False)
_LOST = DisputeClosed(payment_id="1", dispute_id="d", won=False)

DISPUTES: Sequence[Life] = (
    (("the bank asks", _INQUIRY), ("it takes the money", _CONTESTED), ("won", _WON)),
    (("the bank takes the money", _CONTESTED), ("lost", _LOST)),
    (("the bank asks", _INQUIRY), ("won", _WON)),
)


def sections() -> Iterator[str]:
    """The part of `docs/transitions.md` about what happens to money, and after the sale."""
    yield "## The status of a payment\n"
    yield "Each tender of an order has its own. What is captured, refunded and taken is counted in amounts beside it.\n"
    yield from drawn(PAYMENTS, payment_status)
    yield "## The status of a dispute\n"
    yield from drawn(DISPUTES, dispute_status)
    yield "## The status of a return\n"
    yield from drawn(RETURNS, return_status)
    yield "| status | what can be done |"
    yield "|---|---|"
    for status, actions in ACTIONS.items():
        yield f"| `{status}` | {', '.join(f'`{action}`' for action in actions) or 'nothing'} |"
    yield ""
    yield "## The status of an exchange\n"
    yield from drawn(EXCHANGES, exchange_status)


def drawn(lives: Sequence[Life], status_after: Callable[[Sequence[Any]], StrEnum]) -> Iterator[str]:
    """A diagram of all arrows that these lives have, each once, by whoever makes it."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for life in lives:
        before = "[*]"
        for number, (label, _) in enumerate(life, 1):
            after = status_after([event for _, event in life[:number]]).value
            labels = arrows.setdefault((before, after), [])
            if label not in labels:
                labels.append(label)
            before = after
    yield "```mermaid"
    yield "stateDiagram-v2"
    for (source, target), labels in arrows.items():
        yield f"    {source} --> {target}: {', '.join(labels)}"
    yield "```\n"


def payment_status(events: Sequence[Any]) -> StrEnum:
    """The status of a payment after these events."""
    state: ledger.Ledger = {}
    for event in events:
        state = ledger.record(state, event, _AT)
    return state["1"].status


def dispute_status(events: Sequence[Any]) -> StrEnum:
    """The status of a dispute after these events."""
    state: ledger.Ledger = {}
    for event in events:
        state = ledger.record(state, event, _AT)
    return state["1"].disputes["d"].status


def _after_sale(events: Sequence[Any]) -> back.AfterSale:
    state = back.AfterSale()
    for event in events:
        state = back.record(state, event, _AT)
    return state


def return_status(events: Sequence[Any]) -> StrEnum:
    """The status of a return after these events."""
    return _after_sale(events).returns["r"].status


def exchange_status(events: Sequence[Any]) -> StrEnum:
    """The status of an exchange after these events."""
    return _after_sale(events).exchanges["x"].status


STATUSES: Sequence[type[StrEnum]] = (ledger.PaymentStatus, DisputeStatus, back.ReturnStatus, ExchangeStatus)
"""Every status that the diagrams must show."""
