"""The repository as a box sees it, over publications, broken ones and foreign keys included."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest
from tuf.api.exceptions import DownloadHTTPError
from tuf.api.metadata import Targets

from edgeagent.errors import InputError, OutputError, UpdateRefused
from edgeagent.messages import canonical_bytes, sha256_hex
from edgeagent.messages.targets import MANIFEST_TARGET, TASK_TARGET
from edgeagent.messages.task import GroupDayparts
from edgeagent.network.fetcher import FilePart, PartFetcher
from edgeagent.network.repository import Repository
from model_export.publishing.artefacts import Artefacts
from model_export.publishing.publish import publish, published_task, repository_facts
from model_export.publishing.repository import RepositoryDirectory
from model_export.publishing.signing_keys import ROLES, open_keys

DAY = 86_400


class DirectoryFetcher(PartFetcher):
    """Serves a directory without a server."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    @contextmanager
    def fetch_from(self, url: str, start: int) -> Iterator[FilePart]:
        path = self._directory / urlsplit(url).path.lstrip("/")
        if not path.is_file():
            raise DownloadHTTPError("not there", 404)
        yield FilePart(start=start, chunks=iter([path.read_bytes()[start:]]))


class Publisher:
    """A repository, its keys, and boxes that look at it."""

    def __init__(self, root: Path, artefacts: Artefacts, now: int) -> None:
        self.directory, self.keys = root / "repository", root / "keys"
        self.box = root / "box"
        self.artefacts, self.now = artefacts, now

    def publish(self, artefacts: Artefacts | None = None, **changes: object) -> None:
        arguments: dict[str, object] = {"now": self.now, "keys_dir": self.keys} | changes
        publish(self.directory, artefacts or self.artefacts, **arguments)  # type: ignore[arg-type]

    def update(self, *, now: int | None = None, trusted_root: bytes | None = None) -> Repository:
        return Repository(
            self.box,
            servers=("http://127.0.0.1:1",),
            trusted_root=trusted_root or (self.directory / "root.json").read_bytes(),
            now=self.now if now is None else now,
            fetcher=DirectoryFetcher(self.directory),
        )


@pytest.fixture
def publisher(tmp_path: Path, artefacts: Artefacts, now: int) -> Publisher:
    return Publisher(tmp_path, artefacts, now)


@pytest.fixture
def changed(artefacts: Artefacts) -> Artefacts:
    """The next quarter's artefacts: another catalogue file, another task."""
    catalogue = artefacts.catalogue + b"\x00"
    digest = sha256_hex(catalogue)
    reference = replace_reference(artefacts, digest, len(catalogue))
    manifest = artefacts.manifest.__class__.__struct_fields__
    fields = {name: getattr(artefacts.manifest, name) for name in manifest}
    task = artefacts.task
    task_fields = {name: getattr(task, name) for name in task.__struct_fields__}
    return replace(
        artefacts,
        catalogue=catalogue,
        manifest=type(artefacts.manifest)(**fields | {"catalogue": reference}),
        task=type(task)(
            **task_fields
            | {
                "epoch": task.epoch + 1,
                "first_week": task.first_week + 13,
                "segmenter": msgspec.structs.replace(task.segmenter, catalogue=reference),
            }
        ),
    )


def replace_reference(artefacts: Artefacts, digest: str, length: int) -> object:
    return type(artefacts.manifest.catalogue)(
        path=f"catalogue/{digest}.catalogue", sha256=digest, length_bytes=length
    )


def test_a_box_verifies_and_reads_every_target(publisher: Publisher) -> None:
    publisher.publish()
    repository = publisher.update()
    artefacts = publisher.artefacts
    manifest = artefacts.manifest
    assert repository.read(MANIFEST_TARGET) == canonical_bytes(manifest)
    assert repository.read(TASK_TARGET) == canonical_bytes(artefacts.task)
    for reference, data in (
        (manifest.model, artefacts.model),
        (manifest.golden, artefacts.golden),
        (manifest.catalogue, artefacts.catalogue),
    ):
        assert repository.ensure(reference).read_bytes() == data
    assert repository.expires_at == publisher.now + 30 * DAY


