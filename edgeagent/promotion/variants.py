"""Artwork and trailers: which variant of a recommended title a household sees.

A variant is for segments that the title itself is near to, so that none promises what the title is
not. Which one is drawn depends on the taste, in proportion; the draw itself is fixed for a
household and a title. So the artwork of a title changes with a taste seldom, and no state is kept:
where the shares of the variants move by a total variation of v, at most 2 v / (1 + v) of all
households see another one (Moulton and Jiang, Maximally consistent sampling and the Jaccard index
of probability distributions, ICDM 2018).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from edgeagent.messages import SegmentLabel
from edgeagent.messages.creatives import Creative, FrequencyCaps, Suits
from edgeagent.promotion.choice import uniform
from edgeagent.promotion.faults import CreativeFault, creative_fault
from edgeagent.promotion.limits import LEAST_VARIANT_TASTE, TITLE_SEGMENTS

__all__ = [
    "is_variant",
    "misleading_faults",
    "pick_variant",
    "variant_faults",
]


def is_variant(creative: Creative) -> bool:
    """Return whether a creative is a variant of a title, and no promo or ad."""
    return creative.kind in {"artwork", "trailer"}


def variant_faults(creative: Creative) -> Iterator[CreativeFault]:
    """Yield what is wrong with a creative as a variant, or with its file's kind."""
    is_clip = creative.asset.media_type == "video/webm"
    if is_clip != (creative.kind == "trailer"):
        what = f"a {creative.kind} of {creative.asset.media_type}"
        yield creative_fault(creative, "asset.media_type", what, "trailers alone are video/webm")
    if not is_variant(creative):
        return
    segments = creative.suits.segments
    if creative.entity_id is None:
        yield creative_fault(creative, "entity_id", "missing", "name the title it is a variant of")
    if not segments:
        hint = "name the segments it is for; everybody else sees the standard artwork"
        yield creative_fault(creative, "suits.segments", "missing", hint)
    if creative.suits != Suits(segments=segments):
        what = "a variant is for segments by their numbers alone"
        yield creative_fault(creative, "suits", what, "leave the other targets out")
    for field, is_left_out in (
        ("caps", creative.caps == FrequencyCaps()),
        ("dayparts", not creative.dayparts),
        ("code", creative.code is None),
    ):
        if not is_left_out:
            what = "not of a variant, which a household sees whenever the title is recommended"
            yield creative_fault(creative, field, what, "leave it out")


def misleading_faults(
    creatives: Sequence[Creative], own_segments: Mapping[str, Sequence[int]]
) -> Iterator[CreativeFault]:
    """Yield each variant that is for a segment its title is not near to.

    Args:
        creatives: of a catalogue.
        own_segments: of each title that the model knows, the nearest first, by its id.

    """
    for creative in creatives:
        if not is_variant(creative) or creative.entity_id is None:
            continue
        own = own_segments.get(creative.entity_id)
        if own is None:
            what = f"the model does not know {creative.entity_id}"
            yield creative_fault(creative, "entity_id", what, "boxes show the standard artwork")
            continue
        for number in sorted({*creative.suits.segments} - {*own[:TITLE_SEGMENTS]}):
            near = ", ".join(map(str, own[:TITLE_SEGMENTS]))
            what = f"{number} is none of its title's own, which are {near}"
            yield creative_fault(creative, "suits.segments", what, "it would mislead: leave it out")


def pick_variant(
    variants: Sequence[Creative],
    own_segments: Sequence[int],
    *,
    labels: Sequence[SegmentLabel],
    taste: Sequence[float],
    seed: str,
) -> Creative | None:
    """Return the variant of a title for a taste; ``None``: the standard artwork.

    Args:
        variants: of one title, one kind and one form, that may be shown now.
        own_segments: of the title, the nearest first.
        labels: [S] of the model.
        taste: [S] part of each segment in the taste; together 1.
        seed: the same for a household and a title, whatever it watches.

    """
    own = {number for number in own_segments[:TITLE_SEGMENTS] if not labels[number].sensitive}
    shares = (
        (creative, sum(taste[number] for number in {*creative.suits.segments}))
        for creative in variants
        if creative.suits.segments and own.issuperset(creative.suits.segments)
    )
    drawn = [
        (-math.log(uniform(f"{seed} {creative.crid}")) / share, creative.crid, creative)
        for creative, share in shares
        if share >= LEAST_VARIANT_TASTE
    ]
    return min(drawn, key=lambda each: each[:2])[2] if drawn else None
