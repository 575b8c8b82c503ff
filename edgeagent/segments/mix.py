"""The household's own mix of segments, for its own dashboard; it never leaves the box."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edgeagent.errors import ModelError
from edgeagent.messages import SegmentLabel

__all__ = ["MixPart", "segment_mix"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MixPart:
    """One segment's part of the mix."""

    segment: int
    name: str
    share_fraction: float
    """0-1; all segments together are 1."""
    sensitive: bool
    """Shown at home, never a category of a report."""


def segment_mix(
    probabilities: Sequence[float], labels: Sequence[SegmentLabel], *, limit: int | None = None
) -> tuple[MixPart, ...]:
    """Name the parts of the mix, largest first, equal ones by id; at most ``limit``.

    Raises:
        ModelError: the model and its manifest disagree about the number of segments.

    """
    if len(probabilities) != len(labels):
        raise ModelError(
            f"the model has {len(probabilities)} segments, its manifest names {len(labels)}",
            hint="download the model and its manifest again with 'edgeagent model update'",
        )
    order = sorted(range(len(labels)), key=lambda segment: (-probabilities[segment], segment))
    return tuple(
        MixPart(
            segment=segment,
            name=labels[segment].name,
            share_fraction=probabilities[segment],
            sensitive=labels[segment].sensitive,
        )
        for segment in order[:limit]
    )
