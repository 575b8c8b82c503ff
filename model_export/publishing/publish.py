"""A TUF repository: signed, versioned, with delegated roles, as a directory to be served.

The Update Framework 1.0 (https://theupdateframework.github.io/specification/latest/). Layout::

    root.json            what a box is shipped with
    metadata/            1.root.json, 1.targets.json, 1.models.json, …, timestamp.json
    targets/<role>/      <sha256>.<name>: consistent snapshots never overwrite a file

Files come before the metadata that names them and the timestamp comes last, so that a box that
downloads while a publication runs, or after one that broke off, sees the state before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypedDict

import msgspec
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    MetaFile,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)

from edgeagent.errors import InputError, OutputError
from edgeagent.messages import ReportTask, decode_task, sha256_hex
from edgeagent.messages.targets import (
    CATALOGUE_ROLE,
    DELEGATED_ROLES,
    ISSUED_FIELD,
    MODELS_ROLE,
    TASK_TARGET,
    TASKS_ROLE,
)
from model_export.publishing.artefacts import Artefacts
from model_export.publishing.repository import (
    TOP_LEVEL_ROLES,
    Published,
    RepositoryDirectory,
)
from model_export.publishing.signing_keys import open_keys

__all__ = ["RepositoryFacts", "RoleState", "publish", "published_task", "repository_facts"]

_ROOT_LIFETIME_DAYS = 730


def publish(
    directory: Path,
    artefacts: Artefacts,
    *,
    now: int,
    keys_dir: Path,
    lifetime_days: int = 30,
    keep_task: bool = False,
) -> ReportTask:
    """Publish artefacts as the newest state of a repository, and return the task it holds.

    The first call makes keys and root; later calls need the same keys and raise every version.
    A report task of the same name is left as it is, with the model and catalogue that assign its
    segments: reports tell tasks apart by name, and one sum never mixes two meanings of a segment.

    Args:
        directory: of the repository.
        artefacts: what to publish.
        now: seconds UTC, from which expiry is counted.
        keys_dir: where the private keys are, somewhere that is not served.
        lifetime_days: how long boxes accept this state; root lives two years at least.
        keep_task: go on with the segments of the task published before in another quarter, too.

    Raises:
        InputError: keys that are not this repository's, a repository that does not verify, no task
            to keep, keys inside the repository.
        OutputError: the directory cannot be written.

    """
    if keys_dir.resolve().is_relative_to(directory.resolve()):
        raise InputError(
            f"the keys in {keys_dir} would lie in the directory that is served",
            hint="name a directory outside the repository with --keys",
        )
    repository = RepositoryDirectory(directory)
    before = repository.published()
    signers = open_keys(keys_dir, create=before is None)
    if before is not None:
        _check_keys(before, signers, keys_dir)
    artefacts, kept = _going_on(artefacts, repository, before, keep_task=keep_task)
    files = {path: _target_file(path, data) for path, data in artefacts.targets().items()} | kept
    issued = datetime.fromtimestamp(now, UTC)
    publication = _Publication(
        repository,
        before,
        signers,
        issued_at=now,
        expires=issued + timedelta(days=lifetime_days),
    )
    try:
        for path, data in artefacts.targets().items():
            repository.write_target(path, sha256_hex(data), data)
        publication.write_root(issued + timedelta(days=max(_ROOT_LIFETIME_DAYS, lifetime_days)))
        publication.write(files)
    except OSError as error:
        raise OutputError(
            f"{directory} cannot be written: {error.strerror}",
            hint="make room, check permissions, publish again; boxes still see the state before",
        ) from error
    return artefacts.task


def published_task(directory: Path) -> ReportTask | None:
    """Return the report task a repository holds now; ``None`` before the first publication.

    Raises:
        InputError: the repository does not verify.

    """
    repository = RepositoryDirectory(directory)
    before = repository.published()
    if before is None:
        return None
    return decode_task(repository.read_target(TASK_TARGET, before.targets[TASKS_ROLE]))


class RoleState(TypedDict):
    """Of one role's metadata."""

    version: int
    expires: str
    """ISO 8601, UTC."""


class RepositoryFacts(TypedDict):
    """What a repository holds now."""

    roles: dict[str, RoleState]
    targets: dict[str, int]
    """Length in bytes by path."""


def repository_facts(directory: Path) -> RepositoryFacts:
    """Return versions, expiry and targets of the present state.

    Raises:
        InputError: nothing was published there, or it does not verify.

    """
    state = RepositoryDirectory(directory).published()
    if state is None:
        raise InputError(
            f"{directory} holds no repository", hint="make one with 'model-export publish'"
        )
    signed = {
        "root": state.root,
        "timestamp": state.timestamp,
        "snapshot": state.snapshot,
        **state.targets,
    }
    return RepositoryFacts(
        roles={
            role: RoleState(
                version=part.version, expires=part.expires.strftime("%Y-%m-%dT%H:%M:%SZ")
            )
            for role, part in signed.items()
        },
        targets={
            path: file.length
            for targets in state.targets.values()
            for path, file in sorted(targets.targets.items())
        },
    )


