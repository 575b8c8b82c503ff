"""A fleet: its numbers depend on the scenario alone, and agree with the truth and with theory."""

from __future__ import annotations

import multiprocessing
import os
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields, replace
from fractions import Fraction
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from edgeagent.errors import InputError, OutputError
from edgeagent.messages.fields import MechanismName
from edgeagent.privacy.accounting import epsilon
from edgeagent.simulator.fleet import batch as batches
from edgeagent.simulator.fleet.batch import batches_of, run_batch
from edgeagent.simulator.fleet.checkpoint import CHECKPOINT_NAME, FleetProgress, resume, save
from edgeagent.simulator.fleet.coverage import coverage_is_credible
from edgeagent.simulator.fleet.engine import box_windows, run_fleet
from edgeagent.simulator.fleet.fates import draw_fates
from edgeagent.simulator.fleet.outcome import FleetOutcome
from edgeagent.simulator.fleet.poisoning import AttackName, Poisoning, pushing_the_rarest
from edgeagent.simulator.fleet.scenario import PLAIN, Habits, Scenario, invented_mix
from edgeagent.simulator.fleet.summary import broken_fleet_promises, fleet_details, fleet_lines
from edgeagent.simulator.fleet.tastes import Tastes

MIX = invented_mix(33)
FLEET = Scenario(boxes=60_000, weeks=26, seed=5, mix=MIX)


def lived(scenario: Scenario) -> FleetOutcome:
    return run_fleet(scenario, advance=lambda _: None)


@pytest.fixture(scope="module")
def outcome() -> FleetOutcome:
    return lived(FLEET)


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "BATCH_BOXES", 700)


@pytest.mark.parametrize(("covered", "credible"), [(33, True), (31, True), (24, True), (20, False)])
def test_coverage_is_refused_only_where_chance_is_no_excuse(covered: int, credible: bool) -> None:
    assert coverage_is_credible(covered, 33) is credible


def test_a_fleet_is_estimated_near_its_truth(outcome: FleetOutcome) -> None:
    assert broken_fleet_promises(outcome) == ()
    assert outcome.rmse < 1.5 * outcome.expected_rmse
    covered = sum(
        low <= true <= high
        for window in outcome.windows
        if window.estimate is not None
        for (low, high), true in zip(window.estimate.intervals, window.truth, strict=True)
    )
    assert coverage_is_credible(covered, 26 * 33)


def test_who_opts_out_moves_the_estimate_from_the_truth_of_all() -> None:
    outcome = lived(replace(FLEET, boxes=1_000_000, weeks=13))
    values = np.array(outcome.estimate.values)
    near, far = (
        float(np.square(values - truth).sum()) for truth in (outcome.truth, outcome.truth_of_all)
    )
    assert far > 2 * near
    even = lived(replace(FLEET, boxes=1000, habits=Habits(tilt=0)))
    assert even.truth == pytest.approx(even.truth_of_all)


def test_every_box_that_is_due_has_one_fate(outcome: FleetOutcome) -> None:
    for window in outcome.windows:
        boxes = window.boxes
        fates = ("reported", "refused", "outdated", "silent", "off", "opted_out")
        assert boxes.due == sum(getattr(boxes, fate) for fate in fates)
        assert max(boxes.late, boxes.duplicate) <= boxes.reported
        assert window.estimate is not None
        assert window.estimate.reports == boxes.reported
    for field in fields(outcome.boxes):
        whole = getattr(outcome.boxes, field.name)
        assert whole == sum(getattr(window.boxes, field.name) for window in outcome.windows)
        assert (whole > 0) is (field.name != "poisoned"), field.name


def test_each_box_is_due_once_in_thirteen_weeks(outcome: FleetOutcome) -> None:
    due = [window.boxes.due for window in outcome.windows]
    assert sum(due[:13]) == FLEET.boxes
    assert due[:13] == due[13:]
    assert box_windows(FLEET) == 2 * FLEET.boxes


def test_a_new_box_is_silent_for_its_first_13_weeks_and_no_longer() -> None:
    fleet = replace(FLEET, habits=replace(PLAIN, replaced=0.26))
    counts = [
        draw_fates(fleet, week, 0, size=60_000, consenting=1.0).boxes.silent / 60_000
        for week in (3000, 3013)
    ]
    # Of the 13 weeks up to the reporting week, and of the fourteenth before it.
    expected = 1 - (1 - 0.26) * (1 - 0.26 / 13)
    assert counts == pytest.approx([expected, expected], abs=5 * 0.45 / 245)


