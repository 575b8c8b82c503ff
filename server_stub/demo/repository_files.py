"""The invented repository: a catalogue, a manifest and a task a quarter, signed, but no model.

A box would fetch it all, and refuse a model that is no ONNX file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np

from edgeagent.clock import quarter_of, week_start
from edgeagent.messages import (
    ModelManifest,
    ReportTask,
    Segmenter,
    TargetReference,
    Title,
    encode_catalogue,
    sha256_hex,
)
from edgeagent.messages.artefacts import Artefacts
from edgeagent.messages.manifest import BEFORE_1970
from edgeagent.messages.targets import CATALOGUE_ROLE, MODELS_ROLE
from server_stub.demo.segments import HIT, SEGMENTS, DemoSegment
from server_stub.distribution.operator import Lifetimes, Operator
from server_stub.distribution.publish import publish

__all__ = ["KEYS_NAME", "SPACE_ID", "demo_titles", "write_repository"]

KEYS_NAME = "keys"
_LIFETIME_DAYS = 400
SPACE_ID = "de30" * 4
_DIMENSION = 16
_ADJECTIVES = ("Quiet", "Last", "Golden", "Broken", "Long", "Second", "Hidden", "Northern")
_HIT_TITLE = "The Long Signal"
_AGES = (0, 6, 12, 16)
_MODEL = b"invented: there is no model behind the demo's segments"
_NEXT_MODEL = b"invented: nor is there one behind the next"
_GOLDEN = b"invented: nothing was computed"
_OLDEST, _DECADE = 1948, 10


def write_repository(directory: Path, weeks: Sequence[int], *, now: int, seed: int) -> None:
    """Publish a model, a task for each quarter, and a next model for a tenth of the boxes.

    Args:
        directory: is filled; the keys go beside it, unencrypted.
        weeks: in which reports are made, ascending.
        now: seconds UTC.
        seed: of the titles' vectors.

    """
    catalogue = _catalogue(now, seed)
    operator = Operator.without_passphrase(
        directory, directory.with_name(KEYS_NAME), now=now, lifetime_days=_LIFETIME_DAYS
    )
    for epoch in sorted(set(map(quarter_of, weeks))):
        first_week = next(week for week in weeks if quarter_of(week) == epoch)
        task = _task(epoch, first_week, catalogue)
        publish(
            replace(operator, now=week_start(first_week)),
            _artefacts("demo-1", _MODEL, catalogue, task),
        )
    publish(
        replace(operator, lifetimes=Lifetimes()),
        _artefacts("demo-2", _NEXT_MODEL, catalogue, task),
        percent=10,
    )


def _artefacts(version: str, model: bytes, catalogue: bytes, task: ReportTask) -> Artefacts:
    manifest = ModelManifest(
        head="foldin",
        space_id=SPACE_ID,
        model_version=version,
        trained_at=week_start(task.first_week),
        dimension=_DIMENSION,
        segments=tuple(
            segment.label(tuple(title.title for title in demo_titles(number)))
            for number, segment in enumerate(SEGMENTS)
        ),
        model=_reference(f"{MODELS_ROLE}/segments.onnx", model),
        golden=_reference(f"{MODELS_ROLE}/golden.npz", _GOLDEN),
        catalogue=_segmenter(catalogue).catalogue,
    )
    named = msgspec.structs.replace(task.segmenter, model=manifest.model)
    return Artefacts(
        model=model,
        golden=_GOLDEN,
        catalogue=catalogue,
        manifest=manifest,
        task=msgspec.structs.replace(task, segmenter=named),
    )


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
        space_id=SPACE_ID,
        model=_reference(f"{MODELS_ROLE}/segments.onnx", _MODEL),
        catalogue=_reference(f"{CATALOGUE_ROLE}/titles.bin", catalogue),
    )


def _catalogue(now: int, seed: int) -> bytes:
    """Return a catalogue whose titles lie near those of their own segment."""
    generator = np.random.default_rng(seed)
    titles = [title for number in range(len(SEGMENTS)) for title in demo_titles(number)]
    centres = generator.normal(size=(len(SEGMENTS), _DIMENSION))
    of_each = np.repeat(centres, len(titles) // len(SEGMENTS), axis=0)
    vectors = of_each + 0.8 * generator.normal(size=of_each.shape)
    scale = np.abs(vectors).max(axis=1) / 127
    return encode_catalogue(
        space_id=SPACE_ID,
        dimension=_DIMENSION,
        issued_at=now,
        titles=tuple(titles),
        rows=np.rint(vectors / scale[:, np.newaxis]).astype(np.int8).T.tobytes(),
        scale=scale.astype("<f4").tobytes(),
        bias=np.zeros(len(titles), "<f4").tobytes(),
    )


def demo_titles(number: int) -> tuple[Title, ...]:
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
