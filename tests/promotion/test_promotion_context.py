"""What is on the screen as a leaning towards segments."""

from __future__ import annotations

from edgeagent.promotion.context import context_probabilities
from edgeagent.testing.creatives import some_labels


def test_segments_of_a_genre_share_it_and_a_sensitive_one_is_left_out() -> None:
    labels = some_labels(16, sensitive=(10,))
    assert context_probabilities(["horror"], labels) == tuple(
        1.0 if number == 2 else 0.0 for number in range(16)
    )
    found = context_probabilities(["Drama", "COMEDY"], labels)
    assert found == tuple(0.25 if number in {0, 1, 8, 9} else 0.0 for number in range(16))


def test_what_no_segment_is_of_is_no_leaning() -> None:
    assert context_probabilities(["Opera"], some_labels()) is None
    assert context_probabilities([], some_labels()) is None
    assert context_probabilities(["Horror"], some_labels(8, sensitive=(2,))) is None
    assert context_probabilities(["Horror"], ()) is None
