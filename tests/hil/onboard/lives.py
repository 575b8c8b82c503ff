"""``python -m tests.hil.onboard.lives LIFE``: compare a home with what is known of it, then work.

For a power cut: the comparison is printed on one line, then each step is announced before it is
begun and acknowledged when it has returned, as ``tests.security.work`` does, until the power goes.
What was said last may not have been heard; so which steps follow can be foretold from the seed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from edgeagent.agent import Agent
from edgeagent.errors import EdgeAgentError
from edgeagent.messages import sha256_hex
from edgeagent.messages.codec import Message
from edgeagent.testing.randomness import SeededRandomSource
from tests.security.comparison import Comparison, KillFigures, Known
from tests.security.plain_box import Step, StepKind
from tests.security.work import MIXED, Announced, Done, Worker, box_at, next_step

__all__ = ["Found", "Life", "steps_of"]


class Life(Message, frozen=True, kw_only=True):
    """One life of the home in ``directory/home``, between two losses of power."""

    directory: str
    seed: str
    focus: tuple[StepKind, ...]
    """Kinds of steps that make up half of the work."""
    known: Known
    pending: tuple[Step, ...]
    """What may have been done, in this order, after all that is known."""
    figures: KillFigures
    works: bool = True
    """Whether work follows the comparison."""


class Found(Message, frozen=True, kw_only=True, tag="found"):
    """What came of the comparison."""

    known: Known
    figures: KillFigures


def steps_of(life: Life, *, at: int) -> Iterator[Step]:
    """Return the steps of a life that goes on at a moment, without end."""
    weights = _focused(life.focus)
    random = SeededRandomSource(f"work {life.seed}")
    while True:
        step = next_step(random, at, weights=weights)
        yield step
        at = step.at


def compare(life: Life) -> Found:
    """Open the home and compare it with what is known of it."""
    directory, known, figures = Path(life.directory), life.known, life.figures
    sent = directory / "sent"
    sent.touch()
    if any(step.kind == "erase_all" for step in life.pending):
        # What an erased ledger had booked cannot be told any more.
        known.bodies |= {sha256_hex(line) for line in sent.read_bytes().split(b"\n")}
    doing = life.pending[0].kind if life.pending else "nothing"
    box = box_at(directory / "home", at=known.at, seed=f"{life.seed} opened", sent=sent)
    try:
        with box.open() as agent:
            Comparison(figures, known=known, pending=life.pending).compare(agent, sent=sent)
            figures.losses += _broken(agent)
            known.at = max(known.at, 1 + _latest(agent))
    except EdgeAgentError as error:
        figures.losses.append(f"it does not open (under way: {doing}): {error}")
    return Found(known=known, figures=figures)


def _broken(agent: Agent) -> list[str]:
    databases = (agent._home.ledger._database, agent._home.history._database)
    return [line for database in databases for line in database.integrity_errors()]


def _latest(agent: Agent) -> int:
    """Return the latest moment that is written down in a home."""
    history, ledger = agent._home.history, agent._home.ledger
    return max(
        ledger.genesis.created_at,
        agent.installation().time.last_seen,
        *(record.at for record in ledger.consents()),
        *(item.drawn_at for item in agent.disclosures()),
        *(
            kept.viewing.watched_on
            for profile in history.profiles()
            for kept in history.kept(profile.name)
        ),
    )


def _focused(focus: tuple[StepKind, ...]) -> Mapping[StepKind, int]:
    """Return weights under which the kinds in focus are half of the work."""
    others = sum(weight for kind, weight in MIXED.items() if kind not in focus)
    return {
        kind: others if kind in focus else weight * len(focus) for kind, weight in MIXED.items()
    }


def _tell(line: Found | Announced | Done) -> None:
    os.write(sys.stdout.fileno(), msgspec.json.encode(line) + b"\n")


def main() -> None:
    """Compare, and work without end."""
    life = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Life)
    found = compare(life)
    _tell(found)
    if not life.works or found.figures.failures:
        return
    directory, at = Path(life.directory), found.known.at
    (directory / "pid").write_text(str(os.getpid()), "utf-8")
    worker = Worker(box_at(directory / "home", at=at, seed=life.seed, sent=directory / "sent"))
    for step in steps_of(life, at=at):
        _tell(Announced(step=step))
        _tell(worker.do(step))


if __name__ == "__main__":
    main()
