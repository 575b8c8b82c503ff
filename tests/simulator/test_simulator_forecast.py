"""How long a run will take, and where its results go."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeagent.simulator.forecast import forecast_seconds, forecast_words, measured_slowness
from edgeagent.simulator.output_directory import make_output_directory

_DEFAULT = {"viewings": 374_108, "boxes": 200, "weeks": 26, "reports": 200_000.0}


def seconds(**changed: float) -> float:
    return forecast_seconds(**{**_DEFAULT, **changed}, chapters=(), slowness=1.0)  # type: ignore[arg-type]  # whole numbers stay whole


def test_more_of_anything_takes_longer_and_a_slow_machine_as_many_times() -> None:
    for name, value in _DEFAULT.items():
        assert seconds(**{name: 10 * value}) > seconds()
    whole = {**_DEFAULT, "chapters": (), "slowness": 3.0}
    assert forecast_seconds(**whole) == pytest.approx(3 * seconds())  # type: ignore[arg-type]  # as above
    assert forecast_seconds(**{**whole, "chapters": ("plan",)}) > 3 * seconds()  # type: ignore[arg-type]  # as above


def test_the_default_run_takes_a_minute_or_two_on_an_idle_machine() -> None:
    assert 45 < seconds() < 120


def test_slowness_is_measured_by_the_clock() -> None:
    ticks = iter([10.0, 10.3])
    assert measured_slowness(lambda: next(ticks)) == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("duration", "words"),
    [(20, "less than a minute"), (50, "about 1 minute on"), (3700, "about 62 minutes on")],
)
def test_a_forecast_is_said_to_the_minute(duration: float, words: str) -> None:
    assert words in forecast_words(duration)


def test_git_ignores_a_directory_that_is_made_and_no_other(tmp_path: Path) -> None:
    make_output_directory(tmp_path / "a" / "run")
    assert (tmp_path / "a" / "run" / ".gitignore").read_text() == "*\n"
    make_output_directory(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["run"]
