"""Whole boxes for the audit: real databases, real services, a clock that can be moved."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from edgeagent.agent import Agent
from edgeagent.clock import DAY_SECONDS, WEEK_SECONDS
from edgeagent.consent import Purpose
from edgeagent.messages import WatchEvent
from edgeagent.network.transport import Transport
from edgeagent.randomness import RandomSource
from edgeagent.testing.agent_box import AgentBox
from edgeagent.testing.publication import TITLE_IDS
from edgeagent.testing.scorer import TableScorer
from edgeagent.testing.transport import ScriptedTransport

_YEARS = 60
GRANT_CYCLES = 6  # a consent holds for 730 days, eight cycles; it has to hold all week


@contextmanager
def living_box(
    *, segment: int, random: RandomSource, transport: Transport | None = None
) -> Iterator[tuple[AgentBox, Agent]]:
    """Yield a new box with a task, a known time for decades, and an agent on it."""
    with TemporaryDirectory(prefix="audit-") as directory:
        box = AgentBox(
            directory=Path(directory) / "home",
            runtime_directory=Path(directory) / "run",
            scorer=TableScorer(segment=segment),
            random=random,
            transport=transport or ScriptedTransport(),
        )
        with box.open() as agent:
            until = box.clock.now() + _YEARS * 365 * DAY_SECONDS
            box.update(agent, vouched_until=until)
            yield box, agent


def live_a_cycle(box: AgentBox, agent: Agent, cycle: int, *, watching: bool) -> None:
    """Live through the reporting week of a cycle, up to an hour after its end."""
    end = box.end_of_reporting_week(agent, cycle=cycle)
    if cycle % GRANT_CYCLES == 0:
        box.clock.set(end - 2 * WEEK_SECONDS)
        for purpose in (Purpose.HISTORY, Purpose.REPORTING):
            agent.grant(purpose)
        box.know_time(agent)
    if watching:
        box.clock.set(end - 3 * DAY_SECONDS)
        agent.record_watch(
            WatchEvent(entity_id=TITLE_IDS[0], watched_on=box.clock.now(), completed=True)
        )
    box.clock.set(end)
