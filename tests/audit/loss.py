"""What reports give away, measured: from sessions to bytes, and through the real store."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import permutations
from math import log
from typing import Literal

import numpy as np
from msgspec.structs import replace

from edgeagent.clock import HOUR_SECONDS
from edgeagent.errors import PromiseBroken
from edgeagent.messages import ReportTask, Segmenter, TargetReference, decode_report, encode_report
from edgeagent.messages.task import GroupDayparts
from edgeagent.privacy.randomizers import Randomizer, randomizer_for
from edgeagent.privacy.release import release
from edgeagent.privacy.values import SegmentCounts
from edgeagent.randomness import RandomSource, SystemRandomSource
from edgeagent.segments.categories import category_of
from edgeagent.testing.randomness import SeededRandomSource
from tests.audit.boxes import live_a_cycle, living_box
from tests.audit.part import Effort, Result
from tests.audit.refutation import Bound, Reports, lower_bound

ALPHA = 1e-4
"""Chance that an honest sampler is called a liar, in all arms of the audit together."""
WEEKS: dict[str, tuple[int, ...]] = {
    "only segment 0": (0,) * 20,
    "only segment 1": (1,) * 20,
    "nothing": (),
}
"""Neighbours that are as far apart as weeks can be; 20 sessions are more than any clip."""
DAYS: dict[str, tuple[tuple[int, ...], int]] = {
    "only evenings": ((0,) * 20, 20 * HOUR_SECONDS),
    "only nights": ((0,) * 20, 2 * HOUR_SECONDS),
    "nothing": ((), 0),
}
"""The same for a task that tells the time of day: sessions, and when all of them begin."""
SEEN = 0.75
"""The share of the claimed ε that must be found, or the audit has lost its eyes."""


def task(mechanism: str, categories: Literal[9, 17, 33, 65]) -> ReportTask:
    file = TargetReference(path="models/a.onnx", sha256="0" * 64, length_bytes=1)
    return ReportTask(
        mechanism=mechanism,  # type: ignore[arg-type]  # both are tried
        categories=categories,
        odds_numerator=3,
        odds_denominator=1,
        epoch=224,
        first_week=0,
        segmenter=Segmenter(space_id="0" * 16, model=file, catalogue=file),
    )


def _by_group() -> ReportTask:
    scheme = GroupDayparts(groups=(0, 1, 2, 3) * 4, utc_offset_minutes=0)
    return replace(task("subset_selection", 17), by_group=scheme)


TASKS = (
    task("subset_selection", 33),
    task("subset_selection", 9),
    task("discrete_laplace", 9),
    _by_group(),
)
STORE_ARMS = 2
CYCLES = 100
ARMS = len(TASKS) * len(list(permutations(WEEKS, 2))) + STORE_ARMS
ALPHA_OF_ARM = ALPHA / ARMS


class SeededSource:
    """Fast and repeatable: a million draws a second, the same in every run."""

    def __init__(self, seed: str) -> None:
        self.below = random.Random(seed).randrange  # noqa: S311  (repeatable on purpose)


def draw_reports(
    asked: ReportTask,
    sessions: Sequence[int | None],
    *,
    number: int,
    source: RandomSource,
    mechanism: Randomizer | None = None,
    started_on: int = 0,
) -> Reports:
    """Return the counts of so many reports on one week, as a reader of the bytes sees them."""
    randomizer = mechanism or randomizer_for(asked)
    reports = np.empty((number, asked.categories), dtype=np.int16)
    for row in reports:
        categories = (category_of(each, asked, started_on=started_on) for each in sessions)
        week = SegmentCounts.of(categories, categories=asked.categories)
        noisy = randomizer.privatize(randomizer.bound(week, source), source)
        body = encode_report(release(noisy, task=asked, week=2960, random=source))
        row[:] = decode_report(body).counts
    return reports


def loss(effort: Effort) -> Result:
    """Try to refute e^ε = 3 on every ordered pair of weeks and every mechanism."""
    number = 1_000_000 if effort.full else 100_000
    found = []
    for asked in TASKS:
        effort.say(f"{asked.name}: {len(WEEKS)} × {number:,} reports")
        drawn = {
            name: draw_reports(
                asked,
                sessions,
                number=number,
                source=SystemRandomSource() if effort.full else SeededSource(f"loss {name}"),
                started_on=started_on,
            )
            for name, (sessions, started_on) in _weeks_of(asked).items()
        }
        for name, other in permutations(drawn, 2):
            bound = lower_bound(drawn[name], drawn[other], alpha=ALPHA_OF_ARM)
            found.append((f"{asked.name}, {name} against {other}", asked, bound))
    return _judged("loss", found, reports_a_side=number)


def _weeks_of(asked: ReportTask) -> dict[str, tuple[tuple[int, ...], int]]:
    if asked.scheme == "group_daypart":
        return DAYS
    return {name: (sessions, 0) for name, sessions in WEEKS.items()}


def store(effort: Effort) -> Result:
    """The same through whole boxes: history, segmenter, ledger, outbox; bytes as they are kept."""
    number = 10_000 if effort.full else 1000
    sides = {
        "only segment 0": list(_reports_of_boxes(effort, number, watching=True)),
        "nothing": list(_reports_of_boxes(effort, number, watching=False)),
    }
    asked = sides["nothing"][0][0]
    drawn = {
        name: np.array([counts for _, counts in reports], dtype=np.int16)
        for name, reports in sides.items()
    }
    found = [
        (
            f"{name} against {other}",
            asked,
            lower_bound(drawn[name], drawn[other], alpha=ALPHA_OF_ARM),
        )
        for name, other in permutations(sides, 2)
    ]
    return _judged("store", found, reports_a_side=number, seen=0.1)


def _reports_of_boxes(
    effort: Effort, number: int, *, watching: bool
) -> Iterator[tuple[ReportTask, tuple[int, ...]]]:
    """Yield the reports of boxes that live for 25 years each."""
    for first in range(0, number, CYCLES):
        seed = f"store {watching} {first}"
        random = SystemRandomSource() if effort.full else SeededRandomSource(seed)
        with living_box(segment=0, random=random) as (box, agent):
            asked = agent.installation().task
            if asked is None:
                raise PromiseBroken("the box of the audit has no task")
            for cycle in range(CYCLES):
                live_a_cycle(box, agent, cycle, watching=watching)
                agent.close_week()
            for disclosure in agent.disclosures():
                yield asked, decode_report(disclosure.body).counts
        effort.say(
            f"{first + CYCLES:,} of {number:,} reports, {'' if watching else 'not '}watching"
        )


def _judged(
    name: str,
    found: Sequence[tuple[str, ReportTask, Bound]],
    *,
    reports_a_side: int,
    seen: float = SEEN,
) -> Result:
    wrong = list(_refuted(found)) + list(_blind(found, seen))
    best = max(bound.epsilon for _, _, bound in found)
    return Result(
        name=name,
        wrong=tuple(wrong),
        figures={
            "reports_a_side": reports_a_side,
            "alpha": ALPHA,
            "arms_of_the_audit": ARMS,
            "largest_lower_bound": best,
            "arms": [{"name": arm} | asdict(bound) for arm, _, bound in found],
        },
        summary=f"{reports_a_side:,} reports a side, {len(found)} ordered pairs: ε ≥ {best:.3f} "
        f"found at most, {log(3):.3f} claimed",
    )


def _refuted(found: Sequence[tuple[str, ReportTask, Bound]]) -> Iterator[str]:
    for arm, asked, bound in found:
        if bound.epsilon > log(asked.odds):
            yield f"{arm}: ε is at least {bound.epsilon:.4f} by '{bound.event}'"


def _blind(found: Sequence[tuple[str, ReportTask, Bound]], seen: float) -> Iterator[str]:
    """Where nothing at all is found, it was not looked at: reports do tell something."""
    for asked in dict.fromkeys(asked for _, asked, _ in found):
        best = max(bound.epsilon for _, one, bound in found if one == asked)
        if best < seen * log(asked.odds):
            yield f"{asked.name}: no more than ε ≥ {best:.3f} is seen, the audit is blind"
