"""`oms demo`: a cloud to run on, progress while it runs, and the report at the end."""

from __future__ import annotations

import json
import time
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from infra import local
from infra.build import BUILD
from infra.demo import tables
from infra.demo.borrow import a_cloud
from infra.demo.keepsakes import keep as keep_files
from infra.demo.report import Report, report_of
from infra.demo.run import Plan, Progress, Run

DIRECTORY = BUILD / "demo"
"""Where the files to open are put."""

WIDTH = 130
"""Columns of the tables where there is no terminal to fit them to."""

LINE_EVERY = 5.0
"""Seconds between two lines of progress where there is no terminal to paint on."""

GONE = "set inactive: this command played them, and nobody answers there any more; the channels of the tour go on"


def perform(*, orders: int, seed: int, keep: bool, kills: int, report: Path | None) -> bool:
    """Run, show, write; whether everything ended as it should."""
    console, screen = Console(), Console(stderr=True)
    if not console.is_terminal:
        console = Console(width=WIDTH)
    with a_cloud(screen, keep=keep) as cloud:
        run = Run(
            cloud, Plan(orders=orders, seed=seed, kills=kills, patience=300.0 if kills else 240.0), lambda _: None
        )
        with _bars(screen) as bars:
            run.show = Painter(screen, bars)
            result = run.run()
        told = report_of(result, run.post.messages())
        told.links = keep_files(run, result.outcomes, DIRECTORY)
        if keep:
            told.links |= {"API": cloud.url, "keys and secrets": str(local.state_file())}
            told.links |= {"the six shops, FedEx": GONE}
    tables.show(told, console)
    _write(told, report)
    return not told.wrong


class Painter:
    """Paints progress: as two bars on a terminal, as a line now and then elsewhere."""

    def __init__(self, console: Console, bars: Bars) -> None:
        self._console, self._bars = console, bars
        self._posted = bars.add_task("orders posted", total=None, phase="")
        self._ended = bars.add_task("at their end", total=None, phase="")
        self._told_at = 0.0

    def __call__(self, progress: Progress) -> None:
        """Show how far it is."""
        self._bars.update(self._posted, completed=progress.posted, total=progress.orders, phase=progress.phase)
        self._bars.update(self._ended, completed=progress.ended, total=progress.orders, phase="")
        if not self._console.is_terminal and time.monotonic() - self._told_at > LINE_EVERY:
            self._told_at = time.monotonic()
            said = f"{progress.phase}: {progress.posted} of {progress.orders} posted, {progress.ended} at their end"
            self._console.print(said, highlight=False)


def _bars(console: Console) -> Bars:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    phase = TextColumn("{task.fields[phase]}")
    return Bars(*columns, TimeElapsedColumn(), phase, console=console, transient=True, disable=not console.is_terminal)


def _write(told: Report, report: Path | None) -> None:
    text = json.dumps(told.as_json(), indent=2, ensure_ascii=False) + "\n"
    (DIRECTORY / "report.json").write_text(text, encoding="utf-8")
    if report:
        report.write_text(text, encoding="utf-8")
