"""Goods that customers fetch in a store, from the shelf into their hands or back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from oms.errors import InvalidInput, NotAllowed
from oms.fulfillment.documents import packing_slip
from oms.fulfillment.waiting import waiting
from oms.orders import decisions
from oms.orders.codec import dump_events
from oms.orders.contact import Contact
from oms.orders.edit_commands import ContactEdit, EditOrder, edit_order
from oms.orders.events import HoldReason, UnitsCancelled, UnitState
from oms.orders.log import append
from oms.orders.order import Order, expected_delivery
from oms.orders.pickup import PickupCollected, PickupExpired, PickupReady, PickupReminded, Proof
from oms.orders.pickup_code import is_pickup_code, pickup_code
from oms.orders.reasons import CancellationReason
from oms.orders.transitions import FulfillmentStatus, OrderStatus
from oms.payments.ledger import PaymentCaptured, PaymentVoided
from oms.routing.backorders import fill_backorders
from oms.routing.timers import wake_at
from oms.views.queues import Queue, queues_of
from oms.views.summary import fulfillment_summaries
from oms.views.work import fulfillment_work
from tests.support.orders import line, placed
from tests.unit.fulfillment.shop_floor import KEY, MITTE, ShopFloor
from tests.unit.fulfillment.test_documents import texts
from tests.unit.fulfillment.warehouse import BUYER, ORDER, SHARE, SHOP, many, mugs, plates

DAY = timedelta(days=1)


@pytest.fixture
def floor() -> ShopFloor:
    floor = ShopFloor()
    floor.stock("mug", "mitte", 5)
    floor.stock("mug", "north", 50)
    return floor


def card() -> object:
    return placed(line("1", "mug", 2, 2000, 380), instrument="sim_ok")


def told(floor: ShopFloor, kind: type) -> list[object]:
    return [event for entry in floor.log[ORDER] for event in entry.events if isinstance(event, kind)]


def level(floor: ShopFloor, location_id: str = "mitte", sku: str = "mug") -> tuple[int, int, int]:
    there = floor.levels[sku, location_id]
    return there.on_hand, there.available, there.committed


def status(floor: ShopFloor, number: int = 1) -> FulfillmentStatus:
    return floor.share(number).status


# From the shelf into the customer's hands.


def test_goods_that_are_fetched_come_from_the_store_whatever_lies_elsewhere_and_need_no_address(
    floor: ShopFloor,
) -> None:
    order = floor.fetched(mugs(2))
    assert not order.holds
    assert [share.location_id for share in order.fulfillment_orders.values()] == ["mitte"]
    assert floor.share().pickup is not None
    verdicts = {each.location_id: each.verdict for each in order.explanations[0].candidates}
    assert "the order is to come from mitte" in verdicts["north"]
    shown = fulfillment_work(order, SHARE)
    assert (shown["ship_to"], shown["for_whom"]) == (None, "Kim Berg")
    assert shown["pickup"] is not None
    assert shown["pickup"]["location_id"] == "mitte"


def test_the_promised_day_is_that_on_which_the_store_has_it_ready_without_days_on_the_way(floor: ShopFloor) -> None:
    assert expected_delivery(floor.fetched(mugs(2))) == date(2026, 3, 3)


def test_staff_pick_make_ready_and_hand_over_without_a_label_and_the_money_is_taken_then(floor: ShopFloor) -> None:
    floor.fetched(sale=card())  # type: ignore[arg-type]
    assert floor.share().status is FulfillmentStatus.OPEN
    floor.act("accept")
    floor.act("pick")
    assert floor.order().actions_of(floor.share()) == ("ready", "reject")
    floor.act("ready")
    assert (status(floor), floor.order().actions_of(floor.share())) == ("ready", ("hand-over", "put-back"))
    assert floor.routed().charged == 0, "nobody pays before the goods are theirs"
    assert level(floor) == (5, 3, 2)
    floor.act("hand-over")
    order = floor.routed()
    assert (order.status, status(floor)) == (OrderStatus.DELIVERED, "delivered")
    assert order.charged == order.due == 2380
    assert level(floor) == (3, 3, 0)
    assert floor.bought == []
    assert [each.label for each in order.parcels.values()] == [None]
    assert floor.share().pickup.proof is Proof.CODE  # type: ignore[union-attr]


def test_what_was_done_is_not_done_again(floor: ShopFloor) -> None:
    floor.fetched(mugs(2))
    version = floor.ready().version
    assert floor.act("ready").version == version
    version = floor.act("hand-over").version
    assert floor.act("hand-over").version == version


def test_nothing_is_ready_before_all_is_picked_and_nothing_of_it_is_packed_or_shipped(floor: ShopFloor) -> None:
    floor.fetched(mugs(3))
    with pytest.raises(NotAllowed, match="allowed now: accept"):
        floor.act("ready")
    floor.act("accept")
    floor.act("pick", units={"1": 1})
    for refused in ("ready", "pack", "ship", "hand-over"):
        with pytest.raises(NotAllowed):
            floor.act(refused)
    floor.act("pick")
    floor.act("ready")
    assert status(floor) == "ready"


def test_goods_are_given_to_nobody_without_a_proof(floor: ShopFloor) -> None:
    floor.fetched(mugs(2))
    floor.ready()
    with pytest.raises(InvalidInput, match="ask for the code"):
        floor.act("hand-over", code="")
    with pytest.raises(InvalidInput, match="not the code"):
        floor.act("hand-over", code=pickup_code(f"{ORDER}-2", KEY))
    with pytest.raises(InvalidInput, match="not the code"):
        floor.act("hand-over", code="12345", identity_seen=True)
    floor.act("hand-over", code="", identity_seen=True)
    assert told(floor, PickupCollected) == [PickupCollected(fulfillment_order_id=SHARE, proof=Proof.IDENTITY)]


def test_a_code_is_known_however_it_is_spaced_and_differs_by_order_and_key() -> None:
    code = pickup_code(SHARE, KEY)
    assert len(code) == 6
    assert code.isdigit()
    assert is_pickup_code(f" {code[:3]} {code[3:]}", SHARE, KEY)
    assert len({pickup_code(f"{ORDER}-{number}", KEY) for number in range(50)}) > 45
    assert not is_pickup_code(code, SHARE, "another key")
    assert not is_pickup_code("ünïcödé", SHARE, KEY)
    with pytest.raises(ValueError, match="no key"):
        pickup_code(SHARE, "")


def test_who_came_stands_beside_the_customers_contact_and_in_no_event(floor: ShopFloor) -> None:
    floor.fetched(mugs(2))
    floor.ready()
    floor.act("hand-over", identity_seen=True, collected_by="Robin Berg")
    order = floor.order()
    assert order.contact is not None
    assert [(each.fulfillment_order_id, each.name) for each in order.contact.collectors] == [(SHARE, "Robin Berg")]
    assert all("Robin" not in dump_events(entry.events) for entry in floor.log[ORDER])
    edit = EditOrder(contact=ContactEdit(email="other@example.org"))
    edit_order(floor, ORDER, edit, floor.caller("edit"))
    after = floor.order().contact
    assert after is not None
    assert (after.email, len(after.collectors)) == ("other@example.org", 1)


def test_nobody_is_written_down_for_a_customer_whose_data_were_erased(floor: ShopFloor) -> None:
    floor.fetched(mugs(2))
    floor.ready()
    floor.log[ORDER] = [replace(entry, contact=None) for entry in floor.log[ORDER]]
    floor.act("hand-over", identity_seen=True, collected_by="Robin Berg")
    assert floor.order().contact is None


def test_a_held_order_is_not_handed_over(floor: ShopFloor) -> None:
    floor.fetched(mugs(2))
    order = floor.ready()
    append(floor, order, decisions.hold(order, HoldReason.MANUAL), floor.caller("hold"))
    with pytest.raises(NotAllowed, match="held"):
        floor.act("hand-over")
    assert wake_at(floor.order()) is None, "nobody is reminded of what they do not get"


def test_a_bag_of_very_many_skus_is_handed_over_in_parts() -> None:
    floor = ShopFloor()
    for each in many(95):
        floor.stock(each.sku, "mitte", 1)
    floor.fetched(*many(95))
    floor.ready()
    floor.act("hand-over")
    assert floor.order().status is OrderStatus.DELIVERED
    assert len(told(floor, PickupCollected)) == 1
    assert not any(level.on_hand for level in floor.levels.values())


# Time.


def test_the_customer_has_days_on_which_the_store_is_open_in_the_stores_own_time() -> None:
    friday = datetime(2026, 3, 6, 23, 30, tzinfo=UTC)  # Saturday in Berlin
    days = waiting(replace(MITTE, pickup_days=8), friday)
    assert days.last_day == date(2026, 3, 16), "the eighth day is a Sunday"
    assert days.until == datetime(2026, 3, 16, 23, tzinfo=UTC)
    assert days.remind_at == datetime(2026, 3, 14, 8, tzinfo=UTC)
    closed = replace(MITTE, pickup_days=8, closed_days=(date(2026, 3, 16),))
    assert waiting(closed, friday).last_day == date(2026, 3, 17)
    assert waiting(replace(MITTE, pickup_days=1), friday).remind_at is None, "there is no time for a reminder"
    assert waiting(replace(MITTE, time_zone="Nowhere/City"), friday).last_day == date(2026, 3, 13)


def test_who_does_not_come_is_reminded_once_and_then_their_time_is_over(floor: ShopFloor) -> None:
    floor.fetched(mugs(2))
    floor.ready()
    (ready,) = told(floor, PickupReady)
    assert isinstance(ready, PickupReady)
    assert wake_at(floor.order()) == ready.remind_at
    floor.woken()
    assert (len(told(floor, PickupReminded)), status(floor)) == (1, "ready")
    assert wake_at(floor.order()) == ready.until
    floor.woken()
    assert (len(told(floor, PickupExpired)), status(floor)) == (1, "expired")
    assert wake_at(floor.order()) is None
    assert level(floor) == (5, 3, 2), "the goods still stand there"
    (matter,) = queues_of(floor.order())[Queue.PICKUP]
    assert (matter.reason, matter.subject, matter.note) == ("pickup_expired", SHARE, "mitte")


def test_who_is_late_gets_the_goods_until_staff_have_put_them_back(floor: ShopFloor) -> None:
    floor.fetched(mugs(2))
    floor.ready()
    floor.woken()
    floor.woken()
    floor.act("hand-over")
    assert floor.order().status is OrderStatus.DELIVERED
    assert Queue.PICKUP not in queues_of(floor.order())


def test_nobody_is_reminded_whose_time_is_over(floor: ShopFloor) -> None:
    floor.fetched(mugs(2))
    floor.ready()
    floor.now += 30 * DAY
    floor.routed()
    assert (len(told(floor, PickupReminded)), len(told(floor, PickupExpired))) == (0, 1)


# Nobody comes.


def test_what_nobody_fetched_is_put_back_and_its_money_let_go(floor: ShopFloor) -> None:
    floor.fetched(sale=card())  # type: ignore[arg-type]
    floor.ready()
    with pytest.raises(NotAllowed, match="until the end of 2026-03-09"):
        floor.act("put-back")
    floor.woken()
    floor.woken()
    floor.act("put-back")
    order = floor.routed()
    assert (order.status, status(floor)) == (OrderStatus.CANCELLED, "cancelled")
    assert level(floor) == (5, 5, 0)
    assert [type(event) for kind in (PaymentVoided, PaymentCaptured) for event in told(floor, kind)] == [PaymentVoided]
    (gone,) = told(floor, UnitsCancelled)
    assert isinstance(gone, UnitsCancelled)
    assert gone.code is CancellationReason.NOT_COLLECTED
    assert floor.act("put-back").version == order.version
    with pytest.raises(NotAllowed):
        floor.act("hand-over")


def test_a_customer_who_does_not_want_the_goods_any_more_need_not_be_waited_for(floor: ShopFloor) -> None:
    floor.fetched(mugs(2))
    floor.ready()
    floor.act("put-back", code=CancellationReason.CUSTOMER)
    order = floor.routed()
    assert order.status is OrderStatus.CANCELLED
    assert order.overcharged == 0
    assert sum(part.amount for refund in order.after_sale.refunds.values() for part in refund.parts) == 2000


def test_very_many_skus_are_put_back_in_parts() -> None:
    floor = ShopFloor()
    for each in many(95):
        floor.stock(each.sku, "mitte", 1)
    floor.fetched(*many(95))
    floor.ready()
    floor.act("put-back", code=CancellationReason.CUSTOMER)
    assert floor.order().status is OrderStatus.CANCELLED
    assert all((each.on_hand, each.available) == (1, 1) for each in floor.levels.values())


# Sent to the store.


@pytest.fixture
def sent() -> ShopFloor:
    """The store lacks the plates; they come from the warehouse."""
    floor = ShopFloor(ship_to_store=True)
    floor.stock("mug", "mitte", 5)
    floor.stock("mug", "north", 50)
    floor.stock("plate", "north", 50)
    return floor


def test_what_the_store_lacks_is_sent_to_it_and_what_it_has_is_not(sent: ShopFloor) -> None:
    order = sent.fetched(mugs(2), plates(1))
    shares = {share.location_id: set(share.lines) for share in order.fulfillment_orders.values()}
    assert shares == {"mitte": {"1"}, "north": {"2"}}
    verdicts = {each.location_id: each.verdict for each in order.explanations[0].candidates}
    assert "mug: the customer fetches it at mitte, which has it" in verdicts["north"] or "north" in shares


def arrived(sent: ShopFloor, number: int) -> Order:
    for name in ("accept", "pick", "pack", "ship"):
        sent.act(name, number)
    return sent.order()


def test_a_parcel_to_a_store_is_made_ready_there_handed_over_and_only_then_delivered(sent: ShopFloor) -> None:
    order = sent.fetched(plates(1))
    assert status(sent) == "open"
    order = arrived(sent, 1)
    assert sent.bought == [f"{SHARE}-p1"], "it goes with a carrier"
    assert (status(sent), order.actions_of(sent.share())) == ("shipped", ("ready",))
    (queued,) = fulfillment_summaries(order)
    assert queued.index["location_queue"] == "mitte#shipped", "the store sees what is coming"
    assert level(sent, "north", "plate") == (49, 49, 0)
    sent.act("ready")
    assert (status(sent), sent.order().status) == ("ready", OrderStatus.SHIPPED)
    sent.act("hand-over")
    assert (status(sent), sent.order().status) == ("delivered", OrderStatus.DELIVERED)
    assert ("plate", "mitte") not in sent.levels


def test_what_was_sent_to_a_store_and_not_fetched_is_the_stores_to_sell_and_its_money_goes_back(
    sent: ShopFloor,
) -> None:
    sent.fetched(sale=placed(line("1", "plate", 2, 2000, 380), shipping=300, instrument="sim_ok"))
    arrived(sent, 1)
    assert sent.routed().charged == 2680, "it was charged when it was sent"
    sent.act("ready")
    sent.woken()
    sent.woken()
    assert status(sent) == "expired"
    sent.act("put-back")
    order = sent.routed()
    assert (order.status, order.due, order.refunded) == (OrderStatus.CANCELLED, 0, 2680)
    assert level(sent, "mitte", "plate") == (2, 2, 0)
    assert order.counts[UnitState.CANCELLED] == 2


# What cannot be.


@pytest.mark.parametrize("store", ["nowhere", "north"])
def test_an_order_that_cannot_be_fetched_where_it_says_is_held_and_goes_on_when_it_can(
    floor: ShopFloor, store: str
) -> None:
    order = floor.fetched(mugs(2), store=store)
    (hold,) = order.holds.values()
    assert hold.reason is HoldReason.CHANNEL_DOCUMENT
    assert store in hold.note
    floor.stock("mug", store, 5)
    floor.sites[store] = replace(MITTE, location_id=store)
    append(floor, order, decisions.release(order, hold.handle), floor.caller("release"))
    assert floor.routed().fulfillment_orders[SHARE].location_id == store


def test_what_the_store_lacks_waits_for_stock_of_the_store_and_keeps_nobody_else_waiting() -> None:
    floor = ShopFloor()
    floor.stock("mug", "mitte", 0)
    floor.fetched(mugs(2))
    assert floor.order().counts[UnitState.BACKORDERED] == 2
    floor.stock("mug", "north", 9)
    assert fill_backorders(floor.ports(), "mug", "arrival") == 0
    floor.stock("mug", "mitte", 9)
    assert fill_backorders(floor.ports(), "mug", "another arrival") == 2
    assert floor.share().location_id == "mitte"


def test_an_address_that_changes_does_not_move_what_is_fetched(floor: ShopFloor) -> None:
    floor.fetched(mugs(2))
    version = floor.order().version
    home = ContactEdit.model_validate({"shipping": {"line1": "Weg 1", "city": "Köln", "country": "DE"}})
    order = edit_order(floor, ORDER, EditOrder(contact=home), floor.caller("moved"))
    assert order.version == version + 1
    assert floor.share().counts[UnitState.ALLOCATED] == 2
    assert order.contact != Contact()


def test_the_slip_of_a_bag_says_that_it_is_fetched_and_by_whom_and_no_address(floor: ShopFloor) -> None:
    order = floor.fetched(mugs(2))
    assert order.contact is not None
    at_home = replace(order, contact=replace(order.contact, shipping=BUYER))
    (page,) = texts(packing_slip(at_home, floor.share(), channel=SHOP, location=MITTE))
    assert "For pick-up" in page
    assert "Kim Berg" in page
    assert BUYER.line1 not in page
