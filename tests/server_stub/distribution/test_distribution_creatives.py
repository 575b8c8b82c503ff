"""Promos and ads in a repository: a role that comes with the first; its key signs nothing else."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

import pytest
from click.testing import CliRunner
from msgspec import Meta

from edgeagent.clock import iso_utc
from edgeagent.errors import EdgeAgentError, InputError, NetworkError
from edgeagent.messages import TargetReference, canonical_bytes
from edgeagent.messages.codec import Message, decode
from edgeagent.messages.creatives import Creative, CreativeCatalogue, Suits, decode_creatives
from edgeagent.messages.targets import CREATIVES_ROLE, CREATIVES_TARGET, RELEASES_TARGET
from edgeagent.testing.creatives import picture_of, some_catalogue, some_creative
from server_stub.cli import main
from server_stub.distribution.creatives import publish_creatives, read_creatives
from server_stub.distribution.publish import create, promote, publish
from server_stub.distribution.renewal import refresh, rotate_keys
from server_stub.distribution.rollback import rollback
from tests.server_stub.distribution.publishing_office import NOW, PublishingOffice, invented

ONE, TWO = invented(1), invented(2)
Write = Callable[..., Path]


@pytest.fixture
def pack(tmp_path: Path) -> Write:
    """Return a function that writes creatives as ``model-export creatives pack`` does."""

    def write(*creatives: Creative | str, space_id: str | None = None) -> Path:
        made = [some_creative(c, starts_at=NOW) if isinstance(c, str) else c for c in creatives]
        directory = tmp_path / "pack"
        directory.mkdir(exist_ok=True)
        catalogue = some_catalogue(*made, space_id=space_id)
        (directory / "catalogue.json").write_bytes(canonical_bytes(catalogue))
        for creative in made:
            name = creative.asset.path.rpartition("/")[2]
            (directory / name).write_bytes(picture_of(creative.crid))
        return directory

    return write


def published(office: PublishingOffice, name: str = "box") -> CreativeCatalogue:
    """Return what a box gets, every file of it."""
    box = office.box(name)
    data = box.find(CREATIVES_TARGET)
    assert data is not None
    catalogue = decode_creatives(data)
    for creative in catalogue.creatives:
        asset = creative.asset
        place = box.ensure(
            TargetReference(path=asset.path, sha256=asset.sha256, length_bytes=asset.length_bytes)
        )
        assert place.read_bytes() == picture_of(creative.crid)
    return catalogue


def test_the_first_brings_the_role_and_leaves_the_others(
    office: PublishingOffice, pack: Write
) -> None:
    publish(office.operator(), ONE)
    shipped, before = (office.directory / "root.json").read_bytes(), office.versions()
    assert CREATIVES_ROLE not in before
    office.box()
    publish_creatives(office.operator(), read_creatives(pack("a", "b")))
    assert [each.crid for each in published(office).creatives] == ["a", "b"]
    after = office.versions()
    assert after.pop(CREATIVES_ROLE) == 1
    assert {role for role in before if after[role] > before[role]} == {
        *("targets", "log", "snapshot", "timestamp"),
    }
    publish_creatives(office.operator(), read_creatives(pack("c")))
    assert [each.crid for each in published(office).creatives] == ["c"]
    assert office.versions()["targets"] == after["targets"]
    assert office.box(trusted_root=shipped).find(CREATIVES_TARGET)


def test_their_key_is_not_needed_for_models_and_theirs_not_for_them(
    office: PublishingOffice, pack: Write, tmp_path: Path
) -> None:
    publish(office.operator(), ONE)
    with pytest.raises(InputError, match="the key of role"):
        publish_creatives(office.operator(keys=(tmp_path,)), read_creatives(pack("a")))
    publish_creatives(office.operator(), read_creatives(pack("a")))
    theirs = tmp_path / "their keys"
    theirs.mkdir()
    for role in (CREATIVES_ROLE, "log", "snapshot", "timestamp"):
        for path in office.keys.glob(f"{role}-*"):
            shutil.copy(path, theirs)
    publish_creatives(office.operator(keys=(theirs,)), read_creatives(pack("b")))
    next(office.keys.glob("creatives-*")).unlink()
    publish(office.operator(), TWO)
    with pytest.raises(InputError, match="the key of role creatives"):
        publish_creatives(office.operator(), read_creatives(pack("c")))
    assert [each.crid for each in published(office).creatives] == ["b"]


def test_what_is_done_with_models_leaves_them(office: PublishingOffice, pack: Write) -> None:
    publish(office.operator(), ONE)
    publish_creatives(office.operator(), read_creatives(pack("a")))
    for command in (
        lambda: publish(office.operator(), TWO, percent=5),
        lambda: promote(office.operator(), 50),
        lambda: rollback(office.operator()),
        lambda: refresh(office.operator(), ["root", "targets", CREATIVES_ROLE]),
        lambda: rotate_keys(office.operator(), [CREATIVES_ROLE, "targets", "models"]),
    ):
        command()
        office.check_list()
        assert [each.crid for each in published(office).creatives] == ["a"]
    publish_creatives(office.operator(), read_creatives(pack()))
    assert published(office).creatives == ()


def test_their_old_key_signs_nothing_after_a_rotation(
    office: PublishingOffice, pack: Write
) -> None:
    publish(office.operator(), ONE)
    publish_creatives(office.operator(), read_creatives(pack("a")))
    (old,) = office.keys.glob("creatives-*")
    rotate_keys(office.operator(), [CREATIVES_ROLE])
    (new,) = set(office.keys.glob("creatives-*")) - {old}
    away = new.rename(office.place / "away.pem")
    with pytest.raises(InputError, match="the key of role creatives"):
        publish_creatives(office.operator(), read_creatives(pack("b")))
    away.rename(new)
    old.unlink()
    publish_creatives(office.operator(), read_creatives(pack("b")))
    assert [each.crid for each in published(office).creatives] == ["b"]


def test_the_role_can_be_there_before_there_is_anything_to_sign(office: PublishingOffice) -> None:
    create(office.operator())
    with pytest.raises(InputError, match="no role creatives") as refusal:
        refresh(office.operator(), [CREATIVES_ROLE])
    assert "rotate-keys" in refusal.value.hint
    rotate_keys(office.operator(), [CREATIVES_ROLE])
    assert office.versions()[CREATIVES_ROLE] == 1
    refresh(office.operator(), [CREATIVES_ROLE])
    assert office.box().find(CREATIVES_TARGET) is None


class EntryOfBefore(Message, frozen=True, kw_only=True):
    """An entry as boxes read it that know no creatives: any other is a conflict that lasts."""

    kind: Literal["file", "root", "targets", "models", "catalogue", "tasks"]
    name: Annotated[str, Meta(max_length=200, pattern=r"^[a-z0-9]+(/[a-z0-9][a-z0-9._-]*)*\Z")]
    version: int
    sha256: str

    def __post_init__(self) -> None:
        if "/" not in self.name if self.kind == "file" else self.name != self.kind:
            message = "a file is named by its path, metadata by its role"
            raise ValueError(message)


class ListOfBefore(Message, frozen=True, kw_only=True):
    list_id: str
    entries: tuple[EntryOfBefore, ...]


def test_boxes_of_the_release_before_read_the_list(office: PublishingOffice, pack: Write) -> None:
    publish(office.operator(), ONE)
    before = office.check_list().entries
    publish_creatives(office.operator(), read_creatives(pack("a", "b", "c")))
    data = office.box().read(RELEASES_TARGET)
    decode(data, ListOfBefore, cap_bytes=len(data), canonical=True)
    new = office.check_list().entries[len(before) :]
    assert [(entry.kind, entry.name, entry.version) for entry in new] == [
        ("targets", "targets", 2),
        ("file", "metadata/creatives.json", 1),
        ("file", CREATIVES_TARGET, 1),
    ]


def test_what_is_no_pack_is_refused_before_a_key_is_read(pack: Write) -> None:
    def refused(match: str) -> str:
        with pytest.raises(EdgeAgentError, match=match) as refusal:
            read_creatives(directory)
        return refusal.value.hint

    directory = pack("a")
    [picture] = directory.glob("*.jpg")
    picture.write_bytes(b"another")
    assert "pack" in refused("not the file that catalogue.json names")
    picture.write_bytes(bytes(256 * 1024 + 1))
    refused("more than 262144 bytes")
    picture.unlink()
    picture.symlink_to("/etc/passwd")
    refused("not the file|cannot be read")
    picture.unlink()
    assert "pack" in refused("No such file")
    directory = pack("a", "a")
    refused("named twice")
    plain = json.loads((directory / "catalogue.json").read_bytes())
    plain["creatives"][0]["ClickThrough"] = "https://a.example"
    (directory / "catalogue.json").write_bytes(canonical_bytes(plain))
    refused("unknown field `ClickThrough`")
    plain["creatives"][0].pop("ClickThrough")
    plain["creatives"][0]["asset"]["path"] = "creatives/../../../etc/passwd"
    (directory / "catalogue.json").write_bytes(canonical_bytes(plain))
    refused("asset.path")
    (directory / "catalogue.json").unlink()
    refused("catalogue.json cannot be read")


def test_an_altered_picture_is_never_built_upon(office: PublishingOffice, pack: Write) -> None:
    publish(office.operator(), ONE)
    publish_creatives(office.operator(), read_creatives(pack("a")))
    [picture] = (office.directory / "targets" / CREATIVES_ROLE).glob("*.jpg")
    picture.write_bytes(b"changed")
    with pytest.raises(InputError, match="is not what was signed"):
        publish(office.operator(), TWO)
    with pytest.raises(NetworkError, match="longer than signed"):
        published(office)
    publish_creatives(office.operator(), read_creatives(pack("a")))
    assert len(published(office).creatives) == 1


def test_as_an_operator_types_it(office: PublishingOffice, pack: Write) -> None:
    def typed(*words: str | Path) -> str:
        place = ("--repository", office.directory, "--at", iso_utc(NOW))
        result = CliRunner().invoke(main, ["repo", *map(str, (*words, *place))])
        assert result.exit_code == 0, result.output
        return result.output

    publish(office.operator(), ONE)
    keys = ("--keys", office.keys)
    aimed = some_creative("a", starts_at=NOW, suits=Suits(segments=(0, 1)))
    directory = pack(aimed, space_id="f" * 16)
    said = typed("publish-creatives", directory, *keys, "--no-passphrase")
    assert f"published 1 creative in {office.directory}" in said
    assert f"creatives   1 of {iso_utc(0)}" in said
    assert "warning: creatives: space_id: ffffffffffffffff, and the model's is 0000" in said
    facts = json.loads(typed("status", "--json"))
    assert facts["creatives"]["number"] == 1
    pack(some_creative("a", starts_at=NOW))
    assert "warning" not in typed("publish-creatives", directory, *keys)
