"""``model-export creatives check``: all faults at once, each with its place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from edgeagent.features.catalogue import CatalogueView
from edgeagent.messages import (
    ModelManifest,
    TargetReference,
    canonical_bytes,
    decode_catalogue,
)
from edgeagent.messages.artefacts import Artefacts
from edgeagent.messages.creative_names import CREATIVE_FILE_CAP_BYTES
from edgeagent.messages.creatives import CreativeCatalogue, Suits
from edgeagent.scoring.heads import ModelHead
from edgeagent.scoring.session import OnnxModel
from edgeagent.testing.creatives import (
    picture_of,
    some_catalogue,
    some_creative,
    some_labels,
    some_variant,
)
from model_export.cli import main
from model_export.heads.model_file import save_model
from model_export.heads.trained_model import TrainedModel
from model_export.publishing.own_segments import own_segments

SPACE = "0" * 16


def write(directory: Path, catalogue: CreativeCatalogue) -> Path:
    """Write a catalogue by hand, as a person would: indented, in any order."""
    path = directory / "creatives.json"
    path.write_text(json.dumps(json.loads(canonical_bytes(catalogue)), indent=2))
    for creative in catalogue.creatives:
        name = creative.asset.path.rpartition("/")[2]
        (directory / name).write_bytes(picture_of(creative.crid))
    return path


def changed(path: Path, number: int, **fields: Any) -> None:
    plain = json.loads(path.read_text())
    plain["creatives"][number] |= fields
    path.write_text(json.dumps(plain))


def check(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["creatives", "check", *map(str, arguments)])


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    reference = TargetReference(path="models/a.onnx", sha256="0" * 64, length_bytes=1)
    titles = TargetReference(path="catalogue/a.x", sha256="0" * 64, length_bytes=1)
    path = tmp_path / "manifest.json"
    path.write_bytes(
        canonical_bytes(
            ModelManifest(
                head="foldin",
                space_id=SPACE,
                model_version="1",
                trained_at=0,
                dimension=1,
                segments=some_labels(16, sensitive=(5,)),
                model=reference,
                golden=reference,
                catalogue=titles,
            )
        )
    )
    return path


def test_a_sound_catalogue_has_none(tmp_path: Path, manifest: Path) -> None:
    taste = Suits(segments=(0, 1))
    path = write(tmp_path, some_catalogue(some_creative("a", suits=taste), space_id=SPACE))
    result = check(path, "--files", tmp_path, "--manifest", manifest)
    assert (result.exit_code, result.stdout) == (0, "1 creative, no faults\n")


def test_all_faults_are_listed_with_their_places(tmp_path: Path, manifest: Path) -> None:
    creatives = [
        some_creative("narrow", suits=Suits(segments=(0,))),
        some_creative("sensitive", suits=Suits(segments=(1, 2, 5))),
        some_creative("ends", starts_at=5, ends_at=4),
        some_creative("linked"),
        some_creative("tracked"),
        some_creative("gone"),
        some_creative("other"),
    ]
    path = write(tmp_path, some_catalogue(*creatives, space_id=SPACE))
    changed(path, 3, title="see https://a.example")
    changed(path, 4, Impression="x")
    (tmp_path / creatives[5].asset.path.rpartition("/")[2]).unlink()
    (tmp_path / creatives[6].asset.path.rpartition("/")[2]).write_bytes(b"GIF89a")
    result = check(path, "--files", tmp_path, "--manifest", manifest)
    assert result.exit_code == 3
    for said in (
        "'narrow', suits: 1 of 16 segments, at least 2 are needed; add segments",
        "'sensitive', suits.segments: segment 5 is sensitive",
        "'ends', ends_at: not after starts_at",
        "'linked', fields: Expected `str` of one line, not empty, without any address",
        "'tracked', fields: Object contains unknown field `Impression`",
        "'gone', asset: ",
        "'other', asset: ",
        "'other', asset.media_type: ",
    ):
        assert said in result.stdout, said
    assert "8 faults in 7 creatives" in result.stderr
    printed = json.loads(check(path, "--json").stdout)
    assert {fault["crid"] for fault in printed["faults"]} == {"ends", "linked", "tracked"}


def test_what_is_wrong_with_the_catalogue_itself(tmp_path: Path) -> None:
    path = write(tmp_path, some_catalogue(some_creative("a")))
    plain = json.loads(path.read_text())
    creatives = [3, *plain["creatives"]]
    path.write_text(json.dumps(plain | {"ClickThrough": "x", "creatives": creatives}))
    result = check(path)
    assert "catalogue: Object contains unknown field `ClickThrough`" in result.stdout
    assert "'number 1', fields: Expected `object`, got `int`" in result.stdout
    many = [msgspec.structs.replace(some_creative(f"c{n}"), title="x" * 120) for n in range(256)]
    long = [
        msgspec.structs.replace(
            each, suits=Suits(genres=tuple("y" * 55 + f"{n}" for n in range(16)))
        )
        for each in many
    ]
    assert len(canonical_bytes(some_catalogue(*long))) > CREATIVE_FILE_CAP_BYTES
    assert (
        "at most 262144 are read; shorten it"
        in check(write(tmp_path, some_catalogue(*long))).stdout
    )


@pytest.mark.parametrize("content", [b"[", b"[]", b"{}", b"\xff", None])
def test_what_is_no_catalogue(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "creatives.json"
    if content is not None:
        path.write_bytes(content)
    result = check(path)
    assert result.exit_code == 3
    assert "creatives.json" in result.stderr


def test_exporter_and_box_agree_about_a_titles_own_segments(
    model: TrainedModel, artefacts: Artefacts
) -> None:
    catalogue = CatalogueView.of(decode_catalogue(artefacts.catalogue))
    box = ModelHead(OnnxModel(artefacts.model), catalogue)
    exported = own_segments(model, {title.entity_id for title in catalogue.titles})
    for column, title in enumerate(catalogue.titles):
        assert box.own_segments(column) == exported.get(title.entity_id, ()), title.entity_id
    assert len(set(exported.values())) > 20


def test_artwork_for_a_segment_that_its_title_is_not_near_to_is_a_fault(
    model: TrainedModel, tmp_path: Path
) -> None:
    model_file = tmp_path / "model.npz"
    save_model(model, model_file)
    title = model.titles[0].entity_id
    own = own_segments(model, {title})[title]
    far = next(
        number
        for number, label in enumerate(model.labels)
        if number not in own and not label.sensitive
    )
    near = some_variant("near", title, own[0])
    misleading, strange = some_variant("far", title, far), some_variant("strange", "no-film", 0)
    space = model.table.space_id
    path = write(tmp_path, some_catalogue(near, misleading, strange, space_id=space))
    result = check(path, "--model", model_file)
    assert result.exit_code == 3
    assert f"'far', suits.segments: {far} is none of its title's own" in result.stdout
    assert "'strange', entity_id: the model does not know no-film" in result.stdout
    assert "2 faults in 3 creatives" in result.stderr
    path = write(tmp_path, some_catalogue(near, space_id=SPACE))
    assert (
        f"space_id: {SPACE}, and the model's is {space}"
        in check(path, "--model", model_file).stdout
    )
    path = write(tmp_path, some_catalogue(near, space_id=space))
    assert check(path, "--model", model_file).exit_code == 0
