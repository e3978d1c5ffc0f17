"""A label is bought once from carriers that know no keys, whoever dies, loses an answer or is faster."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from infra.standins.fedex import FedEx as StandIn
from infra.standins.wsgi import Fault
from oms.carriers.account import CarrierAccount, CarrierPlatform
from oms.carriers.karrio_fedex import FedEx
from oms.carriers.names import LabelFormat
from oms.carriers.protocol import Quote
from oms.errors import InvalidInput, Unavailable
from oms.fulfillment import work
from oms.fulfillment.decisions import Packing
from oms.fulfillment.labels import Wanted, label_link
from oms.fulfillment.purchases import PATIENCE, Buyer, Purchase, State, Use, buy, may_be_found, tidy
from oms.orders.events import LabelBought
from tests.support.platforms import Hand, WsgiHttp
from tests.support.purchases import MemoryPurchases
from tests.unit.carriers.accounts import AT, access, shipment
from tests.unit.fulfillment.warehouse import ORDER, PARCEL, SHARE, Warehouse, mugs

KEYS = {"api_key": "key", "secret_key": "secret"}


class Desk:
    """A buyer in front of FedEx's stand-in."""

    def __init__(self) -> None:
        self.clock = Hand(AT)
        self.there = StandIn(clock=self.clock)
        self.fedex = FedEx(access(CarrierPlatform.FEDEX, WsgiHttp(self.there), secret=KEYS, clock=self.clock))
        self.purchases = MemoryPurchases()
        self.papers: dict[str, bytes] = {}
        self.die: Callable[[], None] = lambda: None
        self.buyer = Buyer(purchases=self.purchases, papers=self, clock=self.clock)

    def put(self, key: str, content: bytes) -> None:
        self.die()
        self.papers[key] = content

    def buy(self, **changes: object) -> str:
        wish = shipment(**changes)
        return buy(self.buyer, self.fedex, wish, key=wish.parcel_id, folder="o1").tracking_number

    def tidy(self, used: str) -> list[Purchase]:
        return tidy(self.buyer, shipment().parcel_id, lambda: Use(number=used), [self.fedex])

    def states(self) -> list[State]:
        return [each.state for each in self.purchases.of(shipment().parcel_id)]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_the_same_wish_gets_the_same_label_for_ever_and_is_charged_once(desk: Desk) -> None:
    first = desk.buy()
    desk.clock.at += timedelta(days=3)
    assert desk.buy(grams=1200) == first, "another weight is the same wish"
    assert [each.number for each in desk.there.used()] == [first]
    assert desk.papers[f"o1/{shipment().parcel_id}-label-{first}.pdf"].startswith(b"%PDF")


def test_another_address_is_another_label_and_the_unused_one_is_taken_back(desk: Desk) -> None:
    old = desk.buy()
    desk.clock.at += timedelta(seconds=1)
    new = desk.buy(recipient=replace(shipment().recipient, line1="Nebenstr. 2"))
    assert old != new
    assert desk.tidy(new) == []
    assert [each.number for each in desk.there.used()] == [new]
    assert desk.states() == [State.VOIDED, State.BOUGHT]


def test_what_the_carrier_refuses_was_not_bought_and_can_be_asked_again(desk: Desk) -> None:
    with pytest.raises(InvalidInput):
        desk.buy(grams=70_000)
    assert desk.states() == [State.REFUSED]
    number = desk.buy()
    assert desk.tidy(number) == []
    assert [each.number for each in desk.there.used()] == [number]


def test_two_at_once_buy_one(desk: Desk) -> None:
    refused: list[str] = []

    def meanwhile() -> None:
        desk.die = lambda: None
        with pytest.raises(Unavailable, match="somebody else is buying") as told:
            desk.buy()
        refused.append(told.value.detail)

    desk.die = meanwhile
    number = desk.buy()
    assert refused
    assert desk.buy() == number
    assert len(desk.there.used()) == 1


