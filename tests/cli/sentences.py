"""What other rooms say and the command line translates, from a box that comes to say it.

So each sentence stands once: where it is made.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from edgeagent.agent import Agent
from edgeagent.cli.wording import without_numbers
from edgeagent.consent import CONSENT_LIFETIME_SECONDS, Purpose
from edgeagent.services.consent_gate import _ASKED_AGAIN
from edgeagent.services.upkeep import box_erasure
from edgeagent.testing.agent_box import AgentBox

__all__ = ["sentences"]


def sentences() -> Iterator[tuple[str, str]]:
    """Yield each sentence as catalogues hold it, and the module it comes from."""
    with TemporaryDirectory() as place:
        directory = Path(place)
        box = AgentBox(directory=directory / "home", runtime_directory=directory / "run")
        with box.open() as agent:
            said = [*_of_assessments(agent), *_of_consents(agent, box), *_of_erasures(agent)]
    for sentence, module in said:
        yield without_numbers(sentence)[0], module


def _of_assessments(agent: Agent) -> Iterator[tuple[str, str]]:
    assessment = agent.reports.assess()
    beliefs = assessment.conclusions.beliefs
    known = agent.reports.assess([Fraction(1, len(beliefs))] * len(beliefs))
    for request in assessment.leaves:
        yield from _all((request.purpose, request.basis, request.retention), "privacy/privacy.json")
        for field in request.fields:
            yield from _all((field.holds, field.purpose), "privacy/privacy.json")
    yield from _all(assessment.besides, "privacy/privacy.json")
    cases = (assessment.conclusions.worst_case, known.conclusions.worst_case)
    yield from _all(cases, "services/reports/assessment.py")
    agent.retention.choose(1)
    shortest = agent.reports.assess()
    texts = [promise.text for one in (assessment, shortest) for promise in one.promises]
    yield from _all(texts, "services/reports/promises.py")


def _of_consents(agent: Agent, box: AgentBox) -> Iterator[tuple[str, str]]:
    def reason() -> str:
        return agent.gate.state(Purpose.HISTORY, profile="main").reason

    said = [reason()]
    record = agent.grant(Purpose.HISTORY)
    agent._home.ledger.append_consent(
        msgspec.structs.replace(record, notice_version="0", terms=msgspec.UNSET)
    )
    said.append(reason())
    agent.withdraw(Purpose.HISTORY)
    said.append(reason())
    agent.grant(Purpose.HISTORY)
    box.clock.advance(CONSENT_LIFETIME_SECONDS)
    said.append(reason())
    yield from _all([*said, *_ASKED_AGAIN.values()], "services/consent_gate.py")


def _of_erasures(agent: Agent) -> Iterator[tuple[str, str]]:
    receipt = agent.erasure.erase_history()
    yield from _all((*receipt.kept, receipt.copies), "services/upkeep/erasure.py")
    # A box is erased once, and what remains then depends on its provider of keys.
    kept = ("settings", "a copy made earlier does not open any more")
    said = (*kept, box_erasure._FLASH, box_erasure._KEPT_KEY)
    yield from _all(said, "services/upkeep/box_erasure.py")


def _all(texts: tuple[str, ...] | list[str], module: str) -> Iterator[tuple[str, str]]:
    return ((text, f"edgeagent/{module}") for text in texts)
