"""The privacy assessment: promises, whether they hold, and what an observer could conclude."""

from __future__ import annotations

from dataclasses import dataclass

from edgeagent.dashboard.page_request import PageRequest
from edgeagent.messages.answers.assessment import (
    AssessmentShape,
    BeliefShape,
    DeviationShape,
    PromiseShape,
)

__all__ = ["Promises", "ask_promises", "read_promises"]

_SHOWN_BELIEFS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Promises:
    """The assessment as a viewer reads it."""

    statements: tuple[PromiseShape, ...]
    beliefs: tuple[BeliefShape, ...] = ()
    """What an observer of every report believes most."""
    riskier: tuple[DeviationShape, ...] = ()


async def ask_promises(request: PageRequest) -> Promises:
    """Ask the box for its assessment."""
    return read_promises(await request.ask("assessment", AssessmentShape))


def read_promises(assessment: AssessmentShape) -> Promises:
    """Pick what is shown of the assessment that the command line prints too."""
    beliefs = sorted(assessment.conclusions.beliefs, key=lambda belief: -belief.posterior)
    return Promises(
        statements=assessment.promises,
        beliefs=tuple(beliefs[:_SHOWN_BELIEFS]),
        riskier=tuple(item for item in assessment.settings if item.direction == "riskier"),
    )
