"""Kits from the sale to the return: their components' stock moves, is never promised twice, and is waited for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from oms.errors import InvalidInput, ShortStock
from oms.fulfillment.rejection import Rejecting, reject
from oms.orders import decisions
from oms.orders.after_sale import Disposition, ReceivedUnits, UnitsReceived
from oms.orders.events import Allocation, HoldReason, ParcelDelivered, UnitsAllocated, UnitsBackordered
from oms.orders.evolve import evolve
from oms.orders.kits import Component, ComponentsFixed, Kit
from oms.orders.log import append, execute
from oms.orders.moving import BrokenHistory
from oms.orders.order import Order
from oms.orders.rejecting import RejectReason
from oms.routing.backorders import fill_backorders, lines_to_serve
from oms.routing.process import advance
from oms.setup import Product
from oms.stock.movements import movements
from tests.support.memory_stack import MemoryStack
from tests.support.orders import line, placed
from tests.unit.routing.test_routing import ship


def kit(stack: MemoryStack, sku: str, **components: int) -> None:
    """Set up a kit of these skus, and the skus."""
    for each in components:
        stack.products.setdefault(each, Product(sku=each, title=each))
    stack.products[sku] = Product(
        sku=sku,
        title=sku,
        components=tuple(Component(sku=each, quantity=count) for each, count in components.items()),
    )


def levels(stack: MemoryStack, place: str = "north") -> dict[str, tuple[int, int, int]]:
    """(on hand, available, committed) by sku."""
    return {
        sku: (level.on_hand, level.available, level.committed)
        for (sku, location_id), level in sorted(stack.levels.items())
        if location_id == place
    }


def waiting(stack: MemoryStack) -> dict[str, int]:
    return {sku: sum(each.quantity for each in line.values()) for sku, line in stack.line.items() if line}


def units(order: Order, line_id: str = "1") -> dict[str, int]:
    return {state.value: count for state, count in order.lines[line_id].counts.items() if count}


@pytest.fixture
def stack() -> MemoryStack:
    """A set of two mugs and a box, with stock for three sets."""
    stack = MemoryStack()
    kit(stack, "set", mug=2, box=1)
    stack.stock("mug", "north", 7)
    stack.stock("box", "north", 3)
    return stack


def sell(stack: MemoryStack, order_id: str, *wanted: tuple[str, int]) -> Order:
    lines = [line(str(number), sku, count, 1000 * count) for number, (sku, count) in enumerate(wanted, 1)]
    stack.captured(placed(*lines), order_id)
    return advance(stack.ports(), order_id, f"m-{order_id}")


def test_a_kit_takes_its_components_and_nothing_else(stack: MemoryStack) -> None:
    order = sell(stack, "o1", ("set", 3))
    assert units(order) == {"allocated": 3}
    assert levels(stack) == {"box": (3, 0, 3), "mug": (7, 1, 6)}
    order = ship(stack, order, "o1-1")
    assert levels(stack) == {"box": (0, 0, 0), "mug": (1, 1, 0)}
    delivered = [ParcelDelivered(parcel_id="o1-1-p1", at=stack.now)]
    order = append(stack, order, delivered, stack.caller("delivered"))
    back = UnitsReceived(
        return_id="",
        receipt_id="r1",
        location_id="north",
        units=(ReceivedUnits(line_id="1", sku="set", quantity=2, disposition=Disposition.RESTOCK),),
    )
    append(stack, order, [back], stack.caller("back"))
    assert levels(stack) == {"box": (2, 2, 0), "mug": (5, 5, 0)}


def test_a_cancelled_kit_gives_its_components_back(stack: MemoryStack) -> None:
    sell(stack, "o1", ("set", 3))
    execute(stack, "o1", lambda order: decisions.cancel(order, {"1": 2}), stack.caller("cancel"))
    assert levels(stack) == {"box": (3, 2, 1), "mug": (7, 5, 2)}


def test_two_lines_that_share_a_component_are_summed_before_the_condition(stack: MemoryStack) -> None:
    """Each line by itself finds enough mugs, both together do not: what medusa#16502 sells twice."""
    kit(stack, "pair", mug=2)
    order = sell(stack, "o1", ("set", 2), ("pair", 1), ("mug", 2))
    moved = [
        (move.sku, move.available)
        for entry in stack.log["o1"]
        for move in movements(replace(order, kits={}), entry.events)
    ]
    assert sorted(moved) == [("box", -2), ("mug", -7)]
    assert [units(order, line_id) for line_id in "12"] == [{"allocated": 2}, {"allocated": 1}]
    assert units(order, "3") == {"allocated": 1, "backordered": 1}
    assert levels(stack)["mug"] == (7, 0, 7)
    assert waiting(stack) == {"mug": 1}