def test_a_plain_fleet_reports_in_full(outcome: FleetOutcome) -> None:
    plain = lived(replace(FLEET, weeks=13, habits=PLAIN))
    assert plain.boxes.reported == plain.boxes.due == FLEET.boxes
    assert plain.truth == pytest.approx(MIX)
    assert plain.windows[-1].epsilon_mean == pytest.approx(epsilon(Fraction(3)))
    assert outcome.windows[12].epsilon_most == pytest.approx(epsilon(Fraction(3)))
    assert outcome.windows[13].epsilon_most == pytest.approx(2 * epsilon(Fraction(3)))
    assert outcome.windows[13].epsilon_mean < outcome.windows[13].epsilon_most


def test_truth_is_what_sessions_are_drawn_from() -> None:
    habits = Habits(away=0.3, weeks_away=10.0, season=1, drift=0.1)
    fleet = replace(FLEET, boxes=13 * 60_000, weeks=20, habits=habits)
    tastes = Tastes(fleet)
    for index in (0, 7, 19):
        week = fleet.first_week + index
        fates = draw_fates(fleet, week, 0, size=60_000, consenting=tastes.consenting)
        sessions = tastes.sessions(index, 0, boxes=fates.reported, off=fates.off)
        seen = np.bincount(sessions, minlength=33) / len(sessions)
        truth = tastes.truth(index)
        assert truth.sum() == pytest.approx(1)
        errors = np.sqrt(truth * (1 - truth) / len(sessions))
        # Five standard errors in 99 comparisons: chance exceeds it once in 10⁴ seeds.
        assert np.abs(seen - truth).max() < 5 * errors.max()
        assert (np.abs(seen - truth) < 5 * errors + 1e-4).all()


def test_a_box_keeps_its_taste_from_report_to_report() -> None:
    tastes = Tastes(replace(FLEET, weeks=40, habits=replace(PLAIN, loyalty=0.5)))
    boxes, off = np.arange(4000), np.zeros(4000, dtype=bool)
    first, next_, other = (
        tastes.sessions(index, number, boxes=boxes, off=off)
        for index, number in ((0, 0), (13, 0), (13, 1))
    )
    same, by_chance = np.mean(first == next_), np.mean(first == other)
    assert same > by_chance + 0.1


