"""Damage to any file of a home: an error, or the truth, never a silent wrong answer.

The home attacked is what ``kill -9`` leaves of mixed work: part in the databases, part in the
write-ahead logs. The one thing that may be lost without a word is the tail of the history's log
where it was cut between two commits; the ledger's tail is anchored. Model and golden files are not
attacked here: nothing reads them but the scorer, which compares their hash whenever it does.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from edgeagent.agent import Agent
from edgeagent.consent import Purpose
from edgeagent.errors import ConsentRequired, EdgeAgentError, LedgerBroken
from edgeagent.randomness import RandomSource
from edgeagent.store import Disclosure
from edgeagent.testing.agent_box import AgentBox
from edgeagent.testing.publication import TITLE_IDS
from edgeagent.testing.randomness import SeededRandomSource
from tests.security.kills import said_until_killed
from tests.security.plain_box import Decision, PlainBox, Watched, held_by
from tests.security.work import Announced, Done, box_at

__all__ = ["DAMAGES", "Damage", "DamageFigures", "Victim", "make_victim", "run_damages"]

PAGE = 4096
_NOT_ATTACKED = (".onnx", ".golden", "lock")  # see above; the lock has no content
_LINES = 700
_LEAST_REPORTS = 2
_LEAST_WATCHED = 10
_TRIES = 40

Damage = Callable[[bytes, RandomSource], bytes]


def flip(data: bytes, random: RandomSource) -> bytes:
    """Flip one bit."""
    position = random.below(len(data))
    flipped = bytes([data[position] ^ (1 << random.below(8))])
    return data[:position] + flipped + data[position + 1 :]


def truncate(data: bytes, random: RandomSource) -> bytes:
    """Cut the end off, anywhere."""
    return data[: random.below(len(data))]


def swap_pages(data: bytes, random: RandomSource) -> bytes:
    """Exchange two pages."""
    pages = [data[start : start + PAGE] for start in range(0, len(data), PAGE)]
    first, second = random.below(len(pages)), random.below(len(pages))
    pages[first], pages[second] = pages[second], pages[first]
    return b"".join(pages)


def repeat_page(data: bytes, random: RandomSource) -> bytes:
    """Put the first page over another one."""
    start = PAGE * random.below(-(-len(data) // PAGE))
    return data[:start] + data[:PAGE] + data[start + PAGE :]


DAMAGES: tuple[Damage, ...] = (flip, flip, flip, truncate, swap_pages, repeat_page)
"""Half of all attacks flip a bit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Victim:
    """A home and what is true of it."""

    directory: Path
    at: int
    watched: frozenset[Watched]
    decisions: tuple[Decision, ...]
    disclosures: tuple[Disclosure, ...]
    earlier: frozenset[frozenset[Watched]]
    """Every state the history was ever in, the present one included."""


@dataclass(kw_only=True)
class DamageFigures:
    """What the attacks came to."""

    attacks: int = 0
    noticed: int = 0
    """Something said so when the box was opened, or asked."""
    without_effect: int = 0
    """Every answer was the truth."""
    lost_tails: int = 0
    """The end of the history's write-ahead log was cut off whole: known, and harmless."""
    by_file: dict[str, int] = field(default_factory=dict)
    wrong_answers: list[str] = field(default_factory=list)


def make_victim(directory: Path, *, seed: str) -> Victim:
    """Work on a home, kill the work, and learn what is true of what it left.

    Args:
        directory: empty; the home is ``directory/home``.
        seed: which work.

    """
    for number in range(_TRIES):
        name = f"victim {seed} {number}"
        attempt = directory / str(number)
        attempt.mkdir(parents=True)
        victim = _worked_on(attempt, name)
        if len(victim.disclosures) >= _LEAST_REPORTS and len(victim.watched) >= _LEAST_WATCHED:
            return victim
    message = "no work that leaves enough to attack"
    raise ValueError(message)


