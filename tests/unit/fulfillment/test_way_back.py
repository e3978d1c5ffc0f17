"""The label for the way back: bought once whatever happens, and telling nobody who sends the parcel."""

from __future__ import annotations

from datetime import timedelta

import pypdfium2
import pytest

from oms.carriers.simulated import tracking_number
from oms.errors import NotFound
from oms.fulfillment import work
from oms.fulfillment.decisions import Packing
from oms.fulfillment.tracking import Received, claim, receive
from oms.fulfillment.way_back import awaits_label, issue_label, return_label_link
from oms.orders.after_sale import Disposition
from oms.orders.events import OrderEvent, TrackingStatus
from oms.orders.log import append
from oms.orders.order import Order
from oms.orders.way_back import ReturnLabelIssued
from oms.returns import decisions, receiving
from oms.returns.decisions import Wanted
from oms.returns.receiving import Arrived, Receipt
from tests.support.memory_stack import START
from tests.unit.fulfillment.warehouse import BUYER, ORDER, SHARE, Died, Warehouse, mugs, scan

RETURN = f"{ORDER}-r1"
NUMBER = tracking_number(f"{RETURN}-to-north")
MOVING = scan(TrackingStatus.IN_TRANSIT, START + timedelta(days=2), number=NUMBER)


def approved() -> Warehouse:
    """One of three mugs may come back to the north, and a label was promised."""
    house = Warehouse()
    house.sold(mugs(3))
    desk = house.desk()
    work.accept(desk, SHARE, house.caller("accept"))
    work.pick(desk, SHARE, house.caller("pick"))
    work.pack(desk, SHARE, house.caller("pack"), packing=Packing(grams=600))
    work.ship(desk, SHARE, house.caller("ship"))
    did(house, decisions.request(house.order(), [Wanted(line_id="1", quantity=1)]))
    did(house, decisions.approve(house.order(), RETURN, location_id="north", with_label=True))
    house.bought.clear()
    house.calls.clear()
    return house


@pytest.fixture
def house() -> Warehouse:
    return approved()


def did(house: Warehouse, events: list[OrderEvent]) -> Order:
    order = house.order()
    return append(house, order, events, house.caller(f"did {order.version}"))


def issue(house: Warehouse, cause: str = "approved") -> Order:
    return issue_label(house.desk(), RETURN, house.caller(cause))


def issued(house: Warehouse) -> list[ReturnLabelIssued]:
    return [each for entry in house.log[ORDER] for each in entry.events if isinstance(each, ReturnLabelIssued)]


def test_a_message_that_comes_twice_buys_one_label(house: Warehouse) -> None:
    for cause in ("approved", "approved", "approved once more"):
        issue(house, cause)
    assert house.bought == [f"{RETURN}-to-north"]
    (label,) = issued(house)
    assert (label.carrier, label.tracking_number) == ("simulated", NUMBER)
    assert house.papers[label.document].startswith(b"%PDF")


def test_whoever_dies_anywhere_on_the_way_leaves_one_label(house: Warehouse) -> None:
    issue(house)
    calls = list(house.calls)
    assert calls == ["read", "buy", "put", "append"]
    for number in range(len(calls)):
        for when in ("before", "after"):
            fresh = approved()
            fresh.die_at = number, when
            with pytest.raises(Died):
                issue(fresh)
            fresh.die_at = None
            issue(fresh, "again")
            assert set(fresh.bought) == {f"{RETURN}-to-north"}, (number, when)
            assert len(issued(fresh)) == 1


def test_two_who_buy_at_once_get_one_label(house: Warehouse) -> None:
    house.meanwhile["append"] = lambda: issue(house, "the other")
    issue(house)
    assert set(house.bought) == {f"{RETURN}-to-north"}
    assert len(issued(house)) == 1


def test_the_label_names_the_shop_and_the_order_and_not_the_customer(house: Warehouse) -> None:
    order = issue(house)
    label = order.after_sale.returns[RETURN].label
    assert label is not None
    (page,) = pypdfium2.PdfDocument(house.papers[label.document])
    text = page.get_textpage().get_text_bounded()
    assert "#1001" in text
    assert "Hamburg" in text
    for private in (BUYER.name, BUYER.line1, BUYER.city, BUYER.postal_code):
        assert private not in text


def test_no_label_is_bought_that_nobody_promised_or_needs(house: Warehouse) -> None:
    did(house, decisions.decline(house.order(), RETURN, "no"))
    assert not awaits_label(issue(house), RETURN)
    did(house, decisions.approve(house.order(), RETURN, location_id="north"))
    issue(house)
    with pytest.raises(NotFound, match="has no label"):
        return_label_link(house.desk(), RETURN)
    receipt = Receipt(location_id="north", units=(Arrived(line_id="1", quantity=1, disposition=Disposition.SCRAP),))
    did(house, receiving.receive(house.order(), RETURN, receipt))
    issue(house)
    assert house.bought == []


def test_a_return_that_may_come_to_another_place_gets_another_label(house: Warehouse) -> None:
    issue(house)
    did(house, decisions.decline(house.order(), RETURN, "no"))
    with pytest.raises(NotFound, match="has no label"):
        return_label_link(house.desk(), RETURN)
    did(house, decisions.approve(house.order(), RETURN, location_id="south", with_label=True))
    issue(house, "approved anew")
    assert house.bought == [f"{RETURN}-to-north", f"{RETURN}-to-south"]
    assert return_label_link(house.desk(), RETURN).endswith(f"{RETURN}-label.pdf")


def test_carriers_tell_where_the_parcel_is_and_only_a_receipt_says_that_it_came(house: Warehouse) -> None:
    assert receive(house.desk(), "simulated", [MOVING], house.clock) == Received(parked=1)
    issue(house)
    assert claim(house.desk(), "simulated", NUMBER, house.clock) == 1
    there = scan(TrackingStatus.DELIVERED, START + timedelta(days=3), number=NUMBER)
    for _ in range(2):
        assert receive(house.desk(), "simulated", [there, MOVING], house.clock) == Received(applied=2)
    known = house.order().after_sale.returns[RETURN]
    assert [each.status for each in known.scans] == [TrackingStatus.IN_TRANSIT, TrackingStatus.DELIVERED]
    assert known.received == ()
