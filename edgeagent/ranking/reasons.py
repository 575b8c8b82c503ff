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


def reasons_of(
    watched: Sequence[Title],
    contributions: NDArray[np.float32],
    *,
    bias: float,
    bias_is: Literal["new", "popular"],
    together: float | None,
) -> tuple[Reason, ...]:
    """Return the parts of one score, largest |contribution| first.

    A title watched several times is one part. The parts are reported as computed: what rounding
    leaves between their sum and the score is not hidden in one of them.

    Args:
        watched: [L] the titles of the window.
        contributions: [L] what each row of the window contributes, in units of the score.
        bias: the title's own part.
        bias_is: what that part is called.
        together: for a model whose parts do not add up by themselves, the rest.

    """
    sums: dict[str, float] = {}
    names: dict[str, str] = {}
    for title, contribution in zip(watched, contributions.tolist(), strict=True):
        sums[title.entity_id] = sums.get(title.entity_id, 0.0) + contribution
        names[title.entity_id] = title.title
    total = sum(abs(part) for part in sums.values()) + abs(bias) + abs(together or 0.0)

    def share(part: float) -> float:
        return abs(part) / total if total else 0.0

    reasons = [
        Reason(
            kind="watched",
            entity_id=entity,
            title=names[entity],
            contribution=part,
            share_fraction=share(part),
        )
        for entity, part in sums.items()
    ]
    reasons.append(Reason(kind=bias_is, contribution=bias, share_fraction=share(bias)))
    if together is not None:
        reasons.append(
            Reason(kind="together", contribution=together, share_fraction=share(together))
        )
    return tuple(sorted(reasons, key=lambda r: (-abs(r.contribution), r.entity_id or "")))
