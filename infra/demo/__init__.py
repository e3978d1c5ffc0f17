"""The demonstration: a shop's day in a few minutes, over the public API, with every result checked."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option("--orders", default=60, show_default=True, type=click.IntRange(min=1), help="How many orders, at least.")
@click.option("--seed", default=1, show_default=True, help="The same seed makes the same customers and baskets.")
@click.option("--keep", is_flag=True, help="Leave the local cloud running; `oms down` ends it.")
@click.option("--kill-workers", "kills", is_flag=True, help="Kill worker processes at random meanwhile.")
@click.option("--kills", "most", default=12, show_default=True, help="How many workers --kill-workers kills, at most.")
@click.option(
    "--json",
    "report",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write the report to FILE.",
    metavar="FILE",
)
def demo(*, orders: int, seed: int, keep: bool, kills: bool, most: int, report: Path | None) -> None:
    """Show the whole system at work on a local cloud, and check that every order ends where it should.

    Orders come in three forms and several currencies, are paid, sourced, packed, shipped, delivered, and told about.
    Some are held, cancelled, split or wait for stock. Uses the local cloud that runs, or starts one of its own and ends
    it afterwards. The exit status is 1 when anything is not as it was declared.
    """
    from infra.demo.api import CallFailed
    from infra.demo.command import perform

    try:
        good = perform(orders=orders, seed=seed, keep=keep, kills=most if kills else 0, report=report)
    except CallFailed as error:
        raise click.ClickException(str(error)) from None
    if not good:
        raise SystemExit(1)
