"""The files of a TUF repository: read with verification, replaced one by one, locked while written.

The Update Framework 1.0 (https://theupdateframework.github.io/specification/latest/). Layout::

    root.json            what a box is shipped with
    metadata/            1.root.json, 1.targets.json, 1.models.json, …, timestamp.json
    targets/<role>/      <sha256>.<name>: consistent snapshots never overwrite a file
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import (
    Metadata,
    Root,
    Signed,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)

from edgeagent.errors import InputError, MalformedMessage, OutputError
from edgeagent.messages import TargetReference, sha256_hex
from edgeagent.messages.release_list import ReleaseList, decode_releases
from edgeagent.messages.targets import METADATA, RELEASES_TARGET, ROOT_NAME, TARGETS
from edgeagent.regular_file import read_regular

__all__ = ["TOP_LEVEL_ROLES", "Published", "RepositoryDirectory", "replace_file"]

TOP_LEVEL_ROLES = ("root", "timestamp", "snapshot", "targets")

_CAP_BYTES = 1024 * 1024
"""Of one file of metadata; boxes take a quarter of that."""
_HASH_DIGITS = 64
_COMING_ROOT = ".coming.root.json"
"""A root whose publication is complete but for its own file, which boxes see last."""

S = TypeVar("S", bound=Signed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """The state boxes see now; every signature has been verified."""

    root: Root
    timestamp: Timestamp
    snapshot: Snapshot
    targets: Mapping[str, Targets]
    """By role: ``targets`` and the delegated ones."""
    releases: ReleaseList | None
    """``None``: the repository is one of releases that kept no list."""

    def metadata(self) -> dict[str, Signed]:
        """Return all of it by role, top level first."""
        return {
            "root": self.root,
            "timestamp": self.timestamp,
            "snapshot": self.snapshot,
            **self.targets,
        }


class RepositoryDirectory:
    """``metadata/`` and ``targets/`` of one repository."""

    def __init__(self, directory: Path) -> None:
        """Work in ``directory``, which need not exist."""
        self.path = directory

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other commands from writing, and finish what one of them left unfinished.

        Raises:
            InputError: another command is at work.
            OutputError: the directory cannot be made or written.

        """
        with self.writing():
            self.path.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            _lock(descriptor, self.path)
            with self.writing():
                self._settle()
            yield
        finally:
            os.close(descriptor)  # gives the lock back

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Say of an error while writing that boxes are not affected."""
        try:
            yield
        except OSError as error:
            raise OutputError(
                f"{self.path} cannot be written: {error.strerror}",
                hint="make room, check permissions, and type it again; boxes see the state before",
            ) from error

    def published(self) -> Published | None:
        """Return the present state, or nothing where none was ever completed.

        Raises:
            InputError: the metadata is damaged, or not signed as the newest root demands.

        """
        if not (self._metadata / "timestamp.json").is_file():
            return None
        try:
            return self._state(self._newest_root()[0])
        except (RepositoryError, OSError, KeyError, ValueError, MalformedMessage) as error:
            raise InputError(
                f"{self.path} does not verify: {error}",
                hint="restore it from a backup, or publish into a new directory with new keys",
            ) from error

    def write_metadata(self, name: str, data: bytes) -> None:
        """Put one file of metadata into place."""
        replace_file(self._metadata / name, data)

    def write_target(self, path: str, data: bytes) -> None:
        """Put one target into place, under its hash; one that is there already is left."""
        place = self._target(path, sha256_hex(data))
        with suppress(OSError):
            if read_regular(place, cap_bytes=len(data)) == data:
                return
        replace_file(place, data)

    def announce_root(self, data: bytes) -> None:
        """Write a root where boxes do not see it yet."""
        replace_file(self._metadata / _COMING_ROOT, data)

    def show_root(self) -> None:
        """Let boxes see the root that was announced."""
        coming = self._metadata / _COMING_ROOT
        data = coming.read_bytes()
        version = Metadata[Root].from_bytes(data).signed.version
        coming.replace(self._metadata / f"{version}.root.json")
        replace_file(self.path / ROOT_NAME, data)

    def read_metadata(self, role: str, version: int) -> bytes:
        """Return the bytes of one version of a role's metadata."""
        return read_regular(self._metadata / f"{version}.{role}.json", cap_bytes=_CAP_BYTES)

    def read_target(self, path: str, targets: Targets) -> bytes:
        """Return a published target.

        Raises:
            InputError: it is not there, or not what was signed.

        """
        info = targets.targets.get(path)
        if info is None:
            raise InputError(f"{self.path} holds no {path}", hint="publish a model first")
        return self.read_file(info)

    def read_file(self, file: TargetFile) -> bytes:
        """Return a target as metadata describes it.

        Raises:
            InputError: it is not there, or not what was signed.

        """
        try:
            place = self._target(file.path, file.hashes["sha256"])
            data = read_regular(place, cap_bytes=file.length)
            file.verify_length_and_hashes(data)
        except (OSError, RepositoryError, KeyError) as error:
            raise InputError(
                f"{self.path}: {file.path} is not what was signed: {error}",
                hint="restore it from a backup",
            ) from error
        return data

    def has_target(self, reference: TargetReference) -> bool:
        """Say whether a file is there; :meth:`read_file` verifies it."""
        return self._target(reference.path, reference.sha256).is_file()

    def drop_lists_but(self, kept: set[str]) -> None:
        """Delete copies of the list of releases, but those with these hashes.

        Each publication has one, of up to a mebibyte.
        """
        role, name = RELEASES_TARGET.rsplit("/", 1)
        for path in (self.path / TARGETS / role).glob(f"*.{name}"):
            if path.name.removesuffix(f".{name}") not in kept:
                path.unlink()

    def drop_targets_but(self, kept: set[str], role: str, *, messages: str | None) -> None:
        """Delete targets of a role, but those with these names, and those with this ending."""
        for path in (self.path / TARGETS / role).glob("?" * _HASH_DIGITS + ".*"):
            if path.name not in kept and not (messages and path.name.endswith(messages)):
                with suppress(OSError):  # the next publication tries again
                    path.unlink()

    def versions(self, role: str) -> Iterator[Targets]:
        """Yield every version of a role that is there and can be read, the newest first."""
        found = (path.name.split(".")[0] for path in self._metadata.glob(f"[0-9]*.{role}.json"))
        for version in sorted(map(int, found), reverse=True):
            with suppress(OSError, RepositoryError, ValueError):
                yield Metadata[Targets].from_bytes(self.read_metadata(role, version)).signed

    def history(self, role: str, releases: ReleaseList) -> Iterator[Targets]:
        """Yield the versions of a role that are listed and still there as listed, newest first."""
        for entry in reversed(releases.entries):
            if entry.kind == role:
                with suppress(OSError, RepositoryError, ValueError):
                    data = self.read_metadata(role, entry.version)
                    if sha256_hex(data) == entry.sha256:
                        yield Metadata[Targets].from_bytes(data).signed

    @property
    def _metadata(self) -> Path:
        return self.path / METADATA

    def _target(self, path: str, sha256: str) -> Path:
        role, name = path.rsplit("/", 1)
        return self.path / TARGETS / role / f"{sha256}.{name}"

    def _settle(self) -> None:
        """Show a root whose publication was completed; drop one whose publication was not."""
        coming = self._metadata / _COMING_ROOT
        try:
            data = read_regular(coming, cap_bytes=_CAP_BYTES)
        except FileNotFoundError:
            self._show_newest_root()
            return
        try:
            state = self._state(Metadata[Root].from_bytes(data).signed)
        except (RepositoryError, OSError, KeyError, ValueError, InputError):
            listed = False
        else:
            entries = () if state.releases is None else state.releases.entries
            listed = any(("root", sha256_hex(data)) == (e.kind, e.sha256) for e in entries)
        if listed:
            self.show_root()
        else:
            coming.unlink()

    def _show_newest_root(self) -> None:
        with suppress(RepositoryError, OSError, ValueError):
            _, data = self._newest_root()
            if (self.path / ROOT_NAME).read_bytes() != data:
                replace_file(self.path / ROOT_NAME, data)

    def _state(self, root: Root) -> Published:
        timestamp = self._verified(root, Timestamp, "timestamp", "timestamp.json")
        version = timestamp.snapshot_meta.version
        snapshot = self._verified(root, Snapshot, "snapshot", f"{version}.snapshot.json")
        top = self._targets(root, snapshot, "targets")
        delegations = top.delegations
        roles = delegations.roles if delegations is not None else None
        targets = {role: self._targets(top, snapshot, role) for role in roles or ()}
        list_of = [part for part in targets.values() if RELEASES_TARGET in part.targets]
        return Published(
            root=root,
            timestamp=timestamp,
            snapshot=snapshot,
            targets={"targets": top, **targets},
            releases=decode_releases(self.read_target(RELEASES_TARGET, list_of[0]))
            if list_of
            else None,
        )

    def _newest_root(self) -> tuple[Root, bytes]:
        newest = max(
            self._metadata.glob("[0-9]*.root.json"),
            key=lambda path: int(path.name.split(".")[0]),
        )
        data = read_regular(newest, cap_bytes=_CAP_BYTES)
        metadata = Metadata[Root].from_bytes(data)
        root = metadata.signed
        root.verify_delegate("root", metadata.signed_bytes, metadata.signatures)
        return root, data

    def _targets(self, delegator: Root | Targets, snapshot: Snapshot, role: str) -> Targets:
        version = snapshot.meta[f"{role}.json"].version
        return self._verified(delegator, Targets, role, f"{version}.{role}.json")

    def _verified(self, delegator: Root | Targets, kind: type[S], role: str, name: str) -> S:
        data = read_regular(self._metadata / name, cap_bytes=_CAP_BYTES)
        metadata: Metadata[Any] = Metadata.from_bytes(data)
        delegator.verify_delegate(role, metadata.signed_bytes, metadata.signatures)
        signed = metadata.signed
        if not isinstance(signed, kind):
            raise RepositoryError(f"{name} is of another kind")
        return signed


def _lock(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise InputError(
            f"another command is writing to {path}",
            hint="wait until it has ended, then type yours again",
        ) from error


def replace_file(path: Path, data: bytes, *, mode: int = 0o666) -> None:
    """Write a file so that readers see all of it or none, and so that it survives a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
