from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from pydantic_core import to_json

from oms.channels.canonical import canonical_document
from oms.channels.canonical_model import CanonicalOrder
from oms.channels.changes import first_events
from oms.channels.document import ChannelDocument
from oms.clock import from_text
from oms.errors import InvalidInput
from oms.orders.events import ChargeKind, HoldReason, OrderHeld, PaymentMethod, PriceMode
from oms.setup import Channel, Platform
from tests.unit.channels.payloads import parts

CHANNEL = Channel(
    channel_id="store",
    platform=Platform.CANONICAL,
    name="Store",
    default_language="fr",
    currency="EUR",
    gateway="simulated",
)
Json = dict[str, Any]


def eur(amount: int) -> Json:
    return {"amount": amount, "currency": "EUR"}


def order(**changes: Any) -> Json:
    whole: Json = {
        "external_id": "A-1",
        "currency": "EUR",
        "placed_at": "2026-03-02T10:00:00+01:00",
        "prices": "gross",
        "lines": [
            {"sku": "CUP", "title": "Cup", "quantity": 3, "unit_price": eur(1190), "tax": eur(540)},
            {"sku": "POT", "title": "Pot", "quantity": 1, "total": eur(4000), "discount": eur(500), "grams": 900},
        ],
        "payment": {"method": "prepaid", "reference": "ch_1"},
    }
    return whole | changes


def read(body: Json) -> ChannelDocument:
    return canonical_document(CanonicalOrder.model_validate_json(to_json(body)), CHANNEL)


def paths(body: Json) -> set[str]:
    """The fields that are named when the order is refused."""
    try:
        read(body)
    except InvalidInput as refused:
        return {error.path for error in refused.errors}
    except ValidationError as error:
        return {".".join(map(str, each["loc"])) for each in error.errors()}
    return set()


def test_lines_discounts_and_charges_become_exact_figures() -> None:
    document = read(
        order(
            discounts=[{"title": "Ten off", "amount": eur(1000)}],
            charges=[{"kind": "shipping", "title": "Post", "code": "post", "amount": eur(595), "tax": eur(95)}],
            total=eur(6665),
        )
    )
    cup, pot = document.placed.lines
    # 3570 and 3500 share the discount of 1000 as 505 and 495.
    assert (cup.net, cup.tax, cup.discount, cup.list_price) == (2525, 540, 505, 1190)
    assert (pot.net, pot.tax, pot.discount, pot.list_price, pot.grams) == (3005, 0, 995, 4000, 900)
    charge = document.placed.charges[0]
    assert (charge.kind, charge.net, charge.tax, charge.code) == (ChargeKind.SHIPPING, 500, 95, "post")
    assert parts(document) == document.placed.total == 6665


def test_net_prices_have_their_tax_added() -> None:
    document = read(order(prices="net"))
    assert [(line.net, line.tax) for line in document.placed.lines] == [(3570, 540), (3500, 0)]
    assert document.placed.total == 7610
    assert document.placed.prices is PriceMode.NET


def test_without_a_total_ours_is_taken_and_another_one_is_held() -> None:
    assert read(order()).placed.total == 7070
    events = first_events(read(order(total=eur(7000))), "o1", from_text("2026-03-02T10:00:00Z"))
    held = [event for event in events if isinstance(event, OrderHeld)]
    assert [each.reason for each in held] == [HoldReason.TOTAL_MISMATCH]
    assert "difference -0.70 EUR" in held[0].note


def test_what_is_left_out_comes_from_the_channel() -> None:
    body = order(payment={"method": "gateway", "instrument": "sim_ok"})
    del body["currency"]
    placed = read(body).placed
    assert (placed.currency, placed.language, placed.number) == ("EUR", "fr", "A-1")
    assert (placed.payment.gateway, placed.payment.amount) == ("simulated", 7070)
    assert [line.external_line_id for line in placed.lines] == ["1", "2"]


def test_an_unpaid_order_has_no_amount_taken() -> None:
    terms = read(order(payment={"method": "unpaid"})).placed.payment
    assert (terms.method, terms.amount) == (PaymentMethod.UNPAID, 0)