def test_a_reservation_of_lines_that_share_a_component_is_refused_as_a_whole(stack: MemoryStack) -> None:
    """The log's transaction asks for the sum: decisions made on stock that is gone meanwhile do not get through."""
    kit(stack, "pair", mug=2)
    order = stack.captured(placed(line("1", "set", 2, 2000), line("2", "pair", 2, 2000)), "o1")
    fixed = ComponentsFixed(
        kits=(
            Kit(sku="set", components=stack.products["set"].components),
            Kit(sku="pair", components=stack.products["pair"].components),
        )
    )
    both = UnitsAllocated(
        allocations=tuple(
            Allocation(fulfillment_order_id="o1-1", location_id="north", line_id=line_id, sku=sku, quantity=2)
            for line_id, sku in (("1", "set"), ("2", "pair"))
        )
    )
    with pytest.raises(ShortStock):
        append(stack, order, [fixed, both], stack.caller("too much"))
    assert levels(stack) == {"box": (3, 3, 0), "mug": (7, 7, 0)}


def test_what_a_kit_is_made_of_is_settled_when_its_first_unit_has_a_place(stack: MemoryStack) -> None:
    sell(stack, "o1", ("set", 4))
    kit(stack, "set", plate=5)
    stack.stock("plate", "north", 100)
    execute(stack, "o1", lambda order: decisions.cancel(order, {"1": 3}), stack.caller("cancel"))
    assert levels(stack) == {"box": (3, 2, 1), "mug": (7, 5, 2), "plate": (100, 100, 0)}
    order = sell(stack, "o2", ("set", 1))
    assert order.kits["set"] == (Component(sku="plate", quantity=5),)
    assert levels(stack)["plate"] == (100, 95, 5)


def test_a_sku_that_becomes_a_kit_stays_what_it_was_for_orders_that_have_it(stack: MemoryStack) -> None:
    stack.stock("tea", "north", 1)
    sell(stack, "o1", ("tea", 2))
    kit(stack, "tea", box=1)
    stack.stock("tea", "north", 1)
    fill_backorders(stack.ports(), "tea", "arrived")
    assert levels(stack)["tea"] == (2, 0, 2)
    execute(stack, "o1", lambda order: decisions.cancel(order, None), stack.caller("cancel"))
    assert levels(stack)["tea"] == (2, 2, 0)
    assert levels(stack)["box"] == (3, 3, 0)


def test_a_kit_of_kits_takes_what_lies_on_the_shelf(stack: MemoryStack) -> None:
    kit(stack, "party", set=1, mug=1)
    stack.products["set"] = replace(stack.products["set"], components=(Component(sku="mug", quantity=2),))
    order = sell(stack, "o1", ("party", 2))
    assert order.kits == {"party": (Component(sku="mug", quantity=3),)}
    assert levels(stack)["mug"] == (7, 1, 6)


@pytest.mark.parametrize(
    ("components", "said"),
    [({"ghost": 1}, "no such product"), ({"loop": 1}, "itself"), ({f"s{n}": 1 for n in range(26)}, "more than 25")],
)
def test_a_kit_that_cannot_be_put_together_holds_the_order_and_says_why(
    stack: MemoryStack, components: dict[str, int], said: str
) -> None:
    kit(stack, "odd", **components)
    stack.products.pop("ghost", None)
    kit(stack, "loop", odd=1)
    kit(stack, "odd", **components)
    stack.products.pop("ghost", None)
    order = sell(stack, "o1", ("odd", 1))
    assert [(hold.reason, said in hold.note) for hold in order.holds.values()] == [(HoldReason.UNKNOWN_SKU, True)]


