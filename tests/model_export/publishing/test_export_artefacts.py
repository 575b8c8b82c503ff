"""What is exported fits together, and a box can use it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path

import msgspec
import numpy as np
import pytest

from edgeagent.clock import week_of
from edgeagent.errors import InputError, MalformedMessage, ModelError, OutputError
from edgeagent.features.catalogue import CatalogueView
from edgeagent.messages import (
    Title,
    canonical_bytes,
    decode_catalogue,
    decode_manifest,
    decode_task,
    sha256_hex,
)
from edgeagent.messages.artefacts import Artefacts
from edgeagent.messages.manifest import LiftedWord
from edgeagent.scoring.engine import Engine
from edgeagent.scoring.session import OnnxModel
from model_export.heads.contract_reference import golden_vectors
from model_export.heads.files import exact_graph
from model_export.heads.foldin_reference import foldin_reference
from model_export.heads.model_file import load_model, save_model
from model_export.heads.trained_model import TrainedModel
from model_export.log import WatchLog
from model_export.publishing.artefacts import export
from tests.model_export.heads.foldin_cases import foldin_parameters


def test_a_box_accepts_what_is_exported(artefacts: Artefacts) -> None:
    catalogue = CatalogueView.of(decode_catalogue(artefacts.catalogue))
    engine = Engine(OnnxModel(artefacts.model), catalogue)
    engine.check_golden(artefacts.golden)
    assert artefacts.catalogue_items == len(catalogue.titles)


def test_what_no_box_could_read_is_not_exported(
    model: TrainedModel, panel: WatchLog, now: int
) -> None:
    label = msgspec.structs.replace(model.labels[0], name="N" * 201)
    unreadable = replace(model, labels=(label, *model.labels[1:]))
    with pytest.raises(MalformedMessage, match=r"segments\[0\].name"):
        export(unreadable, panel, now=now)


def test_manifest_and_task_name_the_files(
    artefacts: Artefacts, model: TrainedModel, now: int
) -> None:
    manifest = decode_manifest(canonical_bytes(artefacts.manifest))
    task = decode_task(canonical_bytes(artefacts.task))
    targets = artefacts.targets()
    for reference in (manifest.model, manifest.golden, manifest.catalogue):
        assert sha256_hex(targets[reference.path]) == reference.sha256
        assert len(targets[reference.path]) == reference.length_bytes
        assert reference.sha256 in reference.path
    assert (task.segmenter.model, task.segmenter.catalogue) == (manifest.model, manifest.catalogue)
    assert task.segmenter.space_id == manifest.space_id == model.table.space_id
    assert (task.categories, task.odds, task.epoch) == (17, Fraction(3), 225)
    assert task.first_week == week_of(now)
    assert task.sensitive == tuple(n for n, s in enumerate(manifest.segments) if s.sensitive)
    assert manifest.segments == model.labels
    assert manifest.model_version == f"2026.05.28-{model.table.space_id[:8]}"


def test_equal_models_give_equal_files(
    artefacts: Artefacts, model: TrainedModel, panel: WatchLog, now: int
) -> None:
    assert export(model, panel, now=now) == artefacts
    later = export(model, model, now=now + 92 * 86_400)
    assert later.golden == artefacts.golden
    assert later.manifest.model_version != artefacts.manifest.model_version
    assert later.task.epoch == 226


def test_a_number_of_segments_that_no_box_reports_on_is_refused(
    model: TrainedModel, panel: WatchLog, now: int
) -> None:
    fewer = replace(model, labels=model.labels[:15])
    with pytest.raises(InputError, match="a model of 15 segments") as refusal:
        export(fewer, panel, now=now)
    assert "8 or 16 or 32 or 64" in refusal.value.hint


def test_titles_the_model_never_saw_are_there_without_an_embedding(
    model: TrainedModel, panel: WatchLog, now: int
) -> None:
    new = Title(entity_id="new:1", title="New")
    shown = replace(panel, titles=(new, *reversed(panel.titles)))
    view = CatalogueView.of(decode_catalogue(export(model, shown, now=now).catalogue))
    assert view.titles[0] == new
    assert not view.rows[:, 0].any()
    assert (view.scale[0], view.bias[0]) == (1.0, 0.0)
    assert (view.rows[:, 1:] == model.table.rows[:, ::-1]).all()
    assert (view.bias[1:] == model.bias[::-1]).all()


def _golden(alpha: float, regularization: float) -> tuple[bytes, bytes]:
    chosen = foldin_parameters(dimension=64, segments=8, alpha=alpha, regularization=regularization)
    rng = np.random.default_rng(8)
    golden = golden_vectors(
        partial(foldin_reference, chosen),
        rows=rng.integers(-127, 128, (64, 300), dtype=np.int8),
        scale=rng.uniform(0.0002, 0.003, 300).astype(np.float32),
        bias=np.zeros(300, dtype=np.float32),
        seed=1,
    )
    return exact_graph(chosen, golden), golden


def test_hard_settings_get_more_steps() -> None:
    easy, _ = _golden(1.0, 10.0)
    hard, _ = _golden(40.0, 1.0)
    assert len(hard) > len(easy)


def test_settings_that_no_number_of_steps_solves_are_refused() -> None:
    with pytest.raises(ModelError, match="do not solve the fold-in: ") as refusal:
        _golden(1e7, 1e-6)
    assert refusal.value.hint


def test_the_manifest_lists_words_that_the_operator_lifts(
    artefacts: Artefacts, model: TrainedModel, tmp_path: Path
) -> None:
    assert b"lifted" not in canonical_bytes(artefacts.manifest)
    words = (LiftedWord(word="krieg", topics=("violence",)),)
    save_model(replace(model, lifted_words=words), tmp_path / "model.npz")
    read = load_model(tmp_path / "model.npz")
    manifest = decode_manifest(canonical_bytes(export(read, read, now=0).manifest))
    assert manifest.lifted_words == words


@pytest.mark.parametrize("validated", [True, False])
def test_a_model_file_is_read_back(model: TrainedModel, tmp_path: Path, *, validated: bool) -> None:
    kept = model if validated else replace(model, validation=None)
    save_model(kept, tmp_path / "model.npz")
    read = load_model(tmp_path / "model.npz")
    assert export(read, read, now=0) == export(kept, kept, now=0)
    assert (read.validation is not None) == validated
    assert (read.session_share == kept.session_share).all()
    assert read.session_cosine == kept.session_cosine


def test_files_that_are_no_model_are_refused(
    model: TrainedModel, artefacts: Artefacts, tmp_path: Path
) -> None:
    path = tmp_path / "model.npz"
    save_model(model, path)
    whole = path.read_bytes()
    for data in (b"", b"PK", whole[: len(whole) // 2], artefacts.golden):
        path.write_bytes(data)
        with pytest.raises(InputError, match="is not a trained model") as refusal:
            load_model(path)
        assert refusal.value.hint
    save_model(replace(model, titles=model.titles[1:]), path)
    with pytest.raises(InputError, match="do not fit together"):
        load_model(path)
    with pytest.raises(InputError, match="cannot be read"):
        load_model(tmp_path / "absent")
    with pytest.raises(OutputError, match="cannot be written"):
        save_model(model, tmp_path / "absent" / "model.npz")
