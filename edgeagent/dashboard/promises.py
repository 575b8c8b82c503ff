"""What is promised, whether it holds, and what somebody could conclude: the privacy assessment."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from edgeagent.dashboard.viewer import Viewer

__all__ = ["Belief", "Promises", "Statement", "ask_promises", "read_promises"]

_SHOWN_BELIEFS = 3
_ROUNDING = 1e-9


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
    return read_promises(
        await viewer.ask("assessment"),
        retention=await viewer.ask("retention"),
        problems=(await viewer.ask("status"))["problems"],
    )


def read_promises(answer: Any, *, retention: dict[str, Any], problems: list[str]) -> Promises:  # noqa: ANN401  (JSON)
    """Read an assessment: a list of statements, or the whole one that the command line prints."""
    if isinstance(answer, list):
        return Promises(
            statements=tuple(
                Statement(topic=item["topic"], text=item["text"], holds=item["holds"])
                for item in answer
            )
        )
    budget = answer["budget"]
    year, limit = budget["epsilonLast52Weeks"], budget["epsilonLimit52Weeks"]
    holds = {
        "report": budget["epsilonLimitReport"] <= math.log(3) + _ROUNDING,
        "budget": year <= limit + _ROUNDING,
        "retention": not retention["lengthened"],
        "ledger": not problems,
    }
    beliefs = sorted(answer["conclusions"]["beliefs"], key=lambda belief: -belief["posterior"])
    return Promises(
        statements=tuple(
            Statement(topic=topic, text=topic, holds=kept) for topic, kept in holds.items()
        ),
        beliefs=tuple(
            Belief(group=belief["category"], before=belief["prior"], after=belief["posterior"])
            for belief in beliefs[:_SHOWN_BELIEFS]
        ),
        riskier=tuple(
            setting["words"] for setting in answer["settings"] if setting["direction"] == "riskier"
        ),
    )
