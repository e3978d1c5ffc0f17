"""Who dies between any two calls while a label is replaced, a carrier called or a day closed: nothing is had twice."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import time, timedelta

import pytest

from infra.standins.fedex import FedEx as StandIn
from oms.carriers.account import CarrierPlatform
from oms.carriers.karrio_fedex import FedEx
from oms.carriers.names import LabelFormat
from oms.channels.connection import Reply, Request
from oms.errors import InvalidInput, Unavailable
from oms.fulfillment import dispatch, work
from oms.fulfillment.decisions import Packing
from oms.fulfillment.labelling import label_anew, void_label
from oms.fulfillment.labels import Wanted, label_in_use
from oms.fulfillment.ports import Ports
from oms.fulfillment.purchases import PATIENCE, Buyer, Purchase, State, tidy
from oms.orders.events import LabelBought, LabelVoided
from oms.orders.log import Caller
from tests.support.platforms import Hand, WsgiHttp
from tests.support.purchases import MemoryPurchases
from tests.unit.carriers.accounts import AT, access
from tests.unit.fulfillment.test_purchases import ACCOUNT, KEYS
from tests.unit.fulfillment.warehouse import ORDER, PARCEL, SHARE, Died, Warehouse, mugs

EVERY = 1 if os.environ.get("OMS_FULL") else 5
"""Without `OMS_FULL=1` every fifth moment is tried."""


class Mortal(Warehouse):
    """A warehouse with FedEx, in which also what is written down and what FedEx is asked counts as a call."""

    def __init__(self) -> None:
        super().__init__()
        self.hand = Hand(AT)
        self.there = StandIn(clock=self.hand)
        self.http = WsgiHttp(self.there)
        keys = access(CarrierPlatform.FEDEX, self, secret=KEYS, clock=self.hand)
        self.fedex = FedEx(replace(keys, account=ACCOUNT))
        self.purchases = Written(self)
        self.accounts = (ACCOUNT,)
        self.sold(mugs(3))
        for action in (work.accept, work.pick):
            action(self.ports_of_fedex(), SHARE, self.at_work(action.__name__))

    def send(self, request: Request) -> Reply:
        reply: Reply = self._call("ask FedEx", lambda: self.http.send(request))
        return reply

    def ports_of_fedex(self) -> Ports:
        return replace(self.desk(), carrier=lambda _: self.fedex)

    def at_work(self, cause: str) -> Caller:
        return Caller(actor="test", cause=cause, clock=self.hand)

    def tidy(self) -> None:
        """What the queue of the stage does after a label was bought or voided."""
        buyer = Buyer(purchases=self.purchases, papers=self, clock=self.hand)
        tidy(buyer, PARCEL, lambda: label_in_use(self.order(), PARCEL), [self.fedex])


class Written(MemoryPurchases):
    def __init__(self, house: Mortal) -> None:
        super().__init__()
        self.house = house

    def of(self, owner: str) -> Sequence[Purchase]:
        return self.house._call("read purchases", lambda: super(Written, self).of(owner))  # type: ignore[no-any-return]

    def begin(self, purchase: Purchase) -> bool:
        return self.house._call("begin", lambda: super(Written, self).begin(purchase))  # type: ignore[no-any-return]

    def change(self, purchase: Purchase, *, before: State) -> bool:
        return self.house._call(  # type: ignore[no-any-return]
            "change", lambda: super(Written, self).change(purchase, before=before)
        )


def packed() -> Mortal:
    house = Mortal()
    work.pack(house.ports_of_fedex(), SHARE, house.at_work("pack"), packing=Packing(grams=950))
    house.hand.at += timedelta(minutes=5)
    return house


def each_death(make: Callable[[], Mortal], act: Callable[[Mortal], None]) -> list[tuple[Mortal, tuple[int, str]]]:
    """Worlds in which somebody died around each of the calls of an act."""
    whole = make()
    begun = len(whole.calls)
    act(whole)
    moments = [(number, when) for number in range(begun, len(whole.calls)) for when in ("before", "after")]
    dead = []
    for moment in moments[::EVERY]:
        house = make()
        house.die_at = moment
        with pytest.raises(Died):
            act(house)
        house.die_at = None
        house.hand.at += PATIENCE
        dead.append((house, moment))
    assert len(dead) > 1
    return dead


def relabel(house: Mortal) -> None:
    """A label is voided, and another bought, by somebody who asks again until it is done; the queue tidies up."""
    void_label(house.ports_of_fedex(), SHARE, house.at_work("void"), parcel_id=PARCEL)
    house.tidy()
    wanted = Wanted(carrier="fedex", service="fedex_2_day", format=LabelFormat.ZPL)
    label_anew(house.ports_of_fedex(), SHARE, house.at_work("anew"), parcel_id=PARCEL, wanted=wanted)
    house.tidy()


def test_a_label_is_replaced_by_one_other_whoever_dies_on_the_way() -> None:
    for house, moment in each_death(packed, relabel):
        relabel(house)
        label = house.order().parcels[PARCEL].label
        assert label is not None
        assert [each.number for each in house.there.used()] == [label.tracking_number], moment
        assert house.papers[label.document].startswith(b"^XA")
        kinds = [type(event) for entry in house.log[ORDER] for event in entry.events]
        assert (kinds.count(LabelBought), kinds.count(LabelVoided)) == (2, 1)


def test_the_queue_that_tidies_up_takes_nothing_from_whoever_is_buying() -> None:
    """The message about the voided label is worked on just when the next one is bought and not on the log yet."""
    house = packed()
    void_label(house.ports_of_fedex(), SHARE, house.at_work("void"), parcel_id=PARCEL)
    house.meanwhile["append"] = house.tidy
    label_anew(house.ports_of_fedex(), SHARE, house.at_work("anew"), parcel_id=PARCEL, wanted=Wanted(carrier="fedex"))
    label = house.order().parcels[PARCEL].label
    assert label is not None
    assert [each.number for each in house.there.used()] == [label.tracking_number]


CALL = dispatch.Call(
    carrier="fedex", day=AT.date(), ready=time(15), close=time(18), parcels=2, grams=1900, instruction="Gate 2"
)


def called(house: Mortal) -> None:
    dispatch.call_carrier(house.ports_of_fedex(), "north", house.at_work("van"), CALL)


def test_a_carrier_is_called_once_or_nobody_knows_and_it_is_said() -> None:
    for house, moment in each_death(Mortal, called):
        with suppress(Unavailable):
            called(house)
        assert len(house.there.pickups) <= 1, moment
        confirmed = [each for each in house.purchases.kept.values() if each.state is State.BOUGHT]
        if confirmed:
            called(house)
        else:
            with pytest.raises(Unavailable, match="not known"):
                called(house)
        assert len(house.there.pickups) <= 1, moment


def shipped() -> Mortal:
    house = Mortal()
    wanted = Wanted(carrier="fedex", service="fedex_ground")
    work.pack(house.ports_of_fedex(), SHARE, house.at_work("pack"), packing=Packing(grams=950), label=wanted)
    return house


def closed(house: Mortal) -> None:
    dispatch.close_day(house.ports_of_fedex(), "north", house.at_work("close"), carrier="fedex", day=AT.date())


def test_a_closed_day_never_looks_like_one_on_which_nothing_was_shipped() -> None:
    for house, moment in each_death(shipped, closed):
        try:
            closed(house)
        except InvalidInput:
            pytest.fail(f"its paper is lost, and nobody says so: {moment}")
        except Unavailable:
            assert not any(each.state is State.BOUGHT for each in house.purchases.kept.values() if not each.service)
        else:
            assert any(key.startswith("manifests/") for key in house.papers), moment
