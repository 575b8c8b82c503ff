"""Hold-out trial: how well would a ranking have predicted what a household watched next?

The latest titles of a profile are held out, the model sees what was watched before the first of
them, and the rank of each held-out title in the whole catalogue measures the prediction. Two models
are compared title by title on the same held-out ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb, fsum, log2

from edgeagent.messages import Viewing

__all__ = ["FEWEST_HELD_OUT", "HeldOut", "clear_loss", "gain", "hold_out"]

FEWEST_HELD_OUT = 8
"""Per profile, which then has watched 32 titles. With fewer than 8 predictions no loss is clear."""
_MOST_HELD_OUT = 20
_HELD_OUT_PART = 4
"""One title in four, the latest ones."""
_CLEAR_ODDS = 100
"""An equally good model is refused in at most 1 of 100 trials if predictions are independent. They
are not entirely, hence also the next condition."""
_CLEAR_LOSS_FRACTION = 0.1
"""At least this part of the gain must be lost: a model that is slightly worse here should not be
refused, because its knowledge of new titles does not show in old viewings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """One profile's part of a trial."""

    before: tuple[Viewing, ...]
    """The viewings that the model sees."""
    targets: tuple[str, ...]
    """Entity ids it has to predict, in the order they were first watched."""
    now: int
    """When the first of them was watched, seconds UTC."""


def hold_out(viewings: Sequence[Viewing]) -> HeldOut | None:
    """Split one profile's viewings, given in any order; ``None`` if there are too few."""
    first_watched: dict[str, int] = {}
    for viewing in sorted(viewings, key=lambda v: (v.watched_on, v.entity_id)):
        first_watched.setdefault(viewing.entity_id, viewing.watched_on)
    count = min(len(first_watched) // _HELD_OUT_PART, _MOST_HELD_OUT)
    if count < FEWEST_HELD_OUT:
        return None
    targets = tuple(first_watched)[-count:]
    now = first_watched[targets[0]]
    return HeldOut(
        before=tuple(v for v in viewings if v.watched_on < now and v.entity_id not in targets),
        targets=targets,
        now=now,
    )


def gain(rank: int) -> float:
    """Return the gain of a prediction at ``rank`` (1 is best): a term of DCG, 1 at the top."""
    return 1.0 / log2(1 + rank)


def clear_loss(old: Sequence[float | None], new: Sequence[float | None]) -> str | None:
    """Return in words how the new model loses to the old one; ``None`` if it does not clearly.

    Clearly: by a one-sided sign test on the titles both catalogues hold (Dixon and Mood 1946, "The
    statistical sign test"; ties are left out) at a level of 1 in 100, and by a tenth of the gain.

    Args:
        old: gains of the present model, one per held-out title.
        new: those of the new one, for the same titles.

    """
    pairs = [(a, b) for a, b in zip(old, new, strict=True) if a is not None and b is not None]
    losses, wins = sum(b < a for a, b in pairs), sum(b > a for a, b in pairs)
    trials = losses + wins
    as_bad = sum(comb(trials, k) for k in range(losses, trials + 1))
    before, after = fsum(a for a, _ in pairs), fsum(b for _, b in pairs)
    if as_bad * _CLEAR_ODDS > 2**trials or before - after < _CLEAR_LOSS_FRACTION * before:
        return None
    return (
        f"it ranks {losses} of the {len(pairs)} titles watched last worse than the present model "
        f"and {wins} better, {1 - after / before:.0%} less gain"
    )
