"""`oms simulate-routing`: past orders sourced again by other rules, and what that would have changed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from infra.keys import inside, stack_option

if TYPE_CHECKING:
    from rich.table import Table

    from oms.routing.trial import SimulationResource

SHOWN = 40
"""Orders that are shown one by one; the report of `--json` has all."""

DAY = click.DateTime(["%Y-%m-%d"])


@click.command(name="simulate-routing")
@click.argument("rules", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--order", "orders", multiple=True, help="An order's id; may be given often.")
@click.option("--from", "first", type=DAY, help="Orders placed on this day (UTC) or later.")
@click.option("--to", "last", type=DAY, help="And on this day or earlier; without it, only the one day.")
@click.option("--most", default=500, show_default=True, help="So many orders at most, the newest first.")
@click.option("--all", "everything", is_flag=True, help="Show unchanged orders, too.")
@stack_option
@click.option(
    "--json",
    "report",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write the report to FILE.",
    metavar="FILE",
)
def simulate_routing(
    *,
    rules: Path,
    orders: tuple[str, ...],
    first: datetime | None,
    last: datetime | None,
    most: int,
    everything: bool,
    stack: str | None,
    report: Path | None,
) -> None:
    """Source past orders again by other rules, and compare parcels, kilometres, cost and days.

    RULES is a JSON file: a rule of sourcing as `PUT /sourcing/rules/{id}` takes it, with its `rule_id`, or a list of
    all the rules that would hold. An empty list tries the rule of the house. Nothing is changed: each order's first
    sourcing is decided again, by the same function, from what its log says was known then.
    """
    from oms.errors import OmsError

    if bool(orders) == bool(first):
        raise click.UsageError("which orders? Name some with --order, or days with --from")
    wish = {"rules": _rules(rules)} | ({"order_ids": list(orders)} if orders else _days(first, last))
    with inside(stack):
        try:
            pages = list(_pages(wish, most))
        except OmsError as error:
            raise click.ClickException(error.detail) from None
    told = _joined(pages)
    _show(told, everything=everything)
    if report:
        report.write_text(json.dumps(told, indent=2) + "\n")


def _rules(file: Path) -> list[Any]:
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise click.ClickException(f"{file} is no JSON: {error}") from None
    if isinstance(known, dict):
        known = known.get("rules", [known])
    if not isinstance(known, list):
        raise click.ClickException(f"{file} is neither a rule nor a list of rules")
    # As `GET /sourcing/rules` shows them, rules have a version, too.
    return [{name: value for name, value in each.items() if name != "version"} for each in known]


def _days(first: datetime | None, last: datetime | None) -> dict[str, date]:
    return {name: day.date() for name, day in (("first_day", first), ("last_day", last)) if day}


def _pages(wish: Mapping[str, Any], most: int) -> Iterator[SimulationResource]:
    from pydantic import ValidationError

    from oms.platform.simulation import simulate
    from oms.routing.trial import MOST_ORDERS, SimulateRouting

    cursor: str | None = ""
    named = list(wish.get("order_ids", ()))
    while cursor is not None and most > 0:
        size = min(most, MOST_ORDERS)
        part = {"order_ids": named[:size]} if named else {"limit": size, "cursor": cursor}
        try:
            page = simulate(SimulateRouting.model_validate({**wish, **part}))
        except ValidationError as error:
            found = error.errors()[0]
            place = ".".join(map(str, found["loc"]))
            raise click.ClickException(f"{place}: {found['msg']}") from None
        most -= len(page["orders"]) + len(page["skipped"])
        named = named[size:]
        cursor = "" if named else page["cursor"]
        yield page


def _joined(pages: Sequence[SimulationResource]) -> dict[str, Any]:
    """The pages as one: orders one after the other, figures added up."""
    total: dict[str, Any] = {}
    for page in pages:
        total = _added(total, page["total"])
    return {
        "orders": [each for page in pages for each in page["orders"]],
        "skipped": [each for page in pages for each in page["skipped"]],
        "total": total,
    }


def _added(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    def both(name: str) -> Any:
        mine, theirs = one.get(name), other.get(name)
        if isinstance(mine, Mapping) or isinstance(theirs, Mapping):
            return _added(mine or {}, theirs or {})
        return (mine or 0) + (theirs or 0)

    return {name: both(name) for name in [*one, *(name for name in other if name not in one)]}


def _show(told: Mapping[str, Any], *, everything: bool) -> None:
    from rich.console import Console

    console = Console()
    shown = [each for each in told["orders"] if everything or each["changed"]]
    if shown:
        console.print(_orders(shown[:SHOWN]))
    if len(shown) > SHOWN:
        console.print(f"  and {len(shown) - SHOWN} more\n")
    console.print(_totals(told["total"]))
    for why in sorted({each["why"] for each in told["skipped"]}):
        count = sum(each["why"] == why for each in told["skipped"])
        console.print(f"  {count} {'order' if count == 1 else 'orders'} left out: {why}", highlight=False)


def _orders(rows: Sequence[Mapping[str, Any]]) -> Table:
    table = _table("Orders, as they were sourced and as they would have been", "order", "from", "instead from")
    for name in ("parcels", "km", "shipping", "there by", "waiting units"):
        table.add_column(name, justify="right")
    for each in rows:
        before, after = each["before"], each["after"]
        table.add_row(
            each["order_id"],
            ", ".join(before["location_ids"]) or "·",
            ", ".join(after["location_ids"]) or "·",
            _step(before["parcels"], after["parcels"]),
            _step(before["kilometres"], after["kilometres"]),
            _step(_money(before["shipping"], each["currency"]), _money(after["shipping"], each["currency"])),
            _step(before["arrives"], after["arrives"]),
            _step(before["unfilled"], after["unfilled"]),
        )
    return table


def _totals(total: Mapping[str, Any]) -> Table:
    before, after = total["before"], total["after"]
    table = _table(f"{total['orders']} orders, {total['changed']} sourced otherwise", "")
    for name in ("were", "would be", "difference"):
        table.add_column(name, justify="right")
    for name, words in (("parcels", "parcels"), ("kilometres", "kilometres"), ("unfilled", "units waiting")):
        table.add_row(words, str(before[name]), str(after[name]), f"{after[name] - before[name]:+}")
    for name, words in (("shipping", "shipping by rate cards"), ("cost", "cost by the rules on trial")):
        for currency in sorted({*before[name], *after[name]}):
            was, would = before[name].get(currency, 0), after[name].get(currency, 0)
            more = _money(would - was, currency) or ""
            table.add_row(words, _money(was, currency), _money(would, currency), more if would < was else f"+{more}")
    table.add_row("orders there earlier", "", str(total["earlier"]), "")
    table.add_row("orders there later", "", str(total["later"]), f"{total['days']:+} days in sum")
    return table


def _table(title: str, *columns: str) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        table.add_column(name)
    return table


def _step(before: object, after: object) -> str:
    """`2`, or `2 → 1`."""
    was, would = ("·" if each is None else str(each) for each in (before, after))
    return was if was == would else f"{was} → {would}"


def _money(amount: int | None, currency: str) -> str | None:
    from oms.money import Money

    return None if amount is None else str(Money(amount, currency))