def test_the_contact_is_read_whole() -> None:
    shipping = {"name": "Kim", "line1": "Rue 1", "city": "Lyon", "postal_code": "69001", "country": "FR"}
    document = read(order(contact={"name": "Kim", "email": "kim@example.org", "shipping": shipping}))
    assert (document.contact.email, document.contact.billing) == ("kim@example.org", None)
    assert document.contact.shipping is not None
    assert document.contact.shipping.postal_code == "69001"


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"colour": "red"}, "colour"),
        ({"external_id": ""}, "external_id"),
        ({"currency": "EURO"}, "currency"),
        ({"currency": "XXX"}, "currency"),
        ({"placed_at": "2026-03-02T10:00:00"}, "placed_at"),
        ({"prices": "with tax"}, "prices"),
        ({"lines": []}, "lines"),
        ({"contact": {"email": "nobody"}}, "contact.email"),
        ({"contact": {"shipping": {"country": "Germany"}}}, "contact.shipping.country"),
        ({"payment": {"method": "iou"}}, "payment.method"),
        ({"payment": {"method": "gateway", "gateway": "simulated"}}, "payment.instrument"),
        ({"payment": {"method": "prepaid", "amount": eur(-1)}}, "payment.amount"),
        ({"payments": [{"method": "prepaid"}]}, "payment"),
        ({"payment": None}, "payment"),
        ({"payment": None, "payments": [{"method": "prepaid"}, {"method": "gift_card"}]}, "payments[1].amount"),
        ({"payment": None, "payments": [{"method": "gift_card", "amount": eur(-1)}]}, "payments[0].amount"),
        ({"payment": None, "payments": [{"method": "gateway"}]}, "payments[0].instrument"),
        (
            {
                "payment": None,
                "payments": [{"method": "gift_card", "amount": eur(7070)}, {"method": "prepaid", "amount": eur(1)}],
            },
            "payments",
        ),
        ({"payment": {"method": "prepaid", "amount": {"amount": 1, "currency": "USD"}}}, "payment.amount.currency"),
        ({"total": {"amount": 7070, "currency": "USD"}}, "total.currency"),
        ({"total": {"amount": 70.7, "currency": "EUR"}}, "total.amount"),
        ({"total": {"amount": "7070", "currency": "EUR"}}, "total.amount"),
        ({"discounts": [{"amount": eur(9999)}]}, "discounts"),
        ({"discounts": [{"amount": eur(-1)}]}, "discounts"),
        ({"charges": [{"kind": "bribe", "amount": eur(1)}]}, "charges.0.kind"),
        ({"charges": [{"kind": "fee", "amount": {"amount": 1, "currency": "USD"}}]}, "charges[0].amount.currency"),
        ({"language": "a language"}, "language"),
    ],
)
def test_a_wrong_field_is_named(change: Json, path: str) -> None:
    assert paths(order(**change)) == {path}


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"quantity": 0}, "lines.0.quantity"),
        ({"quantity": 1.5}, "lines.0.quantity"),
        ({"quantity": "3"}, "lines.0.quantity"),
        ({"quantity": 10**7}, "lines.0.quantity"),
        ({"unit_price": None}, "lines[0]"),
        ({"unit_price": {"amount": 1190, "currency": "USD"}}, "lines[0].unit_price.currency"),
        ({"total": eur(3571)}, "lines[0].total"),
        ({"unit_price": eur(-1190), "tax": None}, "lines[0].unit_price"),
        ({"discount": eur(3571)}, "lines[0].discount"),
        ({"tax": eur(3571)}, "lines[0].tax"),
        ({"tax": eur(-1)}, "lines[0].tax"),
        ({"external_line_id": "2"}, "lines[1].external_line_id"),
        ({"sku": "x" * 129}, "lines.0.sku"),
    ],
)
def test_a_wrong_field_of_a_line_is_named(change: Json, path: str) -> None:
    body = order()
    body["lines"][0] |= change
    assert path in paths(body)


def test_a_tax_that_is_more_than_what_the_discounts_leave_is_named() -> None:
    assert paths(order(discounts=[{"amount": eur(7000)}])) == {"lines[0].tax"}