@pytest.mark.parametrize(("fault", "made"), [(Fault.ANSWER_LOST, 1), (Fault.QUESTION_LOST, 0), (Fault.SERVER_ERROR, 0)])
def test_without_an_answer_the_work_goes_on_and_the_stray_label_is_found_and_taken_back(
    desk: Desk, fault: Fault, made: int
) -> None:
    desk.fedex.rate(shipment())
    desk.there.faults.append(fault)
    with pytest.raises(Unavailable, match="Whether there is a label is not known"):
        desk.buy()
    assert (len(desk.there.used()), desk.states()) == (made, [State.DOUBTFUL])
    number = desk.buy()
    left = desk.tidy(number)
    assert [each.number for each in desk.there.used()] == [number]
    assert [each.state for each in left] == [State.DOUBTFUL] * (1 - made), "what is not found is for a person"
    assert desk.buy() == number


def test_a_stray_label_that_is_listed_late_is_found_by_a_later_look_and_no_other_is_touched(desk: Desk) -> None:
    desk.there.listed_after = timedelta(hours=3)
    desk.fedex.rate(shipment())
    desk.there.faults.append(Fault.ANSWER_LOST)
    with pytest.raises(Unavailable):
        desk.buy()
    number = desk.buy()
    (left,) = desk.tidy(number)
    assert may_be_found(left, desk.fedex)
    assert len(desk.there.used()) == 2
    desk.clock.at += timedelta(hours=4)
    assert desk.tidy(number) == []
    assert [each.number for each in desk.there.used()] == [number]
    assert desk.states() == [State.VOIDED, State.BOUGHT]


def test_a_label_that_is_bought_while_strays_are_looked_for_is_left_alone(desk: Desk) -> None:
    """The label of the log is voided, and another bought under its key, between the carrier's answer and its void."""
    desk.there.faults.extend([None, Fault.QUESTION_LOST])
    with pytest.raises(Unavailable):
        desk.buy()
    first = desk.buy()
    uses = iter([Use(number=first), Use(key="second")])
    new: list[str] = []

    def use() -> Use:
        known = next(uses)
        if not new:
            wish = shipment()
            new.append(buy(desk.buyer, desk.fedex, wish, key="second", folder="o1").tracking_number)
        return known

    (left,) = tidy(desk.buyer, shipment().parcel_id, use, [desk.fedex])
    assert left.state is State.DOUBTFUL
    assert new[0] in {each.number for each in desk.there.used()}


def test_what_is_bought_for_a_parcel_without_a_label_is_left_to_whoever_buys_it(desk: Desk) -> None:
    old, wish = desk.buy(), shipment()
    new = buy(desk.buyer, desk.fedex, wish, key=f"{wish.parcel_id}-2", folder="o1").tracking_number
    assert tidy(desk.buyer, wish.parcel_id, lambda: Use(key=f"{wish.parcel_id}-2"), [desk.fedex]) == []
    assert [each.number for each in desk.there.used()] == [new] != [old]


def test_whoever_died_on_the_way_is_given_up_after_a_minute(desk: Desk) -> None:
    class Died(BaseException):
        pass

    def die() -> None:
        raise Died

    desk.die = die
    with pytest.raises(Died):
        desk.buy()
    desk.die = lambda: None
    with pytest.raises(Unavailable, match="ask again in a minute"):
        desk.buy()
    desk.clock.at += PATIENCE
    number = desk.buy()
    assert desk.states() == [State.DOUBTFUL, State.BOUGHT]
    assert desk.tidy(number) == []
    assert [each.number for each in desk.there.used()] == [number]


def test_whoever_was_given_up_and_answers_after_all_has_a_label_that_can_be_taken_back(desk: Desk) -> None:
    slow: list[str] = []

    def meanwhile() -> None:
        desk.die = lambda: None
        desk.clock.at += PATIENCE
        slow.append(desk.buy())

    desk.die = meanwhile
    first = desk.buy()
    assert desk.states() == [State.BOUGHT, State.BOUGHT]
    assert desk.tidy(slow[0]) == []
    assert [each.number for each in desk.there.used()] == slow != [first]


