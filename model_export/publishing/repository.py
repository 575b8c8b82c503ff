"""The metadata of a TUF repository in a directory: read with verification, written in order."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from securesystemslib.signer import CryptoSigner
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root, Signed, Snapshot, Targets, Timestamp

from edgeagent.errors import InputError
from edgeagent.messages.targets import DELEGATED_ROLES, METADATA, ROOT_NAME, TARGETS
from edgeagent.regular_file import read_regular

__all__ = ["TOP_LEVEL_ROLES", "Published", "RepositoryDirectory"]

TOP_LEVEL_ROLES = ("root", "timestamp", "snapshot", "targets")

_CAP_BYTES = 1024 * 1024
"""Of one file of metadata; boxes take a quarter of that."""

S = TypeVar("S", bound=Signed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """The state boxes see now; every signature has been verified."""

    root: Root
    timestamp: Timestamp
    snapshot: Snapshot
    targets: Mapping[str, Targets]
    """By role: ``targets`` and the delegated ones."""


class RepositoryDirectory:
    """``metadata/`` and ``targets/`` of one repository."""

    def __init__(self, directory: Path) -> None:
        """Work in ``directory``, which need not exist."""
        self._directory = directory

    def published(self) -> Published | None:
        """Return the present state, or nothing where none was ever completed.

        Raises:
            InputError: the metadata is damaged, or not signed as the newest root demands.

        """
        if not (self._metadata / "timestamp.json").is_file():
            return None
        try:
            root = self._newest_root()
            timestamp = self._verified(root, Timestamp, "timestamp", "timestamp.json")
            version = timestamp.snapshot_meta.version
            snapshot = self._verified(root, Snapshot, "snapshot", f"{version}.snapshot.json")
            top = self._targets(root, snapshot, "targets")
            targets = {role: self._targets(top, snapshot, role) for role in DELEGATED_ROLES}
        except (RepositoryError, OSError, KeyError, ValueError) as error:
            raise InputError(
                f"{self._directory} does not verify: {error}",
                hint="restore it from a backup, or publish into a new directory with new keys",
            ) from error
        return Published(
            root=root, timestamp=timestamp, snapshot=snapshot, targets=targets | {"targets": top}
        )

    def write_metadata(self, role: str, signed: Signed, signer: CryptoSigner) -> None:
        """Sign one role's metadata and put it into place."""
        metadata: Metadata[Any] = Metadata(signed)
        metadata.sign(signer)
        name = f"{role}.json" if role == "timestamp" else f"{signed.version}.{role}.json"
        data = metadata.to_bytes()
        _replace(self._metadata / name, data)
        if role == "root":
            _replace(self._directory / ROOT_NAME, data)

    def write_target(self, path: str, sha256: str, data: bytes) -> None:
        """Put one target into place, under its hash."""
        _replace(self._target(path, sha256), data)

    def read_target(self, path: str, targets: Targets) -> bytes:
        """Return a published target.

        Raises:
            InputError: it is not there, or not what was signed.

        """
        info = targets.targets.get(path)
        if info is None:
            raise InputError(
                f"{self._directory} holds no {path}", hint="publish without --keep-task"
            )
        try:
            target = self._target(path, info.hashes["sha256"])
            data = read_regular(target, cap_bytes=info.length)
            info.verify_length_and_hashes(data)
        except (OSError, RepositoryError, KeyError) as error:
            raise InputError(
                f"{self._directory}: {path} is not what was signed: {error}",
                hint="restore it from a backup, or publish without --keep-task",
            ) from error
        return data

    @property
    def _metadata(self) -> Path:
        return self._directory / METADATA

    def _target(self, path: str, sha256: str) -> Path:
        role, name = path.rsplit("/", 1)
        return self._directory / TARGETS / role / f"{sha256}.{name}"

    def _newest_root(self) -> Root:
        newest = max(
            self._metadata.glob("[0-9]*.root.json"),
            key=lambda path: int(path.name.split(".")[0]),
        )
        metadata = Metadata[Root].from_bytes(read_regular(newest, cap_bytes=_CAP_BYTES))
        root = metadata.signed
        root.verify_delegate("root", metadata.signed_bytes, metadata.signatures)
        return root

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


def _replace(path: Path, data: bytes) -> None:
    """Write a file so that readers see all of it or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.new")
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
