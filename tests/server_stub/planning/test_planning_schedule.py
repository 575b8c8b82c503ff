"""Expected shares and ties against an audience that is known."""

from __future__ import annotations

import numpy as np
import pytest

from server_stub.planning.line_up import Rules
from server_stub.planning.schedule import LineUpPlan, plan_schedule
from tests.server_stub.planning.audiences import TRUTH, mix_of
from tests.server_stub.planning.test_planning_line_up import candidate, slot


def only(segment: int, part: float, **changes: object) -> dict[str, object]:
    return {"appeal": tuple(part * (n == segment) for n in range(8)), **changes}


def planned(seed: int, *, reports: int = 20_000) -> LineUpPlan:
    candidates = [
        candidate(0, **only(0, 0.10)),  # 3.0 % of the sessions
        candidate(1, **only(1, 0.145)),  # 2.9 %
        candidate(2, **only(0, 0.099)),  # 2.97 %: as good as the first, as far as noise tells
        candidate(3, **only(6, 0.02, sessions=0, model_error=None)),  # 0.1 %
        candidate(4, **only(7, 1.0)),  # of the sensitive segment alone
    ]
    slots = [slot("first", daypart="day"), slot("second", daypart="evening")]
    return plan_schedule(mix_of(seed, reports=reports), candidates, slots, Rules())


def test_intervals_of_a_titles_share_hold_the_truth() -> None:
    truth = {"t0": 0.10 * TRUTH[0], "t1": 0.145 * TRUTH[1], "t2": 0.099 * TRUTH[0], "t3": 0.001}
    found = [planned(seed, reports=6000) for seed in range(40)]
    for entity_id, share in truth.items():
        shown = [one for each in found for one in each.shares if one.entity_id == entity_id][::2]
        # Fewer than 33 of 40 at 95 % once in 4,000 seeds.
        assert sum(one.low <= share <= one.high for one in shown) >= 33
    assert sum(each.low <= 0.10 * TRUTH[0] + 0.099 * TRUTH[0] <= each.high for each in found) >= 30


def test_what_nothing_is_known_of_has_no_share_and_no_interval() -> None:
    sensitive = [one for one in planned(1).shares if one.entity_id == "t4"]
    assert [(one.share, one.low, one.high) for one in sensitive] == [(0.0, 0.0, 0.0)] * 2


def test_a_title_as_good_within_the_noise_is_a_tie_and_a_worse_one_is_not() -> None:
    few, many = planned(3, reports=5000), planned(3, reports=3_000_000)
    assert {one.chosen.entity_id for one in many.line_up} == {"t0", "t2"}
    assert [one.ties_in_all for one in many.line_up] == [0, 0]
    # 3.0 and 2.9 % are nearer than a model that is wrong by 30 % of each can tell.
    assert [one.ties_of_model for one in many.line_up] == [1, 1]
    assert all("t1" in {tie.entity_id for tie in one.ties} for one in few.line_up)
    in_words = "\n".join(few.lines())
    assert "as good, within noise: Title 1" in in_words
    assert "as good, as far as the model tells: 1 more" in "\n".join(many.lines())
    assert f"In all {few.share:.2%} of the answers of reporting boxes" in in_words
    assert all("t3" not in {tie.entity_id for tie in one.ties} for one in many.line_up)


def test_the_sum_has_the_interval_of_the_sum() -> None:
    plan = planned(4, reports=100_000)
    assert plan.share == pytest.approx(sum(one.chosen.share for one in plan.line_up))
    apart = sum((one.chosen.high - one.chosen.low) for one in plan.line_up)
    # Both titles are watched by the same segment, so that their errors add up in full.
    assert plan.high - plan.low == pytest.approx(apart, rel=1e-6)
    errors = np.array([one.chosen.model_error for one in plan.line_up], dtype=float)
    assert plan.model_error == pytest.approx(float(np.sqrt((errors**2).sum())))


def test_what_is_not_known_is_said_in_numbers() -> None:
    said = " ".join(planned(5).unknown)
    assert "0 of 2 dayparts are measured" in said
    assert "1 of 5 candidates were not watched on the panel" in said
    assert "1 of 5 candidates come without the model's error" in said
    assert "of 2 slots: another title is as good, as far as these counts tell" in said
    assert "weeks without a session" in said
