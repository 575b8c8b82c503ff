"""What a repository holds now, for people and machines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import TypedDict

from edgeagent.clock import DAY_SECONDS, iso_utc
from edgeagent.errors import InputError
from edgeagent.messages import ModelManifest, canonical_bytes, sha256_hex
from edgeagent.messages.creatives import CreativeCatalogue
from edgeagent.messages.release_list import ReleaseList, head
from edgeagent.promotion.rules import target_faults
from server_stub.distribution.content import Content, content_of
from server_stub.distribution.directory import Published, RepositoryDirectory

__all__ = ["RepositoryFacts", "RoleState", "release_list", "repository_facts"]

_SOON_DAYS = {"timestamp": 2, "root": 60}
_SOON_OTHERWISE_DAYS = 30
"""The next publication is due within a quarter; these leave a month to notice that it was not."""


class RoleState(TypedDict):
    """Of one role's metadata."""

    version: int
    expires: str
    """ISO 8601, UTC."""


class ListState(TypedDict):
    """Of the list of releases."""

    id: str
    length: int
    head: str


class ModelState(TypedDict):
    """Of a model that boxes may use."""

    version: str
    sha256: str
    """Of the ONNX file."""


class PublishedCreatives(TypedDict):
    """Of the promos and ads that boxes choose among."""

    number: int
    issued: str
    """ISO 8601, UTC."""
    sha256: str
    """Of their catalogue."""


class RepositoryFacts(TypedDict):
    """What a repository holds now."""

    roles: dict[str, RoleState]
    targets: dict[str, int]
    """Length in bytes by path."""
    model: ModelState | None
    candidate: ModelState | None
    percent: int | None
    task: str | None
    creatives: PublishedCreatives | None
    stopped_models: list[str]
    stopped_tasks: list[str]
    releases: ListState | None
    root_keys: int
    root_threshold: int
    warnings: list[str]


def repository_facts(directory: Path, *, now: int) -> RepositoryFacts:
    """Return versions, expiry, content and warnings of the present state.

    Raises:
        InputError: nothing was published there, or it does not verify.

    """
    published, content = _read(directory)
    releases, rollout = published.releases, content.rollout
    return RepositoryFacts(
        roles={
            role: RoleState(
                version=signed.version, expires=signed.expires.strftime("%Y-%m-%dT%H:%M:%SZ")
            )
            for role, signed in published.metadata().items()
        },
        targets={
            path: file.length
            for targets in published.targets.values()
            for path, file in sorted(targets.targets.items())
        },
        model=_model(content.manifest),
        candidate=None if rollout is None else _model(rollout.candidate),
        percent=None if rollout is None else rollout.percent,
        task=None if content.task is None else content.task.name,
        creatives=None if content.creatives is None else _creatives(content.creatives),
        stopped_models=sorted(content.model_stops),
        stopped_tasks=sorted(content.task_stops),
        releases=None
        if releases is None
        else ListState(id=releases.list_id, length=len(releases.entries), head=head(releases)),
        root_keys=len(published.root.roles["root"].keyids),
        root_threshold=published.root.roles["root"].threshold,
        warnings=[*_warnings(published, now=now), *_unmet_targets(content)],
    )


def release_list(directory: Path) -> ReleaseList:
    """Return the list of everything that a repository has published.

    Raises:
        InputError: nothing was published there, it does not verify, or it keeps no list.

    """
    releases = _read(directory)[0].releases
    if releases is None:
        raise InputError(
            f"{directory} was made by an earlier release and keeps no list of releases",
            hint="begin one with 'server-stub repo new-list'",
        )
    return releases


def _read(directory: Path) -> tuple[Published, Content]:
    repository = RepositoryDirectory(directory)
    published = repository.published()
    if published is None:
        raise InputError(
            f"{directory} holds no repository", hint="make one with 'server-stub repo init'"
        )
    return published, content_of(repository, published)


def _model(manifest: ModelManifest | None) -> ModelState | None:
    if manifest is None:
        return None
    return ModelState(version=manifest.model_version, sha256=manifest.model.sha256)


def _creatives(catalogue: CreativeCatalogue) -> PublishedCreatives:
    return PublishedCreatives(
        number=len(catalogue.creatives),
        issued=iso_utc(catalogue.issued_at),
        sha256=sha256_hex(canonical_bytes(catalogue)),
    )


def _unmet_targets(content: Content) -> Iterator[str]:
    """Yield what the model in force does not know: models change without the creatives."""
    manifest, creatives = content.manifest, content.creatives
    if manifest is not None and creatives is not None:
        for fault in target_faults(creatives, space_id=manifest.space_id, labels=manifest.segments):
            yield f"creatives: {fault}; boxes take that target for everybody until then"


def _warnings(published: Published, *, now: int) -> list[str]:
    warnings = []
    for role, signed in published.metadata().items():
        expires = int(signed.expires.replace(tzinfo=UTC).timestamp())
        if expires <= now:
            warnings.append(f"{role} expired on {iso_utc(expires)}: boxes refuse it")
        elif expires - now < DAY_SECONDS * _SOON_DAYS.get(role, _SOON_OTHERWISE_DAYS):
            warnings.append(
                f"{role} expires on {iso_utc(expires)}: server-stub repo refresh {role}"
            )
    return warnings
