"""The TUF repository as the box sees it: verified targets, or an error that says why not.

python-tuf checks signatures, thresholds, rollback and freeze. Added here are the time that
expiry is compared with (python-tuf reads the wall clock once at start; the box's guarded time
replaces it), several servers, and downloads that continue.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeVar

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root, TargetFile, Targets, Timestamp
from tuf.ngclient.config import UpdaterConfig
from tuf.ngclient.updater import Updater

from edgeagent.errors import InputError, MalformedMessage, NetworkError, UpdateRefused
from edgeagent.messages import TargetReference, sha256_hex
from edgeagent.messages.release_list import ReleaseEntry, decode_releases, role_entry
from edgeagent.messages.server_address import ServerAddress
from edgeagent.messages.targets import (
    ISSUED_FIELD,
    LIST_FIELD,
    LOG_ROLE,
    METADATA,
    MODEL_ROLES,
    RELEASES_TARGET,
    TARGETS,
    ContentRole,
    target_file,
)
from edgeagent.network.fetcher import HttpFetcher, PartFetcher
from edgeagent.network.refusals import all_failed, translated
from edgeagent.network.target_download import fetch_target

__all__ = ["Repository", "Statement", "issued_at", "require_root"]

_CONFIG = UpdaterConfig(
    max_root_rotations=64,
    max_delegations=6,  # targets, models, catalogue, tasks, log, creatives
    snapshot_max_length=64 * 1024,
    targets_max_length=256 * 1024,
)
_PARTIALS = "partial"
_Listed = Literal["root", "targets"] | ContentRole
_LISTED: Sequence[_Listed] = ("root", "targets", *MODEL_ROLES)

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What the verified metadata say about the list of releases."""

    root_version: int
    list_id: str | None
    """From the signed root; ``None``: this repository keeps no list."""
    roles: tuple[ReleaseEntry, ...]
    """The metadata in force, as the list has to name them."""


