"""The state machine: a box under a hostile server, bad lines, restarts and a clock that goes back.

Whatever happens, at the wire: no byte of a week leaves before its budget is booked, what leaves is
what the disclosure log holds, and a week has one report whatever is asked again.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from math import prod
from typing import Any

import msgspec

from edgeagent.agent import Agent
from edgeagent.clock import WEEK_SECONDS
from edgeagent.errors import NetworkError
from edgeagent.messages import Report, ReportTask, decode_report, encode_report
from edgeagent.messages.task import PERMITTED_CATEGORIES
from edgeagent.network.transport import Response
from edgeagent.privacy.subset_selection import SubsetSelection
from edgeagent.privacy.values import BoundedCounts
from edgeagent.services.models.installation import InstallationStore
from edgeagent.store import LedgerStore
from edgeagent.testing.agent_box import AgentBox
from edgeagent.testing.randomness import SeededRandomSource
from tests.audit.boxes import live_a_cycle, living_box

_TRIES = 4
_YEAR = Fraction(81)


class Wire:
    """Where bytes leave the box; judges each against the ledger at that moment."""

    def __init__(self, seed: str) -> None:
        self.ledger: LedgerStore | None = None
        self.wrong: set[str] = set()
        self.posts = 0
        self._bodies: dict[int, bytes] = {}
        self._random = SeededRandomSource(seed)

    def post(self, body: bytes, *, wanted: Callable[[], bool] = lambda: True) -> Response:
        if self.ledger is None or not wanted():
            raise NetworkError("not connected", hint="this is an audit")
        self.posts += 1
        week = decode_report(body).week
        if week not in {debit.week for debit in self.ledger.debits()}:
            self.wrong.add("bytes left before their budget was booked")
        if body not in {disclosure.body for disclosure in self.ledger.disclosures()}:
            self.wrong.add("bytes left that the disclosure log does not hold")
        if self._bodies.setdefault(week, body) != body:
            self.wrong.add("two different reports of one week left")
        match self._random.below(3):
            case 0:
                raise NetworkError("no answer", hint="this is an audit")
            case 1:
                return Response(status=503)
            case _:
                return Response(status=204)


Mutation = Callable[[Agent, Wire], None]


def life(*, seed: str, cycles: int, mutation: Mutation | None = None) -> tuple[set[str], int]:
    """Live, and return what was wrong and how many posts there were."""
    wire = Wire(f"{seed} wire")
    random = SeededRandomSource(f"{seed} box")
    mischief = SeededRandomSource(f"{seed} mischief")
    with living_box(segment=3, random=random, transport=wire) as (box, agent):
        wire.ledger = agent._home.ledger
        if mutation is not None:
            mutation(agent, wire)
        for cycle in range(cycles):
            live_a_cycle(box, agent, cycle, watching=mischief.below(2) == 0)
            agent.close_week()
            _ask_again(agent, cycle)
            agent.close_week()
            box.clock.advance(-mischief.below(3 * WEEK_SECONDS))
            agent.close_week()
            _send_for_a_while(box, agent)
            agent.close_week()
        ledger = wire.ledger
        weeks = [debit.week for debit in ledger.debits()]
        if len(weeks) != len(set(weeks)) or len(weeks) != cycles:
            wire.wrong.add(f"{cycles} weeks have {len(weeks)} debits")
        if any(
            prod(debit.odds for debit in ledger.debits() if last - 52 < debit.week <= last) > _YEAR
            for last in weeks
        ):
            wire.wrong.add("52 weeks cost more than e^epsilon = 81")
    return wire.wrong, wire.posts


def _ask_again(agent: Agent, cycle: int) -> None:
    """The server publishes another task for the same week: of other mechanism and size."""
    installations = InstallationStore(agent._home.ledger, agent._home.directory / "models")
    task = installations.load().task
    if task is not None:
        changed = msgspec.structs.replace(
            task,
            categories=PERMITTED_CATEGORIES[cycle % 4],
            mechanism=("discrete_laplace", "subset_selection")[cycle % 2],
        )
        installations.change(lambda now: now.with_task(changed))


def _send_for_a_while(box: AgentBox, agent: Agent) -> None:
    for _ in range(_TRIES):
        for entry in agent._home.ledger.outbox():
            box.clock.set(max(entry.next_attempt_at, box.clock.now()))
        agent.send_reports()


class _Instead:
    """Another object, some of whose methods are replaced."""

    def __init__(self, inner: Any, **replaced: Any) -> None:  # noqa: ANN401  (stands for anything)
        self._inner = inner
        self.__dict__.update(replaced)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  (the same)
        return getattr(self._inner, name)


def _replace_ledger(agent: Agent, **replaced: Any) -> None:
    home = agent._home
    home._ledger = _Instead(home.ledger, **replaced)  # type: ignore[assignment]


def redrawn_on_retry(agent: Agent, wire: Wire) -> None:
    """What is sent again has fresh noise."""
    real = agent._home.ledger
    fresh = SeededRandomSource("redrawn")

    def outbox() -> Any:  # noqa: ANN401  (rows of the outbox)
        return tuple(
            entry if entry.attempts == 0 else _Instead(entry, body=_redrawn(entry.body, fresh))
            for entry in real.outbox()
        )

    del wire
    _replace_ledger(agent, outbox=outbox)


def _redrawn(body: bytes, fresh: SeededRandomSource) -> bytes:
    report = decode_report(body)
    categories = len(report.counts)
    mechanism = SubsetSelection(categories, Fraction(3))
    session = BoundedCounts.single(0, categories=categories)
    return _with_counts(report, mechanism.privatize(session, fresh).counts)


def _with_counts(report: Report, counts: tuple[int, ...]) -> bytes:
    return encode_report(msgspec.structs.replace(report, counts=counts))


def sent_otherwise_than_logged(agent: Agent, wire: Wire) -> None:
    """What leaves is the same at every try, and not what the household is shown."""
    real = agent._home.ledger

    def outbox() -> Any:  # noqa: ANN401  (rows of the outbox)
        return tuple(_Instead(entry, body=_turned(entry.body)) for entry in real.outbox())

    del wire
    _replace_ledger(agent, outbox=outbox)


def _turned(body: bytes) -> bytes:
    report = decode_report(body)
    return _with_counts(report, (*report.counts[1:], report.counts[0]))


def booked_after_sending(agent: Agent, wire: Wire) -> None:
    """The report is tried first and booked when that is over."""
    real = agent._home.ledger

    def book(**row: Any) -> bool:
        with suppress(NetworkError):
            wire.post(row["body"])
        return real.book(**row)

    _replace_ledger(agent, book=book)


def drawn_again_for_a_new_task(agent: Agent, wire: Wire) -> None:
    """A week counts as closed for the task it was drawn for only; the ledger is gone around."""
    real = agent._home.ledger
    installations = InstallationStore(real, agent._home.directory / "models")

    def task() -> ReportTask | None:
        return installations.load().task

    def reopened() -> set[int]:
        asked = task()
        return {one.week for one in real.disclosures() if asked is None or one.task != asked.name}

    def closed_weeks() -> frozenset[int]:
        return real.closed_weeks() - reopened()

    def debits() -> tuple[Any, ...]:
        return ()

    def book(**row: Any) -> bool:
        if row["week"] not in real.closed_weeks():
            return real.book(**row)
        with suppress(NetworkError):
            wire.post(row["body"])
        return True

    def mark_missed(week: int, **row: Any) -> None:
        if week not in real.closed_weeks():
            real.mark_missed(week, **row)

    _replace_ledger(
        agent, closed_weeks=closed_weeks, debits=debits, book=book, mark_missed=mark_missed
    )


STATE_MUTATIONS: tuple[Mutation, ...] = (
    redrawn_on_retry,
    sent_otherwise_than_logged,
    booked_after_sending,
    drawn_again_for_a_new_task,
)