def run_damages(
    victim: Victim, directory: Path, *, attacks: int, seed: str, figures: DamageFigures
) -> Iterator[None]:
    """Damage copies of a victim, one file each.

    Args:
        victim: left as it is.
        directory: for the copies.
        attacks: how many.
        seed: which.
        figures: are added to; up to date after each attack, which is when this yields.

    """
    random = SeededRandomSource(f"damages {seed}")
    names = _attackable(victim.directory)
    for _ in range(attacks):
        damage = DAMAGES[random.below(len(DAMAGES))]
        name = names[random.below(len(names))]
        attacked = directory / "attacked"
        shutil.copytree(victim.directory, attacked)
        path = attacked / name
        path.write_bytes(damage(path.read_bytes(), random))
        what = f"{damage.__name__} of {name}"
        figures.attacks += 1
        figures.by_file[name] = figures.by_file.get(name, 0) + 1
        _judge(victim, attacked, what, figures)
        shutil.rmtree(directory / "attacked")
        yield


def _worked_on(directory: Path, name: str) -> Victim:
    home, sent = directory / "home", directory / "sent"
    told = said_until_killed(home, sent, at=1_768_176_000, seed=name, lines=_LINES)
    states, box, pending = {PlainBox().watched}, PlainBox(), None
    for line in told:
        pending = line.step if isinstance(line, Announced) else None
        if isinstance(line, Done):
            box = box.after(line.step)
            states.add(box.watched)
    if pending is not None:
        states.add(box.after(pending).watched)
    at = told[-1].step.at
    shutil.copytree(home, directory / "opened")
    with _box(directory / "opened", at).open() as agent:
        truth = held_by(agent)
        return Victim(
            directory=home,
            at=at,
            watched=truth.watched,
            decisions=truth.decisions,
            disclosures=agent.disclosures(),
            earlier=frozenset(states),
        )


def _attackable(directory: Path) -> list[str]:
    return sorted(
        str(path.relative_to(directory))
        for path in directory.rglob("*")
        if path.is_file() and path.stat().st_size and not path.name.endswith(_NOT_ATTACKED)
    )


def _box(home: Path, at: int) -> AgentBox:
    return box_at(home, at=at, seed="attacked", sent=home.parent / "sent by the attacked")


def _judge(victim: Victim, attacked: Path, what: str, figures: DamageFigures) -> None:
    box = _box(attacked, victim.at)
    try:
        agent = box.open()
    except EdgeAgentError as error:
        figures.noticed += 1
        if not error.hint:
            figures.wrong_answers.append(f"{what}: no way out is named: {error}")
        return
    with agent:
        noticed = _judge_ledger(victim, agent, what, figures)
        noticed |= bool(agent._home.ledger.store_problems())
        noticed |= _judge_catalogue(agent)
        tail_lost = False
        try:
            watched = held_by(agent).watched
        except EdgeAgentError:
            noticed = True
        else:
            tail_lost = watched != victim.watched
            if tail_lost and (watched not in victim.earlier or "history.db-" not in what):
                figures.wrong_answers.append(f"{what}: the history is one that never was")
    figures.noticed += noticed
    figures.lost_tails += tail_lost and not noticed
    figures.without_effect += not (noticed or tail_lost)


def _judge_ledger(victim: Victim, agent: Agent, what: str, figures: DamageFigures) -> bool:
    """Return whether the ledger's damage was noticed; a broken one grants and sends nothing."""
    try:
        agent._home.ledger.check()
    except LedgerBroken:
        if _grants_or_sends(agent):
            figures.wrong_answers.append(f"{what}: a broken ledger grants or sends")
        return True
    except EdgeAgentError:
        return True
    try:
        found = held_by_ledger(agent)
    except EdgeAgentError:
        return True  # a page that the chain does not need, such as one of an index
    if found != (victim.decisions, victim.disclosures):
        figures.wrong_answers.append(f"{what}: decisions or reports are not the true ones")
    return False


def held_by_ledger(agent: Agent) -> tuple[tuple[Decision, ...], tuple[Disclosure, ...]]:
    """Return decisions and disclosures without looking at the history."""
    decisions = tuple(
        (record.profile, str(record.purpose), record.event, record.at)
        for record in agent._home.ledger.consents()
    )
    return decisions, agent.disclosures()


def _grants_or_sends(agent: Agent) -> bool:
    for purpose in Purpose:
        try:
            agent.gate.grant(purpose, profile="main")
        except (LedgerBroken, ConsentRequired):
            continue
        return True
    return bool(agent.send_reports()) or agent.close_week().outcome == "drawn"


def _judge_catalogue(agent: Agent) -> bool:
    try:
        return agent.titles.find(TITLE_IDS[0]) is None
    except EdgeAgentError:
        return True