def test_seasons_and_a_hit_move_the_truth() -> None:
    still = Tastes(replace(FLEET, habits=PLAIN))
    assert still.truth(0) == pytest.approx(still.truth(25))
    hit = Tastes(replace(FLEET, habits=replace(PLAIN, hit=1.0)))
    moved = hit.truth(FLEET.weeks // 3) / still.truth(0)
    assert moved.max() > 2
    assert (moved > 1).sum() == 1
    assert hit.truth(FLEET.weeks // 3 - 1) == pytest.approx(still.truth(0))


@pytest.mark.usefixtures("small_batches")
def test_the_numbers_do_not_depend_on_order_or_processes() -> None:
    fleet = replace(FLEET, boxes=20_000, weeks=3)
    alone = lived(fleet)
    spread = run_fleet(fleet, advance=lambda _: None, processes=2)
    assert spread == alone
    assert lived(replace(fleet, seed=6)).estimate != alone.estimate
    backwards = [run_batch(fleet, batch) for batch in reversed(list(batches_of(fleet)))]
    whole = sum(backwards[1:], start=backwards[0])
    assert whole.boxes == alone.boxes


@pytest.mark.usefixtures("small_batches")
def test_no_two_batches_draw_the_same() -> None:
    fleet = replace(FLEET, boxes=40_000, weeks=16)
    whole = [batch for batch in batches_of(fleet) if batch.boxes == 700]
    assert len(whole) > 40
    assert len({run_batch(fleet, batch).honest.counts for batch in whole}) == len(whole)
    assert len({run_batch(fleet, batch).boxes for batch in whole}) == len(whole)


class CutShortError(Exception):
    """In place of Ctrl-C."""


def cut_short_after(steps: int) -> Callable[[int], None]:
    left = [steps]

    def advance(_: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise CutShortError

    return advance


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("steps", [1, 20, 40])
def test_a_run_that_is_cut_short_goes_on_to_the_same_numbers(tmp_path: Path, steps: int) -> None:
    fleet = replace(FLEET, boxes=20_000, poisoning=Poisoning(attack="random", share=0.1, target=3))
    path = tmp_path / "new" / CHECKPOINT_NAME
    with pytest.raises(CutShortError):
        run_fleet(fleet, advance=cut_short_after(steps), checkpoint=path)
    advanced: list[int] = []
    resumed = run_fleet(fleet, advance=advanced.append, checkpoint=path)
    assert resumed == lived(fleet)
    assert resumed.note is not None
    assert f"{steps + 1} batches were done" in resumed.note
    assert sum(advanced) == box_windows(fleet)
    assert sorted(file.name for file in path.parent.iterdir()) == [".gitignore", path.name]
    advanced.clear()
    assert run_fleet(fleet, advance=advanced.append, checkpoint=path) == resumed
    assert sum(advanced) == box_windows(fleet)


@pytest.mark.usefixtures("small_batches")
def test_a_process_that_is_killed_is_said_and_costs_nothing_finished(tmp_path: Path) -> None:
    fleet = replace(FLEET, boxes=20_000)
    path = tmp_path / CHECKPOINT_NAME

    def kill(_: int) -> None:
        for process in multiprocessing.active_children():
            process.kill()

    with pytest.raises(InputError, match="was killed") as raised:
        run_fleet(fleet, advance=kill, processes=2, checkpoint=path)
    assert "fewer --processes" in str(raised.value.hint)
    resumed = run_fleet(fleet, advance=lambda _: None, checkpoint=path)
    assert "were done" in str(resumed.note)
    assert resumed == lived(fleet)


@pytest.mark.usefixtures("small_batches")
def test_a_checkpoint_that_does_not_fit_is_said_and_not_used(tmp_path: Path) -> None:
    fleet = replace(FLEET, boxes=20_000, weeks=4)
    path = tmp_path / CHECKPOINT_NAME
    with pytest.raises(CutShortError):
        run_fleet(fleet, advance=cut_short_after(3), checkpoint=path)
    kept = path.read_bytes()
    other = run_fleet(replace(fleet, seed=6), advance=lambda _: None, checkpoint=path)
    assert "of another run" in str(other.note)
    assert other == lived(replace(fleet, seed=6))
    digit = kept.rindex(b"1")
    for damaged in (kept[:-7], kept[:digit] + b"2" + kept[digit + 1 :], b""):
        path.write_bytes(damaged)
        again = run_fleet(fleet, advance=lambda _: None, checkpoint=path)
        assert "damaged" in str(again.note)
        assert again == lived(fleet)


def test_a_checkpoint_that_cannot_be_kept_is_an_error(tmp_path: Path) -> None:
    (tmp_path / CHECKPOINT_NAME).mkdir()
    with pytest.raises(OutputError, match="cannot be read"):
        run_fleet(FLEET, advance=lambda _: None, checkpoint=tmp_path / CHECKPOINT_NAME)
    kept = tmp_path / "kept"
    kept.with_name(f"kept.{os.getpid()}").mkdir()
    with pytest.raises(OutputError, match="cannot be written"):
        run_fleet(FLEET, advance=cut_short_after(1), checkpoint=kept)


def save_often(path: Path, seed: int) -> None:
    for _ in range(500):
        save(path, replace(FLEET, seed=seed), FleetProgress())


def test_two_runs_save_to_one_place(tmp_path: Path) -> None:
    path = tmp_path / CHECKPOINT_NAME
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        for saved in [pool.submit(save_often, path, seed) for seed in (1, 2)]:
            saved.result()
    _, note = resume(path, replace(FLEET, seed=3))
    assert "of another run" in str(note)
    assert list(tmp_path.iterdir()) == [path]


def test_what_does_not_hold_is_named(outcome: FleetOutcome) -> None:
    missed = replace(outcome.estimate, intervals=((2.0, 3.0),) * 33)
    halved = replace(outcome.estimate, values=tuple(v / 2 for v in outcome.estimate.values))
    assert broken_fleet_promises(replace(outcome, estimate=missed)) == (
        "0 of 33 intervals cover the truth",
    )
    (said,) = broken_fleet_promises(replace(outcome, estimate=halved))
    assert said.startswith("the estimated shares sum to 0.")


def test_ratios_of_a_handful_of_reports_need_not_sum_to_one() -> None:
    few = replace(FLEET, boxes=100, weeks=1, mechanism="discrete_laplace")
    outcomes = [lived(replace(few, seed=seed)) for seed in range(20)]
    assert any(sum(outcome.estimate.shares) == 0 for outcome in outcomes)
    assert all(broken_fleet_promises(outcome) == () for outcome in outcomes)


def test_a_pipe_is_no_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / CHECKPOINT_NAME
    os.mkfifo(path)
    with pytest.raises(OutputError, match="not a regular file"):
        resume(path, FLEET)


@pytest.mark.parametrize(("sensitive", "target"), [((), 1), ((1,), 3), ((0, 1, 2, 3), 1)])
def test_liars_push_the_rarest_segment_that_is_shown(
    sensitive: tuple[int, ...], target: int
) -> None:
    lies = pushing_the_rarest(
        (0.4, 0.05, 0.2, 0.1, 0.01), attack="random", share=0.1, sensitive=sensitive
    )
    assert lies is not None
    assert lies.target == target
    assert pushing_the_rarest(MIX, attack="random", share=0.0) is None


@pytest.mark.parametrize("mechanism", ["subset_selection", "discrete_laplace"])
@pytest.mark.parametrize("attack", get_args(AttackName))
def test_an_attack_does_what_theory_says(attack: AttackName, mechanism: MechanismName) -> None:
    lies = pushing_the_rarest(MIX, attack=attack, share=0.02)
    fleet = replace(FLEET, weeks=13, boxes=100_000, poisoning=lies, mechanism=mechanism)
    outcome = lived(fleet)
    effect = outcome.effect
    assert effect is not None
    assert outcome.boxes.poisoned > 500
    deviation = effect.measured[effect.target] - effect.expected[effect.target]
    # Five standard errors in six cases: chance exceeds it once in 3 · 10⁵ seeds.
    assert abs(deviation) < 5 * effect.standard_error
    assert effect.share == pytest.approx(effect.expected_share, rel=0.15)
    if mechanism == "subset_selection":
        assert sum(effect.expected) == pytest.approx(0)
    if attack == "maximal-gain":
        assert effect.measured[effect.target] > 20 * effect.standard_error
    assert attack in dict(fleet_lines(outcome))["poisoning"]


def test_one_liar_in_a_hundred_moves_a_segment_by_three_points() -> None:
    # β ((1 − q) / (p − q) − θ) for S' = 33, d = 8, e^ε = 3, by hand.
    p, share = Fraction(24, 49), Fraction(1, 100)
    q = (8 - p) / 32
    target = min(range(32), key=MIX.__getitem__)
    by_hand = float(share) * (float((1 - q) / (p - q)) - MIX[target])
    lies = pushing_the_rarest(MIX, attack="maximal-gain", share=0.01)
    effect = lived(replace(FLEET, weeks=13, habits=PLAIN, poisoning=lies)).effect
    assert effect is not None
    assert effect.target == target
    assert effect.expected[target] == pytest.approx(by_hand)
    assert by_hand == pytest.approx(0.03, abs=0.002)


def test_memory_does_not_grow_with_the_fleet() -> None:
    def peak(boxes: int) -> int:
        tracemalloc.start()
        try:
            lived(replace(FLEET, boxes=boxes, weeks=1))
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    lived(replace(FLEET, boxes=1000, weeks=1))  # what is imported on the way counts for none
    # Two batches and twelve; numpy reports what its arrays take.
    assert peak(10_000_000) < 1.05 * peak(1_500_000)


def test_a_fleet_that_never_reports_is_an_error() -> None:
    with pytest.raises(InputError, match="none of 5 boxes"):
        lived(replace(FLEET, boxes=5, weeks=1, habits=replace(PLAIN, outdated=1.0)))
    quiet = lived(replace(FLEET, boxes=40, weeks=30))
    assert any(window.estimate is None for window in quiet.windows)
    assert len(fleet_details(quiet)) == 7


def test_a_mix_needs_a_segment() -> None:
    with pytest.raises(InputError, match="no segment"):
        invented_mix(1)
    assert sum(invented_mix(9)) == pytest.approx(1)
