"""The bench: what an order costs, as counts and as ratios to a floor that is measured beside it, in the same run."""

from __future__ import annotations

from pathlib import Path

import click

PARTS = ("life", "cold", "sourcing", "growth", "hot", "warm", "flow")


@click.command()
@click.option(
    "--part",
    "parts",
    multiple=True,
    type=click.Choice(PARTS),
    help="Measure only this; may be given several times.",
)
@click.option("--orders", default=60, show_default=True, help="Orders that are sent through the whole life.")
@click.option("--runs", default=9, show_default=True, help="Fresh processes for each figure of a cold start.")
@click.option(
    "--json",
    "report",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write the report to FILE.",
    metavar="FILE",
)
def bench(*, parts: tuple[str, ...], orders: int, runs: int, report: Path | None) -> None:
    """Measure what an order costs, each figure beside a floor that it is compared with.

    life: AWS calls and DynamoDB units of an order, by function, counted in process.
    cold: the import of each packaged function, beside that of boto3 with a DynamoDB client.
    sourcing: the search for the cheapest places to ship from, beside an exact solver on the same problems.
    growth: units of an order as orders, skus and locations grow tenfold, and tenfold again.
    hot: reservations a second of one sku with 1, 4 and 16 buckets, in a model of DynamoDB's limit per partition key.
    warm: taking an order, beside the bare conditional write that it makes.
    flow: orders a second from the channel to the door on the local cloud, beside calls that do nothing.
    Times depend on the machine and what else it does; the ratios much less.
    """
    from infra.bench.command import perform
    from infra.demo.api import CallFailed

    try:
        perform(parts=parts or PARTS, orders=orders, runs=runs, report=report)
    except (CallFailed, RuntimeError) as error:
        raise click.ClickException(str(error)) from None
