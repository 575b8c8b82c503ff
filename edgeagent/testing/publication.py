"""A repository without a server: one small model release, signed by nobody."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from edgeagent.agent import Agent
from edgeagent.clock import DAY_SECONDS, quarter_of, week_of
from edgeagent.errors import UpdateRefused
from edgeagent.messages import (
    ModelManifest,
    ReportTask,
    Segmenter,
    SegmentLabel,
    TargetReference,
    Title,
    canonical_bytes,
    encode_catalogue,
    sha256_hex,
)
from edgeagent.messages.targets import MANIFEST_TARGET, TASK_TARGET, target_file
from edgeagent.network.repository import Repository, Statement
from edgeagent.services.models.installation import InstallationStore
from edgeagent.store.home_files import MODELS_DIRECTORY
from edgeagent.testing.inside import box_context

__all__ = ["TITLE_IDS", "VOUCHED_SECONDS", "StaticRepository", "take_task_of_quarter"]

TITLE_IDS = tuple(f"t:{number:02}" for number in range(40))
"""The titles of its catalogue."""
VOUCHED_SECONDS = 90 * DAY_SECONDS
"""How far ahead its timestamp expires."""

_SPACE_ID = "0" * 16
_MODEL = b"a model that nobody runs"
_GOLDEN = b"golden vectors that nobody reads"


class StaticRepository(Repository):
    """Gives what ``Repository`` would give after a refresh; it holds everything in memory."""

    def __init__(
        self,
        directory: Path,
        *,
        now: int,
        issued_at: int | None = None,
        vouched_until: int | None = None,
    ) -> None:
        """Serve the same model, catalogue and task for ever.

        Args:
            directory: as ``Repository``'s; targets are written to ``targets/``.
            now: seconds UTC.
            issued_at: when its timestamp was signed; just now unless given.
            vouched_until: expiry of its timestamp; 90 days after ``now`` unless given.

        """
        self._directory = directory
        self.issued_at = now if issued_at is None else issued_at
        self.expires_at = now + VOUCHED_SECONDS if vouched_until is None else vouched_until
        catalogue = _catalogue()
        model, golden, titles = (
            _reference("models/static.onnx", _MODEL),
            _reference("models/static.golden", _GOLDEN),
            _reference("catalogue/static.catalogue", catalogue),
        )
        manifest = ModelManifest(
            head="foldin",
            space_id=_SPACE_ID,
            model_version="1",
            trained_at=0,
            dimension=1,
            segments=tuple(
                SegmentLabel(name=f"segment {number}", sensitive=False, iab=())
                for number in range(32)
            ),
            model=model,
            golden=golden,
            catalogue=titles,
        )
        task = ReportTask(
            mechanism="subset_selection",
            categories=33,
            odds_numerator=3,
            odds_denominator=1,
            epoch=quarter_of(week_of(now) - 1),  # the week that a box may have to close
            first_week=0,
            segmenter=Segmenter(space_id=_SPACE_ID, model=model, catalogue=titles),
        )
        self._contents = {
            MANIFEST_TARGET: canonical_bytes(manifest),
            TASK_TARGET: canonical_bytes(task),
            model.path: _MODEL,
            golden.path: _GOLDEN,
            titles.path: catalogue,
        }

    def read(self, path: str) -> bytes:
        """Return a small target."""
        return self._contents[path]

    def find(self, path: str, *, most_bytes: int | None = None) -> bytes | None:
        """Return a small target, or ``None``: nothing is stopped or rolled out here."""
        data = self._contents.get(path)
        if data is not None and most_bytes is not None and len(data) > most_bytes:
            raise UpdateRefused(f"{path}: {len(data)} bytes", hint="this is a test")
        return data

    def statement(self) -> Statement:
        """Return that there is no list of releases."""
        return Statement(root_version=1, list_id=None, roles=())

    def drop_superseded(self) -> None:
        """Delete nothing: only one release is published here."""

    def ensure(self, reference: TargetReference) -> Path:
        """Write a target to where the box expects it.

        Raises:
            UpdateRefused: it is not in this repository.

        """
        data = self._contents.get(reference.path)
        if data is None or sha256_hex(data) != reference.sha256:
            raise UpdateRefused(f"{reference.path}: not published here", hint="this is a test")
        path = target_file(self._directory, reference.path)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            aside = path.with_name(f"{path.name}.{os.getpid()}")  # two processes may write it
            aside.write_bytes(data)
            aside.replace(path)
        return path


def take_task_of_quarter(agent: Agent, week: int) -> None:
    """Replace the task of a box, if it has one, by the same task for the quarter of ``week``."""
    home = box_context(agent).home
    store = InstallationStore(home.ledger, home.directory / MODELS_DIRECTORY)
    task = store.load().task
    if task is not None:
        moved = msgspec.structs.replace(task, epoch=quarter_of(week))
        store.change(lambda now: now.with_task(moved))


def _reference(path: str, data: bytes) -> TargetReference:
    return TargetReference(path=path, sha256=sha256_hex(data), length_bytes=len(data))


def _catalogue() -> bytes:
    titles = tuple(
        Title(entity_id=entity_id, title=f"Title {entity_id}", run_minutes=90)
        for entity_id in TITLE_IDS
    )
    count = len(titles)
    return encode_catalogue(
        space_id=_SPACE_ID,
        dimension=1,
        issued_at=0,
        titles=titles,
        rows=bytes([1]) * count,
        scale=b"\x00\x00\x80\x3f" * count,  # 1.0
        bias=bytes(4 * count),
    )
