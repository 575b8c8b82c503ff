"""A hostile repository: whatever it does, nothing unsigned is taken, and what was there stays."""

from __future__ import annotations

import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tuf.api.metadata import Metadata

from edgeagent.clock import DAY_SECONDS
from edgeagent.errors import DiskFull, EdgeAgentError, NetworkError, UpdateRefused
from edgeagent.messages import TargetReference
from tests.network.signed_repository import NOW, SERVER, Servers, SignedRepository, key

FILE, OLD, NEW = "models/a.bin", b"old" * 1000, b"new" * 1000


class Attacked:
    """A box that has fetched the first release, and the servers it asks from now on."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.signed = SignedRepository()
        self.signed.targets[FILE] = OLD
        self.signed.publish()
        self.servers = Servers({SERVER: self.signed})
        self.first = self.signed.copy()
        assert self.update() == OLD

    def release(self) -> None:
        self.signed.targets[FILE] = NEW
        self.signed.publish()

    def show(self, signed: SignedRepository) -> None:
        self.servers.shown[SERVER] = signed

    def extend(self, role: str) -> None:
        """Change the expiry of metadata after they were signed."""
        for path in [path for path in self.signed.files if path.endswith(f"{role}.json")]:
            signed: Metadata[Any] = Metadata.from_bytes(self.signed.files[path])
            signed.signed.expires = signed.signed.expires.replace(year=2200)
            self.signed.files[path] = signed.to_bytes()

    def update(self, *, now: int = NOW) -> bytes:
        return self.signed.opened(self.directory, self.servers, now=now).read(FILE)

    def refuses(self, match: str, error: type[EdgeAgentError] = UpdateRefused, **at: int) -> None:
        """Nothing is taken, and what was fetched before is there as it was."""
        with pytest.raises(error, match=match) as refused:
            self.update(**at)
        assert refused.value.hint
        assert (self.directory / "targets" / FILE.replace("/", "%2F")).read_bytes() == OLD


@pytest.fixture
def attacked(tmp_path: Path) -> Attacked:
    return Attacked(tmp_path / "models")


def test_an_honest_release_is_taken(attacked: Attacked) -> None:
    attacked.release()
    assert attacked.update() == NEW


def test_rollback_to_an_older_release(attacked: Attacked) -> None:
    attacked.release()
    assert attacked.update() == NEW
    attacked.show(attacked.first)
    with pytest.raises(UpdateRefused, match="BadVersionNumber"):
        attacked.update()


def test_rollback_of_one_role_under_a_new_timestamp(attacked: Attacked) -> None:
    """As with the keys that are online: the snapshot names an older version of the models."""
    attacked.release()
    attacked.update()
    attacked.signed.versions["models"] = 1
    attacked.signed.stamp()
    with pytest.raises(UpdateRefused, match=r"models\.json version 1"):
        attacked.update()


def test_freeze(attacked: Attacked) -> None:
    """The newest release is kept from the box: what it has expires, by its own time."""
    attacked.release()
    attacked.show(attacked.first)
    assert attacked.update(now=NOW + 89 * DAY_SECONDS) == OLD
    attacked.refuses("has expired at the box's time", now=NOW + 91 * DAY_SECONDS)


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets", "models", "root"])
def test_endless_metadata(attacked: Attacked, role: str) -> None:
    attacked.release()
    attacked.signed.sign_root()
    for path in [path for path in attacked.signed.files if path.endswith(f"{role}.json")]:
        attacked.servers.altered[f"{SERVER}/{path}"] = lambda data: data + b" " * 1_000_000
    attacked.refuses("exceeding the maximum", NetworkError)


def test_an_endless_target(attacked: Attacked) -> None:
    attacked.release()
    attacked.servers.altered[f"{SERVER}/targets/"] = lambda data: data + b"x" * 10_000_000
    attacked.refuses("longer than signed", NetworkError)


def test_mix_and_match(attacked: Attacked) -> None:
    """Roles of two releases that never were together: the snapshot names versions."""
    attacked.release()
    newest = attacked.signed.versions["models"]
    files = attacked.signed.files
    files[f"metadata/{newest}.models.json"] = files[f"metadata/{newest - 1}.models.json"]
    attacked.refuses("BadVersionNumber")


@pytest.mark.parametrize("change", [lambda data: data[:-1] + b"!", lambda data: data[:-1]])
def test_wrong_bytes_and_wrong_length(attacked: Attacked, change: Callable[[bytes], bytes]) -> None:
    attacked.release()
    attacked.servers.altered[f"{SERVER}/targets/"] = change
    attacked.refuses("LengthOrHashMismatch")


def test_a_stolen_key_is_worth_nothing_after_its_rotation(attacked: Attacked) -> None:
    stolen = attacked.signed.copy()
    attacked.signed.keys["timestamp"] = key("another timestamp")
    attacked.signed.sign_root()
    attacked.release()
    assert attacked.update() == NEW
    stolen.versions["timestamp"] = 1000
    stolen.targets[FILE] = b"malware"
    stolen.publish()
    stolen.files[f"metadata/{attacked.signed.versions['root']}.root.json"] = (
        attacked.signed.metadata["root"]
    )
    attacked.show(stolen)
    with pytest.raises(UpdateRefused, match="timestamp was signed by 0/1 keys"):
        attacked.update()


def test_versions_that_a_thief_drove_up_do_not_outlast_the_rotation(attacked: Attacked) -> None:
    """TUF's answer to a fast-forward attack: new keys of timestamp and snapshot begin afresh."""
    thief = attacked.signed.copy()
    thief.versions.update(timestamp=2_000_000, snapshot=2_000_000)
    thief.stamp()
    attacked.show(thief)
    attacked.update()
    for role in ("timestamp", "snapshot"):
        attacked.signed.keys[role] = key(f"another {role}")
    attacked.signed.sign_root()
    attacked.release()
    attacked.show(attacked.signed)
    assert attacked.update() == NEW


