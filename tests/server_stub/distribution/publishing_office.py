"""A repository, its keys, invented models to publish, and boxes that look at it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from tuf.api.exceptions import DownloadHTTPError

from edgeagent.clock import DAY_SECONDS, quarter_of, week_of
from edgeagent.messages import Segmenter, TargetReference, sha256_hex
from edgeagent.messages.artefacts import Artefacts
from edgeagent.messages.release_list import ReleaseList
from edgeagent.messages.targets import (
    CREATIVES_ROLE,
    CREATIVES_TARGET,
    LIST_FIELD,
    MODEL_ROLES,
)
from edgeagent.network.fetcher import FilePart, PartFetcher
from edgeagent.network.repository import Repository
from server_stub.distribution.content import Content, content_of
from server_stub.distribution.directory import Published, RepositoryDirectory
from server_stub.distribution.facts import RepositoryFacts, repository_facts
from server_stub.distribution.keys import KeyRing, Passphrase, unencrypted
from server_stub.distribution.operator import Lifetimes, Operator
from tests.server_stub.loopback import make_manifest, make_task

NOW = 1_798_000_000  # 2026-12-23
DAY = DAY_SECONDS


def invented(number: int, *, quarter: int = 0) -> Artefacts:
    """Return the files of a model that nobody trained, of the quarter that runs or a later one."""
    data = {kind: f"{kind} {number}".encode() for kind in ("onnx", "npz", "catalogue")}

    def reference(role: str, kind: str) -> TargetReference:
        digest = sha256_hex(data[kind])
        return TargetReference(
            path=f"{role}/{digest}.{kind}", sha256=digest, length_bytes=len(data[kind])
        )

    model, catalogue = reference("models", "onnx"), reference("catalogue", "catalogue")
    return Artefacts(
        model=data["onnx"],
        golden=data["npz"],
        catalogue=data["catalogue"],
        manifest=make_manifest(
            model_version=f"v{number}",
            model=model,
            golden=reference("models", "npz"),
            catalogue=catalogue,
        ),
        task=make_task(
            epoch=quarter_of(week_of(NOW)) + quarter,
            first_week=week_of(NOW) + 13 * quarter,
            segmenter=Segmenter(space_id="0" * 16, model=model, catalogue=catalogue),
        ),
    )


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


@dataclass(frozen=True)
class PublishingOffice:
    """Where commands are given, and what becomes of them."""

    place: Path

    @property
    def directory(self) -> Path:
        return self.place / "repository"

    @property
    def keys(self) -> Path:
        return self.place / "keys"

    def operator(
        self,
        *,
        now: int = NOW,
        keys: tuple[Path, ...] = (),
        root_keys: tuple[Path, ...] = (),
        passphrase: Passphrase = unencrypted,
        lifetimes: Lifetimes | None = None,
    ) -> Operator:
        def ring(places: tuple[Path, ...]) -> KeyRing:
            return KeyRing(places, passphrase=passphrase, repository=self.directory)

        return Operator(
            repository=RepositoryDirectory(self.directory),
            keys=ring(keys or (self.keys,)),
            root_keys=ring(root_keys or keys or (self.keys,)),
            now=now,
            lifetimes=lifetimes or Lifetimes(),
        )

    def trusting_clock(self, *, now: int) -> Operator:
        return replace(self.operator(now=now), trust_clock=True)

    def box(
        self, name: str = "box", *, now: int = NOW, trusted_root: bytes | None = None
    ) -> Repository:
        """Return what a box knows after an update; a new one trusts the root of today."""
        return Repository(
            self.place / name,
            servers=("http://127.0.0.1:1",),
            trusted_root=trusted_root or (self.directory / "root.json").read_bytes(),
            now=now,
            fetcher=DirectoryFetcher(self.directory),
        )

    def published(self) -> Published:
        published = RepositoryDirectory(self.directory).published()
        assert published is not None
        return published

    def content(self) -> Content:
        return content_of(RepositoryDirectory(self.directory), self.published())

    def facts(self, *, now: int = NOW) -> RepositoryFacts:
        return repository_facts(self.directory, now=now)

    def versions(self) -> dict[str, int]:
        return {role: state["version"] for role, state in self.facts()["roles"].items()}

    def served(self) -> dict[Path, bytes]:
        """Return every file that a box can ask for."""
        return {
            path: path.read_bytes()
            for part in ("metadata", "targets")
            for path in (self.directory / part).rglob("*")
            if path.is_file()
        }

    def check_list(self) -> ReleaseList:
        """Hold the repository to what boxes demand of its list of releases."""
        published = self.published()
        releases = published.releases
        assert releases is not None
        assert published.root.unrecognized_fields[LIST_FIELD] == releases.list_id
        listed = {(entry.name, entry.version, entry.sha256) for entry in releases.entries}
        for role, signed in published.metadata().items():
            if role not in {"timestamp", "snapshot", "log"}:
                data = RepositoryDirectory(self.directory).read_metadata(role, signed.version)
                name = "metadata/creatives.json" if role == CREATIVES_ROLE else role
                assert (name, signed.version, sha256_hex(data)) in listed
        files = {(entry.name, entry.sha256) for entry in releases.entries if entry.kind == "file"}
        for role in MODEL_ROLES:
            for path, file in published.targets[role].targets.items():
                assert (path, file.hashes["sha256"]) in files
        if CREATIVES_ROLE in published.targets:
            catalogue = published.targets[CREATIVES_ROLE].targets[CREATIVES_TARGET]
            assert (CREATIVES_TARGET, catalogue.hashes["sha256"]) in files
        return releases
