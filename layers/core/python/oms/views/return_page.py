"""The customer's page of returns: one HTML document without scripts, for any browser and any screen reader."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any
from urllib.parse import parse_qsl

from oms.errors import InvalidInput, OmsError, Unauthenticated
from oms.money import Money
from oms.orders.after_sale import ReturnReason
from oms.orders.condition import KNOWN_CONDITIONS, ItemCondition
from oms.returns.texts import Texts, texts
from oms.views.answers import CustomersLine, CustomersOrder, CustomersReturn
from oms.views.basic_shapes import MoneyResource

FORM = "application/x-www-form-urlencoded"

REASONS = tuple(reason for reason in ReturnReason if reason is not ReturnReason.MISSING)
"""Why something comes back. What is missing cannot: that is a claim."""

HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    # The address of the page is the customer's key: no other site may learn it, no search engine keep it.
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'",
}

STYLE = (
    "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem;color:#111;"
    "background:#fff}fieldset{margin:1rem 0;border:1px solid #767676}label{display:block;margin:.5rem 0}"
    "input,select,button{font:inherit;padding:.4rem}"
    "button,.button{background:#0b3d91;color:#fff;border:1px solid #0b3d91;padding:.6rem 1rem}"
    "button.other{background:#fff;color:#0b3d91}"
    ":focus-visible{outline:3px solid #b35900}address{font-style:normal;margin:.5rem 0 .5rem 1rem}"
)


def wants_page(accept: str) -> bool:
    """Whether a caller is a browser: it names HTML, and JSON not before it."""
    kinds = [part.split(";")[0].strip().lower() for part in accept.split(",")]
    return "text/html" in kinds and "application/json" not in kinds[: kinds.index("text/html")]


def page(order: CustomersOrder, language: str) -> str:
    """The page of an order: what can be sent back, and what became of what was."""
    code, words = texts(language)
    title = words["title"].format(number=order["order_number"])
    open_lines = [line for line in order["lines"] if line["returnable"]]
    body = [_returns(order, words)] if order["returns"] else []
    body.append(_form(open_lines, order, words) if open_lines else f"<p>{escape(words['nothing'])}</p>")
    if order["refunded"]["amount"]:
        body.insert(0, f"<p>{escape(words['refunded'].format(amount=_money(order['refunded'])))}</p>")
    return document(code, title, body)


def error_page(error: OmsError, language: str) -> str:
    """The page of a wish that was refused, with the reason as far as it is the customer's business."""
    code, words = texts(language)
    if isinstance(error, Unauthenticated):
        return document(code, words["refused"], [f"<p>{escape(words['invalid'])}</p>"])
    if error.status >= 500:  # noqa: PLR2004 - ours to mend
        return document(code, words["refused"], [f'<p role="alert">{escape(words["retry"])}</p>', _back(words)])
    said = [each.message for each in error.errors] or [error.detail]
    items = "".join(f"<li>{escape(each)}</li>" for each in said)
    return document(code, words["refused"], [f'<ul role="alert">{items}</ul>', _back(words)])


def form_values(raw: bytes) -> dict[str, Any]:
    """What the form of the page sends, in the shape of the call's JSON body.

    Raises:
        InvalidInput: it is no form.
    """
    try:
        fields = dict(parse_qsl(raw.decode(), keep_blank_values=True, strict_parsing=True, max_num_fields=5000))
    except ValueError:
        raise InvalidInput("the form cannot be read", path="body") from None
    units = [
        {
            "line_id": name.removeprefix("quantity:"),
            "quantity": value.strip(),
            "reason": fields.get(f"reason:{name.removeprefix('quantity:')}", ReturnReason.OTHER.value),
            **_condition(fields, name.removeprefix("quantity:")),
        }
        for name, value in fields.items()
        if name.startswith("quantity:") and not re.fullmatch(r"\s*0*\s*", value)
    ]
    return {"units": units, "number": fields.get("number") or None}


