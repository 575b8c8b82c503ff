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
    task: str = ""
    """The report task that the beliefs are about."""
    beliefs: tuple[tuple[int, BeliefShape], ...] = ()
    """What an observer of every report believes most, each with its category's number; nothing
    before the first report."""
    riskier: tuple[DeviationShape, ...] = ()


async def ask_promises(request: PageRequest) -> Promises:
    """Ask the box for its assessment."""
    return read_promises(await request.ask("assessment", AssessmentShape))


def read_promises(assessment: AssessmentShape) -> Promises:
    """Pick what is shown of the assessment that the command line prints too."""
    conclusions = assessment.conclusions
    beliefs = sorted(enumerate(conclusions.beliefs), key=lambda item: -item[1].posterior)
    return Promises(
        statements=assessment.promises,
        task=conclusions.task,
        beliefs=tuple(beliefs[:_SHOWN_BELIEFS]) if conclusions.reports else (),
        riskier=tuple(item for item in assessment.settings if item.direction == "riskier"),
    )