def test_keys_are_for_their_owner_and_not_in_what_is_served(publisher: Publisher) -> None:
    publisher.publish()
    assert publisher.keys.stat().st_mode & 0o777 == 0o700
    files = sorted(publisher.keys.iterdir())
    assert [path.stem for path in files] == sorted(ROLES)
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert len({path.read_bytes() for path in files}) == len(ROLES)
    served = b"".join(p.read_bytes() for p in publisher.directory.rglob("*") if p.is_file())
    assert b"PRIVATE" not in served


def test_every_role_has_its_own_key_and_paths(publisher: Publisher) -> None:
    publisher.publish()
    targets = json.loads((publisher.directory / "metadata/1.targets.json").read_bytes())
    roles = targets["signed"]["delegations"]["roles"]
    assert {role["name"]: role["paths"] for role in roles} == {
        "models": ["models/*"],
        "catalogue": ["catalogue/*"],
        "tasks": ["tasks/*"],
    }
    root = json.loads((publisher.directory / "root.json").read_bytes())
    signing = [*(r["keyids"][0] for r in roles)]
    signing += [role["keyids"][0] for role in root["signed"]["roles"].values()]
    assert len(set(signing)) == 7


def test_later_publications_raise_every_version(publisher: Publisher, changed: Artefacts) -> None:
    publisher.publish()
    first_root = (publisher.directory / "root.json").read_bytes()
    publisher.update()
    publisher.publish(changed, now=publisher.now + DAY)
    repository = publisher.update(now=publisher.now + DAY)
    assert repository.read(MANIFEST_TARGET) == canonical_bytes(changed.manifest)
    assert repository.ensure(changed.manifest.catalogue).read_bytes() == changed.catalogue
    facts = repository_facts(publisher.directory)
    assert {role: state["version"] for role, state in facts["roles"].items()} == {
        "root": 1,
        "timestamp": 2,
        "snapshot": 2,
        "targets": 2,
        "models": 2,
        "catalogue": 2,
        "tasks": 2,
    }
    assert (publisher.directory / "root.json").read_bytes() == first_root


def test_expiry_is_counted_from_the_given_time(publisher: Publisher) -> None:
    publisher.publish(lifetime_days=7)
    publisher.update(now=publisher.now + 7 * DAY - 1)
    with pytest.raises(UpdateRefused, match="expired"):
        publisher.update(now=publisher.now + 7 * DAY)


def test_root_is_renewed_before_it_runs_out(publisher: Publisher) -> None:
    publisher.publish()
    shipped = (publisher.directory / "root.json").read_bytes()
    later = publisher.now + 720 * DAY
    publisher.publish(now=later)
    assert repository_facts(publisher.directory)["roles"]["root"]["version"] == 2
    assert (publisher.directory / "root.json").read_bytes() != shipped
    repository = publisher.update(now=later + 29 * DAY, trusted_root=shipped)
    assert repository.read(TASK_TARGET) == canonical_bytes(publisher.artefacts.task)


def test_a_task_can_be_kept_with_the_files_it_names(
    publisher: Publisher, changed: Artefacts
) -> None:
    with pytest.raises(InputError, match="no report task to keep"):
        publisher.publish(keep_task=True)
    publisher.publish()
    publisher.publish(changed, keep_task=True)
    repository = publisher.update()
    old, kept = publisher.artefacts, published_task(publisher.directory)
    assert repository.read(MANIFEST_TARGET) == canonical_bytes(changed.manifest)
    assert kept is not None
    assert kept.segmenter == old.task.segmenter != changed.task.segmenter
    assert (kept.epoch, kept.first_week) == (changed.task.epoch, changed.task.first_week)
    assert repository.read(TASK_TARGET) == canonical_bytes(kept)
    assert repository.ensure(kept.segmenter.catalogue).read_bytes() == old.catalogue


