"""Of chapter "plan": a line-up planned from counts, beside what the panel watched afterwards."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from edgeagent.messages import ReportTask
from edgeagent.privacy.estimation import Totals
from edgeagent.privacy.subset_selection import SubsetSelection
from edgeagent.simulator.chapters.chapter import Ground
from edgeagent.simulator.chapters.living import LaterWeeks, rising_tastes
from edgeagent.simulator.pictures.intervals import TruthRow, truth_picture
from edgeagent.simulator.pictures.picture import Section
from model_export.segments.appeal import assign_sessions, fit_appeal, later_error
from model_export.segments.portraits import candidates_csv
from server_stub.aggregation.aggregator import Aggregator, WindowSums
from server_stub.planning.line_up import Rules
from server_stub.planning.mix import session_mix
from server_stub.planning.schedule import LineUpPlan, plan_schedule
from server_stub.planning.tables import Candidate, ScheduleSlot, read_candidates

__all__ = ["LineUpTrial", "try_line_ups"]

_REPORTS, _FLEETS = 100_000, 3
_CANDIDATES, _SLOTS, _GENRES = 200, 10, 4
_SHIFT = 5.0
"""Of the audience that is not the panel's; the strong drift of chapter "drift"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineUpTrial:
    """What line-ups were worth: the parts of the later sessions that hold each of their titles."""

    planned: float
    """Of line-ups from counts, as expected; means over fleets."""
    counts: float
    """Of the same, as it came."""
    popular: float
    """Of the titles most watched on the panel in training."""
    chance: float
    """Of candidates drawn blindly."""
    hindsight: float
    """Of the best that there was."""
    inside_counts: int
    """Of the candidates, those whose later part lies in the interval of the counts alone."""
    inside_both: int
    """The same where twice the model's error is added to it."""
    candidates: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _DrawnSums(Aggregator):
    """Sums of reports that no server took."""

    sums: Totals

    def windows(self, task: ReportTask, *, weeks: Sequence[int] = ()) -> tuple[WindowSums, ...]:
        del weeks
        return (WindowSums(week=task.first_week, totals=self.sums, final=True),)


def try_line_ups(
    ground: Ground, weeks: LaterWeeks, *, generator: np.random.Generator
) -> tuple[Section, dict[str, LineUpTrial]]:
    """Plan ten slots with the files and functions that planners use.

    Returns:
        The section of the page, and by audience what line-ups were worth: the same as the panel's,
        later; and another one, in which half of the segments has grown.

    """
    candidates = _candidates(ground)
    rising = rising_tastes(ground, weeks)[weeks.owners]
    trials: dict[str, LineUpTrial] = {}
    for audience, shift in {"same": 0.0, "another": _SHIFT}.items():
        weights = np.exp(shift * rising)
        truth = _truth(ground, weeks, candidates, weights)
        plans = [
            _plan(ground, weeks, candidates, weights, generator=generator) for _ in range(_FLEETS)
        ]
        trials[audience] = _judged(plans, candidates, truth)
        section = _section(plans[0], truth, candidates)
    return section, trials


def _plan(
    ground: Ground,
    weeks: LaterWeeks,
    candidates: Sequence[Candidate],
    weights: NDArray[np.float64],
    *,
    generator: np.random.Generator,
) -> LineUpPlan:
    mechanism = SubsetSelection(weeks.size, ground.artefacts.task.odds)
    sums = weeks.totals(mechanism, reports=_REPORTS, generator=generator, weights=weights)
    slots = [
        ScheduleSlot(name=f"slot {number + 1}", daypart="", max_age=None, minutes=None)
        for number in range(_SLOTS)
    ]
    return plan_schedule(
        session_mix(_DrawnSums(sums=sums), ground.artefacts.task, ground.artefacts.manifest),
        candidates,
        slots,
        Rules(variety=_GENRES),
    )


def _judged(
    plans: Sequence[LineUpPlan], candidates: Sequence[Candidate], truth: NDArray[np.float64]
) -> LineUpTrial:
    place = _places(candidates)
    own = [[place[one.chosen.entity_id] for one in plan.line_up] for plan in plans]
    shares = {one.entity_id: one for one in plans[0].shares}
    shown = [shares[candidate.entity_id] for candidate in candidates]
    away = np.abs(np.array([one.share for one in shown]) - truth)
    sampling = np.array([(one.high - one.low) / 2 for one in shown])
    model = 2 * np.array([one.model_error or 0.0 for one in shown])
    return LineUpTrial(
        planned=fmean(plan.share for plan in plans),
        counts=float(truth[own].sum(axis=1).mean()),
        popular=float(truth[:_SLOTS].sum()),
        chance=float(truth.mean() * _SLOTS),
        hindsight=float(np.sort(truth)[-_SLOTS:].sum()),
        inside_counts=int((away <= sampling).sum()),
        inside_both=int((away <= np.hypot(sampling, model)).sum()),
        candidates=len(candidates),
    )


def _places(candidates: Sequence[Candidate]) -> dict[str, int]:
    return {candidate.entity_id: number for number, candidate in enumerate(candidates)}


def _candidates(ground: Ground) -> tuple[Candidate, ...]:
    """Return the titles most watched in training, through the file that planners get."""
    assigned = assign_sessions(ground.model, ground.split.training, seed=ground.seed)
    appeal = fit_appeal(ground.model, assigned)
    text = candidates_csv(
        ground.model,
        appeal,
        model_error=later_error(ground.model, assigned),
        chosen=np.argsort(-appeal.watched, kind="stable")[:_CANDIDATES].tolist(),
    )
    with tempfile.TemporaryDirectory(prefix="edgeagent-plan-") as directory:
        table = Path(directory) / "candidates.csv"
        table.write_text(text, "utf-8")
        return read_candidates(table, ground.artefacts.task)


def _truth(
    ground: Ground,
    weeks: LaterWeeks,
    candidates: Sequence[Candidate],
    weights: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return [C] the part of the later sessions that counts for a segment and holds each title."""
    column = {title.entity_id: number for number, title in enumerate(ground.model.titles)}
    held = np.zeros(len(column))
    each = weeks.weights * weeks.boxes * weights[weeks.week] / weights.sum()
    for session, weight, category in zip(weeks.sessions.rows, each, weeks.categories, strict=True):
        if category < weeks.size - 1:
            held[np.unique(session.items)] += weight
    return held[[column[candidate.entity_id] for candidate in candidates]]


def _section(
    plan: LineUpPlan, truth: NDArray[np.float64], candidates: Sequence[Candidate]
) -> Section:
    place = _places(candidates)
    rows = [
        TruthRow(
            name=one.chosen.title,
            value=one.chosen.share,
            low=one.chosen.low,
            high=one.chosen.high,
            truth=float(truth[place[one.chosen.entity_id]]),
        )
        for one in plan.line_up
    ]
    tied = sum(one.ties_in_all + one.ties_of_model > 0 for one in plan.line_up)
    return Section(
        title="Plan: a line-up for an audience that is not the panel's",
        words=f"{_SLOTS} slots, {_GENRES} genres at least, chosen among {_CANDIDATES} titles from "
        f"{plan.reports:,} reports, beside the part of the later sessions that held each title. "
        "Intervals are of the counts. The model's own error is larger: tastes for single titles "
        "come and go; and what is chosen for being the largest is seldom as large as it looked.",
        picture=truth_picture(
            "line-up",
            rows,
            axis="share of the answers of reporting boxes that hold the title",
            caption=f"In {tied} of {len(rows)} slots another title is as good, as far as counts "
            "and model tell.",
            description="Expected shares of the titles of a line-up, and what they had later.",
        ),
    )
