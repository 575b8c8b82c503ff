"""``python -m tests.security.work HOME SENT AT SEED``: mixed work on a home, until it is killed.

Each step is announced before it is begun (``try``) and acknowledged when it has returned
(``done``), a JSON line each. What a report's transport is handed is appended to the file SENT.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from edgeagent.agent import Agent
from edgeagent.clock import DAY_SECONDS, WEEK_SECONDS
from edgeagent.consent import Purpose
from edgeagent.errors import ConsentRequired, NetworkError, NoModel
from edgeagent.messages import WatchEvent, sha256_hex
from edgeagent.messages.codec import Message
from edgeagent.network.transport import Response
from edgeagent.randomness import RandomSource
from edgeagent.services.upkeep.box_erasure import erase_box
from edgeagent.services.upkeep.key_management import configured_provider, rotate
from edgeagent.testing.agent_box import AgentBox
from edgeagent.testing.clock import FakeClock
from edgeagent.testing.publication import TITLE_IDS
from edgeagent.testing.randomness import SeededRandomSource
from tests.security.plain_box import Step, StepKind

__all__ = ["MIXED", "Announced", "Done", "Worker", "box_at", "next_step"]

MIXED: Mapping[StepKind, int] = {
    "record": 60,
    "grant": 24,
    "withdraw": 4,
    "forget": 6,
    "housekeeping": 4,
    "recommend": 12,
    "close_week": 50,
    "send": 36,
    "update": 30,
    "rotate": 4,
    "rekey": 4,
    "erase_history": 2,
    "erase_all": 1,
}
_LONG_JUMP_ONE_IN = 8


class Announced(Message, frozen=True, kw_only=True, tag="try"):
    """A step is about to begin."""

    step: Step


class Done(Message, frozen=True, kw_only=True, tag="done"):
    """A step has returned: its effects are acknowledged."""

    step: Step
    refused: bool = False
    """For want of consent, or of a model."""
    drawn: tuple[int, str] | None = None
    """Week and SHA-256 of the body of a report that was drawn."""
    accepted: tuple[str, ...] = ()
    """Ids of reports that the server took."""


class FileTransport:
    """Appends every body to a file, and answers as a moody server would."""

    def __init__(self, sent: Path, random: RandomSource) -> None:
        self._sent = sent
        self._random = random

    def post(self, body: bytes, *, wanted: Callable[[], bool]) -> Response:
        assert wanted()
        with self._sent.open("ab", buffering=0) as file:
            file.write(body + b"\n")
            os.fsync(file.fileno())  # what has left is out there, whatever happens to the power
        mood = self._random.below(4)
        if mood == 0:
            raise NetworkError("no route to host", hint="this is a test")
        return Response(status=503 if mood == 1 else 204)


def box_at(home: Path, *, at: int, seed: str, sent: Path) -> AgentBox:
    """Return the box in ``home`` at a moment."""
    return AgentBox(
        directory=home,
        runtime_directory=home.parent / "run",
        clock=FakeClock(at),
        random=SeededRandomSource(f"box {seed}"),
        transport=FileTransport(sent, SeededRandomSource(f"server {seed}")),
    )


def next_step(random: RandomSource, now: int, *, weights: Mapping[StepKind, int] = MIXED) -> Step:
    """Draw a step, some time after ``now``; its kind is drawn by ``weights``."""
    lot = random.below(sum(weights.values()))
    for kind, weight in weights.items():  # noqa: B007  (the last one looked at is the one drawn)
        lot -= weight
        if lot < 0:
            break
    jump = WEEK_SECONDS * 5 if random.below(_LONG_JUMP_ONE_IN) == 0 else DAY_SECONDS
    at = now + 1 + random.below(jump)
    return Step(
        kind=kind,
        at=at,
        purpose=tuple(Purpose)[random.below(len(Purpose))],
        watched=tuple(
            (at - number, TITLE_IDS[random.below(len(TITLE_IDS))])
            for number in range(1 + random.below(3))
        ),
        entity_id=TITLE_IDS[random.below(len(TITLE_IDS))],
    )


class Worker:
    """Does steps on one box."""

    def __init__(self, box: AgentBox) -> None:
        self._box = box
        self._agent = box.open()
        self._actions: Mapping[StepKind, Callable[[Agent, Step], Done]] = {
            "record": _record,
            "grant": _grant,
            "withdraw": _withdraw,
            "forget": _forget,
            "housekeeping": _housekeeping,
            "recommend": _recommend,
            "close_week": _close_week,
            "send": _send,
            "update": self._update,
            "rotate": self._rotate,
            "rekey": _rekey,
            "erase_history": _erase_history,
            "erase_all": self._erase_all,
        }

    def do(self, step: Step) -> Done:
        """Do one step at its time."""
        self._box.clock.set(step.at)
        try:
            return self._actions[step.kind](self._agent, step)
        except (ConsentRequired, NoModel):
            return Done(step=step, refused=True)

    def _update(self, agent: Agent, step: Step) -> Done:
        self._box.update(agent)
        return Done(step=step)

    def _rotate(self, agent: Agent, step: Step) -> Done:
        del agent
        rotate(self._box.directory, self._box.config)
        return Done(step=step)

    def _erase_all(self, agent: Agent, step: Step) -> Done:
        agent.close()
        provider = configured_provider(self._box.directory, self._box.config)
        erase_box(self._box.directory, provider=provider, now=step.at)
        self._agent = self._box.open()
        return Done(step=step)


def _record(agent: Agent, step: Step) -> Done:
    agent.record_watch(
        [
            WatchEvent(entity_id=entity_id, watched_on=at, profile=step.profile)
            for at, entity_id in step.watched
        ]
    )
    return Done(step=step)


def _grant(agent: Agent, step: Step) -> Done:
    agent.grant(step.purpose or Purpose.HISTORY, profile=step.profile)
    return Done(step=step)


def _withdraw(agent: Agent, step: Step) -> Done:
    agent.withdraw(step.purpose or Purpose.HISTORY, profile=step.profile)
    return Done(step=step)


def _forget(agent: Agent, step: Step) -> Done:
    agent.title_marks.forget(step.entity_id, profile=step.profile)
    return Done(step=step)


def _housekeeping(agent: Agent, step: Step) -> Done:
    agent.housekeeping()
    return Done(step=step)


def _recommend(agent: Agent, step: Step) -> Done:
    agent.recommend(profile=step.profile)
    return Done(step=step)


def _close_week(agent: Agent, step: Step) -> Done:
    closing = agent.close_week()
    if closing.outcome != "drawn":
        return Done(step=step)
    latest = agent.disclosures()[-1]
    return Done(step=step, drawn=(latest.week, sha256_hex(latest.body)))


def _send(agent: Agent, step: Step) -> Done:
    sendings = agent.send_reports()
    accepted = tuple(item.report_id for item in sendings if item.outcome == "accepted")
    return Done(step=step, accepted=accepted)


def _rekey(agent: Agent, step: Step) -> Done:
    agent._home.rekey()
    return Done(step=step)


def _erase_history(agent: Agent, step: Step) -> Done:
    agent.erasure.erase_history()
    return Done(step=step)


def _tell(line: Announced | Done) -> None:
    os.write(sys.stdout.fileno(), msgspec.json.encode(line) + b"\n")


def main() -> None:
    """Work without end."""
    home, sent, at, seed = sys.argv[1:]
    random = SeededRandomSource(f"work {seed}")
    box = box_at(Path(home), at=int(at), seed=seed, sent=Path(sent))
    os.write(sys.stdout.fileno(), b"\n")  # imports are done, the home is about to be opened
    worker = Worker(box)
    while True:
        step = next_step(random, box.clock.now())
        _tell(Announced(step=step))
        _tell(worker.do(step))


if __name__ == "__main__":
    main()