class _Publication:
    """Writes one state after another, bottom up."""

    def __init__(
        self,
        repository: RepositoryDirectory,
        before: Published | None,
        signers: Mapping[str, CryptoSigner],
        *,
        issued_at: int,
        expires: datetime,
    ) -> None:
        self._issued_at = issued_at
        self._repository = repository
        self._before = before
        self._signers = signers
        self._expires = expires

    def write_root(self, expires: datetime) -> None:
        """Write a root where there is none, or where it would expire before this state does."""
        if self._before is not None and self._before.root.expires >= self._expires:
            return
        version = 1 if self._before is None else self._before.root.version + 1
        root = Root(version=version, expires=expires, consistent_snapshot=True)
        for role in TOP_LEVEL_ROLES:
            root.add_key(self._signers[role].public_key, role)
        self._repository.write_metadata("root", root, self._signers["root"])

    def write(self, files: Mapping[str, TargetFile]) -> None:
        """Write targets, delegated roles, snapshot and timestamp."""
        before = self._before
        versions = {}
        for role in ("targets", *DELEGATED_ROLES):
            targets = Targets(
                version=1 if before is None else before.targets[role].version + 1,
                expires=self._expires,
                targets={path: file for path, file in files.items() if path.startswith(f"{role}/")},
                delegations=self._delegations() if role == "targets" else None,
            )
            self._repository.write_metadata(role, targets, self._signers[role])
            versions[f"{role}.json"] = MetaFile(version=targets.version)
        snapshot = Snapshot(
            version=1 if before is None else before.snapshot.version + 1,
            expires=self._expires,
            meta=versions,
        )
        self._repository.write_metadata("snapshot", snapshot, self._signers["snapshot"])
        timestamp = Timestamp(
            version=1 if before is None else before.timestamp.version + 1,
            expires=self._expires,
            snapshot_meta=MetaFile(version=snapshot.version),
            # A lower bound of the time for boxes whose clock is behind.
            unrecognized_fields={ISSUED_FIELD: self._issued_at},
        )
        self._repository.write_metadata("timestamp", timestamp, self._signers["timestamp"])

    def _delegations(self) -> Delegations:
        keys = {role: self._signers[role].public_key for role in DELEGATED_ROLES}
        return Delegations(
            keys={key.keyid: key for key in keys.values()},
            roles={
                role: DelegatedRole(
                    name=role,
                    keyids=[key.keyid],
                    threshold=1,
                    terminating=True,
                    paths=[f"{role}/*"],
                )
                for role, key in keys.items()
            },
        )


def _target_file(path: str, data: bytes) -> TargetFile:
    return TargetFile(length=len(data), hashes={"sha256": sha256_hex(data)}, path=path)


def _going_on(
    artefacts: Artefacts,
    repository: RepositoryDirectory,
    before: Published | None,
    *,
    keep_task: bool,
) -> tuple[Artefacts, dict[str, TargetFile]]:
    """Return artefacts whose task goes on with the one before where it has to, and its files."""
    if before is None:
        if keep_task:
            raise InputError(
                "there is no report task to keep yet", hint="publish without --keep-task first"
            )
        return artefacts, {}
    task = decode_task(repository.read_target(TASK_TARGET, before.targets[TASKS_ROLE]))
    new = artefacts.task
    if task.epoch == new.epoch and task.scheme != new.scheme:
        raise InputError(
            f"the quarter that runs counts by {task.scheme}, and one "
            "quarter has one kind of categories for everybody",
            hint=f"publish {new.scheme} when the next quarter begins",
        )
    if not keep_task and task.name != new.name:
        return artefacts, {}
    if task.epoch != new.epoch:
        task = msgspec.structs.replace(task, epoch=new.epoch, first_week=new.first_week)
    kept = {}
    for role, reference in (
        (MODELS_ROLE, task.segmenter.model),
        (CATALOGUE_ROLE, task.segmenter.catalogue),
    ):
        repository.read_target(reference.path, before.targets[role])
        kept[reference.path] = before.targets[role].targets[reference.path]
    return replace(artefacts, task=task), kept


def _check_keys(before: Published, signers: Mapping[str, CryptoSigner], keys_dir: Path) -> None:
    """Refuse keys that boxes would not accept, before anything is written."""
    delegations = before.targets["targets"].delegations
    delegated = {} if delegations is None or delegations.roles is None else delegations.roles
    for role, signer in signers.items():
        trusted = delegated[role] if role in delegated else before.root.roles[role]
        if signer.public_key.keyid not in trusted.keyids:
            raise InputError(
                f"{keys_dir}: the key of role {role} is not the one this repository trusts",
                hint="name the directory with the keys that made this repository with --keys",
            )