def test_unit_price_and_total_may_stand_together_when_they_agree() -> None:
    body = order()
    body["lines"][0] |= {"total": eur(3570)}
    assert read(body).placed.lines == read(order()).placed.lines


def test_the_same_content_has_the_same_fingerprint_however_it_is_written() -> None:
    assert read(order()).placed.fingerprint == read(dict(reversed(order().items()))).placed.fingerprint


@pytest.mark.parametrize(
    "change",
    [
        {"number": "B"},
        {"test": True},
        {"language": "de"},
        {"contact": {"name": "Kim"}},
        {"payment": {"method": "unpaid"}},
    ],
)
def test_other_content_has_another_fingerprint(change: Json) -> None:
    assert read(order(**change)).placed.fingerprint != read(order()).placed.fingerprint


CURRENCIES = st.sampled_from(["EUR", "JPY", "KWD", "USD"])


@st.composite
def orders(draw: st.DrawFn) -> Json:
    """Orders that do not contradict themselves, with figures of all sizes."""
    currency, prices = draw(CURRENCIES), draw(st.sampled_from(["gross", "net"]))

    def money(amount: int) -> Json:
        return {"amount": amount, "currency": currency}

    lines, left = [], 0
    for _ in range(draw(st.integers(1, 8))):
        quantity, price = draw(st.integers(1, 40)), draw(st.integers(0, 10**6))
        whole = quantity * price if (by_unit := draw(st.booleans())) else draw(st.integers(0, 10**7))
        discount = draw(st.integers(0, whole))
        line = {"sku": "A", "title": "Ä" * draw(st.integers(0, 5)), "quantity": quantity}
        line |= {"unit_price": money(price)} if by_unit else {"total": money(whole)}
        line |= {"discount": money(discount), "tax": money(draw(st.integers(0, (whole - discount) // 2)))}
        lines.append(line)
        left += whole - discount
    charges = [
        {"kind": kind, "amount": money(draw(st.integers(-500, 10**5)))}
        for kind in draw(st.lists(st.sampled_from([kind.value for kind in ChargeKind]), max_size=3))
    ]
    return order(
        currency=currency,
        prices=prices,
        lines=lines,
        charges=charges,
        discounts=[{"amount": money(draw(st.integers(0, left // 2)))}],
    )


@given(orders())
def test_units_add_up_to_their_line_and_all_parts_to_the_total(body: Json) -> None:
    before = deepcopy(body)
    document = read(body)
    assert body == before
    placed = document.placed
    for line in placed.lines:
        assert sum(run.count for run in line.units) == line.quantity
        assert sum(run.count * run.net for run in line.units) == line.net
        assert sum(run.count * run.tax for run in line.units) == line.tax
    assert parts(document) == placed.total
    quoted = sum(
        each["unit_price"]["amount"] * each["quantity"] if "unit_price" in each else each["total"]["amount"]
        for each in body["lines"]
    )
    off = sum(each["discount"]["amount"] for each in body["lines"]) + body["discounts"][0]["amount"]["amount"]
    tax = sum(each["tax"]["amount"] for each in body["lines"]) if body["prices"] == "net" else 0
    assert placed.total == quoted - off + tax + sum(each["amount"]["amount"] for each in body["charges"])
    assert sum(line.discount for line in placed.lines) == off
    assert not [event for event in first_events(document, "o1", placed.placed_at) if isinstance(event, OrderHeld)]


def test_each_of_several_tenders_has_its_amount_and_one_takes_what_is_left() -> None:
    several = [
        {"method": "gift_card", "amount": eur(1000), "reference": "GC-1"},
        {"method": "gateway", "instrument": "sim_ok"},
        {"method": "cash_on_delivery", "amount": eur(70)},
    ]
    placed = read(order(payment=None, payments=several)).placed
    assert [(each.method, each.amount) for each in (placed.payment, *placed.tenders)] == [
        (PaymentMethod.GIFT_CARD, 1000),
        (PaymentMethod.GATEWAY, 6000),
        (PaymentMethod.CASH_ON_DELIVERY, 70),
    ]
