"""A TUF repository in memory, with all its keys, and servers that show it as a test wants."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from securesystemslib.signer import CryptoSigner
from tuf.api.exceptions import DownloadError, DownloadHTTPError
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Metadata,
    MetaFile,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)

from edgeagent.clock import DAY_SECONDS
from edgeagent.messages import canonical_bytes, sha256_hex
from edgeagent.messages.release_list import ReleaseEntry, ReleaseList, role_entry
from edgeagent.messages.targets import (
    CREATIVES_ROLE,
    ISSUED_FIELD,
    LIST_FIELD,
    LOG_ROLE,
    MODEL_ROLES,
    RELEASES_TARGET,
)
from edgeagent.network.fetcher import FilePart, PartFetcher
from edgeagent.network.repository import Repository

NOW = 1_790_000_000
SERVER, MIRROR = "https://server.example/tv", "https://mirror.example"
TOP = ("root", "timestamp", "snapshot", "targets")
ROLES = (*MODEL_ROLES, LOG_ROLE)
LIST_ID = "a" * 32
_CHUNK = 64 * 1024


@cache
def key(name: str) -> CryptoSigner:  # noqa: ARG001  (the cache's key)
    """Return the same key for a name, so that tests need few."""
    return CryptoSigner.generate_ed25519()


class SignedRepository:
    """What a publisher holds; ``publish`` makes the next version of everything out of it."""

    def __init__(self, *, list_id: str | None = LIST_ID) -> None:
        self.now = NOW
        self.days = 90
        self.keys = {role: key(role) for role in (*TOP, *ROLES, CREATIVES_ROLE)}
        self.forged: dict[str, CryptoSigner] = {}
        """By role: the key that signs in place of the one that is delegated to."""
        self.foreign: dict[str, dict[str, bytes]] = {}
        """By role: targets that it names and that are below the directory of another."""
        self.list_id = list_id
        self.entries: list[ReleaseEntry] = []
        self.unlisted: set[str] = set()
        """Names that are left out of the list."""
        self.targets: dict[str, bytes] = {}
        self.versions = dict.fromkeys((*TOP, *ROLES, CREATIVES_ROLE), 0)
        self.metadata: dict[str, bytes] = {}
        """By name of the role, the newest."""
        self.files: dict[str, bytes] = {}
        """By path, as a server has them; earlier versions included."""
        self.sign_root()
        self.first_root = self.metadata["root"]

    def sign_root(self, *, by: CryptoSigner | None = None) -> None:
        """Make the next root, signed by the keys of this one and of the one before."""
        self.versions["root"] += 1
        root = Root(
            version=self.versions["root"], expires=self._expires(), consistent_snapshot=True
        )
        for role in TOP:
            root.add_key(self.keys[role].public_key, role)
        if self.list_id is not None:
            root.unrecognized_fields[LIST_FIELD] = self.list_id
        signed = Metadata(root)
        for signer in {id(s): s for s in (by or key("root"), self.keys["root"])}.values():
            signed.sign(signer, append=True)
        self.metadata["root"] = signed.to_bytes()
        self.files[f"metadata/{root.version}.root.json"] = self.metadata["root"]

    def publish(self, *, listed: bool = True) -> None:
        """Sign the next version of every role but the root, and list what is in force."""
        for role in self._roles():
            if role != LOG_ROLE:
                self._sign_targets(role)
        self._sign_targets("targets")
        if self.list_id is not None:
            if listed:
                self.list_what_is_in_force()
            releases = ReleaseList(list_id=self.list_id, entries=tuple(self.entries))
            self.targets[RELEASES_TARGET] = canonical_bytes(releases)
            self.sign_list()
        self.stamp()

    def sign_list(self) -> None:
        """Sign the role of the list, whatever it names."""
        self._sign_targets(LOG_ROLE)

    def stamp(self) -> None:
        """Sign snapshot and timestamp only: what the keys allow that are online."""
        self._sign_snapshot()
        self._sign_timestamp()

    def list_what_is_in_force(self) -> None:
        """Append what the list has not yet."""
        for role in ("root", "targets", *self._roles()):
            if role != LOG_ROLE:
                sha256 = sha256_hex(self.metadata[role])
                self._list(role_entry(role, version=self.versions[role], sha256=sha256))  # type: ignore[arg-type]
        for path, data in self.targets.items():
            role = path.partition("/")[0]
            if role != LOG_ROLE:
                self._list(
                    ReleaseEntry(
                        kind="file",
                        name=path,
                        version=self.versions[role],
                        sha256=sha256_hex(data),
                    )
                )

    def copy(self) -> SignedRepository:
        """Return a repository that goes its own way from here, with the same keys."""
        other = copy.copy(self)
        for name, value in vars(self).items():
            setattr(other, name, copy.copy(value))
        return other

    def opened(
        self,
        directory: Path,
        fetcher: Servers | None = None,
        *,
        now: int | None = None,
        list_seen: tuple[str, int] | None = None,
    ) -> Repository:
        """Open it as a box does."""
        fetcher = fetcher or Servers({SERVER: self})
        return Repository(
            directory,
            servers=tuple(fetcher.shown),
            trusted_root=self.first_root,
            now=self.now if now is None else now,
            list_seen=list_seen,
            fetcher=fetcher,
        )

    def _list(self, entry: ReleaseEntry) -> None:
        known = {(each.name, each.sha256) for each in self.entries}
        if (entry.name, entry.sha256) not in known and entry.name not in self.unlisted:
            self.entries.append(entry)

    def _roles(self) -> tuple[str, ...]:
        has_creatives = any(path.startswith(f"{CREATIVES_ROLE}/") for path in self.targets)
        listed = ROLES if self.list_id is not None else MODEL_ROLES
        return (*listed, CREATIVES_ROLE) if has_creatives else listed

    def _sign_targets(self, role: str) -> None:
        signed = Targets(version=self._next(role), expires=self._expires())
        own = {path: data for path, data in self.targets.items() if path.split("/")[0] == role}
        for path, data in (own | self.foreign.get(role, {})).items():
            signed.targets[path] = TargetFile.from_data(path, data, ["sha256"])
            directory, _, name = path.rpartition("/")
            self.files[f"targets/{directory}/{sha256_hex(data)}.{name}"] = data
        if role == "targets":
            roles = self._roles()
            signed.delegations = Delegations(
                keys={}, roles={role: _delegated(role) for role in roles}
            )
            for name in roles:
                signed.add_key(self.keys[name].public_key, name)
        self._store(role, Metadata(signed), f"{signed.version}.{role}")

    def _sign_snapshot(self) -> None:
        roles = ("targets", *self._roles())
        meta = {f"{role}.json": MetaFile(version=self.versions[role]) for role in roles}
        signed = Snapshot(version=self._next("snapshot"), expires=self._expires(), meta=meta)
        self._store("snapshot", Metadata(signed), f"{signed.version}.snapshot")

    def _sign_timestamp(self) -> None:
        signed = Timestamp(
            version=self._next("timestamp"),
            expires=self._expires(),
            snapshot_meta=MetaFile(version=self.versions["snapshot"]),
            unrecognized_fields={ISSUED_FIELD: self.now},
        )
        self._store("timestamp", Metadata(signed), "timestamp")

    def _store(self, role: str, signed: Metadata, name: str) -> None:  # type: ignore[type-arg]
        signed.sign(self.forged.get(role, self.keys[role]))
        self.metadata[role] = self.files[f"metadata/{name}.json"] = signed.to_bytes()

    def _next(self, role: str) -> int:
        self.versions[role] += 1
        return self.versions[role]

    def _expires(self) -> datetime:
        return datetime.fromtimestamp(self.now + self.days * DAY_SECONDS, UTC)


def _delegated(role: str) -> DelegatedRole:
    return DelegatedRole(name=role, keyids=[], threshold=1, terminating=True, paths=[f"{role}/*"])


class Servers(PartFetcher):
    """Servers by address, each showing a repository; counts what it is asked for."""

    def __init__(self, shown: dict[str, SignedRepository]) -> None:
        self.shown = shown
        self.asked: list[str] = []
        self.ranges: list[int] = []
        """Where downloads began that did not begin at 0."""
        self.without_ranges = False
        self.deaf: set[str] = set()
        """Addresses of servers that cannot be reached."""
        self.cut: dict[str, int] = {}
        """By ending of a URL: after so many bytes the connection breaks, once."""
        self.altered: dict[str, Callable[[bytes], bytes]] = {}
        """By beginning of a URL: what the server makes of its files."""

    @contextmanager
    def fetch_from(self, url: str, start: int) -> Iterator[FilePart]:
        self.asked.append(url)
        base = next(base for base in self.shown if url.startswith(f"{base}/"))
        if base in self.deaf:
            raise DownloadError(f"{base} cannot be reached")
        data = self.shown[base].files.get(url.removeprefix(f"{base}/"))
        if data is None:
            raise DownloadHTTPError(f"{urlsplit(url).path}: not there", 404)
        for beginning, change in self.altered.items():
            if url.startswith(beginning):
                data = change(data)
        if start:
            self.ranges.append(start)
        start = 0 if self.without_ranges else start
        yield FilePart(start=start, chunks=self._chunks(url, data, start))

    def _chunks(self, url: str, data: bytes, start: int) -> Iterator[bytes]:
        ending = next((ending for ending in self.cut if url.endswith(ending)), None)
        end = self.cut.pop(ending) if ending is not None else len(data)
        for begin in range(start, end, _CHUNK):
            yield data[begin : min(end, begin + _CHUNK)]
        if ending is not None:
            raise DownloadError(f"{url}: the connection broke")
