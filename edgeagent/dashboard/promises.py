"""What is promised, whether it holds, and what somebody could conclude: the privacy assessment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from edgeagent.dashboard.page_request import PageRequest
from edgeagent.messages import SegmentLabel

__all__ = ["GroupBelief", "Promises", "Risk", "Statement", "ask_promises", "read_promises"]

_SHOWN_BELIEFS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One promise."""

    topic: str
    """Names the text, where the catalogue has one."""
    text: str
    holds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupBelief:
    """What somebody who sees every report believes of one group of taste, as parts of one."""

    label: SegmentLabel
    before: float
    after: float
    most: float
    """Whatever the reports had said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """A setting that exposes more than the default."""

    setting: str
    """Names the text, where the catalogue has one."""
    words: str
    names: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Promises:
    """The assessment as a viewer reads it."""

    statements: tuple[Statement, ...]
    beliefs: tuple[GroupBelief, ...] = ()
    riskier: tuple[Risk, ...] = ()


async def ask_promises(request: PageRequest) -> Promises:
    """Ask the box for its assessment."""
    return read_promises(await request.ask("assessment"))


def read_promises(assessment: Mapping[str, Any]) -> Promises:
    """Read the assessment that the command line prints too."""
    beliefs = sorted(assessment["conclusions"]["beliefs"], key=lambda belief: -belief["posterior"])
    return Promises(
        statements=tuple(Statement(**promise) for promise in assessment["promises"]),
        beliefs=tuple(
            GroupBelief(
                label=msgspec.convert(belief["label"], SegmentLabel),
                before=belief["prior"],
                after=belief["posterior"],
                most=belief["posteriorAtMost"],
            )
            for belief in beliefs[:_SHOWN_BELIEFS]
        ),
        riskier=tuple(
            Risk(
                setting=setting["setting"],
                words=setting["words"],
                names=", ".join(setting["names"]),
            )
            for setting in assessment["settings"]
            if setting["direction"] == "riskier"
        ),
    )
