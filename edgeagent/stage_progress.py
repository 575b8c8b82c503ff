"""Progress of long work on stderr: bars at a terminal, elsewhere a line every few seconds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

import click

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

__all__ = [
    "StageProgress",
    "clock_time",
    "progress_lines",
    "progress_on",
    "progress_on_stderr",
]

_WORTH_SAYING = 50_000
"""Steps a second: below it, people count the steps themselves."""
_LINE_SECONDS = 5.0
"""Between two lines: a log stays short, and nobody takes the program for stuck."""
_LOOK_SECONDS = 1.0
"""Between two looks whether a line is due although no step was finished."""
_LONGEST_STAGE = 31
"""Letters of a stage's name, so that all columns together fit in 80."""


class StageProgress(Protocol):
    """Shows what long work is doing."""

    def say(self, words: str) -> None:
        """Say something about the whole."""
        ...

    def stage(self, what: str, total: int | None = None) -> None:
        """Finish the stage before and begin this one; ``total``: its steps, if they are known."""
        ...

    def advance(self, steps: int = 1) -> None:
        """Further steps of the stage are done."""
        ...

    def reach(self, what: str, done: float) -> None:
        """Say what the stage is at, and how much of it is done, 0-1."""
        ...


def clock_time(seconds: float) -> str:
    """Return a duration in short.

    >>> clock_time(61), clock_time(3700)
    ('1:01', '1:01:40')
    """
    whole = int(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def _so_far(elapsed: float, left: float | None) -> str:
    text = f"{clock_time(elapsed)} so far"
    return text if left is None else f"{text}, {clock_time(left)} left"


class _Lines:
    """Prints a line every few seconds while a stage lasts, and when it is done.

    What is short passes in silence. The beginning is said of a stage that cannot move, because its
    steps are not known.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._now = monotonic
        self._lock = threading.Lock()  # a thread of its own says that a long step goes on
        self._what, self._doing = "", ""
        self._total: float | None = None
        self._done = self._began = self._said = 0.0

    def say(self, words: str) -> None:
        click.echo(words, err=True)

    def stage(self, what: str, total: int | None = None) -> None:
        self.finish()
        with self._lock:
            self._what = self._doing = what
            self._total, self._done = total, 0.0
            self._began = self._said = self._now()
        if total is None:
            self.say(what)

    def advance(self, steps: int = 1) -> None:
        self._done += steps
        self.keep_saying()

    def reach(self, what: str, done: float) -> None:
        self._doing = what
        self._done = done * (self._total or 1)
        self.keep_saying()

    def keep_saying(self) -> None:
        """Print how far the stage is, unless that was said a moment ago."""
        with self._lock:
            now = self._now()
            if not self._what or now - self._said < _LINE_SECONDS:
                return
            self._said, elapsed = now, now - self._began
            if not self._total or not self._done:
                self.say(f"{self._doing}: {_so_far(elapsed, None)}")
                return
            part = min(self._done / self._total, 1.0)
            self.say(f"{self._doing}: {part:.0%}, {_so_far(elapsed, elapsed * (1 / part - 1))}")

    def finish(self) -> None:
        with self._lock:
            elapsed = self._now() - self._began
            if self._what and (self._total is None or elapsed >= _LINE_SECONDS):
                self.say(f"{self._what}: done in {clock_time(elapsed)}")
            self._what = ""


class _Bars:
    """Shows the stage, how far it is, and how long it has taken and still takes."""

    def __init__(self, bars: Progress) -> None:
        self.bars = bars
        self._task: TaskID | None = None

    def say(self, words: str) -> None:
        self.bars.console.print(words, markup=False, highlight=False)

    def stage(self, what: str, total: int | None = None) -> None:
        self.finish()
        self._task = self.bars.add_task(what, total=total, rate="")

    def advance(self, steps: int = 1) -> None:
        """Move the bar, and say how fast it moves where steps are many."""
        if self._task is not None:
            self.bars.advance(self._task, steps)
            speed = self.bars.tasks[self._task].speed or 0
            if speed >= _WORTH_SAYING:
                self.bars.update(self._task, rate=f"{speed / 1e6:.1f}M/s")

    def reach(self, what: str, done: float) -> None:
        if self._task is not None:
            total = self.bars.tasks[self._task].total or 1
            self.bars.update(self._task, description=what, completed=done * total)

    def finish(self) -> None:
        """Fill the bar of the present stage, if there is one."""
        if self._task is not None:
            total = self.bars.tasks[self._task].total or 1
            self.bars.update(self._task, total=total, completed=total)


@contextmanager
def progress_lines(monotonic: Callable[[], float] = time.monotonic) -> Iterator[_Lines]:
    """Show progress in lines while the block lasts, for a log or another program."""
    lines, over = _Lines(monotonic), threading.Event()

    def go_on() -> None:
        while not over.wait(_LOOK_SECONDS):
            lines.keep_saying()

    ticking = threading.Thread(target=go_on, daemon=True)
    ticking.start()
    try:
        yield lines
    finally:
        over.set()
        ticking.join()
    lines.finish()


@contextmanager
def progress_on(console: Console) -> Iterator[_Bars]:
    """Show progress in bars on a terminal while the block lasts."""
    from rich.progress import (  # noqa: PLC0415  (an extra's, and slow to load)
        BarColumn,
        Progress,
        ProgressColumn,
        SpinnerColumn,
        Task,
        TaskProgressColumn,
        TextColumn,
    )
    from rich.text import Text  # noqa: PLC0415  (as above)

    class TimesColumn(ProgressColumn):
        """Elapsed and left, apart; what is finished has only taken its time."""

        def render(self, task: Task) -> Text:
            """Return the times of a stage."""
            if task.finished:
                return Text(clock_time(task.finished_time or 0))
            return Text(_so_far(task.elapsed or 0, task.time_remaining))

    with Progress(
        SpinnerColumn(finished_text="✓"),
        TextColumn(f"{{task.description:{_LONGEST_STAGE}.{_LONGEST_STAGE}}}", markup=False),
        BarColumn(bar_width=8),
        TaskProgressColumn(),
        TextColumn("{task.fields[rate]}"),
        TimesColumn(),
        console=console,
    ) as bars:
        progress = _Bars(bars)
        yield progress
        progress.finish()


@contextmanager
def progress_on_stderr() -> Iterator[StageProgress]:
    """Show progress on stderr, in the form that suits what stderr is."""
    from rich.console import Console  # noqa: PLC0415  (as above)

    console = Console(stderr=True)
    shown = progress_on(console) if console.is_terminal else progress_lines()
    with shown as progress:
        yield progress