def _condition(fields: Mapping[str, str], line_id: str) -> dict[str, str]:
    """The condition of a line, where the page asked for it."""
    said = fields.get(f"condition:{line_id}")
    return {} if said is None else {"condition": said}


def _returns(order: CustomersOrder, words: Texts) -> str:
    parts = "".join(_return(each, words) for each in order["returns"])
    return f"<section><h2>{escape(words['yours'])}</h2>{parts}</section>"


def _return(known: CustomersReturn, words: Texts) -> str:
    heading = words["return"].format(number=known["number"], status=words[known["status"].value])
    items = "".join(f"<li>{each['quantity']} × {escape(each['title'])}</li>" for each in known["units"])
    parts = [f"<h3>{escape(heading)}</h3><ul>{items}</ul>"]
    if known["declined"]:
        parts.append(f"<p>{escape(known['declined'])}</p>")
    if known["send_to"]:
        address = "<br>".join(escape(line) for line in known["send_to"])
        parts.append(f"<p>{escape(words['send_to'])}</p><address>{address}</address>")
    if known["label"]:
        href = escape(known["label"], quote=True)
        parts.append(f'<p><a class="button" href="{href}">{escape(words["label"])}</a></p>')
    if known["fees"]["amount"]:
        parts.append(f"<p>{escape(words['fees'].format(amount=_money(known['fees'])))}</p>")
    return "".join(parts)


def _form(lines: Iterable[CustomersLine], order: CustomersOrder, words: Texts) -> str:
    taken = order["conditions"]
    fields = "".join(_fieldset(index, line, taken, words) for index, line in enumerate(lines))
    return (
        f"<section><h2>{escape(words['choose'])}</h2>"
        f'<form method="post"><input type="hidden" name="number" value="{order["next"]}">'
        f'{fields}<button type="submit">{escape(words["send"])}</button></form></section>'
    )


def _fieldset(index: int, line: CustomersLine, taken: Sequence[ItemCondition], words: Texts) -> str:
    line_id, most = escape(line["line_id"], quote=True), line["returnable"]
    options = "".join(f'<option value="{reason.value}">{escape(words[reason.value])}</option>' for reason in REASONS)
    return (
        f"<fieldset><legend>{escape(line['title'])}</legend>"
        f'<label for="q{index}">{escape(words["quantity"].format(count=most))}</label>'
        f'<input id="q{index}" name="quantity:{line_id}" type="number" inputmode="numeric" min="0" max="{most}"'
        ' value="0">'
        f'<label for="r{index}">{escape(words["reason"])}</label>'
        f'<select id="r{index}" name="reason:{line_id}">{options}</select>'
        f"{_conditions(index, line_id, taken, words) if taken else ''}</fieldset>"
    )


def _conditions(index: int, line_id: str, taken: Sequence[ItemCondition], words: Texts) -> str:
    """The question for the condition, with what is taken back. Not to answer it is an answer, and the first one."""
    known = {each: words[f"condition_{each.value}"] for each in (ItemCondition.UNKNOWN, *KNOWN_CONDITIONS)}
    options = "".join(f'<option value="{each.value}">{escape(said)}</option>' for each, said in known.items())
    hint = words["condition_taken"].format(conditions="; ".join(known[each] for each in taken))
    return (
        f'<label for="c{index}">{escape(words["condition"])}</label>'
        f'<select id="c{index}" name="condition:{line_id}" aria-describedby="h{index}">{options}</select>'
        f'<p id="h{index}">{escape(hint)}</p>'
    )


def _back(words: Mapping[str, str]) -> str:
    return f'<p><a href="">{escape(words["back"])}</a></p>'


def _money(amount: MoneyResource) -> str:
    return str(Money(amount["amount"], amount["currency"]))


def document(language: str, title: str, body: Iterable[str]) -> str:
    """A whole page for a customer, in the one look that they all have."""
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{''.join(body)}</main></body></html>\n"
    )
