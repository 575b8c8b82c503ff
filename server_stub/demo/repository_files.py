"""The invented repository: catalogue, manifest and tasks, without a model and without signatures.

The server trusts its own directory, so this is enough to look at. A box would refuse it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec
import numpy as np

from edgeagent.clock import DAY_SECONDS, iso_utc, quarter_of
from edgeagent.messages import (
    ModelManifest,
    ReportTask,
    Segmenter,
    TargetReference,
    Title,
    canonical_bytes,
    encode_catalogue,
    sha256_hex,
)
from edgeagent.messages.manifest import BEFORE_1970
from edgeagent.messages.targets import (
    CATALOGUE_ROLE,
    MANIFEST_NAME,
    METADATA,
    MODELS_ROLE,
    TARGETS,
    TASK_NAME,
    TASKS_ROLE,
)
from server_stub.demo.segments import HIT, SEGMENTS, DemoSegment

__all__ = ["write_repository"]

_SPACE_ID = "de30" * 4
_DIMENSION = 16
_ADJECTIVES = ("Quiet", "Last", "Golden", "Broken", "Long", "Second", "Hidden", "Northern")
_HIT_TITLE = "The Long Signal"
_AGES = (0, 6, 12, 16)
_EXPIRES_DAYS = {"root": 365, "targets": 90, "snapshot": 30, "timestamp": 7}
_MODEL = b"invented: there is no model behind the demo's segments"
_OLDEST, _DECADE = 1948, 10


def write_repository(directory: Path, weeks: Iterable[int], *, now: int, seed: int) -> None:
    """Write a repository whose tasks cover some weeks.

    Args:
        directory: must not exist.
        weeks: in which reports are made.
        now: seconds UTC; when it is said to have been made.
        seed: of the titles' vectors.

    """
    catalogue = _catalogue(now, seed)
    labels = [
        segment.label(tuple(title.title for title in titles))
        for segment, titles in zip(SEGMENTS, map(_titles, range(len(SEGMENTS))), strict=True)
    ]
    manifest = ModelManifest(
        head="foldin",
        space_id=_SPACE_ID,
        model_version="demo",
        trained_at=now - 200 * DAY_SECONDS,
        dimension=_DIMENSION,
        segments=tuple(labels),
        model=_segmenter(catalogue).model,
        golden=_reference(f"{MODELS_ROLE}/golden.json", _MODEL),
        catalogue=_segmenter(catalogue).catalogue,
    )
    _put(directory, f"{CATALOGUE_ROLE}/titles.bin", catalogue)
    _put(directory, f"{MODELS_ROLE}/{MANIFEST_NAME}", canonical_bytes(manifest))
    for epoch in sorted(set(map(quarter_of, weeks))):
        task = _task(epoch, min(week for week in weeks if quarter_of(week) == epoch), catalogue)
        _put(directory, f"{TASKS_ROLE}/{TASK_NAME}", canonical_bytes(task))
    (directory / METADATA).mkdir()
    for role, days in _EXPIRES_DAYS.items():
        signed = {"_type": role, "version": 1, "expires": iso_utc(now + days * DAY_SECONDS)}
        content = msgspec.json.encode({"signatures": [], "signed": signed})
        (directory / METADATA / f"1.{role}.json").write_bytes(content)


def _task(epoch: int, first_week: int, catalogue: bytes) -> ReportTask:
    return ReportTask(
        mechanism="subset_selection",
        categories=33,
        odds_numerator=3,
        odds_denominator=1,
        epoch=epoch,
        first_week=first_week,
        segmenter=_segmenter(catalogue),
        sensitive=tuple(n for n, segment in enumerate(SEGMENTS) if segment.sensitive),
    )


def _segmenter(catalogue: bytes) -> Segmenter:
    return Segmenter(
        space_id=_SPACE_ID,
        model=_reference(f"{MODELS_ROLE}/segments.onnx", _MODEL),
        catalogue=_reference(f"{CATALOGUE_ROLE}/titles.bin", catalogue),
    )


def _catalogue(now: int, seed: int) -> bytes:
    """Return a catalogue whose titles lie near those of their own segment."""
    generator = np.random.default_rng(seed)
    titles = [title for number in range(len(SEGMENTS)) for title in _titles(number)]
    centres = generator.normal(size=(len(SEGMENTS), _DIMENSION))
    of_each = np.repeat(centres, len(titles) // len(SEGMENTS), axis=0)
    vectors = of_each + 0.8 * generator.normal(size=of_each.shape)
    scale = np.abs(vectors).max(axis=1) / 127
    return encode_catalogue(
        space_id=_SPACE_ID,
        dimension=_DIMENSION,
        issued_at=now,
        titles=tuple(titles),
        rows=np.rint(vectors / scale[:, np.newaxis]).astype(np.int8).T.tobytes(),
        scale=scale.astype("<f4").tobytes(),
        bias=np.zeros(len(titles), "<f4").tobytes(),
    )


def _titles(number: int) -> tuple[Title, ...]:
    """Return the titles of a segment, each of its words with four of the adjectives."""
    segment = SEGMENTS[number]
    nouns = segment.words.split(",")
    names = [
        f"The {_ADJECTIVES[(2 * place + turn + number) % len(_ADJECTIVES)]} {noun}"
        for turn in range(4)
        for place, noun in enumerate(nouns)
    ]
    if number == HIT:
        names = [_HIT_TITLE, *(name for name in names if name != _HIT_TITLE)][: len(names)]
    return tuple(_title(segment, number, place, name) for place, name in enumerate(names))


def _title(segment: DemoSegment, number: int, place: int, name: str) -> Title:
    begins = _OLDEST if segment.era == BEFORE_1970 else segment.era
    return Title(
        entity_id=f"demo:{number:02}-{place:02}",
        title=name,
        kind="film" if segment.kind == "films" else "series",
        genres=(segment.genre,),
        year=int(begins) + (3 * place + number) % _DECADE,
        age_rating=_AGES[(number + place) % len(_AGES)],
        run_minutes=42 + (7 * place + number) % 60,
    )


def _reference(path: str, data: bytes) -> TargetReference:
    return TargetReference(path=path, sha256=sha256_hex(data), length_bytes=len(data))


def _put(directory: Path, path: str, data: bytes) -> None:
    """Write a target under the name with its hash, as boxes ask for it."""
    target = directory / TARGETS / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.with_name(f"{sha256_hex(data)}.{target.name}").write_bytes(data)