class Repository:
    """One refreshed view of the repository; each update creates a new one."""

    def __init__(
        self,
        directory: Path,
        *,
        servers: Sequence[str],
        trusted_root: bytes,
        now: int,
        list_seen: tuple[str, int] | None = None,
        fetcher: PartFetcher | None = None,
    ) -> None:
        """Load trusted metadata from ``directory`` and refresh it from the first server that can.

        Args:
            directory: contains ``metadata/`` and ``targets/``.
            servers: addresses below which ``/metadata`` and ``/targets`` are, at least one. They
                are tried in this order, the next where one cannot be reached or does not verify.
            trusted_root: root metadata shipped with the firmware.
            now: the box's guarded time, seconds UTC.
            list_seen: id and length of the list of releases that this box saw last; a server whose
                list is shorter is behind, and the next one is tried. The last one's is not
                examined here: whether it is a conflict is not for this room to say.
            fetcher: replaces HTTP in tests.

        Raises:
            UpdateRefused: metadata is unsigned, rolled back, expired or malformed.
            NetworkError: no server can be reached, or its answer is malformed.

        """
        self._directory = directory
        self._now = now
        self._fetcher = fetcher or HttpFetcher()
        self._bases = [ServerAddress.parse(server).base for server in servers]
        with translated(now):
            for name in (METADATA, TARGETS, _PARTIALS):
                (directory / name).mkdir(parents=True, exist_ok=True)
            _remove_what_is_no_file(directory)

        def opened(base: str) -> None:
            self._updater = self._refreshed(base, trusted_root)
            self._trusted = self._updater._trusted_set  # noqa: SLF001  (pinned by a test)
            if list_seen is not None and base != self._bases[-1]:
                self._require_length(*list_seen)

        self._from_first(opened)
        # Between these moments, seconds UTC, the server vouches for the present state.
        self.expires_at = int(self._trusted.timestamp.expires.timestamp())
        self.issued_at = issued_at(self._trusted.timestamp)

    def statement(self) -> Statement:
        """Return what the metadata say about the list of releases."""
        list_id = self._trusted.root.unrecognized_fields.get(LIST_FIELD)
        return Statement(
            root_version=self._trusted.root.version,
            list_id=None if list_id is None else str(list_id),
            roles=tuple(self.in_force(role) for role in _LISTED if role in self._trusted),
        )

    def in_force(self, role: _Listed) -> ReleaseEntry:
        """Return the verified metadata of a role, as the list of releases has to name them."""
        data = (self._directory / METADATA / f"{role}.json").read_bytes()
        return role_entry(role, version=self._trusted[role].version, sha256=sha256_hex(data))

    def read(self, path: str) -> bytes:
        """Return a small verified target, such as a manifest.

        Raises:
            UpdateRefused: not in the repository, or not what was signed.
            NetworkError: it cannot be fetched.

        """
        data = self.find(path)
        if data is None:
            raise _missing(path)
        return data

    def find(self, path: str, *, most_bytes: int | None = None) -> bytes | None:
        """Return a small verified target, or ``None`` if the repository has none.

        Args:
            path: of the target.
            most_bytes: a longer one is not fetched.

        Raises:
            UpdateRefused: it is not what was signed, or longer.
            NetworkError: it cannot be fetched.

        """
        info = self._info(path)
        if info is not None and most_bytes is not None and info.length > most_bytes:
            raise UpdateRefused(
                f"{path}: {info.length} bytes, at most {most_bytes} are fetched",
                hint="the publisher must publish a shorter one; the old one stays",
            )
        return None if info is None else self._fetch(info).read_bytes()

    def ensure(self, reference: TargetReference) -> Path:
        """Return the path of a verified target, downloading it unless it is there already.

        Raises:
            UpdateRefused: not in the repository, not what was signed, or signed with another hash
                than the manifest or task states.
            NetworkError: it cannot be fetched.

        """
        info = self._info(reference.path)
        if info is None:
            raise _missing(reference.path)
        if (info.hashes.get("sha256"), info.length) != (reference.sha256, reference.length_bytes):
            raise UpdateRefused(
                f"{reference.path}: the repository signs other bytes than the manifest names",
                hint="the publisher must publish manifest and files together; the old one stays",
            )
        return self._fetch(info)

    def drop_superseded(self) -> None:
        """Delete downloads that the verified metadata do not name any more.

        It goes by what is published alone, so that every box downloads the same again when it comes
        back. Creatives are left to the service that counts their bytes.
        """
        for role in (*MODEL_ROLES, LOG_ROLE):
            signed = self._trusted.get(role)
            if not isinstance(signed, Targets):
                continue
            named = {target_file(self._directory, path) for path in signed.targets}
            of_role = target_file(self._directory, f"{role}/")
            for path in of_role.parent.glob(f"{of_role.name}*"):
                if path not in named:
                    with suppress(OSError):  # the next update tries again
                        path.unlink()

    def _refreshed(self, base: str, trusted_root: bytes) -> Updater:
        updater = Updater(
            metadata_dir=str(self._directory / METADATA),
            metadata_base_url=f"{base}/{METADATA}/",
            target_dir=str(self._directory / TARGETS),
            fetcher=self._fetcher,
            config=_CONFIG,
            bootstrap=trusted_root,
        )
        trusted = updater._trusted_set  # noqa: SLF001  (pinned by a test)
        trusted.reference_time = datetime.fromtimestamp(self._now, UTC)
        updater.refresh()
        delegated = trusted.targets.delegations
        # That of creatives is asked for with them: it holds up no model and no task.
        for role in (*MODEL_ROLES, LOG_ROLE):
            if delegated is not None and role in (delegated.roles or {}):
                # All metadata come from one server; targets may come from any.
                updater.get_targetinfo(f"{role}/{role}")
        return updater

    def _require_length(self, list_id: str, length: int) -> None:
        """Raise unless the list of releases has the entries seen; another list is not judged.

        Raises:
            UpdateRefused: it has fewer.

        """
        data = self.find(RELEASES_TARGET)
        if data is None or self._trusted.root.unrecognized_fields.get(LIST_FIELD) != list_id:
            return
        try:
            entries = len(decode_releases(data).entries)
        except MalformedMessage:
            return
        if entries < length:
            raise UpdateRefused(
                f"the server is behind: its list of releases has {entries} entries, {length} "
                "were seen",
                hint="the old model keeps working; the server gets there when it has caught up",
            )

    def _info(self, path: str) -> TargetFile | None:
        with translated(self._now):
            return self._updater.get_targetinfo(path)

    def _fetch(self, info: TargetFile) -> Path:
        with translated(self._now):
            to = target_file(self._directory, info.path)
            if self._updater.find_cached_target(info, str(to)) is None:
                self._from_first(lambda base: self._download(base, info, to))
        return to

    def _download(self, base: str, info: TargetFile, to: Path) -> None:
        path = info.path
        if self._trusted.root.consistent_snapshot:
            directory, slash, name = path.rpartition("/")
            path = f"{directory}{slash}{next(iter(info.hashes.values()))}.{name}"
        partials = self._directory / _PARTIALS
        url = f"{base}/{TARGETS}/{path}"
        fetch_target(self._fetcher, info, url=url, partials=partials, to=to)

    def _from_first(self, ask: Callable[[str], T]) -> T:
        """Ask one server after the other; the order is the same on every box and at every time."""
        failures: list[tuple[str, NetworkError]] = []
        for base in self._bases:
            try:
                with translated(self._now):
                    return ask(base)
            except NetworkError as error:
                failures.append((base, error))
        raise all_failed(failures)


def _remove_what_is_no_file(directory: Path) -> None:
    """Delete what is not a regular file: python-tuf would block on a pipe."""
    for path in directory.rglob("*"):
        if not (path.is_file() or path.is_dir()):
            path.unlink()


def require_root(data: bytes) -> None:
    """Raise unless the data are valid root metadata; its expiry does not matter.

    Raises:
        InputError: they are not TUF root metadata, or not signed by the keys they name.

    """
    cause: Exception | None = None
    try:
        root: Metadata[Any] = Metadata.from_bytes(data)
        if isinstance(root.signed, Root):
            root.signed.verify_delegate(Root.type, root.signed_bytes, root.signatures)
            return
    except (RepositoryError, ValueError) as error:
        cause = error
    raise InputError(
        f"trusted_root is not root metadata: {'it has another role' if cause is None else cause}",
        hint="set trusted_root to the root.json that the publisher ships with the firmware",
    ) from cause


def issued_at(timestamp: Timestamp) -> int:
    """Return when a timestamp was signed; if not stated its expiry, to vouch for nothing."""
    expires_at = int(timestamp.expires.timestamp())
    said = timestamp.unrecognized_fields.get(ISSUED_FIELD)
    if isinstance(said, int) and 0 <= said <= expires_at:
        return said
    return expires_at


def _missing(path: str) -> UpdateRefused:
    return UpdateRefused(
        f"{path}: not in the repository", hint="publish it with 'server-stub repo publish'"
    )
