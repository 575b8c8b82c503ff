"""From a trained model to the files that are published: graph, golden vectors, catalogue, task."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from msgspec import UNSET

from edgeagent.clock import iso_utc, quarter_of, week_of
from edgeagent.errors import InputError
from edgeagent.messages import (
    ModelManifest,
    ReportTask,
    Segmenter,
    TargetReference,
    Title,
    canonical_bytes,
    decode_manifest,
    encode_catalogue,
    sha256_hex,
)
from edgeagent.messages.artefacts import Artefacts
from edgeagent.messages.fields import MechanismName
from edgeagent.messages.targets import CATALOGUE_ROLE, MODELS_ROLE
from edgeagent.messages.task import PERMITTED_SEGMENTS, GroupDayparts
from model_export.heads.files import head_files
from model_export.heads.trained_model import TrainedModel

__all__ = ["Titled", "export"]


class Titled(Protocol):
    """A log of viewings, or the trained model itself."""

    @property
    def titles(self) -> tuple[Title, ...]:
        """What there is to watch."""
        ...


def export(
    model: TrainedModel,
    titled: Titled,
    *,
    now: int,
    mechanism: MechanismName = "subset_selection",
    by_group: GroupDayparts | None = None,
) -> Artefacts:
    """Export a model; equal arguments give equal bytes.

    Args:
        model: what was trained.
        titled: its titles make up the catalogue; those the model was not trained on have an
            embedding of zeros and no bias.
        now: seconds UTC: stamped into model version, catalogue and manifest; the report task asks
            about the quarter that runs then, from the week that runs then.
        mechanism: of the report task.
        by_group: the groups of segments that the task counts by, with the part of the day; by
            segment unless given.

    Raises:
        InputError: a number of segments that no box reports on.
        MalformedMessage: no box could read the manifest, with the field at fault.

    """
    if len(model.labels) not in PERMITTED_SEGMENTS:
        raise InputError(
            f"a model of {len(model.labels)} segments, which no box reports on",
            hint=f"train it again with --segments {' or '.join(map(str, PERMITTED_SEGMENTS))}",
        )
    space_id = model.table.space_id
    model_version = f"{iso_utc(now)[:10].replace('-', '.')}-{space_id[:8]}"
    graph, golden = head_files(model, model_version=model_version)
    catalogue = _catalogue(model, titled.titles, space_id=space_id, now=now)
    manifest = ModelManifest(
        head=model.head,
        space_id=space_id,
        model_version=model_version,
        trained_at=now,
        dimension=len(model.table.rows),
        segments=model.labels,
        model=_reference(MODELS_ROLE, graph, "onnx"),
        golden=_reference(MODELS_ROLE, golden, "npz"),
        catalogue=_reference(CATALOGUE_ROLE, catalogue, "catalogue"),
        lifted_words=model.lifted_words or UNSET,
    )
    decode_manifest(canonical_bytes(manifest))
    return Artefacts(
        model=graph,
        golden=golden,
        catalogue=catalogue,
        manifest=manifest,
        task=_task(manifest, mechanism, by_group, week=week_of(now)),
    )


def _catalogue(model: TrainedModel, titles: tuple[Title, ...], *, space_id: str, now: int) -> bytes:
    dimension, count = len(model.table.rows), len(titles)
    column = {title.entity_id: number for number, title in enumerate(model.titles)}
    known = np.array([column.get(title.entity_id, -1) for title in titles])
    trained = known >= 0
    rows = np.zeros((dimension, count), dtype=np.int8)
    scale = np.ones(count, dtype="<f4")
    bias = np.zeros(count, dtype="<f4")
    rows[:, trained] = model.table.rows[:, known[trained]]
    scale[trained] = model.table.scale[known[trained]]
    bias[trained] = model.bias[known[trained]]
    return encode_catalogue(
        space_id=space_id,
        dimension=dimension,
        issued_at=now,
        titles=titles,
        rows=rows.tobytes(),
        scale=scale.tobytes(),
        bias=bias.tobytes(),
    )


def _reference(role: str, data: bytes, suffix: str) -> TargetReference:
    digest = sha256_hex(data)
    return TargetReference(path=f"{role}/{digest}.{suffix}", sha256=digest, length_bytes=len(data))


def _task(
    manifest: ModelManifest,
    mechanism: MechanismName,
    by_group: GroupDayparts | None,
    *,
    week: int,
) -> ReportTask:
    categories = len(manifest.segments) if by_group is None else by_group.categories - 1
    # e^ε = 3, the largest a box accepts: a tighter budget needs more boxes for the same interval.
    return ReportTask(
        mechanism=mechanism,
        categories=categories + 1,  # type: ignore[arg-type]  # looked at in export
        odds_numerator=3,
        odds_denominator=1,
        epoch=quarter_of(week),
        first_week=week,
        segmenter=Segmenter(
            space_id=manifest.space_id, model=manifest.model, catalogue=manifest.catalogue
        ),
        sensitive=tuple(
            number for number, label in enumerate(manifest.segments) if label.sensitive
        ),
        by_group=by_group or UNSET,
    )
