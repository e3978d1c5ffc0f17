"""Refunds in WooCommerce: of money through its payment gateway, and of units without money.

The interface takes no key against repetition, so a refund has its key in its reason, and is looked for before and
after. A second one of units is deleted. A second one of money cannot be called back: a person is told.

Source: WooCommerce REST API v3, "Order refunds" (`api_refund`: the gateway pays; `api_restock`: units return to stock).
"""

from __future__ import annotations

from collections.abc import Mapping

from oms.channels import rest
from oms.channels.connection import Connection, Reply
from oms.channels.outbound import MoneyBack, Sale
from oms.channels.woocommerce import api
from oms.errors import Refused, Unavailable
from oms.money import Money


def refund(connection: Connection, sale: Sale, refund: MoneyBack) -> str:
    """See `ToldPlatform.refund`. Money only: the units are told by their cancellation, or have come back."""
    if made := _ours(connection, sale, refund.key):
        return _only(made, sale)
    body = {
        "amount": str(Money(refund.amount, sale.currency).decimal),
        "reason": f"{refund.note} {_mark(refund.key)}".strip(),
        "api_refund": True,
        "api_restock": False,
    }
    reply = _post(connection, sale, body)
    made = _ours(connection, sale, refund.key)
    if not made:
        raise _why(reply, sale)
    return _only(made, sale)


def take_out(connection: Connection, sale: Sale, key: str, units: Mapping[str, int]) -> None:
    """Refund units without money: they count as not to be sent. Repeatable."""
    made = _ours(connection, sale, key)
    if not made:
        lines = [{"id": int(line), "quantity": count, "refund_total": 0} for line, count in units.items()]
        told = {"amount": "0", "reason": _mark(key), "api_refund": False, "api_restock": False, "line_items": lines}
        reply = _post(connection, sale, told)
        made = _ours(connection, sale, key)
        if not made:
            raise _why(reply, sale)
    for twice in made[1:]:
        api.call(connection, "DELETE", f"{_path(sale)}/{twice}", query=[("force", "true")])


def _ours(connection: Connection, sale: Sale, key: str) -> list[str]:
    """The refunds in the shop that were made under a key, the first first."""
    reply = api.call(connection, "GET", _path(sale), query=[("per_page", "100")])
    if reply.status != api.OK:
        raise rest.refused(reply, f"reading the refunds of order {sale.number}")
    found = [each for each in rest.content(reply) or [] if _mark(key) in str(each.get("reason") or "")]
    return [str(each["id"]) for each in sorted(found, key=lambda each: int(each["id"]))]


def _only(made: list[str], sale: Sale) -> str:
    if len(made) > 1:
        raise Refused(f"order {sale.number} was refunded {len(made)} times ({', '.join(made)}): take one back by hand")
    return made[0]


def _post(connection: Connection, sale: Sale, body: object) -> Reply:
    return api.call(connection, "POST", _path(sale), body=body)


def _why(reply: Reply, sale: Sale) -> Refused | Unavailable:
    if reply.status in {api.OK, api.CREATED}:
        return Unavailable(f"whether order {sale.number} was refunded cannot be seen yet")
    return rest.refused(reply, f"a refund of order {sale.number}")


def _path(sale: Sale) -> str:
    return f"/orders/{sale.external_id}/refunds"


def _mark(key: str) -> str:
    return f"[{key}]"
