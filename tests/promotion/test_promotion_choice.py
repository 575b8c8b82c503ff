"""The draw: by weight, by taste within a bound, stable, and without those that do not get on."""

from __future__ import annotations

import math
from collections import Counter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeagent.messages.creatives import Creative, Suits
from edgeagent.promotion.choice import EligibleCreative, draw
from edgeagent.promotion.limits import (
    MOST_AT_ONCE,
    MOST_LIKELIHOOD_RATIO,
    RANDOM_SHARE,
    TASTE_FACTOR,
    least_breadth,
)
from edgeagent.promotion.targets import aims, suited, taste_factor, usable_target
from edgeagent.testing.creatives import some_creative, some_labels

FIVE = [some_creative(f"c{number}", weight=weight) for number, weight in enumerate((1, 1, 2, 4, 8))]
DRAWS = 4000


def first(creatives: list[Creative], tastes: list[float]) -> Counter[str]:
    """Count what stands in the first place, over many seeds."""
    candidates = [
        EligibleCreative(creative=each, taste=taste)
        for each, taste in zip(creatives, tastes, strict=True)
    ]
    return Counter(
        draw(candidates, number=1, seed=f"seed {number}")[0].creative.crid
        for number in range(DRAWS)
    )


def chances(weights: list[float], tastes: list[float]) -> list[float]:
    """Return the probability of each creative in one place, by the formula on the page."""
    both = [weight * taste for weight, taste in zip(weights, tastes, strict=True)]
    return [
        RANDOM_SHARE * weight / sum(weights) + (1 - RANDOM_SHARE) * product / sum(both)
        for weight, product in zip(weights, both, strict=True)
    ]


@pytest.mark.parametrize("tastes", [[1.0] * 5, [2.0, 0.5, 1.0, 1.5, 0.5]])
def test_creatives_are_drawn_as_often_as_weight_and_taste_say(tastes: list[float]) -> None:
    counts = first(FIVE, tastes)
    for creative, chance in zip(FIVE, chances([1, 1, 2, 4, 8], tastes), strict=True):
        # Five standard deviations; the seeds are fixed, so that it never fails by chance.
        allowed = 5 * math.sqrt(DRAWS * chance * (1 - chance))
        assert abs(counts[creative.crid] - DRAWS * chance) < allowed


weights = st.lists(st.integers(1, 100), min_size=2, max_size=6)


@given(weights=weights, data=st.data())
def test_a_place_speaks_for_one_taste_against_another_by_four_at_most(
    weights: list[int], data: st.DataObject
) -> None:
    some_taste = st.lists(
        st.floats(1 / TASTE_FACTOR, TASTE_FACTOR), min_size=len(weights), max_size=len(weights)
    )
    one = chances([float(w) for w in weights], data.draw(some_taste))
    other = chances([float(w) for w in weights], data.draw(some_taste))
    assert pytest.approx(4) == MOST_LIKELIHOOD_RATIO
    assert all(a / b <= MOST_LIKELIHOOD_RATIO * 1.000001 for a, b in zip(one, other, strict=True))


def test_the_bound_is_nearly_reached_so_that_it_is_no_looser_than_it_says() -> None:
    rare = [1.0, 1e6]
    best, worst = chances(rare, [2.0, 0.5])[0], chances(rare, [0.5, 2.0])[0]
    assert 3.99 < best / worst <= MOST_LIKELIHOOD_RATIO


def test_the_same_question_has_the_same_answer_and_another_seed_another() -> None:
    candidates = [EligibleCreative(creative=each, taste=1.0) for each in FIVE]
    answers = {draw(candidates, number=3, seed=f"{seed}") for seed in range(20) for _ in range(2)}
    assert 10 < len(answers) <= 20


def test_one_that_is_gone_leaves_the_first_place_to_the_next_in_its_order() -> None:
    for seed in range(50):
        candidates = [EligibleCreative(creative=each, taste=1.0) for each in FIVE]
        whole = draw(candidates, number=1, seed=f"{seed}")[0].creative
        gone = next(each for each in FIVE if each != whole)
        left = [candidate for candidate in candidates if candidate.creative != gone]
        assert draw(left, number=1, seed=f"{seed}")[0].creative == whole


def test_none_stands_twice_and_there_are_few_places() -> None:
    candidates = [EligibleCreative(creative=each, taste=1.0) for each in FIVE]
    answer = draw(candidates, number=99, seed="s")
    assert len({item.creative.crid for item in answer}) == len(answer) == MOST_AT_ONCE
    assert draw([], number=2, seed="s") == ()


def test_half_the_places_are_by_chance_and_without_taste_all_are() -> None:
    tasted = [EligibleCreative(creative=each, taste=1.0 + (each is FIVE[0])) for each in FIVE]
    plain = [EligibleCreative(creative=each, taste=1.0) for each in FIVE]
    how = Counter(draw(tasted, number=1, seed=f"{seed}")[0].by for seed in range(1000))
    assert 400 < how["chance"] < 600
    assert {draw(plain, number=1, seed=f"{seed}")[0].by for seed in range(100)} == {"chance"}
    for seed in range(100):  # and are the same ones, whatever the taste
        [one] = draw(tasted, number=1, seed=f"{seed}")
        assert one.by == "taste" or [one] == [*draw(plain, number=1, seed=f"{seed}")]


@pytest.mark.parametrize("field", ["badv", "bcat"])
def test_those_that_do_not_stand_beside_each_other_do_not(field: str) -> None:
    shy = msgspec.structs.replace(some_creative("shy"), **{field: ("rival",)})
    rival = some_creative("rival", advertiser="rival", cat="rival")
    other = some_creative("other")
    for seed in range(20):
        candidates = [EligibleCreative(creative=each, taste=1.0) for each in (shy, rival, other)]
        shown = {item.creative.crid for item in draw(candidates, number=3, seed=f"{seed}")}
        assert len(shown & {"shy", "rival"}) == 1
        assert "other" in shown


def test_a_target_is_what_is_named_in_any_way_and_never_sensitive() -> None:
    labels = some_labels(8, sensitive=(4,))
    named = Suits(segments=(0, 4), genres=("horror",), content=("641", "644"), interests=("479",))
    # 479 is science fiction, 652 in the other taxonomy, and no segment is of it here.
    assert suited(named, labels) == {0, 1, 2}
    assert suited(Suits(interests=("470",)), labels) == {6}  # comedy is 646
    assert suited(Suits(interests=("1",)), labels) == frozenset()
    assert aims(named)
    assert not aims(Suits())


def test_a_target_that_is_too_narrow_is_not_used() -> None:
    labels = some_labels(16)
    assert least_breadth(16) == 2
    assert usable_target(Suits(segments=(3,)), labels) == frozenset()
    assert usable_target(Suits(segments=(3, 5)), labels) == {3, 5}


def test_the_factor_compares_with_a_taste_without_preferences_and_stays_within_bounds() -> None:
    probabilities = (0.5, 0.25, 0.25)
    assert taste_factor((), probabilities) == 1
    assert taste_factor((0,), probabilities) == pytest.approx(1.5)
    assert taste_factor((0, 1, 2), probabilities) == pytest.approx(1)
    assert taste_factor((0,), (1.0, 0.0, 0.0)) == TASTE_FACTOR
    assert taste_factor((1,), (1.0, 0.0, 0.0)) == 1 / TASTE_FACTOR
