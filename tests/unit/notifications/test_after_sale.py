"""What customers are told after the sale: what happens to their things, and to their money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from oms.notifications.catalogue import kind_of
from oms.notifications.language import LANGUAGES, choose, texts
from oms.notifications.render import Message, render
from oms.notifications.way_back import NOWHERE
from oms.orders import after_sale as back
from oms.orders import events as ev
from oms.orders.after_sale import Disposition
from oms.orders.condition import ItemCondition
from oms.orders.events import OrderEvent, PaymentMethod
from oms.orders.exchanges import ExchangeRequested, ShipWhen
from oms.orders.reasons import CancellationReason, DeclineReason
from oms.payments.ledger import PaymentCaptured, PaymentPromised, PaymentRefunded, PaymentRefundFailed
from tests.unit.notifications.reader import read
from tests.unit.notifications.samples import (
    CONFIRMED,
    PAGE,
    RETURN,
    WAY,
    allocated,
    asked,
    came,
    cancelled,
    credit,
    edit,
    express,
    found,
    held,
    history,
    journey,
    labelled,
    line,
    not_stopped,
    paid,
    placed,
    refunded,
    usual,
)

SHOP = "Nordlicht & Söhne"


def told(*decisions: Sequence[OrderEvent], index: int = -1, language: str = "en") -> Message:
    occasion = found(history(*decisions), index)
    kind = kind_of(occasion)
    assert kind is not None
    return render(kind, occasion, choose(language), SHOP, WAY)


def all_cancelled(*lines: ev.PlacedLine, **why: CancellationReason) -> ev.UnitsCancelled:
    units = tuple(
        ev.CancelledUnits(line_id=each.line_id, sku=each.sku, quantity=each.quantity, source=ev.UnitState.OPEN)
        for each in lines
    )
    return ev.UnitsCancelled(units=units, **why)


def test_a_part_that_is_cancelled_tells_what_goes_what_stays_and_what_comes_back() -> None:
    order = usual()
    gone = cancelled(order.lines[-1], reason="said by staff", code=CancellationReason.UNFILLABLE)
    message = told(*journey(order), [gone], language="de")
    assert message.subject == "Ein Teil Ihrer Bestellung 1001 wurde storniert"
    for fact in (
        "Alles andere bleibt unverändert. Leider sind diese Artikel nicht mehr lieferbar.",
        "Erstattung: 1.299,00\u00a0€",
        "Storniert\n- 1 × Cutting board, olive wood",
        "- 2 × Espresso cup “Alba”, set of two: 64,80\u00a0€",
        "Gesamtbetrag: 108,20\u00a0€",
    ):
        assert fact in message.text
    assert message.sms.endswith("storniert. Erstattung: 1.299,00 €.")
    assert "said by staff" not in message.html + message.text
    assert "Nicht berechnet" not in message.text


def test_an_unpaid_order_that_is_given_up_promises_no_refund() -> None:
    order = usual()
    message = told([order], [all_cancelled(*order.lines, code=CancellationReason.UNPAID)])
    assert message.subject == "Your order 1001 has been cancelled"
    assert "We did not receive your payment in time." in message.text
    assert "Not charged: €1,407.20" in message.text
    assert "efund" not in message.text
    assert "Your items" not in message.text


def test_an_order_paid_in_part_gets_that_part_back_and_is_not_charged_the_rest() -> None:
    order = usual()
    part = replace(paid(order), amount=5000)
    message = told([order, part], [all_cancelled(*order.lines)])
    assert "Refund: €50.00" in message.text
    assert "Not charged: €1,357.20" in message.text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", CancellationReason)
def test_why_it_is_cancelled_is_told_in_the_customers_words_or_not_at_all(
    code: CancellationReason, language: str
) -> None:
    order = usual()
    message = told([order], [all_cancelled(*order.lines, code=code)], language=language)
    reasons = {key: text for key, text in texts(language).items() if key.startswith("cancelled_because.")}
    assert {key for key, text in reasons.items() if text in message.text} == (
        set() if code is CancellationReason.OTHER else {f"cancelled_because.{code.value}"}
    )


def test_an_edit_tells_what_comes_what_goes_what_it_costs_and_how_it_is_sent() -> None:
    order = usual()
    message = told(*journey(order)[:2], [*edit(order), express(order)], index=1)
    for fact in (
        "Total before: €1,407.20",
        "Refund: €1,272.70",
        "Shipping method: Express",
        "Added\n- 1 × Espresso cup “Alba”, set of two",
        "Cancelled\n- 1 × Cutting board, olive wood",
        "Shipping (Express): €12.20",
        "Total: €134.50",
    ):
        assert fact in message.text
    assert "In addition" not in message.text
    assert message.sms.endswith("New total: €134.50.")


def test_an_edit_that_costs_more_says_how_much() -> None:
    order = usual()
    message = told(*journey(order)[:2], [express(order)])
    assert "In addition: €6.30" in message.text
    assert "Refund" not in message.text


@pytest.mark.parametrize("late", [True, False])
def test_what_could_not_be_stopped_is_told_and_nothing_of_what_the_location_said(*, late: bool) -> None:
    order = usual()
    message = told(*journey(order)[:3], *not_stopped(order.lines[0], late=late))
    assert ("had already left" in message.text) == late
    assert "Still coming to you\n- 2 × Espresso cup" in message.text
    assert "said by staff" not in message.html + message.text


def test_the_payment_that_was_asked_for_is_confirmed() -> None:
    order = usual()
    released = ev.HoldReleased(handle="hold-1")
    message = told([order, held(ev.HoldReason.PAYMENT_PENDING)], [paid(order), released])
    assert message.subject == "We have received the payment for your order 1001"
    assert "Amount: €1,407.20" in message.text


TENDERS = {
    PaymentMethod.GIFT_CARD: "Your gift card or store credit",
    PaymentMethod.MARKETPLACE: "The payment method you used on the marketplace",
    PaymentMethod.BANK_TRANSFER: "Your bank account",
    PaymentMethod.CASH_ON_DELIVERY: "Your bank account",
    PaymentMethod.PREPAID: "The payment method you chose when you placed your order",
}


@pytest.mark.parametrize("method", TENDERS)
def test_a_refund_tells_how_much_goes_where_and_how_long_it_takes(method: PaymentMethod) -> None:
    order = usual()
    money = replace(paid(order), method=method, by_channel=method not in {"bank_transfer", "cash_on_delivery"})
    message = told([order, money], [all_cancelled(*order.lines)], *refunded(1000))
    assert f"Refunded to: {TENDERS[method]}" in message.text
    assert "Refund: €10.00" in message.text
    section = {"gift_card": "gift_card", "marketplace": "marketplace", "prepaid": "shop"}.get(method, "account")
    assert texts("en")[f"tender.{section}_time"] in message.text


def test_a_refund_to_several_tenders_says_what_has_gone_and_what_is_to_follow() -> None:
    order = usual()
    card = PaymentCaptured(payment_id="card", reference="c", amount=5000, by_channel=True, method="gift_card")
    rest = replace(paid(order), amount=order.total - 5000)
    parts = (
        back.RefundPart(payment_id="card", amount=5000),
        back.RefundPart(payment_id="channel", amount=2000),
    )
    asked_for = back.RefundRequested(refund_id="refund-1", parts=parts)
    first = PaymentRefunded(payment_id="card", refund_id="refund-1", reference="r", amount=5000, by_channel=True)
    second = replace(first, payment_id="channel", amount=2000)
    before: list[list[OrderEvent]] = [[order, card, rest], [all_cancelled(*order.lines)], [asked_for]]
    part = told(*before, [first])
    assert "Refund: €50.00" in part.text
    assert "The payment method you chose when you placed your order, still to follow: €20.00" in part.text
    both = told(*before, [first, second], index=0)
    assert "Refund: €70.00" in both.text
    assert "Your gift card or store credit: €50.00" in both.text
    assert "still to follow" not in both.text
    assert kind_of(found(history(*before, [first, second]), 1)) is None
    failed = PaymentRefundFailed(payment_id="channel", refund_id="refund-1", code="closed")
    assert "still to follow" in told(*before, [failed], [first]).text


def test_what_is_promised_at_the_door_is_not_refunded_when_it_is_cancelled() -> None:
    order = replace(usual(), payment=ev.PaymentTerms(method=PaymentMethod.CASH_ON_DELIVERY, amount=140720))
    promise = PaymentPromised(payment_id="1", method="cash_on_delivery", amount=order.total, covers=True)
    message = told([order, promise], [all_cancelled(*order.lines)])
    assert "Not charged: €1,407.20" in message.text
    assert "Refund" not in message.text


def test_a_return_is_told_with_the_customers_own_reasons_and_not_with_what_staff_noted() -> None:
    message = told(*journey(usual()), [asked()], language="it")
    assert "- 1 × Espresso cup “Alba”, set of two (Non va bene la misura)" in message.text
    assert "- 1 × Espresso cup “Alba”, set of two (È danneggiato)" in message.text
    assert "said by staff" not in message.html + message.text
    assert "Numero di reso: 1001-R1" in message.text
    assert read(message.html).all("a", "href") == [PAGE]


def test_an_approved_return_tells_where_to_and_what_is_kept() -> None:
    approved = back.ReturnApproved(return_id=RETURN, location_id="bz", restocking_fee=120, shipping_fee=490)
    message = told(*journey(usual()), [asked()], [approved], language="fr")
    for fact in (
        "Lager Bozen\nVia Galvani 8\n39100 Bolzano BZ\nItalie",
        "Retenu sur le remboursement pour la remise en stock\u00a0: 1,20\u00a0€",
        "Retenu sur le remboursement pour les frais de retour\u00a0: 4,90\u00a0€",
        "le numéro de retour 1001-R1",
    ):
        assert fact in message.text


def test_a_return_with_a_label_links_to_it_and_names_no_address() -> None:
    occasion = found(labelled())
    kind = kind_of(occasion)
    assert kind is not None
    message = render(kind, occasion, choose("de"), SHOP, WAY)
    assert read(message.html).all("a", "href") == [f"{PAGE}/1/label.pdf"]
    assert "Sendungsnummer: RET123" in message.text
    assert "Versanddienst: GLS" in message.text
    assert "Via Galvani" not in message.text
    unlinked = render(kind, occasion, choose("de"), SHOP, NOWHERE)
    assert read(unlinked.html).all("a", "href") == []


def test_a_declined_return_says_why_in_the_customers_language_and_what_staff_wrote_as_it_stands() -> None:
    declined = back.ReturnDeclined(
        return_id=RETURN, code=DeclineReason.WINDOW_OVER, line_id="1", days=30, reason="Siehe Foto 2"
    )
    message = told(*journey(usual()), [asked()], [declined], language="de")
    assert (
        "*** Grund ***\n„Espresso cup “Alba”, set of two“ konnte innerhalb von 30 Tagen nach der Zustellung"
        " zurückgegeben werden. Diese Frist ist abgelaufen. Siehe Foto 2" in message.text
    )


def test_what_came_back_is_told_piece_by_piece_with_what_is_credited_and_kept() -> None:
    approved = back.ReturnApproved(return_id=RETURN, location_id="bz", shipping_fee=490)
    received = came(
        ("1", 1, Disposition.RESTOCK),
        ("1", 1, Disposition.SCRAP),
        ("2", 1, Disposition.MISSING),
        ("2", 2, Disposition.WRONG_ITEM),
    )
    message = told(*journey(usual()), [asked()], [approved], [received, credit(RETURN, fee=490)], index=0)
    for fact in (
        "Value of the items: €32.40",
        "Fees kept: -€4.90",
        "Credited in all: €27.50",
        "We will refund this amount",
        "Items that have arrived\n- 2 × Espresso cup “Alba”, set of two",
        "Not in the parcel\nWe did not find these announced items in the parcel and cannot credit them.\n- 1 × Linen",
        "Another item in the parcel\n",
        "- 2 × Linen tea towel",
    ):
        assert fact in message.text
    assert message.sms.endswith("has arrived. Credited: €27.50.")


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_came_back_spoiled_is_told_as_not_credited(language: str) -> None:
    approved = back.ReturnApproved(return_id=RETURN, location_id="bz")
    good, bad = came(("1", 1, Disposition.RESTOCK)), came(("1", 1, Disposition.SCRAP))
    refused = replace(bad.units[0], credit=False)
    words = texts(language)
    lead, not_yet = words["return_received.not_credited_lead"], words["return_received.not_yet"]
    part = replace(good, units=(*good.units, refused))
    message = told(*journey(usual()), [asked()], [approved], [part, credit(RETURN)], index=0, language=language)
    told_of = message.text.partition(words["return_received.came"])[2]
    assert lead in told_of.partition(words["return_received.not_credited"])[2]
    assert not_yet not in message.text
    message = told(*journey(usual()), [asked()], [approved], [replace(bad, units=(refused,))], language=language)
    assert lead in message.text
    assert words["return_received.came"] not in message.text
    assert not_yet not in message.text


def test_a_return_that_is_announced_is_repeated_with_reason_and_condition() -> None:
    known = asked()
    units = (replace(known.units[0], condition=ItemCondition.OPENED),)
    message = told(*journey(usual()), [replace(known, units=units)], language="de")
    assert "ausgepackt und nicht benutzt" in message.text


def test_what_a_return_pays_of_an_exchange_is_told_on_both_orders() -> None:
    order = usual()
    approved = back.ReturnApproved(return_id=RETURN, location_id="bz")
    wish = ExchangeRequested(
        exchange_id="x", return_id=RETURN, lines=(line(1, price=2500),), ship=ShipWhen.ON_RECEIPT, credit=3240
    )
    receipt = came(("1", 1, Disposition.RESTOCK))
    message = told(*journey(order), [asked()], [approved], [wish], [receipt, credit(RETURN)], index=0)
    assert "Credited in all: €32.40\nUsed for your exchange: €25.00" in message.text
    other = replace(placed(line(1, price=2500), number="1001-x1"), exchange_of="o1")
    terms = ev.PaymentTerms(method=PaymentMethod.EXCHANGE, amount=2000)
    message = told([replace(other, payment=terms)], [allocated(("1", 1)), CONFIRMED])
    assert "These items are in exchange for what you are returning." in message.text
    assert "From your return: €20.00" in message.text


def test_a_parcel_that_nobody_announced_and_nobody_credits_is_told_as_that() -> None:
    received = came(("1", 1, Disposition.REFURBISH), return_id="")
    message = told(*journey(usual()), [received])
    assert "has come back to us" in message.text
    assert "Nothing has been credited yet." in message.text
    assert "Return number" not in message.text
    assert "Credited in all" not in message.text


def test_a_claim_is_credited_without_anything_to_send_back() -> None:
    second = replace(
        credit(charges=590), credit_id="c2", units=(back.CreditedUnits(line_id="2", quantity=2, amount=2500),)
    )
    message = told(*journey(usual()), [credit(), second], index=0)
    for fact in (
        "you do not need to send anything back",
        "Value of the items: €57.40",
        "Shipping and other charges: €5.90",
        "Credited in all: €63.30",
        "- 1 × Espresso cup",
        "- 2 × Linen tea towel",
    ):
        assert fact in message.text


@pytest.mark.parametrize(
    ("currency", "amount"), [("JPY", "¥1,000"), ("KWD", "KWD\u00a01.000"), ("CHF", "CHF\u00a010.00")]
)
def test_amounts_are_those_of_the_orders_currency(currency: str, amount: str) -> None:
    order = placed(line(1, price=5000), currency=currency)
    message = told([order, paid(order)], [all_cancelled(*order.lines)], *refunded(1000))
    assert f"Refund: {amount}" in message.text