def test_a_unit_of_a_kit_never_comes_from_two_places(stack: MemoryStack) -> None:
    stack.location("south", latitude=40.0)
    stack.stock("box", "south", 9)
    order = sell(stack, "o1", ("set", 4))
    assert units(order) == {"allocated": 3, "backordered": 1}
    stack.stock("mug", "south", 1)
    assert fill_backorders(stack.ports(), "mug", "one more") == 0
    stack.stock("mug", "south", 1)
    assert fill_backorders(stack.ports(), "mug", "and another") == 2
    assert levels(stack, "south") == {"box": (9, 8, 1), "mug": (2, 0, 2)}


def test_a_kit_waits_in_the_line_of_each_of_its_components(stack: MemoryStack) -> None:
    sell(stack, "o1", ("set", 5))
    assert waiting(stack) == {"mug": 4, "box": 2}
    order = sell(stack, "o2", ("mug", 1))
    assert units(order) == {"backordered": 1}, "the last mug belongs to the kit that waits for boxes"
    stack.stock("mug", "north", 4)
    assert fill_backorders(stack.ports(), "mug", "mugs") == 1, "beyond the four of the kit there is one"
    stack.stock("box", "north", 2)
    assert fill_backorders(stack.ports(), "box", "boxes") == 2
    assert levels(stack) == {"box": (5, 0, 5), "mug": (11, 0, 11)}
    assert waiting(stack) == {}


def test_who_comes_first_in_any_of_the_lines_is_served_first(stack: MemoryStack) -> None:
    sell(stack, "o1", ("set", 3))
    sell(stack, "o2", ("mug", 2))
    sell(stack, "o3", ("set", 1))
    stack.stock("box", "north", 1)
    assert fill_backorders(stack.ports(), "box", "a box") == 0, "the only mug is for the order before"
    stack.stock("mug", "north", 3)
    assert fill_backorders(stack.ports(), "mug", "mugs") == 3
    assert waiting(stack) == {}


def rejected(stack: MemoryStack, *components: str) -> None:
    wish = Rejecting(reason=RejectReason.NOT_IN_STOCK, units={"1": 2}, components=components)
    stack.tick()
    execute(stack, "o1", lambda order: list(reject(order, "o1-1", wish).events), stack.caller("reject"))


def test_a_location_that_misses_one_component_corrects_that_one(stack: MemoryStack) -> None:
    sell(stack, "o1", ("set", 3))
    with pytest.raises(InvalidInput):
        rejected(stack, "plate")
    rejected(stack, "box")
    assert levels(stack) == {"box": (1, 0, 1), "mug": (7, 5, 2)}


def test_a_location_that_names_no_component_misses_them_all(stack: MemoryStack) -> None:
    sell(stack, "o1", ("set", 3))
    rejected(stack)
    assert levels(stack) == {"box": (1, 0, 1), "mug": (3, 1, 2)}


def test_a_kit_that_its_location_gave_back_keeps_nobody_there_waiting(stack: MemoryStack) -> None:
    sell(stack, "o1", ("set", 3))
    rejected(stack, "box")
    advance(stack.ports(), "o1", "what was given back")
    assert waiting(stack) == {"box": 2, "mug": 4}
    sell(stack, "o2", ("mug", 2))
    fill_backorders(stack.ports(), "mug", "o2 waits")
    assert units(advance(stack.ports(), "o2", "again")) == {"allocated": 2}


