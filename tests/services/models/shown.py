"""A box, and a signed repository in memory that it is shown; of the box only time is faked."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from edgeagent.agent import Agent
from edgeagent.messages import ModelManifest, canonical_bytes, decode_manifest, decode_task
from edgeagent.messages.rollout import Percent, Rollout
from edgeagent.messages.stops import ModelStops, TaskStops
from edgeagent.messages.targets import (
    MANIFEST_TARGET,
    MODEL_STOPS_TARGET,
    ROLLOUT_TARGET,
    TASK_STOPS_TARGET,
    TASK_TARGET,
)
from edgeagent.services.models.facade import Models, Update
from edgeagent.services.models.installation import Installation, InstallationStore
from edgeagent.testing.agent_box import AgentBox
from edgeagent.testing.inside import box_context
from edgeagent.testing.randomness import SeededRandomSource
from tests.network.signed_repository import SERVER, Servers, SignedRepository
from tests.scoring.toy_model import toy_model
from tests.services.releases import Releases


@cache
def _files(number: int) -> Mapping[str, bytes]:
    releases = Releases(directory=Path("unused"))
    releases.publish(toy_model(factor=float(number)), version=f"{number}.0")
    return releases.contents


class Shop:
    """What a publisher offers: model 1.0 and a task that names it, and what a test adds."""

    def __init__(self, now: int) -> None:
        self.signed = SignedRepository()
        self.signed.now = now
        self.signed.sign_root()
        self.signed.first_root = self.signed.metadata["root"]
        self.offer(1)
        self.signed.publish()

    def files(self, number: int) -> dict[str, bytes]:
        """Return manifest, task and files of a model."""
        return dict(_files(number))

    def offer(self, number: int) -> None:
        """Make a model the manifest's, and the task's segmenter."""
        self.signed.targets |= self.files(number)

    def manifest(self, number: int) -> ModelManifest:
        return decode_manifest(self.files(number)[MANIFEST_TARGET])

    def roll_out(self, number: int, percent: Percent) -> None:
        """Offer a candidate beside the manifest, and publish."""
        files = self.files(number)
        del files[MANIFEST_TARGET], files[TASK_TARGET]
        rollout = Rollout(candidate=self.manifest(number), percent=percent)
        self.signed.targets |= files | {ROLLOUT_TARGET: canonical_bytes(rollout)}
        self.signed.publish()

    def stop_models(self, *numbers: int) -> None:
        stops = ModelStops(models=tuple(sorted(self.manifest(n).model.sha256 for n in numbers)))
        self.signed.targets[MODEL_STOPS_TARGET] = canonical_bytes(stops)
        self.signed.publish()

    def stop_task(self) -> None:
        stops = TaskStops(tasks=(decode_task(self.signed.targets[TASK_TARGET]).name,))
        self.signed.targets[TASK_STOPS_TARGET] = canonical_bytes(stops)
        self.signed.publish()

    def withdraw(self, *paths: str) -> None:
        for path in paths:
            del self.signed.targets[path]
        self.signed.publish()


class ShownBox:
    """One box; what it is shown can be another repository than another box is."""

    def __init__(self, box: AgentBox, agent: Agent, *, seed: str = "box") -> None:
        self.box = box
        self.agent = agent
        self.directory = box.directory / "models"
        self.random = SeededRandomSource(seed)
        self.asked: list[str] = []
        """The URLs of the last update."""

    def models(self, shown: SignedRepository) -> Models:
        servers = Servers({SERVER: shown})
        self.asked = servers.asked
        return Models(
            box_context(self.agent),
            installations=self.store(),
            scorer=lambda: self.box.scorer,
            open_repository=lambda now: shown.opened(self.directory, servers, now=now),
            random=self.random,
        )

    def update(self, shown: SignedRepository) -> Update:
        return self.models(shown).update()

    def store(self) -> InstallationStore:
        return InstallationStore(box_context(self.agent).home.ledger, self.directory)

    @property
    def installed(self) -> Installation:
        return self.agent.installation()

    @property
    def active(self) -> str:
        current = self.installed.current
        return "none" if current is None else current.model_version
