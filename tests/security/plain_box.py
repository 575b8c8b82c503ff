"""What a box has to hold, in plain Python: the model that attacked and random runs are held to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from edgeagent.consent import CONSENT_LIFETIME_SECONDS, Purpose
from edgeagent.messages.codec import Message

__all__ = ["Decision", "PlainBox", "Step", "StepKind", "Watched"]

StepKind = Literal[
    "record",
    "grant",
    "withdraw",
    "forget",
    "prune",
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
    before: int = 0
    """For ``prune``: everything watched earlier goes."""


@dataclass(frozen=True, slots=True)
class PlainBox:
    """Viewings and decisions; a step gives the next one."""

    watched: frozenset[Watched] = frozenset()
    decisions: tuple[Decision, ...] = ()

    def allows(self, purpose: Purpose, *, profile: str, at: int) -> bool:
        """Say whether a purpose is granted."""
        for who, what, event, decided_at in reversed(self.decisions):
            if (who, what) == (profile, purpose):
                return event == "given" and at < decided_at + CONSENT_LIFETIME_SECONDS
        return False

    def after(self, step: Step) -> PlainBox:
        """Return what the box holds once a step is done."""
        if step.kind == "record":
            return self._record(step)
        if step.kind in {"grant", "withdraw"}:
            return self._decide(step)
        if step.kind == "forget":
            return self._without(lambda item: item[2] == step.entity_id, step.profile)
        if step.kind == "prune":
            return self._without(lambda item: item[1] < step.before, None)
        if step.kind == "erase_history":
            return replace(self, watched=frozenset())
        return PlainBox() if step.kind == "erase_all" else self

    def _record(self, step: Step) -> PlainBox:
        if not self.allows(Purpose.HISTORY, profile=step.profile, at=step.at):
            return self
        new = {(step.profile, at, entity_id) for at, entity_id in step.watched}
        return replace(self, watched=self.watched | new)

    def _decide(self, step: Step) -> PlainBox:
        if step.purpose is None:
            return self
        event = "given" if step.kind == "grant" else "withdrawn"
        decided = (*self.decisions, (step.profile, str(step.purpose), event, step.at))
        box = replace(self, decisions=decided)
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
