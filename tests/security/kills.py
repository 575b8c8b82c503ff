"""``kill -9`` at random moments of mixed work: nothing acknowledged is lost, nothing is done twice.

One home lives through many kills. After each it is opened again and compared with what had been
acknowledged; the one step that was under way may have happened or not, wholly or not at all.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import msgspec

from edgeagent.agent import Agent
from edgeagent.clock import week_start
from edgeagent.errors import EdgeAgentError
from edgeagent.messages import sha256_hex
from edgeagent.testing.randomness import SeededRandomSource
from tests.security.plain_box import PlainBox, Step, held_by
from tests.security.work import Announced, Done, box_at

__all__ = ["KillFigures", "run_kills", "said_until_killed"]

_BEGIN = week_start(2924)
_MOST_LINES = 160
_MOST_TURNS = 60_000
_YEAR_WEEKS = 52
_SPACING_WEEKS = 13  # written out again: a check does not ask what it checks
_MOST_IN_A_REPORT = Fraction(3)
_MOST_IN_A_YEAR = 4  # 3 ** 4 = 81
_BODY_BYTES = 512


@dataclass(kw_only=True)
class KillFigures:
    """What the kills came to."""

    kills: int = 0
    steps: int = 0
    """Acknowledged steps of every kind."""
    events: int = 0
    """Viewings found again, summed over all openings."""
    consents: int = 0
    reports: int = 0
    sent: int = 0
    """Reports that were handed to the transport, each try counted."""
    redone: int = 0
    """How often the step under way turned out to have happened."""
    losses: list[str] = field(default_factory=list)
    double_reports: list[str] = field(default_factory=list)
    budget_errors: list[str] = field(default_factory=list)

    @property
    def failures(self) -> list[str]:
        """Everything that must not happen."""
        return self.losses + self.double_reports + self.budget_errors


@dataclass(kw_only=True)
class _Known:
    """What has been acknowledged so far."""

    at: int = _BEGIN
    box: PlainBox = field(default_factory=PlainBox)
    drawn: dict[int, str] = field(default_factory=dict)
    """SHA-256 of the report of each week, of the ledger there is now."""
    accepted: set[str] = field(default_factory=set)
    bodies: set[str] = field(default_factory=set)
    """SHA-256 of every report that was ever drawn, in whichever ledger."""
    earlier_weeks: list[int] = field(default_factory=list)
    """Weeks of reports in ledgers that have been erased."""

    def forget_reports(self) -> None:
        """Begin a new ledger."""
        self.earlier_weeks += self.drawn
        self.drawn = {}
        self.accepted = set()


def run_kills(directory: Path, *, kills: int, seed: str) -> Iterator[KillFigures]:
    """Kill a worker on the home in ``directory`` again and again; yields after each kill."""
    random = SeededRandomSource(f"kills {seed}")
    figures = KillFigures()
    known = _Known()
    sent = directory / "sent"
    sent.touch()
    for number in range(kills):
        name = f"{seed} {number}"
        lines = said_until_killed(
            directory / "home",
            sent,
            at=known.at,
            seed=name,
            lines=random.below(_MOST_LINES),
            turns=random.below(_MOST_TURNS),
        )
        figures.kills += 1
        pending = _take_in(lines, known, figures)
        _compare(directory, known, pending, figures, name)
        yield figures


def said_until_killed(
    home: Path, sent: Path, *, at: int, seed: str, lines: int, turns: int = 0
) -> list[Announced | Done]:
    """Start a worker on a home, kill it, and return everything it said.

    Args:
        home: where it works.
        sent: gets what its transport is handed.
        at: when the work begins, seconds UTC.
        seed: which work.
        lines: after how many lines it is killed; 0: before it has opened the home.
        turns: how long to wait after that, in turns of an empty loop.

    """
    arguments = [str(home), str(sent), str(at), seed]
    with subprocess.Popen(
        [sys.executable, "-m", "tests.security.work", *arguments],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    ) as process:
        if process.stdout is None:
            message = "no pipe"
            raise OSError(message)
        said = [process.stdout.readline() for _ in range(1 + lines)]
        for _ in range(turns):  # a millisecond or two: into the middle of something
            pass
        process.kill()
        said += process.stdout.readlines()
    if process.returncode != -signal.SIGKILL:
        message = f"the worker ended by itself with {process.returncode}"
        raise OSError(message)
    return [
        msgspec.json.decode(line, type=Announced | Done) for line in said[1:] if line[-1:] == b"\n"
    ]


def _take_in(lines: list[Announced | Done], known: _Known, figures: KillFigures) -> Step | None:
    """Apply what was acknowledged; return the step that was under way."""
    pending: Step | None = None
    for told in lines:
        known.at = told.step.at
        if isinstance(told, Announced):
            pending = told.step
            continue
        pending = None
        figures.steps += 1
        known.box = known.box.after(told.step)
        known.accepted.update(told.accepted)
        if told.drawn is not None:
            known.drawn[told.drawn[0]] = told.drawn[1]
            known.bodies.add(told.drawn[1])
        if told.step.kind == "erase_all":
            known.forget_reports()
    return pending


def _compare(
    directory: Path, known: _Known, pending: Step | None, figures: KillFigures, name: str
) -> None:
    box = box_at(directory / "home", at=known.at, seed=f"{name} opened", sent=directory / "sent")
    try:
        with box.open() as agent:
            agent.home.ledger.check()
            if (
                pending is not None
                and pending.kind == "erase_all"
                and agent.home.ledger.genesis.created_at >= pending.at
            ):
                known.forget_reports()
            _compare_rows(agent, known, pending, figures)
            _compare_reports(agent, known, pending, figures)
            _compare_sent(known, directory / "sent", figures)
    except EdgeAgentError as error:
        figures.losses.append(f"{name}: after {pending}: {error}")


def _compare_rows(agent: Agent, known: _Known, pending: Step | None, figures: KillFigures) -> None:
    found = held_by(agent)
    figures.events += len(found.watched)
    figures.consents += len(found.decisions)
    if found != known.box:
        if pending is None or found != known.box.after(pending):
            figures.losses.append(f"after {pending}: {_difference(found, known.box)}")
        else:
            figures.redone += 1
    known.box = found


def _difference(found: PlainBox, expected: PlainBox) -> str:
    return (
        f"viewings missing {sorted(expected.watched - found.watched)[:3]}, "
        f"not expected {sorted(found.watched - expected.watched)[:3]}; decisions "
        f"{len(found.decisions)} instead of {len(expected.decisions)}"
    )


def _compare_reports(
    agent: Agent, known: _Known, pending: Step | None, figures: KillFigures
) -> None:
    ledger = agent.home.ledger
    disclosures = ledger.disclosures()
    figures.reports += len(disclosures)
    found = {item.week: sha256_hex(item.body) for item in disclosures}
    lost = {week for week, body in known.drawn.items() if found.get(week) != body}
    if lost:
        figures.losses.append(f"reports of weeks {sorted(lost)} are gone or changed")
    more = found.keys() - known.drawn.keys()
    if len(more) > (pending is not None and pending.kind == "close_week"):
        figures.losses.append(f"reports of weeks {sorted(more)} that nobody drew")
    known.drawn = found
    known.bodies.update(found.values())
    waiting = {entry.report_id for entry in ledger.outbox()}
    settled = {item.report_id for item in disclosures if item.outcome is not None}
    if waiting & settled or waiting | settled != {item.report_id for item in disclosures}:
        figures.losses.append("a report neither waits nor is settled, or both")
    accepted = {item.report_id for item in disclosures if item.outcome == "accepted"}
    if not known.accepted <= accepted:
        figures.losses.append("an acknowledged delivery is gone")
    if [debit.week for debit in ledger.debits()] != sorted(item.week for item in disclosures):
        figures.budget_errors.append("debits and reports are not of the same weeks")
    if any(item.odds > _MOST_IN_A_REPORT for item in disclosures):
        figures.budget_errors.append("a report costs more than 3")
    _check_weeks([*known.earlier_weeks, *(item.week for item in disclosures)], figures)


def _check_weeks(drawn: list[int], figures: KillFigures) -> None:
    weeks = sorted(drawn)
    if len(set(weeks)) != len(weeks):
        figures.double_reports.append(f"a week was drawn twice: {weeks}")
    if any(0 < later - earlier < _SPACING_WEEKS for earlier, later in pairwise(weeks)):
        figures.budget_errors.append(f"reports less than 13 weeks apart: {weeks}")
    for first in weeks:
        if sum(first <= week < first + _YEAR_WEEKS for week in weeks) > _MOST_IN_A_YEAR:
            figures.budget_errors.append(f"more than 4 reports in the 52 weeks from {first}")


def _compare_sent(known: _Known, sent: Path, figures: KillFigures) -> None:
    """Everything that left was booked first, and each week left as one and the same bytes."""
    whole = [line for line in sent.read_bytes().splitlines() if len(line) == _BODY_BYTES]
    figures.sent = len(whole)
    if any(sha256_hex(body) not in known.bodies for body in whole):
        figures.budget_errors.append("a report left that was never booked")
    weeks = [msgspec.json.decode(body)["week"] for body in set(whole)]
    if len(set(weeks)) != len(weeks):
        figures.double_reports.append(f"two reports of one week left: {sorted(weeks)}")
