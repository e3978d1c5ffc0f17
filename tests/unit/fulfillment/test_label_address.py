"""The carrier gets the address as its country writes it, and the customer's own words stay where they are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from oms.carriers.protocol import Label, Shipment
from oms.fulfillment import work
from oms.fulfillment.decisions import Packing
from oms.orders.checking import checked
from oms.orders.contact import Address, Contact
from tests.unit.fulfillment.warehouse import ORDER, SHARE, Counter, Warehouse, mugs


def test_the_label_bears_the_address_as_its_country_writes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    house = Warehouse()
    house.sold(mugs(1))
    written = Address(
        name="Kim", line1="1 Main St", city="Toronto", region="Ontario", postal_code="m5v2t6", country="ca"
    )
    entries = house.log[ORDER]
    entries[0] = replace(entries[0], contact=checked(Contact(phone="416 555 0199", shipping=written)))
    handed: list[Shipment] = []
    real = Counter.buy_label

    def watched(self: Counter, shipment: Shipment, *, idempotency_key: str) -> Label:
        handed.append(shipment)
        return real(self, shipment, idempotency_key=idempotency_key)

    monkeypatch.setattr(Counter, "buy_label", watched)
    work.accept(house.desk(), SHARE, house.caller("accept"))
    work.pick(house.desk(), SHARE, house.caller("pick"))
    order = work.pack(house.desk(), SHARE, house.caller("pack"), packing=Packing())
    assert handed[0].recipient == replace(
        written, region="ON", postal_code="M5V 2T6", country="CA", phone="+14165550199"
    )
    assert order.contact is not None
    assert order.contact.shipping == written
