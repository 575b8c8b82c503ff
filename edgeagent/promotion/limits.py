"""What no catalogue, server or setting can change about choosing creatives."""

from __future__ import annotations

from edgeagent.clock import DAY_SECONDS

__all__ = [
    "DAY_BYTES",
    "KEPT_BYTES",
    "KID_AGE_RATING",
    "LEAST_VARIANT_TASTE",
    "LONGEST_SECONDS",
    "MOST_AT_ONCE",
    "MOST_LIKELIHOOD_RATIO",
    "PERIOD_SECONDS",
    "RANDOM_SHARE",
    "TASTE_FACTOR",
    "TITLE_SEGMENTS",
    "least_breadth",
]

RANDOM_SHARE = 0.5
"""Of the places of an answer, how many are drawn by weight alone, whatever the taste."""
TASTE_FACTOR = 2.0
"""Taste at most doubles the weight of a creative, and at most halves it."""
MOST_LIKELIHOOD_RATIO = (RANDOM_SHARE + (1 - RANDOM_SHARE) * TASTE_FACTOR**2) / (
    RANDOM_SHARE + (1 - RANDOM_SHARE) / TASTE_FACTOR**2
)
"""4: by so much at most does one place of an answer speak for one taste against another.

A place drawn by taste holds a creative with a probability between π / 4 and 4 π, where π is its
share of the weights: its own factor and the average of all lie between a half and 2."""
PERIOD_SECONDS = DAY_SECONDS // 4
"""An answer stays the same for a quarter of a day: asking often draws no more often."""
MOST_AT_ONCE = 4
"""Places of one answer; each speaks for itself, so more of them would say more."""
LONGEST_SECONDS = 90 * DAY_SECONDS
"""A creative runs at most this long: the log, from which caps are kept, is kept no longer."""
TITLE_SEGMENTS = 3
"""Of a title, its own: the nearest to its embedding. An artwork variant is for these alone, since
in another segment it would promise something that the title is not."""
LEAST_VARIANT_TASTE = 0.05
"""Of a taste, in the segments that a variant is for; below that the standard artwork is shown."""
KID_AGE_RATING = 6
"""On a kid's profile only the operator's own promos, for this age and below, are shown."""
KEPT_BYTES = 32 * 1024 * 1024
"""Of all files on a box."""
DAY_BYTES = 8 * 1024 * 1024
"""Fetched in a day, of all files; the rest follows on the next days, in the catalogue's order."""


def least_breadth(segments: int) -> int:
    """Return how many of a model's segments a creative must suit at least: one in eight.

    A viewer who answers an ad says that he saw it; what that tells of him stays coarse.
    """
    return -(-segments // 8)
