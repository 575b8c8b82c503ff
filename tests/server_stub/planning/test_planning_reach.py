"""How much of the viewing is in a target, against an audience that is known."""

from __future__ import annotations

import pytest

from edgeagent.errors import InputError, PolicyError
from server_stub.planning.mix import session_mix
from server_stub.planning.reach import plan_reach
from tests.server_stub.loopback import make_task
from tests.server_stub.planning.audiences import MANIFEST, TASK, TRUTH, drawn, mix_of, portrait


@pytest.mark.parametrize("target", [(0,), (0, 1), (2, 3, 4, 5, 6)])
def test_intervals_of_a_target_hold_its_share_in_nearly_all_fleets(target: tuple[int, ...]) -> None:
    truth = sum(TRUTH[number] for number in target)
    found = [plan_reach(mix_of(seed, reports=6000), target) for seed in range(40)]
    # Fewer than 33 of 40 at 95 % once in 4,000 seeds.
    assert sum(one.low <= truth <= one.high for one in found) >= 33
    assert all(one.boxes_low == max(one.low, 0) and one.boxes_high == 1 for one in found)


def test_a_target_named_twice_counts_once_and_boxes_are_bounded_by_their_sessions() -> None:
    mix = mix_of(1)
    once, twice = plan_reach(mix, [4], most_sessions=3), plan_reach(mix, [4, 4], most_sessions=3)
    assert once == twice
    assert once.boxes_high == pytest.approx(3 * once.high)
    assert plan_reach(mix, range(7), most_sessions=3).boxes_high == 1.0


def test_the_models_error_stands_apart_from_the_interval() -> None:
    mix = mix_of(2, reports=400_000)
    without, beside = (plan_reach(mix, [0], portrait=given) for given in (None, portrait()))
    assert without.fit is None
    assert "not known" in " ".join(without.lines())
    assert "watching more counts no more" in " ".join(without.lines())
    assert (beside.low, beside.high) == (without.low, without.high)
    assert beside.fit is not None
    assert beside.fit.inside == pytest.approx(0.5)
    assert beside.fit.outside == pytest.approx(0.5 / 7)
    share = TRUTH[0] / sum(TRUTH[:-1])
    assert beside.fit.of_all_viewing == pytest.approx(
        0.5 * share + 0.5 / 7 * (1 - share), abs=0.003
    )


def test_segments_are_named_by_number_name_or_a_part_of_one() -> None:
    mix = mix_of(3)
    assert [mix.segment(name) for name in ("3", "comedies", "films", "Musicals")] == [3, 0, 2, 6]
    assert mix.of_topic("335") == (0, 1)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("8", "no segment is called '8'"),
        ("opera", "no segment is called 'opera'"),
        ("medies", "2 segments are called 'medies': 0 Comedies; 1 Romantic comedies"),
        ("war", "segment 7 is sensitive"),
        ("7", "segment 7 is sensitive"),
    ],
)
def test_what_cannot_be_planned_for_is_said(name: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        mix_of(3).segment(name)


def test_topics_without_a_segment_that_is_counted_are_said() -> None:
    with pytest.raises(InputError, match="no segment that is counted has the IAB id '999'"):
        mix_of(3).of_topic("999")


def test_plans_take_enough_reports_of_a_mechanism_that_gives_shares_and_the_model() -> None:
    with pytest.raises(PolicyError, match="4,999 of 5,000"):
        session_mix(drawn(1, reports=4999), TASK, MANIFEST)
    with pytest.raises(PolicyError, match="gives no shares"):
        session_mix(drawn(1), make_task(mechanism="discrete_laplace"), MANIFEST)
    with pytest.raises(InputError, match="is not in the repository"):
        session_mix(drawn(1), TASK, None)
