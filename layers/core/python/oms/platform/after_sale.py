"""What follows from returns, wired to this stack: labels for the way back, and exchanges."""

from __future__ import annotations

from typing import Any

from oms.clock import now
from oms.fulfillment.way_back import issue_label, return_label_link
from oms.orders.after_sale import ReturnApproved
from oms.orders.log import Caller
from oms.platform import fulfillment, returns
from oms.returns.exchanging import follow

ACTOR = "returns"


def label_link(return_id: str) -> str:
    """Where the label for the way back of a return can be opened, for a short while.

    Raises:
        NotFound: there is no such return, or it has no label.
    """
    return return_label_link(fulfillment.ports(), return_id)


def handle(message: dict[str, Any], message_id: str) -> None:
    """A message of the returns queue: buy the label that was promised, or take exchanges further.

    A label that a carrier refuses keeps nothing else from happening: its message alone ends among the dead letters.
    """
    who = Caller(actor=ACTOR, cause=message.get("id", message_id), clock=now)
    if message["type"] == ReturnApproved.__name__:
        issue_label(fulfillment.ports(), message["data"]["return_id"], who)
    else:
        follow(returns.ports(), message["order_id"], who)
