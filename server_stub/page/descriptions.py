"""What a segment is: the catalogue's titles that carry its label, and how alike they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import fsum, sqrt
from pathlib import Path

from edgeagent.errors import EdgeAgentError
from edgeagent.messages import (
    Catalogue,
    ModelManifest,
    SegmentLabel,
    TargetReference,
    Title,
    decode_catalogue,
)
from edgeagent.messages.catalogue import CATALOGUE_CAP_BYTES
from edgeagent.messages.manifest import BEFORE_1970
from edgeagent.messages.targets import TARGETS
from edgeagent.regular_file import read_regular
from server_stub.page.figures import SegmentDescription

__all__ = ["carries", "catalogue_in", "describe"]

_SHOWN = 24
_MEASURED = 300
"""Titles of which closeness is worked out: more change its second digit no more."""
_OLD = 1970
_DECADE = 10


def catalogue_in(repository: Path, reference: TargetReference) -> Catalogue | None:
    """Return a published catalogue; ``None`` if it is not there or damaged."""
    path = repository / TARGETS / reference.path
    for candidate in (path.with_name(f"{reference.sha256}.{path.name}"), path):
        try:
            return decode_catalogue(read_regular(candidate, cap_bytes=CATALOGUE_CAP_BYTES))
        except (OSError, EdgeAgentError):
            continue
    return None


def describe(
    manifest: ModelManifest, catalogue: Catalogue, *, sensitive: Sequence[int]
) -> tuple[SegmentDescription, ...]:
    """Describe each segment that is not sensitive."""
    usual = _closeness(catalogue, range(len(catalogue.titles)))
    found = []
    for category, label in enumerate(manifest.segments):
        if category in sensitive or label.sensitive:
            continue
        places = [n for n, title in enumerate(catalogue.titles) if carries(title, label)]
        found.append(
            SegmentDescription(
                category=category,
                titles=tuple(catalogue.titles[place].title for place in places[:_SHOWN]),
                title_count=len(places),
                closeness=_closeness(catalogue, places),
                usual_closeness=usual,
            )
        )
    return tuple(found)


def carries(title: Title, label: SegmentLabel) -> bool:
    """Whether kind, genres and era of a label are true of a title."""
    if not label.genres:
        return title.title in label.titles
    films = title.kind == "film"
    return (
        (label.kind is None or films == (label.kind == "films"))
        and set(label.genres) <= set(title.genres)
        and (label.theme is None or title.title in label.titles)
        and _is_of(title.year, label)
    )


def _is_of(year: int | None, label: SegmentLabel) -> bool:
    if label.era is None:
        return True
    if year is None:
        return False
    return year < _OLD if label.era == BEFORE_1970 else year // _DECADE * _DECADE == label.era


def _closeness(catalogue: Catalogue, places: Sequence[int]) -> float | None:
    """Return the mean cosine between titles' vectors and their mean."""
    if len(places) < 2:  # noqa: PLR2004  (one is like itself)
        return None
    step = -(-len(places) // _MEASURED)
    vectors = [_unit(_vector(catalogue, place)) for place in places[::step]]
    mean = _unit([fsum(parts) for parts in zip(*vectors, strict=True)])
    return fsum(fsum(a * b for a, b in zip(v, mean, strict=True)) for v in vectors) / len(vectors)


def _vector(catalogue: Catalogue, place: int) -> Iterator[float]:
    """Yield the parts of a title's vector; its scale changes no cosine."""
    rows, items = catalogue.rows.cast("b"), catalogue.header.items
    return (float(rows[part * items + place]) for part in range(catalogue.header.dimension))


def _unit(vector: Iterator[float] | list[float]) -> list[float]:
    parts = list(vector)
    length = sqrt(fsum(part * part for part in parts)) or 1.0
    return [part / length for part in parts]
