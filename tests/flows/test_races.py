"""Many at once: workers that route at the same moment never promise more than there is, nor do a thing twice."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from tests.support.gateway_api import Answer
from tests.support.merchant import BERLIN, MILAN, Merchant
from tests.support.pumps import QueuePump
from tests.support.shops import Sale, canonical_order
from tests.support.state import logs
from tests.support.threads import in_threads
from tests.support.world import World

WORKERS = 8


def route_at_once(world: World) -> None:
    """Let several workers take messages of the routing queue at the same time, one message each, until it is empty."""
    mapping = next(each.settings for each in world.pumps if each.settings.logical_id == "RouteTrigger")
    settings = replace(mapping, batch_size=1)

    def work(_number: int) -> None:
        own = QueuePump(settings, world.runtime.invoke, world.cloud.client("sqs"), world.chaos)
        while own.step():
            pass

    for each in world.pumps:
        if each.settings.of_stream:
            while each.step():
                pass
    in_threads(WORKERS, work)


def units(world: World, merchant: Merchant) -> Counter[str]:
    """Units over all orders, by where they are."""
    found: Counter[str] = Counter()
    for order_id in logs(world):
        for line in merchant.order(order_id)["lines"]:
            found.update(line["units"])
    return found


def test_no_more_is_reserved_than_there_is_however_many_want_it() -> None:
    with World() as world:
        merchant = Merchant(world).open({("TEE", BERLIN): 7, ("TEE", MILAN): 4}, goods=["TEE"])
        for number in range(16):
            merchant.place(canonical_order(f"R-{number}", [Sale("TEE", 1 + number % 2, "10.00")], method="prepaid"))
        world.recorder.clear()
        # All have read the same stock when the first of them takes from it.
        world.recorder.meet("TransactWriteItems", WORKERS)
        route_at_once(world)
        refused = Counter(call.refused for call in world.recorder.calls if call.operation == "TransactWriteItems")
        world.settle()

        wanted = sum(1 + number % 2 for number in range(16))
        assert units(world, merchant) == {"allocated": 11, "backordered": wanted - 11}
        levels = merchant.stock("TEE")
        assert levels == {BERLIN: (7, 0, 7), MILAN: (4, 0, 4)}
        assert merchant.get("/stock/TEE", key="stock:read")["backordered"] == wanted - 11
        # They did get in each other's way: else this test would say nothing.
        assert refused["TransactionCanceledException"] > 0


def test_a_message_handled_by_several_workers_at_once_reserves_and_charges_once() -> None:
    with World() as world:
        merchant = Merchant(world).open()
        merchant.place(canonical_order("R-1", [Sale("TEE", 2, "10.00"), Sale("MUG", 1, "5.00")]))
        event = {
            "Records": [
                {
                    "messageId": "m-1",
                    "body": '{"id": "%s:1:0", "order_id": "%s", "type": "OrderPlaced"}' % ((*logs(world),) * 2),
                    "attributes": {"ApproximateReceiveCount": "1"},
                }
            ]
        }
        in_threads(WORKERS, lambda _: world.runtime.invoke(world.functions["RouteAdvance"], event))
        world.settle()
        assert merchant.stock("TEE") == {BERLIN: (10, 8, 2)}
        assert list(world.charges.values()) == ["authorise 29.90 EUR"]
        (entries,) = logs(world).values()
        told = Counter(type(event).__name__ for entry in entries for event in entry.events)
        assert (told["PaymentAuthorised"], told["UnitsAllocated"], told["OrderConfirmed"]) == (1, 1, 1)


def test_packing_at_two_desks_at_once_makes_one_parcel() -> None:
    with World() as world:
        merchant = Merchant(world).open()
        order_id = merchant.sell(canonical_order("R-2", [Sale("TEE", 2, "10.00")]))
        for action in ("accept", "pick"):
            merchant.work(order_id, action)
        path = f"/fulfillment-orders/{order_id}-1/pack"
        statuses: list[int] = []
        in_threads(
            4,
            lambda number: statuses.append(
                world.http("POST", path, {}, headers={"Idempotency-Key": f"desk-{number}"}, key="fulfillment").status
            ),
        )
        world.settle()
        order = merchant.order(order_id)
        assert [parcel["lines"] for parcel in order["parcels"]] == [{order["lines"][0]["line_id"]: 2}]
        assert 200 in statuses
        assert set(statuses) <= {200, 409}
        assert len(world.labels) == 1


def test_shipping_twice_at_once_moves_stock_once() -> None:
    with World() as world:
        merchant = Merchant(world).open()
        order_id = merchant.sell(canonical_order("R-3", [Sale("TEE", 2, "10.00")]))
        for action in ("accept", "pick", "pack"):
            merchant.work(order_id, action)
        path = f"/fulfillment-orders/{order_id}-1/ship"
        in_threads(4, lambda _: _ok(world.http("POST", path, {}, key="fulfillment", insist=True)))
        world.settle()
        assert merchant.stock("TEE") == {BERLIN: (8, 8, 0)}
        assert sorted(wish.split()[0] for wish in world.charges.values()) == ["authorise", "capture"]


def test_adjusting_stock_at_once_under_one_key_counts_once() -> None:
    with World() as world:
        merchant = Merchant(world).open()
        body = {"adjustments": [{"sku": "TEE", "location_id": BERLIN, "quantity": 5, "reason": "received"}]}
        headers = {"Idempotency-Key": "delivery-77"}
        world.bearer("stock:write")
        in_threads(
            6,
            lambda _: _ok(
                world.http("POST", "/stock/adjustments", body, headers=headers, key="stock:write", insist=True)
            ),
        )
        assert merchant.stock("TEE") == {BERLIN: (15, 15, 0)}


def test_a_canonical_order_races_its_own_cancellation() -> None:
    with World() as world:
        merchant = Merchant(world).open()
        merchant.place(canonical_order("R-4", [Sale("TEE", 2, "10.00")]))
        (order_id,) = logs(world)
        while any(each.step() for each in world.pumps if each.settings.of_stream):
            pass
        route = next(each for each in world.pumps if each.settings.logical_id == "RouteTrigger")
        world.bearer("ops")

        def work(number: int) -> None:
            if number:
                _ok(merchant.post(f"/orders/{order_id}/cancel", key="ops", wish="cancel"))
            else:
                while route.step():
                    pass

        in_threads(2, work)
        world.settle()
        assert merchant.order(order_id)["status"] == "cancelled"
        assert merchant.stock("TEE") == {BERLIN: (10, 10, 0)}
        kinds = Counter(wish.split()[0] for wish in world.charges.values())
        assert kinds["void"] == kinds["authorise"] <= 1
        assert kinds["capture"] == 0


def _ok(answer: Answer) -> None:
    assert answer.status == 200, answer
