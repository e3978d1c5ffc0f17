"""Where the customer fetches the goods, as each form of order says it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from pydantic import ValidationError

from oms.channels.document import ChannelDocument
from oms.channels.shopify import inbound as shopify
from oms.channels.woocommerce import inbound as woocommerce
from tests.unit.channels.payloads import (
    SHOPIFY,
    WOO,
    Json,
    shopify_line,
    shopify_order,
    shopify_shipping,
    woo_line,
    woo_order,
)
from tests.unit.channels.test_canonical import order as canonical
from tests.unit.channels.test_canonical import read

PLACES = {"Store Mitte": "mitte", "Negozio Centro": "centro"}


def of_shopify(line: Json) -> ChannelDocument:
    body = shopify_order([shopify_line(1, "10.00")], "10.00", shipping_lines=[line], shipping_address=None)
    document = shopify.parse("orders/create", json.dumps(body).encode(), replace(SHOPIFY, pickup_locations=PLACES))
    assert document is not None
    return document


def of_woo(**line: object) -> ChannelDocument:
    shipping = {"id": 9, "method_title": "Ritiro", "method_id": "flat_rate", "total": "0.00", "taxes": [], **line}
    body = woo_order([woo_line(1, "10.00")], "10.00", shipping_lines=[shipping])
    document = woocommerce.parse("order.created", json.dumps(body).encode(), replace(WOO, pickup_locations=PLACES))
    assert document is not None
    return document


def test_a_canonical_order_names_the_location() -> None:
    assert read(canonical(pickup={"location_id": "mitte"})).placed.pickup_location_id == "mitte"
    assert not read(canonical()).placed.pickup_location_id
    for wrong in ({}, {"location_id": ""}, {"location_id": "mitte", "day": "monday"}):
        with pytest.raises(ValidationError):
            read(canonical(pickup=wrong))


def test_who_says_nothing_of_it_sends_the_document_of_before() -> None:
    said, not_said = read(canonical()), read(canonical(pickup={"location_id": "mitte"}))
    assert said.placed.fingerprint != not_said.placed.fingerprint
    assert said.placed.fingerprint.split(".")[1:] == not_said.placed.fingerprint.split(".")[1:], "the sale alone"


@pytest.mark.parametrize(
    ("code", "title"), [("Store Mitte", "Store Mitte"), ("X1", "store mitte "), ("", "STORE MITTE")]
)
def test_shopify_names_the_place_by_its_shipping_line(code: str, title: str) -> None:
    assert of_shopify(shopify_shipping("0.00", code=code, title=title)).placed.pickup_location_id == "mitte"


def test_other_ways_of_shipping_are_none_to_fetch() -> None:
    assert not of_shopify(shopify_shipping("0.00")).placed.pickup_location_id
    assert not of_woo().placed.pickup_location_id


def test_woocommerce_names_the_place_beside_its_method() -> None:
    meta = [{"id": 1, "key": "pickup_location", "value": "Negozio Centro"}]
    assert of_woo(method_id="pickup_location", meta_data=meta).placed.pickup_location_id == "centro"
    assert of_woo(method_id="local_pickup", method_title="Store Mitte").placed.pickup_location_id == "mitte"


def test_a_place_of_woocommerce_that_has_no_location_is_kept_by_its_name_so_that_the_order_is_held() -> None:
    meta = [{"id": 1, "key": "pickup_location", "value": "Caff&egrave; Nero"}]
    assert of_woo(method_id="pickup_location", meta_data=meta).placed.pickup_location_id == "Caffè Nero"
