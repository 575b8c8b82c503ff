"""Why a title scores what it scores: parts that add up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from edgeagent.messages import Reason, Title

__all__ = ["NEW_YEARS", "bias_kind", "reasons_of"]

NEW_YEARS = 1
"""A title is new in the year the catalogue was issued and the year before."""


def bias_kind(title: Title, *, issued_at: int) -> Literal["new", "popular"]:
    """Return what a title scores before anyone has watched anything is called.

    Args:
        title: the title.
        issued_at: when the catalogue was issued, seconds UTC; "new" does not depend on the box.

    """
    issued_year = datetime.fromtimestamp(issued_at, UTC).year
    return "new" if title.year is not None and title.year >= issued_year - NEW_YEARS else "popular"


def merge_repeats(
    columns: NDArray[np.intp], contributions: NDArray[np.float32]
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Make the viewings of one title one part.

    Args:
        columns: [L] the title each row of the window stands for.
        contributions: [K, L] what each row contributes to each of K scores.

    Returns:
        [U] the titles, each once, ascending; [K, U] what each contributes.

    """
    titles, place = np.unique(columns, return_inverse=True)
    merged = np.zeros((len(titles), len(contributions)))
    np.add.at(merged, place, contributions.T)
    return titles, merged.T


def reasons_of(
    watched: Sequence[Title],
    contributions: NDArray[np.float64],
    *,
    bias: float,
    bias_is: Literal["new", "popular"],
    together: float | None,
) -> tuple[Reason, ...]:
    """Return the parts of one score, largest |contribution| first, equal ones by entity_id.

    The parts are reported as computed: what rounding leaves between their sum and the score is not
    hidden in one of them.

    Args:
        watched: [U] titles, each once.
        contributions: [U] what each contributes, in units of the score.
        bias: the title's own part.
        bias_is: what that part is called.
        together: for a model whose parts do not add up by themselves, the rest.

    """
    total = float(np.abs(contributions).sum()) + abs(bias) + abs(together or 0.0) or 1.0
    reasons = [
        Reason(
            kind="watched",
            entity_id=title.entity_id,
            title=title.title,
            contribution=part,
            share_fraction=abs(part) / total,
        )
        for title, part in zip(watched, contributions.tolist(), strict=True)
    ]
    reasons.append(Reason(kind=bias_is, contribution=bias, share_fraction=abs(bias) / total))
    if together is not None:
        reasons.append(
            Reason(kind="together", contribution=together, share_fraction=abs(together) / total)
        )
    return tuple(sorted(reasons, key=lambda r: (-abs(r.contribution), r.entity_id or "")))