def test_a_task_keeps_its_segments_for_a_quarter(publisher: Publisher, changed: Artefacts) -> None:
    publisher.publish()
    old = publisher.artefacts.task
    fields = {name: getattr(changed.task, name) for name in old.__struct_fields__}
    same_quarter = type(old)(**fields | {"epoch": old.epoch, "first_week": old.first_week + 1})
    publisher.publish(replace(changed, task=same_quarter))
    assert published_task(publisher.directory) == old
    repository = publisher.update()
    assert repository.read(MANIFEST_TARGET) == canonical_bytes(changed.manifest)
    assert repository.ensure(old.segmenter.catalogue).read_bytes() == publisher.artefacts.catalogue
    publisher.publish(changed)
    assert published_task(publisher.directory) == changed.task


def test_a_quarter_has_one_kind_of_categories(publisher: Publisher, changed: Artefacts) -> None:
    publisher.publish()
    scheme = GroupDayparts(groups=(0,) * publisher.artefacts.task.segments, utc_offset_minutes=0)
    by_group = msgspec.structs.replace(
        publisher.artefacts.task, categories=scheme.categories, by_group=scheme
    )
    with pytest.raises(InputError, match="counts by segment"):
        publisher.publish(replace(publisher.artefacts, task=by_group))
    assert published_task(publisher.directory) == publisher.artefacts.task
    next_quarter = msgspec.structs.replace(
        changed.task, categories=scheme.categories, by_group=scheme
    )
    publisher.publish(replace(changed, task=next_quarter))
    assert published_task(publisher.directory) == next_quarter


def test_before_the_first_publication_there_is_nothing(publisher: Publisher) -> None:
    assert published_task(publisher.directory) is None
    with pytest.raises(InputError, match="holds no repository"):
        repository_facts(publisher.directory)


def test_keys_inside_the_repository_are_refused(publisher: Publisher) -> None:
    with pytest.raises(InputError, match="would lie in the directory that is served"):
        publisher.publish(keys_dir=publisher.directory / "keys")
    assert not publisher.directory.exists()


def test_foreign_keys_are_refused_before_anything_is_written(
    publisher: Publisher, tmp_path: Path, changed: Artefacts
) -> None:
    publisher.publish()
    before = {p: p.read_bytes() for p in publisher.directory.rglob("*") if p.is_file()}
    other = Publisher(tmp_path / "other", publisher.artefacts, publisher.now)
    other.publish()
    for role in ROLES:
        own = (publisher.keys / f"{role}.pem").read_bytes()
        (publisher.keys / f"{role}.pem").write_bytes((other.keys / f"{role}.pem").read_bytes())
        with pytest.raises(InputError, match=f"the key of role {role} is not") as refusal:
            publisher.publish(changed)
        assert refusal.value.hint
        (publisher.keys / f"{role}.pem").write_bytes(own)
    assert before == {p: p.read_bytes() for p in publisher.directory.rglob("*") if p.is_file()}


def test_missing_and_broken_keys_are_named(publisher: Publisher) -> None:
    publisher.publish()
    (publisher.keys / "tasks.pem").write_bytes(b"not a key")
    with pytest.raises(InputError, match=r"tasks\.pem is not a usable key"):
        publisher.publish()
    (publisher.keys / "root.pem").unlink()
    with pytest.raises(InputError, match=r"root\.pem is not a usable key"):
        publisher.publish()


def test_a_first_publication_that_broke_off_can_be_repeated(publisher: Publisher) -> None:
    publisher.directory.mkdir()
    blocked = publisher.directory / "targets"
    blocked.write_text("in the way")
    with pytest.raises(OutputError, match="cannot be written") as refusal:
        publisher.publish()
    assert refusal.value.hint
    keys = {path: path.read_bytes() for path in publisher.keys.iterdir()}
    blocked.unlink()
    publisher.publish()
    assert keys == {path: path.read_bytes() for path in publisher.keys.iterdir()}
    publisher.update()


