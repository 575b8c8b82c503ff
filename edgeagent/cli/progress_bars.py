"""Progress of a simulation on a terminal, and its result as a small table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID
    from rich.table import Table

__all__ = ["lines_table", "progress_on"]

_WORTH_SAYING = 50_000
"""Steps a second: below it, people count the steps themselves."""


class _RichProgress:
    """Shows the stage, how far it is, and how long it still takes."""

    def __init__(self, bars: Progress) -> None:
        self.bars = bars
        self._task: TaskID | None = None

    def stage(self, what: str, total: int | None = None) -> None:
        """Finish the stage before and begin this one."""
        self.finish()
        self._task = self.bars.add_task(what, total=total, rate="")

    def advance(self, steps: int = 1) -> None:
        """Move the bar, and say how fast it moves where steps are many."""
        if self._task is not None:
            self.bars.advance(self._task, steps)
            speed = self.bars.tasks[self._task].speed or 0
            if speed >= _WORTH_SAYING:
                self.bars.update(self._task, rate=f"{speed / 1e6:.1f}M/s")

    def finish(self) -> None:
        """Fill the bar of the present stage, if there is one."""
        if self._task is not None:
            total = self.bars.tasks[self._task].total or 1
            self.bars.update(self._task, total=total, completed=total)


@contextmanager
def progress_on(console: Console) -> Iterator[_RichProgress]:
    """Show progress on a console while the block lasts."""
    from rich.progress import (  # noqa: PLC0415  (simulator extra)
        BarColumn,
        Progress,
        SpinnerColumn,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    with Progress(
        SpinnerColumn(finished_text="✓"),
        TextColumn("{task.description:34}"),  # all columns together fit in 80
        BarColumn(bar_width=8),
        TaskProgressColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=console,
    ) as bars:
        progress = _RichProgress(bars)
        yield progress
        progress.finish()


def lines_table(lines: Iterable[tuple[str, str]]) -> Table:
    """Return names and values side by side."""
    from rich.table import Table  # noqa: PLC0415  (simulator extra)

    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    for name, value in lines:
        table.add_row(name, value)
    return table
