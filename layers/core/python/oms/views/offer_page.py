"""An offer of other goods as the customer sees it: as JSON, and as a page without scripts."""

from __future__ import annotations

import sys
from html import escape
from typing import Any
from urllib.parse import parse_qsl

from oms.clock import to_text
from oms.errors import InvalidInput, OmsError, Unauthenticated
from oms.money import Money
from oms.orders.order import Order
from oms.orders.substituting import OfferStatus, status
from oms.orders.substitution import offer_of
from oms.views.after_sale import money
from oms.views.basic_shapes import MoneyResource, Time
from oms.views.offer_texts import Texts, texts
from oms.views.return_page import document

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:  # pydantic, which makes the API document of these, asks for the newer one
    from typing_extensions import TypedDict


class CustomersOffer(TypedDict):
    """Other goods in place of what cannot be had: for its customer, so without anything of the house."""

    order_number: str
    status: OfferStatus
    instead_of: str
    offered: str
    quantity: int
    price: MoneyResource
    """What the customer pays for all of it."""
    price_before: MoneyResource
    """What they were to pay for what it stands in for."""
    expires_at: Time


def customers_offer(order: Order, offer_id: str) -> CustomersOffer:
    """An offer as its customer may see it.

    Raises:
        NotFound: the order has no such offer.
    """
    offer = offer_of(order, offer_id)
    offered, line = offer.offered, order.lines[offer.offered.line_id]
    end = line.placed.quantity if offer.accepted else line.live
    before = order.value_between(offered.line_id, max(0, end - offered.quantity), offered.quantity)
    price = offered.net + offered.tax
    return {
        "order_number": order.placed.number or order.placed.external_id,
        "status": status(order, offer),
        "instead_of": line.placed.title or line.placed.sku,
        "offered": offered.title or offered.sku,
        "quantity": offered.quantity,
        "price": money(order, price),
        "price_before": money(order, max(before, price)),
        "expires_at": to_text(offered.expires_at),
    }


def page(offer: CustomersOffer, language: str) -> str:
    """The page of an offer: what it is, and two buttons while it stands."""
    code, words = texts(language)
    title = words["title"].format(number=offer["order_number"])
    if offer["status"] is not OfferStatus.OPEN:
        return document(code, title, [f'<p role="status">{escape(words[offer["status"].value])}</p>'])
    amount, before = _money(offer["price"]), _money(offer["price_before"])
    price = words["price_less" if amount != before else "price"].format(amount=amount, before=before)
    return document(
        code,
        title,
        [
            f"<p>{escape(words['intro'])}</p>{_item(offer['quantity'], offer['instead_of'])}",
            f"<p>{escape(words['offer'])}</p>{_item(offer['quantity'], offer['offered'])}",
            f"<p>{escape(price)}</p>",
            f"<p>{escape(words['until'].format(date=offer['expires_at'][:16].replace('T', ' ') + ' UTC'))}</p>",
            _buttons(words),
        ],
    )


def error_page(error: OmsError, language: str) -> str:
    """The page of an answer that was refused."""
    code, words = texts(language)
    if isinstance(error, Unauthenticated):
        return document(code, words["refused"], [f"<p>{escape(words['invalid'])}</p>"])
    said = words["retry"] if error.status >= 500 else words["over"]  # noqa: PLR2004 - ours to mend
    back = f'<p><a href="">{escape(words["back"])}</a></p>'
    return document(code, words["refused"], [f'<p role="alert">{escape(said)}</p>', back])


def form_values(raw: bytes) -> dict[str, Any]:
    """What the form of the page sends, in the shape of the call's JSON body.

    Raises:
        InvalidInput: it is no form.
    """
    try:
        fields = dict(parse_qsl(raw.decode(), keep_blank_values=True, strict_parsing=True, max_num_fields=20))
    except ValueError:
        raise InvalidInput("the form cannot be read", path="body") from None
    return {"answer": fields.get("answer", "")}


def _item(quantity: int, title: str) -> str:
    return f"<ul><li>{quantity} × {escape(title)}</li></ul>"


def _buttons(words: Texts) -> str:
    return (
        '<form method="post">'
        f'<p><button type="submit" name="answer" value="accept">{escape(words["accept"])}</button></p>'
        f'<p><button class="other" type="submit" name="answer" value="decline">{escape(words["decline"])}</button></p>'
        "</form>"
    )


def _money(amount: MoneyResource) -> str:
    return str(Money(amount["amount"], amount["currency"]))
