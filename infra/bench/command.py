"""`oms bench`: measures, prints each figure beside its floor, and writes the report."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Collection
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from infra.bench.cards import LINES, LOCATIONS, Proofs
from infra.bench.cold import GOAL, Start
from infra.bench.flow import Flow
from infra.bench.growth import Step
from infra.bench.hot import Rush
from infra.bench.life import Cost
from infra.bench.sourcing import Comparison
from infra.bench.warm import Taking


def perform(*, parts: Collection[str], orders: int, runs: int, report: Path | None) -> None:
    """Measure the parts one after the other; nothing runs beside what is timed."""
    console, screen = Console(), Console(stderr=True)
    told: dict[str, Any] = {
        "machine": {"python": platform.python_version(), "processors": os.cpu_count(), "system": platform.platform()}
    }
    if "life" in parts:
        from infra.bench.life import costs

        with screen.status("counting the calls of an order's life"):
            found = costs()
        told["life"] = {life: [asdict(cost) for cost in rows] for life, rows in found.items()}
        for life, rows in found.items():
            console.print(_life(life, rows))
    if "cold" in parts:
        _cold(runs, told, console, screen)
    if "sourcing" in parts:
        from infra.bench.sourcing import comparisons

        with screen.status("looking for the cheapest places, and letting a solver do it too"):
            compared = comparisons()
        told["sourcing"] = [asdict(each) for each in compared]
        console.print(_compared(compared))
        from infra.bench.cards import proofs

        with screen.status("planning large orders by rate cards with steps of weight"):
            proved = proofs()
        told["cards"] = [asdict(each) for each in proved]
        console.print(_proved(proved))
    _in_memory(parts, told, console, screen)
    if {"warm", "flow"} & set(parts):
        _on_cloud(parts, orders, told, console, screen)
    if report:
        report.write_text(json.dumps(told, indent=2) + "\n")


def _in_memory(parts: Collection[str], told: dict[str, Any], console: Console, screen: Console) -> None:
    if "growth" in parts:
        from infra.bench.growth import steps

        with screen.status("counting the units of orders in larger and larger shops"):
            grown = steps()
        told["growth"] = [asdict(each) for each in grown]
        console.print(_grown(grown))
    if "hot" in parts:
        from infra.bench.hot import rushes

        with screen.status("letting crowds reserve one sku, in virtual time"):
            rushed = rushes()
        told["hot"] = [asdict(each) for each in rushed]
        console.print(_rushed(rushed))


def _cold(runs: int, told: dict[str, Any], console: Console, screen: Console) -> None:
    from infra.bench.cold import starts
    from infra.build import build
    from infra.packages import LOCAL

    with screen.status("packaging") as status:
        build(LOCAL, status.update)
        status.update(f"starting fresh processes, {runs} for each figure")
        found = starts(runs)
    told["cold"] = [asdict(each) | {"ratio": each.ratio} for each in found]
    console.print(_starts(found, runs))


def _on_cloud(parts: Collection[str], orders: int, told: dict[str, Any], console: Console, screen: Console) -> None:
    from infra.demo.borrow import a_cloud

    with a_cloud(screen, keep=False) as cloud:
        if "warm" in parts:
            from infra.bench.warm import taking

            with screen.status("taking orders in process"):
                taken = taking(cloud)
            told["warm"] = asdict(taken) | {"ratio": taken.ratio, "first_ratio": taken.first_ratio}
            console.print(_taking(taken))
        if "flow" in parts:
            from infra.bench.flow import flow

            with screen.status(f"sending {orders} orders from the channel to the door"):
                flown = flow(cloud, orders)
            told["flow"] = asdict(flown) | {"ceiling": flown.ceiling}
            console.print(_flow(flown))


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if number == 0 else "right")
    return table


def _life(life: str, rows: list[Cost]) -> Table:
    table = _table(
        f"AWS calls and DynamoDB units of an order, two lines, {life}",
        "function",
        "calls",
        "floor: writes, sends",
        "read units",
        "write units",
    )
    for row in rows:
        table.add_row(row.function, str(row.calls), str(row.changes), f"{row.read_units:g}", f"{row.write_units:g}")
    sums = [sum(getattr(row, name) for row in rows) for name in ("calls", "changes", "read_units", "write_units")]
    table.add_section()
    table.add_row("all", *(f"{each:g}" for each in sums))
    return table


def _starts(found: list[Start], runs: int) -> Table:
    table = _table(
        f"Import in a fresh process, ms, median of {runs}",
        "stage",
        "app",
        "floor: boto3, client",
        "ratio",
        f"goal {GOAL}",
    )
    for each in found:
        mark = "[green]✓[/]" if each.ratio <= GOAL else "[red]✗[/]"
        table.add_row(each.stage, f"{each.seconds * 1e3:.0f}", f"{each.floor * 1e3:.0f}", f"{each.ratio:.2f}", mark)
    return table


def _compared(found: list[Comparison]) -> Table:
    table = _table(
        "The cheapest places to ship from, ms",
        "goods over locations",
        "median",
        "95 of 100 within",
        "HiGHS, median",
        "times faster",
        "proved",
        "equal to HiGHS",
    )
    for each in found:
        table.add_row(
            f"{'up to ' if each.mixed else ''}{each.goods} over {each.locations}",
            f"{each.median * 1e3:.1f}",
            f"{each.slowest * 1e3:.1f}",
            f"{each.solver * 1e3:.1f}",
            f"{each.ratio:.0f}",
            f"{each.exact} of {each.problems}",
            f"{each.equal} of {each.problems}",
        )
    return table


def _proved(found: list[Proofs]) -> Table:
    table = _table(
        f"Plans by rate cards with steps of weight, {LINES} goods over {LOCATIONS} locations, seconds of a processor",
        "units of each, first comes",
        "median",
        "slowest",
        "proved",
        "widest gap",
    )
    for each in found:
        table.add_row(
            f"{each.units}, {'fewest parcels' if each.fewest_first else 'price'}",
            f"{each.median:.1f}",
            f"{each.slowest:.1f}",
            f"{each.proved} of {each.orders}",
            f"{each.gap:.0f} %" if each.gap else "",
        )
    return table


def _grown(found: list[Step]) -> Table:
    table = _table(
        "DynamoDB units to place, source and reserve an order of two lines",
        "grown",
        "orders",
        "skus",
        "locations",
        "calls",
        "read units",
        "write units",
    )
    for each in found:
        sizes = (each.orders, each.skus, each.places)
        costs = (each.calls, each.read_units, each.write_units)
        table.add_row(each.grown, *(f"{size:,}" for size in sizes), *(f"{cost:.1f}" for cost in costs))
    return table


def _rushed(found: list[Rush]) -> Table:
    table = _table(
        "Orders a second that reserve one sku at one location, in virtual time",
        "buckets",
        "at the end",
        "workers",
        "by the limit per key",
        "floor: bare writes",
        "ratio",
        "with conflicts",
        "sold of 200",
    )
    for each in found:
        table.add_row(
            f"{each.buckets}",
            f"{each.found}",
            f"{each.workers}",
            f"{each.reserved:,.0f}",
            f"{each.floor:,.0f}",
            _share(each.reserved, each.floor),
            f"{each.crowded:,.0f}",
            f"{each.sold}",
        )
    return table


def _taking(taken: Taking) -> Table:
    table = _table("Taking an order in process, ms", "", "order", "floor: bare write", "ratio")
    table.add_row("warm", f"{taken.order * 1e3:.1f}", f"{taken.write * 1e3:.1f}", f"{taken.ratio:.2f}")
    table.add_row(
        "first, with imports",
        f"{taken.first_order * 1e3:.0f}",
        f"{taken.first_write * 1e3:.0f}",
        f"{taken.first_ratio:.2f}",
    )
    return table


def _flow(flown: Flow) -> Table:
    table = _table(f"{flown.orders} orders on the local cloud", "", "figure", "ceiling", "ratio")
    table.add_row(
        "accepted, orders a second", f"{flown.accepted:.1f}", f"{flown.idle:.1f}", _share(flown.accepted, flown.idle)
    )
    table.add_row(
        "to the door, orders a second",
        f"{flown.delivered:.2f}",
        f"{flown.ceiling:.1f}",
        _share(flown.delivered, flown.ceiling),
    )
    table.add_row("HTTP calls of an order", f"{flown.calls:.1f}", "", "")
    table.add_row("seconds until shipped, median", f"{flown.shipped:.1f}", "", "")
    return table


def _share(figure: float, ceiling: float) -> str:
    return f"{figure / ceiling:.2f}"