def test_a_publication_that_broke_off_leaves_the_state_before(
    publisher: Publisher, changed: Artefacts
) -> None:
    publisher.publish()
    in_the_way = publisher.directory / "metadata" / "2.tasks.json"
    in_the_way.mkdir()
    with pytest.raises(OutputError):
        publisher.publish(changed)
    assert publisher.update().read(TASK_TARGET) == canonical_bytes(publisher.artefacts.task)
    in_the_way.rmdir()
    publisher.publish(changed)
    assert publisher.update().read(TASK_TARGET) == canonical_bytes(changed.task)


def test_keys_that_cannot_be_written_are_an_error(publisher: Publisher) -> None:
    publisher.keys.write_text("a file")
    with pytest.raises(OutputError, match="keys cannot be written"):
        publisher.publish()


@pytest.mark.parametrize(
    "name", ["1.root", "1.targets", "1.models", "1.catalogue", "1.tasks", "1.snapshot", "timestamp"]
)
def test_altered_metadata_is_never_built_upon(
    publisher: Publisher, changed: Artefacts, name: str
) -> None:
    publisher.publish()
    path = publisher.directory / "metadata" / f"{name}.json"
    document = json.loads(path.read_bytes())
    document["signed"]["expires"] = "2099-01-01T00:00:00Z"
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match="does not verify") as refusal:
        publisher.publish(changed)
    assert refusal.value.hint
    path.unlink()
    if name != "timestamp":  # without one, nothing was ever completed
        with pytest.raises(InputError, match="does not verify"):
            published_task(publisher.directory)


def test_metadata_in_the_place_of_another_is_refused(publisher: Publisher) -> None:
    publisher.publish()
    metadata = publisher.directory / "metadata"
    (metadata / "1.snapshot.json").write_bytes((metadata / "1.models.json").read_bytes())
    with pytest.raises(InputError, match="does not verify"):
        repository_facts(publisher.directory)


def test_an_altered_task_is_not_kept(publisher: Publisher, changed: Artefacts) -> None:
    publisher.publish()
    (task,) = (publisher.directory / "targets" / "tasks").iterdir()
    task.write_bytes(canonical_bytes(changed.task))
    with pytest.raises(InputError, match="is not what was signed"):
        publisher.publish(changed, keep_task=True)
    task.unlink()
    with pytest.raises(InputError, match="is not what was signed"):
        published_task(publisher.directory)


@pytest.mark.parametrize(
    "place", ["metadata/1.root.json", "metadata/1.tasks.json", "targets/tasks"]
)
def test_a_pipe_in_a_repository_is_not_waited_for(publisher: Publisher, place: str) -> None:
    publisher.publish()
    path = publisher.directory / place
    path = next(path.iterdir()) if path.is_dir() else path
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(InputError, match=r"is not what was signed|does not verify"):
        published_task(publisher.directory)


def test_rightly_signed_metadata_of_another_kind_is_refused(publisher: Publisher) -> None:
    publisher.publish()
    signers = open_keys(publisher.keys, create=False)
    RepositoryDirectory(publisher.directory).write_metadata(
        "snapshot", Targets(version=1), signers["snapshot"]
    )
    with pytest.raises(InputError, match=r"1\.snapshot\.json is of another kind"):
        repository_facts(publisher.directory)


def test_a_repository_without_a_task_says_so(publisher: Publisher) -> None:
    publisher.publish()
    repository = RepositoryDirectory(publisher.directory)
    with pytest.raises(InputError, match="holds no tasks/other") as refusal:
        repository.read_target("tasks/other", Targets())
    assert refusal.value.hint
