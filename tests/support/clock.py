"""The world's clock: it stands still between steps, and moves on when the world waits for something."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import oms.clock

MONDAY_MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

TICK = timedelta(milliseconds=1)


class StepClock:
    """Tells a time that grows by a millisecond with each look, so that nothing happens at the same instant."""

    def __init__(self, begin: datetime = MONDAY_MORNING) -> None:
        self.instant = begin

    def __call__(self) -> datetime:
        """The time now, a tick after it was last asked for."""
        self.instant += TICK
        return self.instant

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.instant += timedelta(seconds=seconds)

    def install(self) -> None:
        """Become what `oms.clock.now` reads, whoever has imported that function already."""
        oms.clock.datetime = SimpleNamespace(  # type: ignore[misc, assignment]
            now=lambda _zone: self(), fromisoformat=datetime.fromisoformat
        )

    @staticmethod
    def uninstall() -> None:
        """Give `oms.clock` the machine's time back."""
        oms.clock.datetime = datetime  # type: ignore[misc]
