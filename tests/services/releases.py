"""A repository out of memory that publishes one release after another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from edgeagent.agent import Agent
from edgeagent.clock import DAY_SECONDS
from edgeagent.messages import (
    ModelClaims,
    ModelManifest,
    ReportTask,
    Segmenter,
    SegmentLabel,
    TargetReference,
    canonical_bytes,
    sha256_hex,
)
from edgeagent.messages.targets import MANIFEST_TARGET, TASK_TARGET, target_file
from edgeagent.network.repository import Repository, Statement
from edgeagent.randomness import RandomSource
from edgeagent.scoring.protocol import Scorer
from edgeagent.services.models.activation import Activated, Activation, StagedStore
from edgeagent.services.models.facade import Update
from edgeagent.services.models.installation import InstallationStore
from edgeagent.services.models.quality_gate import QualityGate
from edgeagent.services.models.updater import Fetched, Updater
from edgeagent.services.timekeeping.device_clock import DeviceClock
from edgeagent.testing.randomness import SeededRandomSource
from tests.scoring.make_model_vectors import VECTORS
from tests.scoring.toy_model import CLAIMS

GOOD = VECTORS.joinpath("model_good.onnx").read_bytes()
CATALOGUE = VECTORS.joinpath("model_good.catalogue").read_bytes()
GOLDEN = VECTORS.joinpath("model_good.golden.npz").read_bytes()


def unlisted() -> Statement:
    """Return what a repository says that keeps no list of releases."""
    return Statement(root_version=1, list_id=None, roles=())


@dataclass
class Releases(Repository):
    """What is published now; a test changes it."""

    directory: Path
    contents: dict[str, bytes] = field(default_factory=dict)
    stated: Statement = field(default_factory=unlisted)
    random: RandomSource = field(default_factory=lambda: SeededRandomSource("releases"))
    issued_at: int = 0
    expires_at: int = 0

    def publish(
        self,
        model: bytes = GOOD,
        *,
        version: str = "1.0",
        catalogue: bytes = CATALOGUE,
        claims: ModelClaims = CLAIMS,
        golden: bytes = GOLDEN,
    ) -> None:
        """Publish a model, its catalogue and a task that names both."""
        manifest = ModelManifest(
            head=claims.head,
            space_id=claims.space_id,
            model_version=version,
            trained_at=0,
            dimension=claims.dimension,
            segments=tuple(
                SegmentLabel(name=f"segment {n}", sensitive=False, iab=())
                for n in range(claims.segments)
            ),
            model=self._add(f"models/{version}.onnx", model),
            golden=self._add(f"models/{version}.golden", golden),
            catalogue=self._add(f"catalogue/{version}.catalogue", catalogue),
        )
        task = ReportTask(
            mechanism="subset_selection",
            categories=33,
            odds_numerator=3,
            odds_denominator=1,
            epoch=224,
            first_week=0,
            segmenter=Segmenter(
                space_id=claims.space_id, model=manifest.model, catalogue=manifest.catalogue
            ),
        )
        self.contents[MANIFEST_TARGET] = canonical_bytes(manifest)
        self.contents[TASK_TARGET] = canonical_bytes(task)

    def read(self, path: str) -> bytes:
        return self.contents[path]

    def find(self, path: str, *, most_bytes: int | None = None) -> bytes | None:
        del most_bytes
        return self.contents.get(path)

    def statement(self) -> Statement:
        return self.stated

    def ensure(self, reference: TargetReference) -> Path:
        path = target_file(self.directory, reference.path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)  # a new file, as from a repository: the old one may be kept
        path.write_bytes(self.contents[reference.path])
        return path

    def drop_superseded(self) -> None:
        pass

    def update(
        self, agent: Agent, scorer: Scorer, *, gate: Callable[[Agent], QualityGate] | None = None
    ) -> Update:
        """Bring a box up to date, as it would itself."""
        fetched = self.fetch(agent)
        activated = self.activate(agent, scorer, gate=gate)
        return Update(
            published_version=fetched.model_version,
            task_changed=fetched.task_changed,
            model_changed=activated.model_changed,
            catalogue_changed=activated.catalogue_changed,
            model_version=activated.model_version,
            refused=activated.refused,
        )

    def fetch(self, agent: Agent) -> Fetched:
        clock = _clock(agent)
        self.issued_at = clock.now()
        self.expires_at = clock.now() + 90 * DAY_SECONDS
        return Updater(
            InstallationStore(agent._home.ledger, self.directory),
            StagedStore(agent._home.ledger),
            open_repository=lambda _: self,
            clock=clock,
            random=self.random,
        ).fetch()

    def activate(
        self, agent: Agent, scorer: Scorer, *, gate: Callable[[Agent], QualityGate] | None = None
    ) -> Activated:
        return Activation(
            InstallationStore(agent._home.ledger, self.directory),
            StagedStore(agent._home.ledger),
            scorer=scorer,
            clock=_clock(agent),
            quality=gate(agent) if gate else None,
        ).activate()

    def _add(self, path: str, data: bytes) -> TargetReference:
        self.contents[path] = data
        return TargetReference(path=path, sha256=sha256_hex(data), length_bytes=len(data))


def _clock(agent: Agent) -> DeviceClock:
    clock = agent.clock
    assert isinstance(clock, DeviceClock)
    return clock
