"""What a simulated fleet costs: time beside numpy alone and multi-freq-ldpy, memory by its size.

``python -m tests.bench.bench_fleet [--others] [--memory] [--json]`` simulates a million
box-windows (33 categories, e^ε = 3) on one processor and prints processor time, best of some
rounds, all asked in turn:

* a million reports drawn and summed by the function that every simulation uses, beside numpy alone
  drawing the same random numbers: 34 uniform ones for each, kept nowhere,
* a fleet of a million boxes that all report, from fates to estimate, beside numpy alone drawing the
  same: 12 more uniform numbers for each box, a geometric one and an integer,
* a fleet with the habits of a real one, of which two thirds report,
* ``--others``: multi-freq-ldpy's Subset Selection and its estimator, in an environment made for it.

``--memory`` runs fleets of 10⁵, 10⁶ and 10⁷ boxes, each in a process of its own, and prints the
most memory each had. Ends with exit code 1 when reports or a fleet take more than 3 times as long
as numpy alone, or when the largest fleet has 8 MiB more than the one with a tenth of its boxes.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np

from edgeagent.privacy.batches import draw_reports, totals_of
from edgeagent.privacy.subset_selection import SubsetSelection
from edgeagent.reporting_calendar import SPACING_WEEKS
from edgeagent.simulator.fleet.engine import run_fleet
from edgeagent.simulator.fleet.scenario import PLAIN, Habits, Scenario, invented_mix
from tests.bench.figures import say
from tests.bench.other_environment import answer_of

BOXES = 1_000_000
CATEGORIES = 33
ODDS = Fraction(3)
MOST_TIMES = 3.0
MOST_GROWTH_MIB = 8.0
"""From 10⁶ to 10⁷ boxes: the allocator's spread from run to run, not a thing for each box."""
FLEETS = (100_000, 1_000_000, 10_000_000)
_PART = 16_384
"""Numbers at a time: as many as stay in the cache, the fastest that numpy alone can be."""
_OTHERS = Path(__file__).with_name("published_fleet.py")
_PACKAGES = ("multi-freq-ldpy==0.2.5", "xxhash<4")  # it hands xxhash text
_UNIFORM_BESIDE = 12
"""Numbers of a box besides its report's: consent, fate, version, the ledger's age twice, liar or
not, sent again or not, session, loyal or not, loyalty, favourite before and after. Then a geometric
one for the weeks away, and an integer for when the favourite changes."""
_REPORTS, _FLEET = "reports", "fleet"
_ALONE = {_REPORTS: "numpy_for_reports", _FLEET: "numpy_for_fleet"}


def main() -> None:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--boxes", type=int, default=BOXES, help="box-windows of each job")
    parser.add_argument("--rounds", type=int, default=5, help="of which the best counts")
    parser.add_argument("--others", action="store_true", help="measure multi-freq-ldpy, too")
    parser.add_argument("--memory", action="store_true", help="measure memory, too: a minute")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--most", type=float, default=MOST_TIMES, help="times numpy alone [3]")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        _live(options.one, PLAIN)
        # Not ru_maxrss: a process begins with that of the one that started it.
        status = Path("/proc/self/status").read_text()
        sys.stdout.write(re.findall(r"VmHWM:\s*(\d+) kB", status)[0])
        return
    seconds = _times(options.boxes, options.rounds)
    if options.others:
        job = {"categories": CATEGORIES, "odds": float(ODDS), "boxes": options.boxes}
        answer = answer_of(_OTHERS, _PACKAGES, asked={**job, "mix": invented_mix(CATEGORIES)})
        seconds["multi_freq_ldpy"] = answer["seconds"]
    peaks = {boxes: _peak_mib(boxes) for boxes in FLEETS} if options.memory else {}
    figures = {"boxes": options.boxes, "processor_seconds": seconds, "peak_mib": peaks}
    say(figures, as_json=options.json)
    sys.exit("\n".join(_wrong(seconds, peaks, most=options.most)) or None)


def _times(boxes: int, rounds: int) -> dict[str, float]:
    """Return the processor seconds of each job, best of the rounds."""
    mechanism = SubsetSelection(CATEGORIES, ODDS)
    mix = invented_mix(CATEGORIES)
    sessions = np.random.default_rng(1).choice(CATEGORIES, boxes, p=mix)
    jobs: dict[str, Callable[[], object]] = {
        _ALONE[_REPORTS]: lambda: _numbers_alone(boxes, CATEGORIES + 1),
        _REPORTS: lambda: totals_of(draw_reports(mechanism, sessions, np.random.default_rng(2))),
        _ALONE[_FLEET]: lambda: _numbers_alone(
            boxes, CATEGORIES + 1 + _UNIFORM_BESIDE, others=True
        ),
        _FLEET: lambda: _live(boxes, PLAIN),
        "fleet_with_habits": lambda: _live(boxes, Habits()),
    }
    best = dict.fromkeys(jobs, float("inf"))
    for _ in range(rounds):
        for name, job in jobs.items():
            begin = time.process_time()
            job()
            best[name] = min(best[name], time.process_time() - begin)
    return best


def _numbers_alone(boxes: int, uniform: int, *, others: bool = False) -> None:
    generator, numbers = np.random.default_rng(1), np.empty(_PART)
    for _ in range(boxes // _PART):
        for _ in range(uniform):
            generator.random(out=numbers)
        if others:
            generator.geometric(1 / PLAIN.weeks_away, _PART)
            generator.integers(_PART, size=_PART)


def _live(boxes: int, habits: Habits) -> None:
    """Live the one quarter in which each box is due once."""
    scenario = Scenario(
        boxes=boxes,
        weeks=SPACING_WEEKS,
        seed=1,
        mix=invented_mix(CATEGORIES),
        odds=ODDS,
        habits=habits,
    )
    run_fleet(scenario, advance=lambda _: None, processes=1)


def _peak_mib(boxes: int) -> float:
    command = [sys.executable, "-m", "tests.bench.bench_fleet", "--one", str(boxes)]
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return int(run.stdout) / 1024


def _wrong(seconds: dict[str, float], peaks: dict[int, float], *, most: float) -> list[str]:
    """Return in words which limits were broken."""
    found = []
    for name, alone in _ALONE.items():
        times = seconds[name] / seconds[alone]
        if times > most:
            found.append(f"{name}: {times:.2f} times as long as numpy alone")
    if peaks and peaks[FLEETS[-1]] - peaks[FLEETS[-2]] > MOST_GROWTH_MIB:
        found.append(f"memory grows with the fleet: {peaks}")
    return found


if __name__ == "__main__":
    main()
