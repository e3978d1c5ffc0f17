"""Why a return was declined, in words."""

from __future__ import annotations

from oms.orders.after_sale import ReturnDeclined
from oms.orders.order import Order
from oms.orders.reasons import DeclineReason
from oms.returns.texts import texts


def refusal(order: Order, declined: ReturnDeclined, language: str) -> tuple[str, ...]:
    """What the code says in the customer's language (BCP 47), then what staff wrote, as it stands."""
    said = [_coded(order, declined, language)] if declined.code is not DeclineReason.OTHER else []
    return (*said, declined.reason) if declined.reason else tuple(said)


def _coded(order: Order, declined: ReturnDeclined, language: str) -> str:
    _, words = texts(language)
    key = f"refused_{declined.code.value}"
    line = order.lines.get(declined.line_id)
    title = (line.placed.title.strip() or line.placed.sku) if line else ""
    match declined.code:
        case DeclineReason.WINDOW_OVER if title and declined.days:
            return words[key].format(title=title, days=declined.days)
        case DeclineReason.FINAL_SALE | DeclineReason.CONDITION if title:
            return words[key].format(title=title)
        case DeclineReason.WINDOW_OVER | DeclineReason.FINAL_SALE | DeclineReason.CONDITION:
            return words[f"{key}_plain"]
        case _:
            return words[key]