def test_a_kit_is_served_with_what_nobody_ahead_of_it_may_have(stack: MemoryStack) -> None:
    """Those whose location gave their sets back wait for mugs from elsewhere: these here are for whoever comes next."""
    for order_id in ("o1", "o2"):
        sell(stack, order_id, ("set", 1))
        busy = Rejecting(reason=RejectReason.TOO_BUSY)
        caller = stack.caller(f"reject {order_id}")
        execute(
            stack, order_id, lambda order, busy=busy: list(reject(order, f"{order.order_id}-1", busy).events), caller
        )  # type: ignore[misc]
        advance(stack.ports(), order_id, f"what {order_id} lost")
    assert waiting(stack) == {"box": 2, "mug": 4}
    assert units(sell(stack, "o3", ("set", 2))) == {"allocated": 1, "backordered": 1}
    fill_backorders(stack.ports(), "box", "o3 waits")
    assert units(advance(stack.ports(), "o3", "again")) == {"allocated": 2}
    assert levels(stack) == {"box": (3, 1, 2), "mug": (7, 3, 4)}


def test_who_begins_to_wait_for_a_set_looks_at_what_it_needs_and_not_at_the_line(stack: MemoryStack) -> None:
    """Nobody asks again whether those who wait already can be served, however many they are."""
    sell(stack, "o0", ("set", 3))
    for number in range(1, 6):
        order = sell(stack, f"o{number}", ("set", 1))
        (event,) = (
            it for entry in stack.entries(f"o{number}") for it in entry.events if isinstance(it, UnitsBackordered)
        )
        assert lines_to_serve(stack.ports(), order, event) == [], "a mug is there, and no box"
    stack.stock("box", "north", 4)
    assert lines_to_serve(stack.ports(), order, event) == ["box", "mug"]


def test_what_a_line_asks_for_grows_with_those_in_it_and_not_faster(stack: MemoryStack) -> None:
    stack.stock("mug", "north", 8)
    sell(stack, "o0", ("set", 3))
    asked: list[str] = []
    ports = stack.ports()
    counting = replace(
        ports,
        sku_stock=lambda sku: asked.append(sku) or ports.sku_stock(sku),  # type: ignore[func-returns-value]
        waiters=lambda sku: asked.append(f"line of {sku}") or ports.waiters(sku),  # type: ignore[func-returns-value]
    )
    for number in range(1, 12):
        sell(stack, f"o{number}", ("set", 1))
    assert fill_backorders(counting, "mug", "m") == 0
    assert sorted(asked) == ["box", "line of box", "line of mug", "mug"], "each once, with eleven who wait"


def test_what_it_is_made_of_is_told_once_before_it_moves() -> None:
    stack = MemoryStack()
    order = stack.captured(placed(line("1", "set", 2, 2000)), "o1")
    fixed = ComponentsFixed(kits=(Kit(sku="set", components=(Component(sku="mug", quantity=1),)),))
    order = evolve(order, fixed, order_id="o1", at=stack.now)
    with pytest.raises(BrokenHistory):
        evolve(order, fixed, order_id="o1", at=stack.now)
    nothing = ComponentsFixed(kits=(Kit(sku="cup", components=()),))
    with pytest.raises(BrokenHistory):
        evolve(order, nothing, order_id="o1", at=stack.now)


def test_many_kits_of_many_components_are_reserved_in_decisions_that_fit_a_transaction(stack: MemoryStack) -> None:
    for number in range(8):
        parts = {f"p{number}x{each}": 1 for each in range(24)}
        kit(stack, f"big{number}", **parts)
        for each in parts:
            stack.stock(each, "north", 1)
    order = sell(stack, "o1", *((f"big{number}", 2) for number in range(8)))
    assert all(units(order, line_id) == {"allocated": 1, "backordered": 1} for line_id in order.lines)
    moved = [len(movements(order, entry.events)) for entry in stack.log["o1"]]
    assert sum(moved) == 8 * 24
    assert max(moved) <= decisions.MAX_STOCK_KEYS
    execute(stack, "o1", lambda order: decisions.cancel(order, None), stack.caller("c1"))
    assert max(len(movements(order, entry.events)) for entry in stack.log["o1"]) <= decisions.MAX_STOCK_KEYS
