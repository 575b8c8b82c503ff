"""Benches one after the other: how long it will take is said first, and what has ended is kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tests.bench.bench import Bench
from tests.bench.machine import machine_facts
from tests.bench.result import Result
from tests.bench.running import PACKAGES, BenchError, Run, run_bench

__all__ = ["Series", "duration"]


@dataclass(kw_only=True)
class Series:
    """Some benches, and how often each runs."""

    benches: Sequence[Bench]
    quick: bool = False
    runs: int | None = None
    """Of each; default: as each bench says, and one where it is quick."""
    one: Callable[[list[str]], Run] | None = None
    """Makes one run of a command, for tests."""
    clock: Callable[[], float] = time.monotonic
    failures: list[str] = field(default_factory=list)
    """Which benches said no figures, and why; the others have run all the same."""

    def runs_of(self, bench: Bench) -> int:
        """Return how often a bench runs."""
        return self.runs or (1 if self.quick else bench.runs)

    @property
    def forecast(self) -> str:
        """What is about to happen, in words; nobody has timed the quick forms."""
        number = len(self.benches)
        words = "1 bench" if number == 1 else f"{number} benches"
        if self.quick:
            return f"{words}, quick"
        return f"{words}, {duration(self._planned(self.benches))} on two idle cores"

    def results(self, directory: Path, *, say: Callable[[str], None]) -> Iterator[Result]:
        """Run them, and yield each result when it lies in ``directory``."""
        machine = machine_facts(*PACKAGES)  # a bench must not take the one before it for others
        began = self.clock()
        for place, bench in enumerate(self.benches):
            left = self._left(place, self.clock() - began)
            tell = partial(_tell, say, f"{place + 1} of {len(self.benches)}", left)
            try:
                result = run_bench(
                    bench,
                    runs=self.runs_of(bench),
                    quick=self.quick,
                    machine=machine,
                    one=self.one,
                    say=tell,
                )
            except BenchError as error:
                self.failures.append(f"{bench.name}: {error}")
                say(f"error: {self.failures[-1]}")
                continue
            result.write(directory)
            yield result

    def _planned(self, benches: Sequence[Bench]) -> float:
        return sum(bench.seconds * self.runs_of(bench) for bench in benches)

    def _left(self, place: int, passed_seconds: float) -> str:
        """Say how long the rest takes if it is as slow as what has ended."""
        if self.quick:
            return ""
        done = self._planned(self.benches[:place])
        slower = passed_seconds / done if done else 1.0
        return f"; {duration(slower * self._planned(self.benches[place:]))} left"


def _tell(say: Callable[[str], None], place: str, left: str, what: str) -> None:
    say(f"{place}: {what}{left}")


def duration(seconds: float) -> str:
    """Say how long something takes, to the minute."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return "less than a minute"
    return f"about {minutes} minute{'' if minutes == 1 else 's'}"
