"""Write one state of a repository after another.

Files come before the metadata that names them, then delegated roles, the list of releases, snapshot
and timestamp: until the timestamp is replaced, boxes see the state before. A new root comes last of
all, since boxes see it at once: the list that they find then has its entry already.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Key,
    Metadata,
    MetaFile,
    Root,
    Signed,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)

from edgeagent.errors import InputError
from edgeagent.messages import canonical_bytes, sha256_hex
from edgeagent.messages.release_list import (
    RELEASES_CAP_BYTES,
    ReleaseEntry,
    ReleaseList,
    role_entry,
)
from edgeagent.messages.targets import (
    CONTENT_ROLES,
    CREATIVES_ROLE,
    CREATIVES_TARGET,
    DELEGATED_ROLES,
    ISSUED_FIELD,
    LIST_FIELD,
    LOG_ROLE,
    RELEASES_TARGET,
    ContentRole,
)
from server_stub.distribution.content import target_file_of
from server_stub.distribution.directory import Published
from server_stub.distribution.links import refuse_links_out
from server_stub.distribution.operator import Operator
from server_stub.distribution.superseded import drop_superseded

__all__ = ["Publication", "delegations_to"]


class Publication:
    """One new state, signed and written bottom up."""

    def __init__(
        self, operator: Operator, before: Published | None, *, root: Metadata[Root] | None = None
    ) -> None:
        """Begin with the state before, and a new root if there is one.

        Args:
            operator: who signs, with what.
            before: the present state, read under the lock; ``None`` with the first root.
            root: signed by as many keys as the root before and it itself demand.

        """
        self._operator = operator
        self._before = before
        self._new_root = root
        present = before.root if before is not None else None
        self._root = root.signed if root is not None else present
        self._written: dict[str, bytes] = {}
        self._signed: dict[str, Targets] = {} if before is None else dict(before.targets)

    def write(
        self,
        targets: Mapping[str, Mapping[str, TargetFile]],
        *,
        files: Mapping[str, bytes] | None = None,
        delegations: Delegations | None = None,
        renewed: Sequence[str] = (),
    ) -> None:
        """Write target files, metadata, timestamp, and the root last.

        Args:
            targets: what each content role signs; a role is signed where this has changed.
            files: targets by path that may not be there yet.
            delegations: new ones, if they have changed.
            renewed: roles among ``targets`` and the content roles to sign again in any case.

        Raises:
            InputError: a key or a file is not here, a link leads out of what is served, or the list
                of releases is full.
            OutputError: the directory cannot be written.

        """
        written = files or {}
        repository = self._operator.repository
        refuse_links_out(repository.path)
        for file in (file for role in targets.values() for file in role.values()):
            if file.path not in written:
                repository.read_file(file)
        self._sign_targets(targets, delegations=delegations, renewed=renewed)
        releases = self._releases()
        list_bytes = canonical_bytes(releases)
        if len(list_bytes) > RELEASES_CAP_BYTES:
            raise InputError(
                f"the list of releases is full: {len(list_bytes):,} bytes",
                hint="begin a new one with 'server-stub repo new-list'",
            )
        list_file = target_file_of(RELEASES_TARGET, list_bytes)
        self._sign(LOG_ROLE, self._next(LOG_ROLE, {RELEASES_TARGET: list_file}, None))
        snapshot = Snapshot(
            version=1 if self._before is None else self._before.snapshot.version + 1,
            expires=self._operator.expires(self._operator.lifetimes.content_days),
            meta={
                f"{role}.json": MetaFile(version=signed.version)
                for role, signed in self._signed.items()
            },
        )
        self._add("snapshot", snapshot)
        timestamp = self.timestamp(snapshot.version)
        with repository.writing():
            if self._new_root is not None:
                repository.announce_root(self._new_root.to_bytes())
            for path, data in {**written, RELEASES_TARGET: list_bytes}.items():
                repository.write_target(path, data)
            for name, data in self._written.items():
                repository.write_metadata(name, data)
            repository.write_metadata("timestamp.json", timestamp)
            if self._new_root is not None:
                repository.show_root()
            repository.drop_lists_but({list_file.hashes["sha256"], *self._list_before()})
            drop_superseded(self._operator, self._signed)

    def timestamp(self, snapshot_version: int) -> bytes:
        """Sign a timestamp for a snapshot."""
        operator = self._operator
        timestamp = Timestamp(
            version=1 if self._before is None else self._before.timestamp.version + 1,
            expires=operator.expires(operator.lifetimes.timestamp_days),
            snapshot_meta=MetaFile(version=snapshot_version),
            # A lower bound of the time for boxes whose clock is behind.
            unrecognized_fields={ISSUED_FIELD: operator.now},
        )
        return self._bytes("timestamp", timestamp)

    def _sign_targets(
        self,
        targets: Mapping[str, Mapping[str, TargetFile]],
        *,
        delegations: Delegations | None,
        renewed: Sequence[str],
    ) -> None:
        top = self._signed.get("targets")
        if (
            delegations is not None
            or top is None
            or self._changed_keys("targets")
            or ("targets" in renewed)
        ):
            present = top.delegations if top is not None else None
            self._sign("targets", self._next("targets", {}, delegations or present))
        for role in self._content_roles():
            signed = self._signed.get(role)
            files = targets.get(role, {} if signed is None else signed.targets)
            if signed is None or role in renewed or dict(files) != signed.targets:
                self._sign(role, self._next(role, files, None))

    def _releases(self) -> ReleaseList:
        """Append what this publication adds; begin a new list where the root names another."""
        list_id = self._known_root.unrecognized_fields.get(LIST_FIELD)
        if not isinstance(list_id, str):
            raise InputError(
                "this repository was made by an earlier release and keeps no list of releases",
                hint="begin one with 'server-stub repo new-list', which needs the root key",
            )
        past = self._before.releases if self._before is not None else None
        entries: list[ReleaseEntry] = []
        if past is not None and past.list_id == list_id:
            entries += past.entries
        listed = {(entry.name, entry.version) for entry in entries}
        named = {(entry.name, entry.sha256) for entry in entries if entry.kind == "file"}
        entries += [each for each in self._roles() if (each.name, each.version) not in listed]
        for role in self._content_roles():
            signed = self._signed[role]
            for path, file in sorted(signed.targets.items()):
                sha256 = file.hashes["sha256"]
                if (path, sha256) not in named and _is_listed(path):
                    entries.append(
                        ReleaseEntry(kind="file", name=path, version=signed.version, sha256=sha256)
                    )
        return ReleaseList(list_id=list_id, entries=tuple(entries))

    def _roles(self) -> list[ReleaseEntry]:
        """Return all metadata that boxes use, whether it is signed now or was before."""
        repository, root = self._operator.repository, self._known_root
        data = (
            self._new_root.to_bytes()
            if self._new_root is not None
            else repository.read_metadata("root", root.version)
        )
        entries = [role_entry("root", version=root.version, sha256=sha256_hex(data))]
        roles: list[Literal["targets"] | ContentRole] = ["targets", *self._content_roles()]
        for role in roles:
            version = self._signed[role].version
            fresh = self._written.get(f"{version}.{role}.json")
            sha256 = sha256_hex(fresh or repository.read_metadata(role, version))
            entries.append(role_entry(role, version=version, sha256=sha256))
        return entries

    def _content_roles(self) -> list[ContentRole]:
        """Return those that this repository has: one without promos or ads lacks a role."""
        delegated = _delegated(self._signed["targets"])
        return [role for role in CONTENT_ROLES if role in delegated]

    def _next(
        self, role: str, files: Mapping[str, TargetFile], delegations: Delegations | None
    ) -> Targets:
        signed = self._signed.get(role)
        return Targets(
            version=1 if signed is None else signed.version + 1,
            expires=self._operator.expires(self._operator.lifetimes.content_days),
            targets=dict(files),
            delegations=delegations,
            # Says until when boxes may have been at the version before.
            unrecognized_fields={ISSUED_FIELD: self._operator.now},
        )

    def _sign(self, role: str, targets: Targets) -> None:
        self._signed[role] = targets
        self._add(role, targets)

    def _add(self, role: str, signed: Signed) -> None:
        self._written[f"{signed.version}.{role}.json"] = self._bytes(role, signed)

    def _bytes(self, role: str, signed: Signed) -> bytes:
        metadata: Metadata[Any] = Metadata(signed)
        for signer in self._signers(role):
            metadata.sign(signer, append=True)
        return metadata.to_bytes()

    def _signers(self, role: str) -> list[CryptoSigner]:
        """Return the key of a role, and its old one too where a new root replaces it.

        Signed by both, metadata verifies under both roots: boxes see the new one a moment later.
        """
        ring = self._operator.keys
        if role in DELEGATED_ROLES:
            return [ring.one(role, _delegated(self._signed["targets"])[role].keyids)]
        keyids = self._known_root.roles[role].keyids
        old = [] if self._before is None else self._before.root.roles[role].keyids
        replaced = [keyid for keyid in old if keyid not in keyids]
        return [ring.one(role, keyids), *ring.present(role, replaced)]

    @property
    def _known_root(self) -> Root:
        if self._root is None:
            message = "a first publication needs a root"
            raise ValueError(message)
        return self._root

    def _changed_keys(self, role: str) -> bool:
        return (
            self._before is not None
            and self._known_root.roles[role].keyids != self._before.root.roles[role].keyids
        )

    def _list_before(self) -> list[str]:
        log = None if self._before is None else self._before.targets.get(LOG_ROLE)
        return [] if log is None else [log.targets[RELEASES_TARGET].hashes["sha256"]]


def _delegated(targets: Targets) -> Mapping[str, DelegatedRole]:
    delegations = targets.delegations
    return (delegations.roles if delegations is not None else None) or {}


def _is_listed(path: str) -> bool:
    """Say whether a target is in the list: pictures change too often for it.

    The catalogue of creatives, which is listed, names them by their hashes.
    """
    return path == CREATIVES_TARGET or not path.startswith(f"{CREATIVES_ROLE}/")


def delegations_to(keys: Mapping[str, Key]) -> Delegations:
    """Delegate to each role the targets below the directory of its name."""
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
