"""Chapter "plan": what plans from counts say, beside what the panel's households really watched."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edgeagent.privacy.combinations import Combination, combine
from edgeagent.privacy.subset_selection import SubsetSelection
from edgeagent.simulator.chapters.chapter import Chapter, Ground
from edgeagent.simulator.chapters.line_ups import LineUpTrial, try_line_ups
from edgeagent.simulator.chapters.living import LaterWeeks, later_weeks
from edgeagent.simulator.fleet.coverage import coverage_is_credible
from edgeagent.simulator.pictures.intervals import TruthRow, truth_picture
from edgeagent.simulator.pictures.picture import Section

__all__ = ["plan_chapter"]

_REPORTS = 10_000
_TARGETS, _SHOWN = 100, 12
_MOST_SEGMENTS = 8


def plan_chapter(ground: Ground) -> Chapter:
    """Plan targets from a fleet's counts and hold them against the panel."""
    generator = np.random.default_rng([ground.seed, 19, 1])
    weeks = later_weeks(ground)
    mechanism = SubsetSelection(weeks.size, ground.artefacts.task.odds)
    targets = _targets(ground, generator)
    # A fleet for each: intervals from one fleet would hold or fail together.
    rows = [
        _row(target, _planned(target, weeks, mechanism, generator), weeks) for target in targets
    ]
    covered = sum(row.low <= row.truth <= row.high for row in rows)
    reach = [float((weeks.parts[:, target].sum(axis=1) > 0).mean()) for target in targets]
    sessions = np.bincount(weeks.week, minlength=weeks.boxes)
    bounded = sum(
        float(weeks.parts[:, target].sum(axis=1).mean())
        <= reached
        <= sessions.max() * float(weeks.parts[:, target].sum(axis=1).mean())
        for target, reached in zip(targets, reach, strict=True)
    )
    section, trials = try_line_ups(ground, weeks, generator=generator)
    broken = [] if coverage_is_credible(covered, len(rows)) else ["a target's interval lies"]
    broken += [] if bounded == len(targets) else ["a bound of reach does not hold"]
    caption = (
        f"{covered} of {len(rows)} intervals of targets of one to {_MOST_SEGMENTS} segments hold "
        f"the truth; the first {_SHOWN} are drawn."
    )
    return Chapter(
        sections=(
            Section(
                title="Plan: how much of the viewing is in a target",
                words=f"Targets of several segments, each planned from {_REPORTS:,} reports at "
                f"e^ε = {mechanism.odds}, beside what the panel's households really watched after "
                "the model was trained.",
                picture=truth_picture(
                    "targets",
                    rows[:_SHOWN],
                    axis="share of the answers of reporting boxes in the target",
                    caption=caption,
                    description="Planned shares of targets with intervals, and the true ones.",
                ),
            ),
            section,
        ),
        lines=(
            ("targets", f"{covered} of {len(rows)} intervals hold the truth"),
            *((f"line-up, {name} audience", _in_words(trial)) for name, trial in trials.items()),
        ),
        facts={
            "reports": _REPORTS,
            "targets": len(rows),
            "targets_covered": int(covered),
            "reach_within_bounds": int(bounded),
            "line_ups": trials,
        },
        broken=tuple(broken),
    )


def _targets(ground: Ground, generator: np.random.Generator) -> list[list[int]]:
    sensitive = ground.artefacts.task.sensitive
    counted = [n for n in range(len(ground.model.labels)) if n not in sensitive]
    sizes = generator.integers(1, min(_MOST_SEGMENTS, len(counted)) + 1, size=_TARGETS)
    return [sorted(generator.choice(counted, size=n, replace=False).tolist()) for n in sizes]


def _planned(
    target: Sequence[int],
    weeks: LaterWeeks,
    mechanism: SubsetSelection,
    generator: np.random.Generator,
) -> Combination:
    totals = weeks.totals(mechanism, reports=_REPORTS, generator=generator)
    inside = [float(category in target) for category in range(weeks.size)]
    return combine(mechanism, mechanism.estimate(totals).values, inside, reports=_REPORTS)


def _row(target: Sequence[int], found: Combination, weeks: LaterWeeks) -> TruthRow:
    return TruthRow(
        name=f"segments {', '.join(map(str, target))}",
        value=found.value,
        low=found.low,
        high=found.high,
        truth=float(weeks.parts[:, list(target)].sum(axis=1).mean()),
    )


def _in_words(trial: LineUpTrial) -> str:
    beside = f"popular {trial.popular:.1%}, chance {trial.chance:.1%}, best {trial.hindsight:.1%}"
    return f"{trial.counts:.1%} of later sessions; {beside}"
