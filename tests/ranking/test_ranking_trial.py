from __future__ import annotations

import numpy as np
import pytest

from edgeagent.messages import Viewing
from edgeagent.ranking.trial import FEWEST_HELD_OUT, clear_loss, gain, hold_out


def _viewings(count: int) -> tuple[Viewing, ...]:
    return tuple(Viewing(entity_id=f"t:{n:03}", watched_on=n) for n in range(count))


@pytest.mark.parametrize(("titles", "held_out"), [(31, 0), (32, 8), (40, 10), (200, 20)])
def test_a_quarter_is_held_out_at_most_twenty(titles: int, held_out: int) -> None:
    split = hold_out(_viewings(titles))
    assert (len(split.targets) if split else 0) == held_out
    if split:
        assert split.targets == tuple(f"t:{n:03}" for n in range(titles - held_out, titles))
        assert split.now == titles - held_out
        assert len(split.before) == titles - held_out


def test_the_order_of_the_viewings_does_not_matter_and_what_is_watched_again_is_no_guess() -> None:
    viewings = (*_viewings(40), Viewing(entity_id="t:001", watched_on=99))
    split = hold_out(viewings[::-1])
    assert split is not None
    assert "t:001" not in split.targets
    assert len(split.before) == 30


def test_a_gain_falls_with_the_rank() -> None:
    assert gain(1) == 1.0
    assert gain(3) == 0.5


def test_equal_models_are_as_good_as_each_other() -> None:
    assert clear_loss([0.5] * 10, [0.5] * 10) is None
    assert clear_loss([], []) is None
    assert clear_loss([None, 0.5], [0.5, None]) is None


def test_a_clear_loss_is_told_in_words() -> None:
    words = clear_loss([0.5] * 8, [0.25] * 8)
    assert words is not None
    assert "8 of the 8 titles" in words
    assert "50% less gain" in words


def test_seven_losses_are_not_clear_eight_are() -> None:
    assert clear_loss([0.5] * 7, [0.1] * 7) is not None  # 1 in 128 is less than 1 in 100
    assert clear_loss([0.5] * 6, [0.1] * 6) is None


def test_a_loss_of_less_than_a_tenth_is_none() -> None:
    assert clear_loss([1.0] * 20, [0.95] * 20) is None
    assert clear_loss([1.0] * 20, [0.89] * 20) is not None


def test_an_equally_good_model_is_refused_once_in_a_hundred_times_at_most() -> None:
    """Four thousand trials: more than 61 refusals have a chance below 1 in 1,000 at 1 %."""
    rng = np.random.default_rng(3)
    refused = 0
    for _ in range(4000):
        old, new = (1 / np.log2(1 + rng.integers(1, 500, 20)) for _ in range(2))
        refused += clear_loss(old.tolist(), new.tolist()) is not None
    assert 0 < refused <= 61


def test_a_model_that_guesses_at_random_is_refused_nearly_always() -> None:
    rng = np.random.default_rng(4)
    refused = 0
    for _ in range(200):
        old, new = rng.integers(1, 60, 20), rng.integers(1, 3000, 20)
        loss = clear_loss((1 / np.log2(1 + old)).tolist(), (1 / np.log2(1 + new)).tolist())
        refused += loss is not None
    assert refused >= 190
    assert FEWEST_HELD_OUT == 8
