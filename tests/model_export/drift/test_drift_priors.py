"""Alarms that keep their rate, priors that follow a change, and hold-outs that must be current."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from numpy.typing import NDArray

from edgeagent.clock import WEEK_SECONDS, week_of
from edgeagent.errors import InputError
from model_export.cli import main
from model_export.drift.alarm import judge_drift
from model_export.drift.counts import Mix
from model_export.drift.holdout import first_picks, judge_priors
from model_export.drift.priors import believed_change, with_priors
from model_export.heads.model_file import load_model, save_model
from model_export.heads.trained_model import TrainedModel
from model_export.loaders import load_log
from model_export.log import WatchLog
from model_export.segments.appeal import Appeal, assign_sessions, fit_appeal
from tests.model_export.segments.test_export_portraits import items_of, rows_of

SHARES = np.full(16, 1 / 16)
ERRORS = np.full(16, 0.01)
COLUMNS = ("category", "name", "value", "standard_error", "unit", "weeks", "reports")


def mix(shares: NDArray[np.float64], **changes: object) -> Mix:
    fields: dict[str, object] = {
        "shares": shares,
        "errors": ERRORS,
        "counted": np.ones(len(shares), dtype=np.bool_),
        "reports": 10_000,
        "weeks": (2960,),
    }
    return Mix(**(fields | changes))  # type: ignore[arg-type]


def moved(by: float) -> NDArray[np.float64]:
    """Shares of which the first has grown, at the expense of the last."""
    return np.asarray(SHARES + by * (np.eye(16)[0] - np.eye(16)[15]))


def test_an_alarm_without_drift_is_rare(model: TrainedModel) -> None:
    generator = np.random.default_rng(8)
    alarms = 0
    for _ in range(2000):
        before, now = (mix(SHARES + generator.normal(0, ERRORS)) for _ in range(2))
        alarms += bool(judge_drift(before, now, model.labels).segments)
    # 100 at most are expected, with a standard deviation of 10.
    assert 50 < alarms < 140


def test_a_change_beyond_chance_is_an_alarm_and_one_that_the_model_explains_is_not(
    model: TrainedModel,
) -> None:
    alarm = judge_drift(mix(SHARES), mix(moved(0.06)), model.labels)
    assert sorted(alarm.segments) == [0, 15]
    assert alarm.moved[0].now - alarm.moved[0].before == pytest.approx(
        0.06 if alarm.moved[0].segment == 0 else -0.06
    )
    carried = mix(SHARES, kept_fraction=0.6)
    assert judge_drift(carried, mix(moved(0.06)), model.labels).segments == ()


def test_priors_move_only_where_there_is_an_alarm(model: TrainedModel) -> None:
    before, now = mix(SHARES), mix(moved(0.03))
    silent = judge_drift(before, now, model.labels)
    assert not believed_change(before, now, silent).any()
    loud = mix(moved(0.06) + 0.001 * (np.eye(16)[3] - np.eye(16)[4]))
    change = believed_change(before, loud, judge_drift(before, loud, model.labels))
    assert change.sum() == pytest.approx(0.0, abs=1e-12)
    assert change[[0, 15]] == pytest.approx([0.06, -0.06])
    assert change[[3, 4]] == pytest.approx([0.0, 0.0])


@pytest.fixture(scope="module")
def appeal(model: TrainedModel, panel: WatchLog) -> Appeal:
    return fit_appeal(model, assign_sessions(model, panel, seed=1))


def refreshed(
    model: TrainedModel, appeal: Appeal, panel: WatchLog, change: NDArray[np.float64]
) -> TrainedModel:
    viewings = np.bincount(panel.items, minlength=len(model.titles))
    return with_priors(model, appeal, change=change, viewings=viewings)


def test_titles_of_a_segment_that_grows_become_more_popular_and_ids_stay(
    model: TrainedModel, panel: WatchLog, appeal: Appeal
) -> None:
    same = refreshed(model, appeal, panel, np.zeros(16))
    assert same.bias == pytest.approx(model.bias, abs=1e-7)
    new = refreshed(model, appeal, panel, moved(0.05) - SHARES)
    watched = np.bincount(panel.items, minlength=len(model.titles)) > 0
    up, down = appeal.lifts[0] > 2, appeal.lifts[15] > 2
    assert (new.bias > model.bias)[watched & up & ~down].all()
    assert (new.bias < model.bias)[watched & down & ~up].all()
    assert new.session_share[0] > model.session_share[0]
    assert new.session_share.sum() == pytest.approx(1.0)
    assert new.table is model.table
    assert (new.centroids is model.centroids, new.labels) == (True, model.labels)
    vanished = refreshed(model, appeal, panel, -100 * np.eye(16)[0])
    assert (vanished.bias >= 0).all()


def of_segment(panel: WatchLog, appeal: Appeal, segment: int) -> WatchLog:
    """Viewings of titles that this segment watches more than others."""
    return panel.select(appeal.lifts[segment][panel.items] > 2)


def test_a_hold_out_of_those_who_came_prefers_priors_that_follow_and_an_old_one_does_not(
    model: TrainedModel, panel: WatchLog, appeal: Appeal
) -> None:
    change = 0.3 * (np.eye(16)[0] - SHARES)
    new = refreshed(model, appeal, panel, change)
    counts = mix(SHARES, weeks=(week_of(int(panel.watched_on[0])),))
    current = judge_priors(model, new, of_segment(panel, appeal, 0), counts=counts)
    assert current.better
    assert current.refreshed - current.stale == pytest.approx(current.gain)
    stale = judge_priors(model, new, of_segment(panel, appeal, 5), counts=counts)
    assert (stale.gain < 0, stale.better) == (True, False)


def test_a_hold_out_from_before_the_counts_is_refused(model: TrainedModel, panel: WatchLog) -> None:
    after = week_of(int(panel.watched_on[-1])) + 1
    with pytest.raises(InputError, match="would refuse exactly what has changed since"):
        judge_priors(model, model, panel, counts=mix(SHARES, weeks=(after,)))
    half = int(panel.watched_on[len(panel) // 2])
    judged = judge_priors(model, model, panel, counts=mix(SHARES, weeks=(week_of(half),)))
    assert judged.people < panel.user_count + 1
    assert (judged.gain, judged.better) == (0.0, False)
    nothing = panel.select(np.zeros(len(panel), dtype=np.bool_))
    with pytest.raises(InputError, match="holds no viewings"):
        judge_priors(model, model, nothing, counts=mix(SHARES))
    other = replace(panel, titles=panel.titles[::-1])
    with pytest.raises(InputError, match="over other titles"):
        judge_priors(model, model, other, counts=mix(SHARES))


def test_first_picks_are_the_same_for_everybody(model: TrainedModel, panel: WatchLog) -> None:
    best = int(np.argmax(model.bias))
    quality = first_picks(model, panel.select(panel.items == best))
    assert set(quality.ndcg_at_10) == {1.0}


class Quarters:
    """A model in a file, its log, and tables of counts of two quarters."""

    def __init__(self, directory: Path, model: TrainedModel, panel: WatchLog) -> None:
        self.directory = directory
        self.items, self.log = directory / "items.csv", directory / "log.csv"
        self.items.write_text(items_of(model))
        self.log.write_text(rows_of(panel))
        self.model = replace(model, titles=load_log(self.log, self.items).titles)
        save_model(self.model, directory / "m.npz")
        self.week = week_of(int(panel.watched_on[-1])) - 2

    def table(self, name: str, shares: NDArray[np.float64]) -> Path:
        path = self.directory / name
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            for number, label in enumerate(self.model.labels):
                if not label.sensitive:
                    row = (number, label.name, shares[number], 0.005, "share", self.week, 50_000)
                    writer.writerow(row)
        return path

    def drift(self, now: NDArray[np.float64], *more: object) -> Result:
        words = [
            *("drift", self.directory / "m.npz", "--ratings", self.log),
            *("--catalogue", self.items, "--before", self.table("then.csv", SHARES)),
            *("--counts", self.table("now.csv", now), *more),
        ]
        return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture(scope="module")
def quarters(
    tmp_path_factory: pytest.TempPathFactory, model: TrainedModel, panel: WatchLog
) -> Quarters:
    return Quarters(tmp_path_factory.mktemp("quarters"), model, panel)


def test_without_an_alarm_nothing_is_written(quarters: Quarters, tmp_path: Path) -> None:
    out = tmp_path / "new.npz"
    calm = quarters.drift(SHARES, "--out", out)
    assert calm.exit_code == 0, calm.output
    assert "no alarm: chance and the model explain every change" in calm.stdout
    assert "there is no alarm, and priors stay as they are" in calm.stdout
    assert not out.exists()


def test_an_alarm_refreshes_priors_and_keeps_ids(quarters: Quarters, tmp_path: Path) -> None:
    out = tmp_path / "new.npz"
    sensitive = [label.sensitive for label in quarters.model.labels]
    assert not sensitive[0]
    now = SHARES + 0.2 * (np.eye(16)[0] - SHARES)
    loud = quarters.drift(now, "--out", out)
    assert loud.exit_code == 0, loud.output
    assert "ALARM" in loud.stdout
    new = load_model(out)
    assert new.labels == quarters.model.labels
    assert np.array_equal(new.centroids, quarters.model.centroids)
    assert not np.array_equal(new.bias, quarters.model.bias)


def test_a_hold_out_decides_whether_they_are_written(
    quarters: Quarters, panel: WatchLog, appeal: Appeal, tmp_path: Path
) -> None:
    now = SHARES + 0.3 * (np.eye(16)[0] - SHARES)
    late = panel.watched_on >= panel.watched_on[-1] - 2 * WEEK_SECONDS
    for segment, good in ((0, True), (5, False)):
        holdout, out = tmp_path / f"{segment}.csv", tmp_path / f"{segment}.npz"
        holdout.write_text(rows_of(of_segment(panel.select(late), appeal, segment)))
        done = quarters.drift(now, "--out", out, "--holdout", holdout, "--json")
        assert done.exit_code == 0, done.output
        answer = json.loads(done.stdout)
        assert (answer["judged"]["gain"] > 0, out.exists()) == (good, good)
        assert (answer["written"] is not None) == good
        assert 0 in answer["alarm"]
