"""What an operator does about channels that were not told: look, have it tried again, decide that it is not told."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from oms.channels import pace
from oms.channels.update_shapes import (
    ChannelLevelsResource,
    ChannelUpdatesResource,
    ResyncAsked,
    Retried,
    WaitingUpdateResource,
)
from oms.clock import now, to_text
from oms.errors import InvalidInput, NotAllowed, NotFound
from oms.orders.log import Caller
from oms.platform import channel_states, channel_stock_table, outbox_table
from oms.platform.channel_stock import ask_resync
from oms.platform.outbox_table import UpdateStatus, Waiting
from oms.platform.setup import channel
from oms.platform.telling import ask, skip
from oms.setup import ChannelUpdate

MOST_PER_PAGE = 100


def updates(channel_id: str, status: str, limit: int, cursor: str) -> ChannelUpdatesResource:
    """How a channel answers, and a page of what waits; `stuck` unless another status is asked for.

    Raises:
        NotFound: there is no such channel.
        InvalidInput: there is no such status, the limit is out of bounds, or the cursor is none of this list.
    """
    if status not in set(UpdateStatus):
        raise InvalidInput(f"there is no status {status!r}; there are {', '.join(UpdateStatus)}", path="status")
    if not 1 <= limit <= MOST_PER_PAGE:
        raise InvalidInput(f"from 1 to {MOST_PER_PAGE}", path="limit")
    known, state = channel(channel_id), channel_states.state(channel_id)
    waiting, after = outbox_table.listed(channel_id, UpdateStatus(status), limit, _place(cursor))
    circuit = state.circuit
    return {
        "channel_id": channel_id,
        "state": "down" if circuit.down else "up",
        "failures": circuit.failures,
        "failing_since": to_text(circuit.failing_since) if circuit.failing_since else None,
        "probe_at": to_text(circuit.probe_at) if circuit.probe_at else None,
        "problem": state.problem,
        "per_minute": pace.per_minute(known),
        "updates": [_shown(each) for each in waiting],
        "cursor": _encoded("|".join(after)) if after else None,
    }


def retry(channel_id: str, order_id: str) -> WaitingUpdateResource:
    """Have an order tried again, now and with all its tries.

    Raises:
        NotFound: there is no such channel, or nothing of the order waits.
        NotAllowed: it is being told at this moment.
    """
    channel(channel_id)
    fresh = outbox_table.renew(channel_id, order_id, now())
    if fresh is None:
        if outbox_table.find(channel_id, order_id) is None:
            raise NotFound(f"channel {channel_id} is to be told nothing of order {order_id}")
        raise NotAllowed(f"order {order_id} is being told at this moment: look again")
    ask([fresh])
    return _shown(fresh)


def retry_all(channel_id: str) -> Retried:
    """Have all orders tried again that wait for a person, a page at a time: after keys were mended, say.

    Raises:
        NotFound: there is no such channel.
    """
    channel(channel_id)
    waiting, after = outbox_table.listed(channel_id, UpdateStatus.STUCK, MOST_PER_PAGE)
    renewed = [outbox_table.renew(channel_id, each.order_id, now()) for each in waiting]
    found = [each for each in renewed if each is not None]
    ask(found)
    return {"retried": len(found), "more": after is not None}


def skip_update(channel_id: str, order_id: str, key: str, reason: str, caller: Caller) -> None:
    """Decide that the channel is not told of one thing. What it is to be told after it goes on.

    Money that was to go back through the channel is still owed to the customer: it waits to be given back by hand.

    Raises:
        NotFound: there is no such channel, or nothing of this key is owed.
    """
    skip(channel(channel_id), order_id, key, reason, caller)
    fresh = outbox_table.renew(channel_id, order_id, now())
    if fresh is not None:
        ask([fresh])


def levels(channel_id: str, status: str, limit: int, cursor: str) -> ChannelLevelsResource:
    """Levels of stock that a channel's platform would not take (`refused`), or that it has not been told yet.

    Raises:
        NotFound: there is no such channel.
        InvalidInput: there is no such status, the limit is out of bounds, or the cursor is none of this list.
    """
    if status not in {"refused", "waiting"}:
        raise InvalidInput(f"there is no status {status!r}; there are refused, waiting", path="status")
    if not 1 <= limit <= MOST_PER_PAGE:
        raise InvalidInput(f"from 1 to {MOST_PER_PAGE}", path="limit")
    channel(channel_id)
    read = channel_stock_table.refused if status == "refused" else channel_stock_table.wanted
    found = read(channel_id, limit, _decoded(cursor))
    return {
        "channel_id": channel_id,
        "levels": [
            {"sku": each.sku, "available": each.available, "at": each.at, "problem": each.problem} for each in found
        ],
        "cursor": _encoded(found[-1].sku) if len(found) == limit else None,
    }


def resync(channel_id: str, skus: Sequence[str]) -> ResyncAsked:
    """Have a channel told levels anew: after it was connected, or when its figures are doubted.

    Raises:
        NotFound: there is no such channel.
        NotAllowed: it is not told of stock.
    """
    if ChannelUpdate.STOCK not in channel(channel_id).updates:
        raise NotAllowed(f"channel {channel_id} is not told of stock: name it in its updates")
    ask_resync(channel_id, skus)
    return {"skus": list(skus) or None}


def _encoded(place: str) -> str:
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def _decoded(cursor: str) -> str:
    try:
        return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except ValueError:
        raise InvalidInput("this is no cursor of this list", path="cursor") from None


def _shown(one: Waiting) -> WaitingUpdateResource:
    return {
        "order_id": one.order_id,
        "status": one.status.value,
        "since": one.since,
        "next_at": one.next_at if one.status is UpdateStatus.PENDING else None,
        "attempts": one.attempts,
        "kind": one.kind or None,
        "key": one.key or None,
        "problem": one.problem,
        "tried_at": one.tried_at or None,
        "handed_in": one.handed or None,
        "handed_in_at": one.handed_at or None,
    }


def _place(cursor: str) -> tuple[str, str] | None:
    if not cursor:
        return None
    moment, separator, order_id = _decoded(cursor).partition("|")
    if not separator:
        raise InvalidInput("this is no cursor of this list", path="cursor")
    return moment, order_id
