"""What is promised, whether it holds, and what somebody could conclude: the privacy assessment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from edgeagent.dashboard.viewer import Viewer

__all__ = ["Belief", "Promises", "Statement", "ask_promises", "read_promises"]

_SHOWN_BELIEFS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One promise."""

    topic: str
    """Names the text, where the catalogue has one."""
    text: str
    holds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Belief:
    """What somebody who sees every report believes of one group of taste, as parts of one."""

    group: str
    before: float
    after: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Promises:
    """The assessment as a viewer reads it."""

    statements: tuple[Statement, ...]
    beliefs: tuple[Belief, ...] = ()
    riskier: tuple[str, ...] = ()
    """Settings that expose more than the defaults, in the service's words."""


async def ask_promises(viewer: Viewer) -> Promises:
    """Ask the box for its assessment."""
    return read_promises(await viewer.ask("assessment"))


def read_promises(answer: Any) -> Promises:  # noqa: ANN401  (JSON)
    """Read an assessment: the promises alone, or among all that the command line prints."""
    whole: dict[str, Any] = {"promises": answer} if isinstance(answer, list) else answer
    beliefs = whole.get("conclusions", {}).get("beliefs", [])
    return Promises(
        statements=tuple(
            Statement(topic=item["topic"], text=item["text"], holds=item["holds"])
            for item in whole["promises"]
        ),
        beliefs=tuple(
            Belief(group=belief["category"], before=belief["prior"], after=belief["posterior"])
            for belief in sorted(beliefs, key=lambda belief: -belief["posterior"])[:_SHOWN_BELIEFS]
        ),
        riskier=tuple(
            setting["words"]
            for setting in whole.get("settings", [])
            if setting["direction"] == "riskier"
        ),
    )