def test_a_root_that_the_one_before_did_not_sign(attacked: Attacked) -> None:
    attacked.signed.keys["root"] = key("another root")
    attacked.signed.sign_root(by=key("another root"))
    attacked.release()
    attacked.refuses("root was signed by 0/1 keys")


def test_a_root_without_signatures(attacked: Attacked) -> None:
    attacked.signed.sign_root()
    attacked.release()
    path = f"metadata/{attacked.signed.versions['root']}.root.json"
    root: Metadata[Any] = Metadata.from_bytes(attacked.signed.files[path])
    root.signatures.clear()
    attacked.signed.files[path] = root.to_bytes()
    attacked.refuses("root was signed by 0/1 keys")


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets", "models"])
def test_metadata_that_were_changed_after_signing(attacked: Attacked, role: str) -> None:
    attacked.release()
    attacked.extend(role)
    attacked.refuses(f"{role} was signed by 0/1 keys")


def test_everything_expired(attacked: Attacked) -> None:
    attacked.signed.days = -1
    attacked.signed.sign_root()
    attacked.release()
    attacked.refuses(r"has expired.*root\.json is expired")


@pytest.mark.parametrize(("now", "match"), [(0, None), (4_102_444_800, "has expired")])
def test_a_box_that_believes_it_is_1970_or_2100(
    attacked: Attacked, now: int, match: str | None
) -> None:
    """Before the signature metadata count as valid: the box's own clock never is in 1970."""
    attacked.release()
    if match is None:
        assert attacked.update(now=now) == NEW
    else:
        attacked.refuses(match, now=now)


@pytest.mark.parametrize("path", ["models/..", "models/..%2f..%2fevil", "models/.\\evil"])
def test_a_target_with_a_name_that_leads_outside(attacked: Attacked, path: str) -> None:
    """Its name is one file name in targets/; no manifest or task can name it, either."""
    attacked.signed.targets[path] = b"evil"
    attacked.signed.publish()
    before = set(attacked.directory.parent.rglob("*"))
    assert attacked.signed.opened(attacked.directory, attacked.servers).read(path) == b"evil"
    new = {one.parent for one in set(attacked.directory.parent.rglob("*")) - before}
    assert new == {attacked.directory / "targets"}
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"path": path, "sha256": "0" * 64, "length_bytes": 4}, TargetReference)


def test_a_path_outside_of_the_directories_of_the_roles(attacked: Attacked) -> None:
    opened = attacked.signed.opened(attacked.directory, attacked.servers)
    for path in ("../evil", "models/../../evil", "/etc/passwd", "elsewhere/a"):
        assert opened.find(path) is None


def test_a_model_that_the_key_of_the_catalogue_signed(attacked: Attacked) -> None:
    attacked.signed.forged["models"] = key("catalogue")
    attacked.release()
    attacked.refuses("models was signed by 0/1 keys")


def test_a_model_that_the_role_of_the_catalogue_names(attacked: Attacked) -> None:
    """Each role signs below its own directory only."""
    del attacked.signed.targets[FILE]
    attacked.signed.foreign["catalogue"] = {FILE: NEW}
    attacked.signed.publish()
    attacked.refuses("not in the repository")


def test_a_disk_that_is_full(attacked: Attacked) -> None:
    attacked.signed.targets[FILE] = NEW * 100
    attacked.signed.publish()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        attacked.refuses("cannot be written", DiskFull)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert attacked.update() == NEW * 100