# With an order around it.

ACCOUNT = CarrierAccount(
    carrier="fedex",
    platform=CarrierPlatform.FEDEX,
    account_number="740561073",
    country="DE",
    default_service="fedex_regional_economy",
    services={"express": ("fedex_priority_overnight",)},
    label_format=LabelFormat.ZPL,
)


@pytest.fixture
def house(desk: Desk) -> Warehouse:
    house = Warehouse()
    house.sold(mugs(3))
    house.accounts = (ACCOUNT,)
    house.carriers = {"fedex": desk.fedex}
    work.accept(house.desk(), SHARE, house.caller("accept"))
    work.pick(house.desk(), SHARE, house.caller("pick"))
    return house


def bought(house: Warehouse) -> LabelBought:
    label = house.order().parcels[PARCEL].label
    assert label is not None
    return label


def test_a_parcel_goes_with_the_account_that_is_set_up(house: Warehouse, desk: Desk) -> None:
    work.pack(house.desk(), SHARE, house.caller("pack"), packing=Packing(grams=950))
    label = bought(house)
    assert (label.carrier, label.service, label.cost, label.currency) == ("fedex", "fedex_regional_economy", 980, "EUR")
    assert house.links == {f"parcel#fedex#{label.tracking_number}": ORDER}
    assert house.papers[label.document].startswith(b"^XA")
    assert label_link(house.desk(), SHARE, form=LabelFormat.ZPL).endswith(".zpl")
    assert [each.purchase_order for each in desk.there.used()] == [PARCEL]


def test_a_packer_who_asks_again_after_no_answer_gets_a_label(house: Warehouse, desk: Desk) -> None:
    desk.fedex.rate(shipment())
    desk.there.faults.append(Fault.ANSWER_LOST)
    with pytest.raises(Unavailable):
        work.pack(house.desk(), SHARE, house.caller("pack"), packing=Packing(grams=950))
    work.pack(house.desk(), SHARE, house.caller("pack"), packing=Packing(grams=950, length=0))
    assert bought(house).tracking_number in desk.there.sent


def test_with_several_accounts_prices_choose_and_a_second_try_keeps_the_choice(house: Warehouse, desk: Desk) -> None:
    services = {"*": ("fedex_regional_economy", "fedex_2_day")}
    house.accounts = tuple(replace(ACCOUNT, carrier=name, services=services) for name in ("fedex", "other"))
    house.quotes = {
        "fedex": (Quote(service="fedex_2_day", cost=900, currency="EUR"),),
        "other": (Quote(service="fedex_2_day", cost=901, currency="EUR"),),
    }
    desk.fedex.rate(shipment())
    desk.there.faults.append(Fault.ANSWER_LOST)
    with pytest.raises(Unavailable):
        work.pack(house.desk(), SHARE, house.caller("pack"), packing=Packing(grams=950))
    house.quotes["other"] = (Quote(service="fedex_2_day", cost=1, currency="EUR"),)
    work.pack(house.desk(), SHARE, house.caller("pack"), packing=Packing(grams=950))
    assert (bought(house).carrier, bought(house).service) == ("fedex", "fedex_2_day")


def test_a_parcel_for_abroad_needs_to_be_declared(house: Warehouse) -> None:
    entries = house.log[ORDER]
    contact = entries[0].contact
    assert contact is not None
    assert contact.shipping is not None
    swiss = replace(contact, shipping=replace(contact.shipping, country="CH", postal_code="8001"))
    entries[0] = replace(entries[0], contact=swiss)
    with pytest.raises(InvalidInput) as lacking:
        work.pack(house.desk(), SHARE, house.caller("pack"), packing=Packing(grams=950), label=Wanted(carrier="fedex"))
    assert [each.path for each in lacking.value.errors] == ["products[mug]"]
