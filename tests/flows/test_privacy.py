"""A person through a whole life of orders, exported, then erased: looked for in every place, and found in none."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from oms.ids import order_id as derive_order_id
from oms.orders.evolve import fold
from oms.orders.original import unpack
from oms.platform import privacy
from tests.support import cloud
from tests.support.gateway_api import Answer
from tests.support.merchant import BERLIN, SHOPIFY, WEB, Merchant
from tests.support.recorder import Moment
from tests.support.shops import Buyer, Sale, canonical_order, shopify_order
from tests.support.state import logs
from tests.support.world import World

PERSON = Buyer(
    first="Zacharias",
    last="Quellwasser",
    email="z.quellwasser@erdbeerfeld.example",
    phone="+4915799988877",
    street="Nebelhornstieg 77",
    city="Berlin",
    postal_code="10115",
    country="DE",
)
TRACES = ("zacharias", "quellwasser", "erdbeerfeld", "15799988877", "nebelhornstieg")
"""What nobody else has: parts of name, mail address, phone number and street."""

DIGESTS = tuple(hashlib.sha256(address.lower().encode()).hexdigest() for address in (PERSON.email, PERSON.phone))

OTHER = Buyer(first="Berta", last="Bleibt", email="berta@customer.example", phone="+4915100000001")


def bought(merchant: Merchant, external_id: str) -> str:
    """An order of the person, at the door and partly back."""
    order = canonical_order(external_id, [Sale("TEE", 2, "20.00")], buyer=PERSON)
    order["contact"] |= {"email_verified": True, "phone_verified": True, "customer_id": "quellwasser-1"}
    order_id = merchant.sell(order)
    merchant.to_the_door(order_id)
    (share,) = merchant.order(order_id)["fulfillment_orders"]
    merchant.world.http(
        "GET", f"/fulfillment-orders/{share['fulfillment_order_id']}/packing-slip.pdf", key="fulfillment"
    )
    return order_id


def returned(merchant: Merchant, order_id: str, *, close: bool = True) -> None:
    line_id = merchant.order(order_id)["lines"][0]["line_id"]
    wish = {"units": [{"line_id": line_id, "quantity": 1, "reason": "damaged"}], "number": 1}
    steps: list[tuple[str, Any]] = [
        (f"/orders/{order_id}/returns", wish),
        (f"/returns/{order_id}-r1/approve", {}),
        (
            f"/returns/{order_id}-r1/receive",
            {"location_id": BERLIN, "units": [{"line_id": line_id, "quantity": 1, "disposition": "restock"}]},
        ),
    ]
    for path, body in [*steps, *([(f"/returns/{order_id}-r1/close", {})] if close else [])]:
        answer = merchant.post(path, body, key="returns")
        assert answer.status in {200, 409}, answer
        merchant.world.settle()


def customer(merchant: Merchant) -> str:
    answer = merchant.world.http("POST", "/customers/search", {"email": PERSON.email}, key="ops")
    return str(answer.json["customers"][0]["customer_id"])


def erase(merchant: Merchant, customer_id: str) -> Answer:
    return merchant.post(f"/customers/{customer_id}/erase", key="privacy")


def tables(world: World) -> list[str]:
    """All that the template has."""
    return list(world.template.of_type("AWS::DynamoDB::Table"))


def handed_in(merchant: Merchant, external_id: str) -> str:
    """An order of the person that came in a file, at the door."""
    world = merchant.world
    cells = {
        "external_id": external_id,
        "placed_at": "2026-03-02T09:00:00+01:00",
        "prices": "gross",
        "sku": "TEE",
        "quantity": "1",
        "unit_price": "20.00",
        "name": f"{PERSON.first} {PERSON.last}",
        "email": PERSON.email,
        "phone": PERSON.phone,
        "customer_id": "quellwasser-1",
        "line1": PERSON.street,
        "postal_code": PERSON.postal_code,
        "city": PERSON.city,
        "country": PERSON.country,
    }
    body = "\n".join(",".join(row) for row in (cells.keys(), cells.values(), ["broken", "", "", "", *cells.values()]))
    bucket = world.name("DocumentsBucket")
    world.cloud.client("s3").put_object(Bucket=bucket, Key=f"orders/{WEB}/{external_id}.csv", Body=body.encode())
    world.settle()
    order_id = derive_order_id(WEB, external_id)
    merchant.to_the_door(order_id)
    return order_id


def everything(world: World) -> list[str]:
    """All that is kept, to tell whether something has changed."""
    items = [str(item) for table in tables(world) for item in cloud.typed_items(world.name(table))]
    return [*items, *cloud.documents(world.name("DocumentsBucket"))]


def traces(world: World) -> list[str]:
    """Every place where something of the person stands."""
    places = {
        f"{table} {item}": str(item).lower() for table in tables(world) for item in cloud.typed_items(world.name(table))
    }
    for item in cloud.typed_items(world.name("OrdersTable")):
        if "original" in item:
            places[f"original of {item['order_id']['S']}"] = unpack(item["original"]["B"]).decode().lower()
    for logical_id in world.template.of_type("AWS::SQS::Queue"):
        for message in cloud.messages(world.name(logical_id)):
            places[f"{logical_id} {message}"] = str(message).lower()
    for key, content in cloud.documents(world.name("DocumentsBucket")).items():
        places[f"{key} {content[:40]!r}"] = content.decode("latin-1").lower()
    return [place for place, text in places.items() if any(trace in text for trace in (*TRACES, *DIGESTS))]


def _originals(exported: Any, order_id: str) -> Any:
    return next(each["originals"] for each in exported["document"]["orders"] if each["facts"]["order_id"] == order_id)


def test_an_erased_person_is_nowhere_and_books_and_stock_stay_whole(
    merchant: Merchant, world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = bought(merchant, "P-1")
    returned(merchant, first)
    person = {"id": 9, "first_name": PERSON.first, "last_name": PERSON.last, "email": PERSON.email}
    webhook = shopify_order(9, [Sale("MUG", 1, "9.50")], buyer=PERSON, customer=person | {"verified_email": True})
    merchant.shopify(webhook)
    world.settle()
    second = derive_order_id(SHOPIFY, str(webhook["id"]))
    merchant.to_the_door(second)
    third = handed_in(merchant, "P-7")
    bystander = merchant.sell(canonical_order("P-3", [Sale("CAP", 1, "5.00")], buyer=OTHER))
    one = customer(merchant)
    merchant.post(f"/customers/{one}/notes", {"text": f"Mr {PERSON.last} likes blue"}, key="customers:write")
    world.http("PUT", f"/customers/{one}/preferences", {"language": "fr"}, key="customers:write")
    bounce = {
        "eventType": "Bounce",
        "bounce": {"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": PERSON.email}]},
    }
    world.cloud.client("sqs").send_message(
        QueueUrl=world.template.ref("MailFeedbackQueue"), MessageBody=json.dumps(bounce)
    )
    world.settle()

    exported = merchant.post(f"/customers/{one}/export", key="privacy").json
    text = json.dumps(exported, ensure_ascii=False).lower()
    assert all(trace in text for trace in TRACES)
    assert {each["facts"]["order_id"] for each in exported["document"]["orders"]} == {first, second, third}
    assert all(each["messages"] and each["contacts"] for each in exported["document"]["orders"])
    assert [one["document"]["id"] for one in _originals(exported, second)] == [webhook["id"]]
    monkeypatch.setattr(privacy, "MAX_ANSWER", 10)
    large = merchant.post(f"/customers/{one}/export", key="privacy").json
    assert large["document"] is None
    assert f"exports/{one}/" in large["url"]

    assert f"original of {second}" in traces(world)
    documents = cloud.documents(world.name("DocumentsBucket"))
    books = {each: _books(merchant, each) for each in (first, second, third, bystander)}
    stock = {sku: merchant.stock(sku) for sku in ("TEE", "MUG", "CAP")}
    events = {each: [entry.events for entry in entries] for each, entries in logs(world).items()}
    monkeypatch.setattr(privacy, "MAX_ORDERS", 2)
    half = erase(merchant, one)
    assert (half.status, half.json["status"], half.json["orders_left"]) == (200, "erasing", 1)
    assert merchant.post(f"/customers/{one}/notes", {"text": "late"}, key="customers:write").status == 409
    for _ in range(2):
        assert erase(merchant, one).json == {"customer_id": one, "status": "erased", "orders_left": 0}
    world.settle()

    assert traces(world) == []
    kept = {key for key in documents if key.startswith((bystander, f"orders/{WEB}/P-7.csv.results"))}
    assert kept == set(cloud.documents(world.name("DocumentsBucket")))
    logged = capsys.readouterr()
    assert not [trace for trace in TRACES if trace in (logged.out + logged.err).lower()]
    assert {each: _books(merchant, each) for each in books} == books
    assert {sku: merchant.stock(sku) for sku in stock} == stock
    assert {each: [entry.events for entry in entries] for each, entries in logs(world).items()} == events
    assert merchant.order(first)["contact"] is None
    assert merchant.order(bystander)["contact"]["email"] == OTHER.email
    assert world.http("GET", f"/customers/{one}", key="ops").status == 404
    assert world.http("POST", "/customers/search", {"email": PERSON.email}, key="ops").json == {"customers": []}

    _nobody_comes_back(merchant, webhook, one)


def _nobody_comes_back(merchant: Merchant, webhook: dict[str, Any], one: str) -> None:
    """A late word of the channel, or of the carrier, brings nobody back; who buys again is somebody new."""
    merchant.shopify(
        webhook | {"updated_at": "2026-03-09T09:00:00+00:00", "phone": PERSON.phone}, topic="orders/updated"
    )
    merchant.scan(derive_order_id(SHOPIFY, str(webhook["id"])), "DL", times=2)
    merchant.world.settle()
    assert traces(merchant.world) == []
    again = bought(merchant, "P-4")
    assert customer(merchant) != one
    assert [each["order_id"] for each in merchant.get(f"/customers/{customer(merchant)}")["orders"]] == [again]


def _books(merchant: Merchant, order_id: str) -> Any:
    shown = merchant.order(order_id)
    return {name: shown[name] for name in ("status", "lines", "payment", "due", "refunds", "returns", "total")}


def test_nobody_is_erased_while_an_order_is_under_way(merchant: Merchant, world: World) -> None:
    order_id = bought(merchant, "P-5")
    returned(merchant, order_id, close=False)
    going = canonical_order("P-6", [Sale("TEE", 1, "19.90")], buyer=PERSON)
    going["contact"] |= {"customer_id": "quellwasser-1"}
    other = merchant.sell(going)
    one = customer(merchant)
    refused = erase(merchant, one)
    assert (refused.status, refused.problem) == (409, "not-allowed")
    assert {each["path"]: each["message"] for each in refused.json["errors"]} == {
        order_id: "a return is open",
        other: "units are still to be sent",
    }
    merchant.post(f"/returns/{order_id}-r1/close", key="returns")
    merchant.ship(other)
    (left,) = erase(merchant, one).json["errors"]
    assert left == {"path": other, "message": "a parcel is on its way"}
    assert merchant.get(f"/customers/{one}")["erasing"] is False
    world.clock.wait(31 * 86400)
    assert erase(merchant, one).json["status"] == "erased"
    assert traces(world) == []
    assert world.http("POST", "/customers/c404/erase", key="privacy").status == 404


def test_an_erasure_that_dies_after_each_of_its_changes_goes_on_where_it_was(merchant: Merchant, world: World) -> None:
    bought(merchant, "P-7")
    one = customer(merchant)
    deaths, at, before = 0, 0, everything(world)
    while True:
        world.recorder.clear()
        world.recorder.die_at(at, Moment.AFTER)
        if world.http("POST", f"/customers/{one}/erase", {}, key="privacy").status == 200:
            break
        now = everything(world)
        at, deaths, before = at + (now == before), deaths + (now != before), now
        assert all(fold(entries) for entries in logs(world).values())
    assert deaths > 12
    world.recorder.clear()
    world.crashes.clear()
    assert erase(merchant, one).json["status"] == "erased"
    assert traces(world) == []
