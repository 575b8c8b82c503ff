"""The refutation and the planted faults in small; the command runs them at full size."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from math import log
from pathlib import Path

import numpy as np
import pytest

from edgeagent.messages import ReportTask
from edgeagent.privacy.discrete_laplace import DiscreteLaplace
from edgeagent.privacy.estimation import clopper_pearson
from edgeagent.privacy.subset_selection import SubsetSelection
from tests.audit import faults
from tests.audit.exact import weeks
from tests.audit.life import STATE_MUTATIONS, Mutation, life
from tests.audit.loss import TASKS, WEEKS, SeededSource, draw_reports
from tests.audit.mutants import ForgottenClip, HalvedSensitivity, SubsetAtFour
from tests.audit.part import Effort, Result
from tests.audit.primitives import primitives
from tests.audit.refutation import Reports, lower_bound

QUICK = Effort(full=False, say=lambda _line: None)


def coins(chance: float, *, seed: int, columns: int = 3) -> Reports:
    flips = np.random.default_rng(seed).random((20_000, columns)) < chance
    return flips.astype(np.int16)


def test_the_bound_is_below_the_truth_and_near_it() -> None:
    bound = lower_bound(coins(0.6, seed=1), coins(0.3, seed=2), alpha=1e-6)
    # All three columns set is the best event: 0.6³ against 0.3³; a pair of them gives 2 ln 2.
    assert 1.2 < bound.epsilon < 3 * log(2)
    assert bound.tested == 10_000


def test_both_chances_are_bounded_after_clopper_and_pearson() -> None:
    alpha = 1e-6
    bound = lower_bound(coins(0.6, seed=1), coins(0.3, seed=2), alpha=alpha)
    low, _ = clopper_pearson(bound.hits, bound.tested, confidence=1 - alpha)
    _, high = clopper_pearson(bound.hits_of_neighbour, bound.tested, confidence=1 - alpha)
    assert bound.epsilon == pytest.approx(log(low / high))


def test_reports_that_are_alike_give_nothing_away() -> None:
    for seed in range(20):
        assert (
            lower_bound(coins(0.5, seed=seed), coins(0.5, seed=seed + 99), alpha=0.01).epsilon < 0
        )


def test_an_event_that_never_happens_to_the_neighbour_is_bounded_all_the_same() -> None:
    never = np.zeros((20_000, 3), dtype=np.int16)
    bound = lower_bound(coins(0.5, seed=1), never, alpha=1e-6)
    # None in 10,000 leaves chances up to 0.00145 open at 5 · 10⁻⁷.
    assert 5.7 < bound.epsilon < log(0.5 / 0.00145)


def test_a_whole_report_can_be_the_event() -> None:
    mixed = coins(0.5, seed=5)
    parity = mixed.copy()
    parity[:, 2] = parity[:, 0] ^ parity[:, 1]
    bound = lower_bound(parity, mixed, alpha=1e-4)
    assert bound.epsilon > 0.5  # ln 2: no single count and no pair of them tells these apart
    assert bound.event.count("count") == 3


@pytest.mark.parametrize(
    ("mechanism", "task"),
    [
        (SubsetAtFour(33), TASKS[0]),
        (HalvedSensitivity(9, Fraction(3)), TASKS[2]),
        (ForgottenClip(9, Fraction(3)), TASKS[2]),
    ],
)
def test_faults_in_the_noise_are_seen_and_honest_noise_is_not(
    mechanism: SubsetSelection | DiscreteLaplace, task: ReportTask
) -> None:
    for drawn_by, seen in ((mechanism, True), (None, False)):
        here, there = (
            draw_reports(
                task,
                WEEKS[name],
                number=12_000,
                source=SeededSource(f"test {name}"),
                mechanism=drawn_by,
            )
            for name in ("only segment 0", "only segment 1")
        )
        assert (lower_bound(here, there, alpha=1e-5).epsilon > log(3)) is seen


@pytest.mark.deep
@pytest.mark.parametrize("mutation", [None, *STATE_MUTATIONS])
def test_the_state_machine_sees_what_is_planted_and_nothing_else(
    mutation: Mutation | None,
) -> None:
    wrong, posts = life(seed="test", cycles=5, mutation=mutation)
    assert bool(wrong) is (mutation is not None)
    assert posts >= 5


@pytest.mark.parametrize(
    "layer", [faults._exact, faults._server_weight, faults._import_ban, faults._scripted]
)
def test_each_layer_catches_what_is_planted_and_passes_what_is_honest(
    layer: faults.Layer,
) -> None:
    verdicts = list(layer(QUICK))
    assert {verdict.planted for verdict in verdicts} == {True, False}
    assert all(verdict.caught == verdict.planted for verdict in verdicts)


def test_weeks_and_primitives_hold() -> None:
    assert weeks(QUICK).ok
    assert primitives(QUICK).ok


def test_a_part_with_something_wrong_is_not_ok() -> None:
    fine = Result(name="x", wrong=(), figures={}, summary="")
    assert fine.ok
    assert not replace(fine, wrong=("something",)).ok


@pytest.mark.deep
def test_the_audit_runs_from_the_command_line() -> None:
    run = subprocess.run(
        [
            *(sys.executable, "-m", "tests.audit", "--json"),
            *("--only", "ratios", "--only", "first_draws"),
        ],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        check=False,
    )
    result = json.loads(run.stdout)
    assert (run.returncode, result["ok"]) == (0, True)
    assert [part["name"] for part in result["parts"]] == ["ratios", "first_draws"]
    assert result["parts"][0]["figures"]["mechanisms"] > 60
    assert b"ratios: begins" in run.stderr
