"""What a box has to hold, in plain Python: the model that attacked and random runs are held to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import Literal

from edgeagent.agent import Agent
from edgeagent.clock import DAY_SECONDS
from edgeagent.consent import CONSENT_LIFETIME_SECONDS, Purpose
from edgeagent.messages.codec import Message
from edgeagent.testing.publication import VOUCHED_SECONDS

__all__ = ["Decision", "PlainBox", "Step", "StepKind", "Watched", "held_by"]

_RETENTION_SECONDS = 90 * DAY_SECONDS

StepKind = Literal[
    "record",
    "grant",
    "withdraw",
    "forget",
    "housekeeping",
    "recommend",
    "close_week",
    "send",
    "update",
    "rotate",
    "rekey",
    "erase_history",
    "erase_all",
]
Watched = tuple[str, int, str]
"""Profile, seconds UTC, entity id."""
Decision = tuple[str, str, str, int]
"""Profile, purpose, event, seconds UTC."""


class Step(Message, frozen=True, kw_only=True):
    """One operation on a box."""

    kind: StepKind
    at: int
    """When it happens, seconds UTC."""
    profile: str = "main"
    purpose: Purpose | None = None
    watched: tuple[tuple[int, str], ...] = ()
    """Seconds UTC and entity id of each viewing to record."""
    entity_id: str = ""


@dataclass(frozen=True, slots=True)
class PlainBox:
    """Viewings and decisions; a step gives the next one."""

    watched: frozenset[Watched] = frozenset()
    decisions: tuple[Decision, ...] = ()
    """Profile by profile, each in order of time."""
    vouched_until: int = field(default=0, compare=False)
    """Until when the last update vouched for the time, seconds UTC; 0 before the first."""

    def allows(self, purpose: Purpose, *, profile: str, at: int) -> bool:
        """Say whether a purpose is granted."""
        for who, what, event, decided_at in reversed(self.decisions):
            if (who, what) == (profile, purpose):
                return event == "given" and at < decided_at + CONSENT_LIFETIME_SECONDS
        return False

    def shown(self, at: int) -> PlainBox:
        """Return it without viewings that are over age, which are hidden even before deletion."""
        return self._without(lambda item: item[1] < at - _RETENTION_SECONDS, None)

    def after(self, step: Step) -> PlainBox:
        """Return what the box holds once a step is done."""
        match step.kind:
            case "record":
                box = self._record(step)
            case "grant" | "withdraw":
                box = self._decide(step)
            case "forget":
                box = self._without(lambda item: item[2] == step.entity_id, step.profile)
            case "update":
                until = max(self.vouched_until, step.at + VOUCHED_SECONDS)
                box = replace(self, vouched_until=until)
            case "housekeeping":
                box = self.shown(step.at)
            case "erase_history":
                box = replace(self, watched=frozenset())
            case "erase_all":
                box = PlainBox()
            case _:
                box = self
        return box

    def _record(self, step: Step) -> PlainBox:
        if not self.allows(Purpose.HISTORY, profile=step.profile, at=step.at):
            return self
        new = {(step.profile, at, entity_id) for at, entity_id in step.watched}
        return replace(self, watched=self.watched | new)

    def _decide(self, step: Step) -> PlainBox:
        if step.purpose is None:
            return self
        event = "given" if step.kind == "grant" else "withdrawn"
        decided = (step.profile, str(step.purpose), event, step.at)
        box = replace(self, decisions=_by_profile((*self.decisions, decided)))
        if (step.kind, step.purpose) == ("withdraw", Purpose.HISTORY):
            return box._without(lambda _: True, step.profile)
        return box

    def _without(self, gone: Callable[[Watched], bool], profile: str | None) -> PlainBox:
        kept = (
            item
            for item in self.watched
            if not gone(item) or (profile is not None and item[0] != profile)
        )
        return replace(self, watched=frozenset(kept))


def _by_profile(decisions: Iterable[Decision]) -> tuple[Decision, ...]:
    return tuple(sorted(decisions, key=itemgetter(0)))


def held_by(agent: Agent) -> PlainBox:
    """Return what a real box holds."""
    history = agent._home.history
    return PlainBox(
        watched=frozenset(
            (profile.name, kept.viewing.watched_on, kept.viewing.entity_id)
            for profile in history.profiles()
            for kept in history.kept(profile.name)
        ),
        decisions=_by_profile(
            (record.profile, str(record.purpose), record.event, record.at)
            for record in agent._home.ledger.consents()
        ),
        vouched_until=agent.installation().time.vouched_until,
    )
