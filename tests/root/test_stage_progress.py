"""Progress in lines, where there is no terminal, and in bars."""

from __future__ import annotations

import io
import threading

import pytest
from rich.console import Console

from edgeagent.stage_progress import clock_time, progress_lines, progress_on, progress_on_stderr


class Seconds:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_line_comes_every_few_seconds_and_says_elapsed_and_left_apart(
    capsys: pytest.CaptureFixture[str],
) -> None:
    seconds = Seconds()
    with progress_lines(seconds) as progress:
        progress.say("this takes a while")
        progress.stage("Counting", 100)
        for _ in range(12):
            seconds.now += 1
            progress.advance(10)
        progress.stage("Waiting")
        seconds.now += 70
        progress.advance()
        progress.stage("Training", 100)
        seconds.now += 6
        progress.reach("Trying", 0.25)
        progress.stage("Passing", 100)
        progress.advance(100)
    assert capsys.readouterr().err.splitlines() == [
        "this takes a while",
        "Counting: 50%, 0:05 so far, 0:05 left",
        "Counting: 100%, 0:10 so far, 0:00 left",
        "Counting: done in 0:12",
        "Waiting",
        "Waiting: 1:10 so far",
        "Waiting: done in 1:10",
        "Trying: 25%, 0:06 so far, 0:18 left",
        "Training: done in 0:06",
    ]


def test_a_step_that_takes_long_is_said_to_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    seconds = Seconds()
    with progress_lines(seconds) as progress:
        progress.keep_saying()  # no stage yet
        progress.stage("Fitting", 100)
        progress.advance(20)
        for _ in range(14):
            seconds.now += 1
            progress.keep_saying()
    assert capsys.readouterr().err.splitlines() == [
        "Fitting: 20%, 0:05 so far, 0:20 left",
        "Fitting: 20%, 0:10 so far, 0:40 left",
        "Fitting: done in 0:14",
    ]


def test_it_goes_on_without_being_asked(capsys: pytest.CaptureFixture[str]) -> None:
    looked = threading.Event()
    now = iter([0.0, 0.0])  # finishing nothing, and the beginning of the stage

    def clock() -> float:
        try:
            return next(now)
        except StopIteration:
            looked.set()
            return 60.0

    with progress_lines(clock) as progress:
        progress.stage("Fitting", 100)
        assert looked.wait(30)
    assert capsys.readouterr().err.splitlines()[0] == "Fitting: 1:00 so far"


def test_bars_fit_a_terminal_of_80_columns() -> None:
    written = io.StringIO()
    console = Console(file=written, force_terminal=True, width=80, color_system=None)
    with progress_on(console) as progress:
        progress.say("this [takes] a while")
        progress.advance()  # no stage, nothing to move
        progress.reach("nothing", 0.5)
        progress.stage("A name of a stage that is much too long for its column", 1_000_000)
        for _ in range(3):
            progress.advance(250_000)
        progress.stage("Training", 100)
        progress.reach("Trying", 0.5)
    shown = written.getvalue()
    assert "this [takes] a while" in shown
    assert "A name of a stage that is much " in shown
    assert "M/s" in shown
    assert "Trying" in shown
    assert all(len(line) <= 80 for line in shown.splitlines() if "\x1b" not in line)


def test_stderr_that_is_no_terminal_gets_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_on_stderr() as progress:
        progress.stage("Counting")
    assert capsys.readouterr().err == "Counting\nCounting: done in 0:00\n"


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (61.9, "1:01"), (3661, "1:01:01")])
def test_a_duration_in_short(seconds: float, text: str) -> None:
    assert clock_time(seconds) == text
