"""The repository as a box sees it, over publications, broken ones included."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from tuf.api.metadata import Metadata, Targets

from edgeagent.errors import InputError, OutputError, UpdateRefused
from edgeagent.messages import canonical_bytes
from edgeagent.messages.targets import LOG_ROLE, MANIFEST_TARGET, MODEL_ROLES, TASK_TARGET
from edgeagent.messages.task import GroupDayparts
from server_stub.distribution.directory import RepositoryDirectory
from server_stub.distribution.operator import Lifetimes
from server_stub.distribution.publish import create, publish, published_task, read_artefacts
from tests.server_stub.distribution.publishing_office import DAY, NOW, PublishingOffice, invented

FIRST, NEXT = invented(1), invented(2, quarter=1)


def test_a_box_verifies_and_reads_every_target(office: PublishingOffice) -> None:
    publish(office.operator(), FIRST)
    repository = office.box()
    assert repository.read(MANIFEST_TARGET) == canonical_bytes(FIRST.manifest)
    assert repository.read(TASK_TARGET) == canonical_bytes(FIRST.task)
    for reference, data in (
        (FIRST.manifest.model, FIRST.model),
        (FIRST.manifest.golden, FIRST.golden),
        (FIRST.manifest.catalogue, FIRST.catalogue),
    ):
        assert repository.ensure(reference).read_bytes() == data
    assert repository.expires_at == NOW + 7 * DAY


def test_every_role_has_its_own_key_and_paths(office: PublishingOffice) -> None:
    publish(office.operator(), FIRST)
    targets = json.loads((office.directory / "metadata/1.targets.json").read_bytes())
    roles = targets["signed"]["delegations"]["roles"]
    assert {role["name"]: role["paths"] for role in roles} == {
        "models": ["models/*"],
        "catalogue": ["catalogue/*"],
        "tasks": ["tasks/*"],
        "log": ["log/*"],
    }
    root = json.loads((office.directory / "root.json").read_bytes())
    signing = [*(r["keyids"][0] for r in roles)]
    signing += [role["keyids"][0] for role in root["signed"]["roles"].values()]
    assert len(set(signing)) == 8


def test_later_publications_raise_every_version_but_the_roots(office: PublishingOffice) -> None:
    publish(office.operator(), FIRST)
    first_root = (office.directory / "root.json").read_bytes()
    office.box()
    publish(office.operator(now=NOW + DAY), NEXT)
    repository = office.box(now=NOW + DAY)
    assert repository.read(MANIFEST_TARGET) == canonical_bytes(NEXT.manifest)
    assert repository.ensure(NEXT.manifest.catalogue).read_bytes() == NEXT.catalogue
    versions = office.versions()
    assert versions.pop("root") == 1
    assert set(versions.values()) == {2}
    assert (office.directory / "root.json").read_bytes() == first_root


def test_expiry_is_counted_from_the_given_time(office: PublishingOffice) -> None:
    publish(office.operator(lifetimes=Lifetimes(timestamp_days=3)), FIRST)
    office.box(now=NOW + 3 * DAY - 1)
    with pytest.raises(UpdateRefused, match="expired"):
        office.box(now=NOW + 3 * DAY)


def test_a_task_can_be_kept_with_the_files_it_names(office: PublishingOffice) -> None:
    with pytest.raises(InputError, match="no report task to keep"):
        publish(office.operator(), FIRST, keep_task=True)
    publish(office.operator(), FIRST)
    kept = publish(office.operator(), NEXT, keep_task=True)
    repository = office.box()
    assert repository.read(MANIFEST_TARGET) == canonical_bytes(NEXT.manifest)
    assert published_task(office.operator()) == kept
    assert kept.segmenter == FIRST.task.segmenter != NEXT.task.segmenter
    assert (kept.epoch, kept.first_week) == (NEXT.task.epoch, NEXT.task.first_week)
    assert repository.read(TASK_TARGET) == canonical_bytes(kept)
    assert repository.ensure(kept.segmenter.catalogue).read_bytes() == FIRST.catalogue


def test_a_task_keeps_its_segments_for_a_quarter(office: PublishingOffice) -> None:
    publish(office.operator(), FIRST)
    old = FIRST.task
    same_quarter = msgspec.structs.replace(
        NEXT.task, epoch=old.epoch, first_week=old.first_week + 1
    )
    publish(office.operator(), replace(NEXT, task=same_quarter))
    assert published_task(office.operator()) == old
    repository = office.box()
    assert repository.read(MANIFEST_TARGET) == canonical_bytes(NEXT.manifest)
    assert repository.ensure(old.segmenter.catalogue).read_bytes() == FIRST.catalogue
    publish(office.operator(), NEXT)
    assert published_task(office.operator()) == NEXT.task


def test_a_quarter_has_one_kind_of_categories(office: PublishingOffice) -> None:
    publish(office.operator(), FIRST)
    scheme = GroupDayparts(groups=(0,) * FIRST.task.segments, utc_offset_minutes=0)
    by_group, next_quarter = (
        msgspec.structs.replace(task, categories=scheme.categories, by_group=scheme)
        for task in (FIRST.task, NEXT.task)
    )
    with pytest.raises(InputError, match="counts by segment"):
        publish(office.operator(), replace(FIRST, task=by_group))
    assert published_task(office.operator()) == FIRST.task
    publish(office.operator(), replace(NEXT, task=next_quarter))
    assert published_task(office.operator()) == next_quarter


def test_a_task_of_a_quarter_that_is_over_is_not_signed(office: PublishingOffice) -> None:
    with pytest.raises(InputError, match="a quarter that is over") as refusal:
        publish(office.operator(now=NOW + 30 * DAY), FIRST)
    assert "export" in refusal.value.hint
    assert not office.directory.exists() or not office.served()


def test_before_the_first_publication_there_is_nothing(office: PublishingOffice) -> None:
    assert published_task(office.operator()) is None
    with pytest.raises(InputError, match="holds no repository"):
        office.facts()


def test_a_repository_without_content_can_be_made_once(office: PublishingOffice) -> None:
    assert create(office.operator())
    served = office.served()
    assert not create(office.operator())
    assert office.served() == served
    office.box()
    assert published_task(office.operator()) is None
    publish(office.operator(), FIRST)
    assert office.box().read(TASK_TARGET) == canonical_bytes(FIRST.task)
    assert office.versions()["root"] == 1


def test_a_first_publication_that_broke_off_can_be_repeated(office: PublishingOffice) -> None:
    office.directory.mkdir()
    blocked = office.directory / "targets"
    blocked.write_text("in the way")
    with pytest.raises(OutputError, match="cannot be written") as refusal:
        publish(office.operator(), FIRST)
    assert refusal.value.hint
    keys = {path: path.read_bytes() for path in office.keys.iterdir()}
    blocked.unlink()
    publish(office.operator(), FIRST)
    assert keys == {path: path.read_bytes() for path in office.keys.iterdir()}
    office.box()


@pytest.mark.parametrize(
    "name",
    [
        *(f"1.{role}" for role in ("root", "snapshot", "targets", *MODEL_ROLES, LOG_ROLE)),
        "timestamp",
    ],
)
def test_altered_metadata_is_never_built_upon(office: PublishingOffice, name: str) -> None:
    publish(office.operator(), FIRST)
    path = office.directory / "metadata" / f"{name}.json"
    document = json.loads(path.read_bytes())
    document["signed"]["expires"] = "2099-01-01T00:00:00Z"
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match="does not verify") as refusal:
        publish(office.operator(), NEXT)
    assert refusal.value.hint
    path.unlink()
    if name != "timestamp":  # without one, nothing was ever completed
        with pytest.raises(InputError, match="does not verify"):
            published_task(office.operator())


def test_metadata_in_the_place_of_another_is_refused(office: PublishingOffice) -> None:
    publish(office.operator(), FIRST)
    metadata = office.directory / "metadata"
    (metadata / "1.snapshot.json").write_bytes((metadata / "1.models.json").read_bytes())
    with pytest.raises(InputError, match="does not verify"):
        office.facts()


def test_an_altered_task_is_not_kept(office: PublishingOffice) -> None:
    publish(office.operator(), FIRST)
    (task,) = (office.directory / "targets" / "tasks").iterdir()
    task.write_bytes(canonical_bytes(NEXT.task))
    with pytest.raises(InputError, match="is not what was signed"):
        publish(office.operator(), NEXT, keep_task=True)
    task.unlink()
    with pytest.raises(InputError, match="is not what was signed"):
        published_task(office.operator())


@pytest.mark.parametrize(
    "place", ["metadata/1.root.json", "metadata/1.tasks.json", "targets/tasks", "targets/log"]
)
def test_a_pipe_in_a_repository_is_not_waited_for(office: PublishingOffice, place: str) -> None:
    publish(office.operator(), FIRST)
    path = office.directory / place
    path = next(path.iterdir()) if path.is_dir() else path
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(InputError, match=r"is not what was signed|does not verify"):
        published_task(office.operator())


def test_rightly_signed_metadata_of_another_kind_is_refused(office: PublishingOffice) -> None:
    publish(office.operator(), FIRST)
    keyids = office.published().root.roles["snapshot"].keyids
    wrong = Metadata(Targets(version=1))
    wrong.sign(office.operator().keys.one("snapshot", keyids))
    RepositoryDirectory(office.directory).write_metadata("1.snapshot.json", wrong.to_bytes())
    with pytest.raises(InputError, match=r"1\.snapshot\.json is of another kind"):
        office.facts()


def test_what_an_exporter_wrote_is_read(tmp_path: Path) -> None:
    for name, data in FIRST.files().items():
        (tmp_path / name).write_bytes(data)
    assert read_artefacts(tmp_path) == FIRST
    (tmp_path / "golden.npz").unlink()
    with pytest.raises(InputError, match=r"golden\.npz cannot be read") as refusal:
        read_artefacts(tmp_path)
    assert "model-export export" in refusal.value.hint
