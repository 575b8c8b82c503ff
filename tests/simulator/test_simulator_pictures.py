"""Pictures and the tables behind them hold the numbers of the outcome, and of nothing else."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from edgeagent.privacy.subset_selection import SubsetSelection
from edgeagent.simulator.accuracy import Accuracy, measure_accuracy, theory_is_credible
from edgeagent.simulator.attack_trials import AttackTrial, try_attacks
from edgeagent.simulator.fleet.engine import run_fleet
from edgeagent.simulator.fleet.outcome import FleetOutcome
from edgeagent.simulator.fleet.poisoning import Poisoning
from edgeagent.simulator.fleet.scenario import Scenario, invented_mix
from edgeagent.simulator.pictures.budget import budget_picture
from edgeagent.simulator.pictures.by_epsilon import by_epsilon_picture
from edgeagent.simulator.pictures.by_fleet import by_fleet_picture
from edgeagent.simulator.pictures.picture import Picture
from edgeagent.simulator.pictures.poisoning import poisoning_picture
from edgeagent.simulator.pictures.run import shares_picture
from edgeagent.simulator.pictures.weeks import boxes_picture, cost_picture
from edgeagent.simulator.pictures.windows import windows_picture
from tests.simulator.svg_reading import drawn_points

NAMES = (*(f"Segment {n}" for n in range(8)), "none")
LIES = Poisoning(attack="maximal-gain", share=0.02, target=6)
WEEKS = 15


@pytest.fixture(scope="module")
def outcome() -> FleetOutcome:
    scenario = Scenario(boxes=26_000, weeks=WEEKS, seed=4, mix=invented_mix(9), poisoning=LIES)
    return run_fleet(scenario, advance=lambda _: None)


@pytest.fixture(scope="module")
def by_week(outcome: FleetOutcome) -> Picture:
    return windows_picture(outcome, NAMES)


@pytest.fixture(scope="module")
def own(outcome: FleetOutcome) -> AttackTrial:
    assert outcome.effect is not None
    return AttackTrial(poisoning=LIES, effect=outcome.effect)


def values(points: list[tuple[float, float]]) -> list[float]:
    return [y for _, y in points]


def column(picture: Picture, name: str) -> list[float]:
    place = picture.numbers.columns.index(name)
    cells = [row[place] for row in picture.numbers.rows]
    return [float(cell.replace(",", "")) for cell in cells if cell]


@pytest.mark.parametrize("screen", ["wide", "narrow"])
def test_estimates_week_by_week(outcome: FleetOutcome, by_week: Picture, screen: str) -> None:
    picture = by_week
    drawn = re.findall(r'id="windows-wide-estimate-(\d+)"', picture.wide)
    assert drawn[0] == str(LIES.target)
    assert len(drawn) == 4
    for category in map(int, drawn):
        svg = getattr(picture, screen)
        estimates = [
            100 * window.estimate.values[category] for window in outcome.windows if window.estimate
        ]
        points = drawn_points(svg, f"estimate-{category}")
        assert [x for x, _ in points] == pytest.approx(range(1, WEEKS + 1), abs=0.01)
        assert values(points) == pytest.approx(estimates, abs=0.02)
        for kind in ("truth", "truth_of_all"):
            truth = [100 * getattr(window, kind)[category] for window in outcome.windows]
            assert values(drawn_points(svg, f"{kind}-{category}")) == pytest.approx(truth, abs=0.02)
        assert column(picture, f"{NAMES[category]}: estimate, %") == pytest.approx(
            estimates, abs=0.006
        )
        bounds = [100 * w.estimate.intervals[category][0] for w in outcome.windows if w.estimate]
        place = picture.numbers.columns.index(f"{NAMES[category]}: estimate, %") + 1
        assert [float(row[place]) for row in picture.numbers.rows] == pytest.approx(
            bounds, abs=0.006
        )


def test_a_week_without_reports_is_a_gap(outcome: FleetOutcome) -> None:
    first, *others = outcome.windows
    gap = replace(outcome, windows=(replace(first, estimate=None), *others))
    picture = windows_picture(gap, NAMES)
    category = LIES.target
    assert len(drawn_points(picture.wide, f"estimate-{category}")) == WEEKS - 1
    assert picture.numbers.rows[0][3:6] == ("", "", "")


def test_shares_of_the_whole_run(outcome: FleetOutcome) -> None:
    picture = shares_picture(outcome, NAMES)
    order = np.argsort(outcome.truth)
    rows = [NAMES[category] for category in order]
    for gid, shares in (("truth", outcome.truth), ("estimate", outcome.estimate.shares)):
        for x, row in drawn_points(picture.wide, gid, y_of=rows.index):
            assert x == pytest.approx(100 * shares[order[round(row)]], abs=0.02)
    assert column(picture, "truth, %") == pytest.approx(
        100 * np.sort(outcome.truth)[::-1], abs=0.006
    )


def test_what_became_of_the_boxes_adds_up(outcome: FleetOutcome) -> None:
    picture = boxes_picture(outcome)
    for row, window in zip(picture.numbers.rows, outcome.windows, strict=True):
        due, *fates, liars = (int(cell.replace(",", "")) for cell in row[1:])
        assert due == window.boxes.due == sum(fates)
        assert liars == window.boxes.poisoned
    # A box is due once in 13 weeks: over a long run more often than there are boxes.
    assert f"26,000 boxes were due {outcome.boxes.due:,} times" in picture.caption


def test_the_budget(outcome: FleetOutcome) -> None:
    picture = budget_picture(outcome)
    for kind, name in (("epsilon_most", "most of one box, ε"), ("epsilon_mean", "mean, ε")):
        spent = [getattr(window, kind) for window in outcome.windows]
        assert values(drawn_points(picture.narrow, kind)) == pytest.approx(spent, abs=0.01)
        assert column(picture, name) == pytest.approx(spent, abs=0.0006)


def test_the_budget_of_years_is_not_said_to_be_overdrawn(outcome: FleetOutcome) -> None:
    years = replace(outcome, windows=outcome.windows * 8)
    picture = budget_picture(years)
    assert "on average since the run began; the box itself allows 4.39 in any" in picture.caption


def test_the_traffic_adds_up_to_the_cost(outcome: FleetOutcome) -> None:
    picture = cost_picture(outcome)
    assert sum(column(picture, "bytes")) == outcome.cost.bytes_sent
    assert f"{outcome.cost.reports_sent:,} reports of 512 bytes" in picture.caption


def test_each_attack_beside_its_theory(outcome: FleetOutcome, own: AttackTrial) -> None:
    mechanism = SubsetSelection(9, Fraction(3))
    trials = try_attacks(
        mechanism, outcome.truth, target=LIES.target, generator=np.random.default_rng(6)
    )
    for trial in [*trials, own]:  # 4.5: a false alarm in 8,000 seeds
        assert abs(trial.measured - trial.expected) < 4.5 * trial.effect.standard_error
    p, q, share = float(mechanism.p), float(mechanism.q), outcome.truth[LIES.target]
    full = (1 - q) / (p - q) - share  # what one per cent of a hundred per cent of liars achieves
    picture = poisoning_picture(trials, "Segment 6", own=own)
    for x, rise in drawn_points(picture.wide, "theory-maximal-gain"):
        assert rise == pytest.approx(x * full, abs=0.05)
    measured = [100 * t.measured for t in trials if t.poisoning.attack == "duplicate"]
    assert values(drawn_points(picture.wide, "simulated-duplicate")) == pytest.approx(
        measured, abs=0.05
    )
    assert values(drawn_points(picture.wide, "own")) == pytest.approx(
        [100 * own.measured], abs=0.05
    )
    assert picture.numbers.rows[-1][0] == "maximal-gain, this run"
    assert f"by {full:.1f} points if they always name it" in picture.caption


def accuracies(truth: tuple[float, ...], *points: tuple[Fraction, int]) -> list[Accuracy]:
    generator = np.random.default_rng(8)
    return [
        measure_accuracy(
            SubsetSelection(len(truth), odds), truth, reports=reports, generator=generator
        )
        for odds, reports in points
    ]


def test_the_error_by_fleet_size_and_by_epsilon() -> None:
    truth = invented_mix(9)
    by_fleet = accuracies(truth, (Fraction(3), 500), (Fraction(3), 50_000))
    by_epsilon = accuracies(
        truth, *((odds, 20_000) for odds in (Fraction(3), Fraction(2), Fraction(3, 2)))
    )
    assert theory_is_credible([*by_fleet, *by_epsilon])
    picture = by_fleet_picture(by_fleet, truth, own=by_fleet[0])
    measured = [100 * one.measured for one in by_fleet]
    points = drawn_points(picture.wide, "simulated", log_scales=True)
    assert [x for x, _ in points] == pytest.approx([500, 50_000], rel=0.01)
    assert values(points) == pytest.approx(measured, rel=0.01)
    line = drawn_points(picture.wide, "theory", log_scales=True)
    assert line[-1][1] / line[0][1] == pytest.approx(0.1, rel=0.01)  # a hundred times the reports
    assert line[0][1] == pytest.approx(100 * by_fleet[0].expected, rel=0.01)
    assert column(picture, "simulated")[:2] == pytest.approx(measured, abs=6e-5)
    picture = by_epsilon_picture(by_epsilon, truth)
    points = drawn_points(picture.narrow, "simulated", x_of=lambda label: float(label[:4]))
    assert values(points) == pytest.approx([100 * one.measured for one in by_epsilon], abs=0.01)


def test_a_planted_wrong_theory_is_caught() -> None:
    measured = accuracies(invented_mix(9), *((Fraction(3), n) for n in (300, 1000, 3000, 9000)))
    assert theory_is_credible(measured)
    for factor in (0.8, 1.25):
        wrong = [replace(one, expected=factor * one.expected) for one in measured]
        assert not theory_is_credible(wrong)


def test_ids_of_two_pictures_in_one_page_differ(outcome: FleetOutcome) -> None:
    pictures = [budget_picture(outcome), cost_picture(outcome)]
    ids = [re.findall(r'id="([^"]+)"', svg) for one in pictures for svg in (one.wide, one.narrow)]
    assert len({name for some in ids for name in some}) == sum(map(len, ids))
    for svg, own_ids in zip([s for p in pictures for s in (p.wide, p.narrow)], ids, strict=True):
        assert set(re.findall(r'(?:href="|url\()#([^")]+)', svg)) <= set(own_ids)
    again = budget_picture(outcome)
    assert again == pictures[0]


def test_texts_of_a_picture_stay_texts(outcome: FleetOutcome) -> None:
    assert re.search(r"<text[^>]*>week of the run</text>", budget_picture(outcome).wide)
