"""The report as tables on the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rich import box
from rich.columns import Columns
from rich.console import Console
from rich.table import Table

from infra.demo.report import Report
from oms.money import Money

LANGUAGES = ("en", "de", "it", "fr", "es")
GOOD, BAD = "[green]✓[/]", "[red]✗[/]"


def show(report: Report, console: Console) -> None:
    """Print everything, the verdict last."""
    console.print()
    console.print(Columns([_states(report), _forms(report), _seconds(report)], padding=(0, 3)))
    console.print(_episodes(report))
    console.print(_after_sale(report))
    console.print(_third_act(report))
    console.print(_fourth_act(report))
    console.print(_heard(report), highlight=False)
    console.print()
    _explanation(report, console)
    console.print(_money(report))
    console.print(Columns([_messages(report), _parcels(report)], padding=(0, 3)))
    console.print(_stock(report))
    for name, link in report.links.items():
        console.print(f"[bold]{name}[/]: {link}", soft_wrap=True)
    console.print()
    _verdict(report, console)


def _verdict(report: Report, console: Console) -> None:
    for line in report.wrong[:40]:
        console.print(f"{BAD} {line}", soft_wrap=True, highlight=False)
    if len(report.wrong) > 40:  # noqa: PLR2004 - as many as were shown
        console.print(f"  and {len(report.wrong) - 40} more")
    letters = sum(report.dead_letters.values())
    told = f"{report.orders} orders, {report.parcels['delivered']} parcels delivered, {letters} dead letters"
    told += f", {report.duration:.0f} s"
    if report.workers_killed:
        told += f", {report.workers_killed} workers killed"
    if report.wrong:
        console.print(
            f"{BAD} [bold red]{len(report.wrong)} things are not as they should be[/] ({told})", soft_wrap=True
        )
    else:
        console.print(f"{GOOD} [bold green]every order ended where it should[/] ({told})", soft_wrap=True)


def _table(title: str, *columns: str, rows: Iterable[Sequence[object]]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if number == 0 else "right")
    for row in rows:
        table.add_row(*map(str, row))
    return table


def _states(report: Report) -> Table:
    rows = [
        (state, count["should"], count["are"], GOOD if count["should"] == count["are"] else BAD)
        for state, count in report.by_state.items()
    ]
    return _table(
        "Orders by state", "state", "should", "are", "", rows=[*rows, ("all", report.orders, report.orders, "")]
    )


def _forms(report: Report) -> Table:
    form = {"shop": "canonical API", "shopify": "Shopify webhook", "woo": "WooCommerce webhook"}
    form |= {name: name.removeprefix("alder-") + ", fetched" for name in report.by_form if name not in form}
    rows: list[tuple[object, object]] = [(form[name], count) for name, count in report.by_form.items()]
    rows += [(name, count) for name, count in sorted(report.by_currency.items())]
    rows += [(name, count) for name, count in report.webhooks.items()]
    return _table("Where they came from", "form, currency, delivery", "", rows=rows)


def _seconds(report: Report) -> Table:
    rows = [
        (name, f"{row['median']:.1f}", f"{row['p90']:.1f}", int(row["orders"])) for name, row in report.seconds.items()
    ]
    return _table("Seconds from accepted (plain orders)", "until", "median", "p90", "orders", rows=rows)


def _episodes(report: Report) -> Table:
    rows = [
        (row["name"], row["orders"], GOOD if row["orders"] == row["as_declared"] else BAD) for row in report.episodes
    ]
    return _table("What happened", "episode", "orders", "", rows=rows)


def _money(report: Report) -> Table:
    rows = []
    for row in report.money:
        amounts = (_amount(row, name) for name in ("charged", "refunded", "units", "charges", "lost"))
        rows.append((row["currency"], row["orders"], *amounts, GOOD if row["balances"] else BAD))
    columns = ("charged", "- refunded", "= units kept", "+ shipping, fees", "lost", "")
    return _table("Money: charged - refunded = what customers keep", "currency", "orders", *columns, rows=rows)


def _after_sale(report: Report) -> Table:
    rows = []
    for row in report.after_sale:
        amounts = (_amount(row, name) for name in ("sold", "charged", "refunded", "moved", "lost", "left"))
        rows.append(
            (row["what"], row["order"], row["currency"], *amounts, row["ended"], GOOD if row["as_declared"] else BAD)
        )
    columns = ("order", "", "sold for", "charged", "refunded", "moved on", "lost", "left", "ended", "")
    return _table("The second act: after the sale", "what happened", *columns, rows=rows)


def _third_act(report: Report) -> Table:
    rows = [
        (
            row["scene"],
            row["order"],
            row["units"],
            " + ".join(row["sent_from"]) or "·",
            row["promised"] or "·",
            row["ended"],
            GOOD if row["as_declared"] else BAD,
        )
        for row in report.third_act
    ]
    columns = ("order", "units", "sent from", "promised for", "ended", "")
    return _table("The third act: stock, and where orders are sent from", "what happened", *columns, rows=rows)


def _heard(report: Report) -> str:
    told = ", ".join(f"{count} {name}" for name, count in report.heard.items())
    return f"The merchant's own system was down for a while, and heard by webhooks: {told}"


def _fourth_act(report: Report) -> Table:
    rows = [
        (
            row["came"],
            row["order"],
            row["channel"],
            " + ".join(row["carriers"]) or "·",
            row["parcels"],
            row["told"],
            row["ended"],
            GOOD if row["as_declared"] else BAD,
        )
        for row in report.fourth_act
    ]
    columns = ("order", "channel", "carrier", "parcels", "told to it", "ended", "")
    return _table("The fourth act: six platforms, and what each is told", "how it came", *columns, rows=rows)


def _explanation(report: Report, console: Console) -> None:
    """The last decision about one order, place by place, in the words that a merchandiser reads."""
    told = report.explanation
    if not told.get("decisions"):
        return
    decision = told["decisions"][-1]
    currency = decision["currency"]
    rows = [
        (
            GOOD if each["chosen"] else "",
            each["location_id"],
            "·" if each["kilometres"] is None else f"{each['kilometres']:,} km",
            each["coverable"],
            _price(each["cost"], currency, "" if each["chosen"] else "+"),
            each["arrives"] or "·",
            each["verdict"],
        )
        for each in decision["candidates"]
    ]
    title = (
        f"Why order {told['number']} to {told['city']} was sent from where it was, after its first place gave it back"
    )
    table = _table(title, "", "place", "away", "has", "costs", "there by", "why, or why not", rows=rows)
    table.columns[1].justify = table.columns[6].justify = "left"
    console.print(table)
    rule = f"rule {decision['rule_id']}, version {decision['rule_version']}"
    console.print(
        f"  By {rule}: {_price(decision['cost'], currency)}, there by {decision['arrives']}.", highlight=False
    )
    if other := decision["next_best"]:
        places = " and ".join(other["location_ids"])
        cost = _price(other["cost"], currency)
        console.print(
            f"  Next best: {places}, {cost}, there by {other['arrives']}: {other['verdict']}.", highlight=False
        )
    console.print()


def _price(cost: int | None, currency: str, sign: str = "") -> str:
    """A cost in major units; a dot where the rule weighs no money."""
    return f"{sign}{Money(cost, currency)}" if cost is not None and currency else "·"


def _amount(row: dict[str, Any], name: str) -> str:
    """A sum of a row in major units; a dot for nothing."""
    return f"{Money(row[name], row['currency']).decimal:,f}" if row[name] else "·"


def _messages(report: Report) -> Table:
    rows = []
    for medium, kinds in sorted(report.messages.items()):
        for kind, languages in sorted(kinds.items()):
            counts = [languages.get(each, 0) or "·" for each in LANGUAGES]
            rows.append((f"{medium}: {kind.replace('_', ' ')}", *counts, sum(languages.values())))
    if report.repeated_messages:
        rows.append(("sent a second time", *[""] * len(LANGUAGES), report.repeated_messages))
    return _table("Messages to customers", "medium and kind", *LANGUAGES, "all", rows=rows)


def _parcels(report: Report) -> Table:
    return _table("Parcels", "", "", rows=report.parcels.items())


def _stock(report: Report) -> Table:
    columns = ("before", "received", "shipped", "restocked", "lost", "after", "available", "committed")
    rows = [(row["sku"], *(row[name] for name in columns), GOOD if row["adds_up"] else BAD) for row in report.stock]
    title = "Stock: before + received - shipped + restocked - lost = after = available + committed"
    return _table(title, "sku", *columns, "", rows=rows)
