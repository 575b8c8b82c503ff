"""Attacks on whole boxes: power cuts in the booking, servers that cheat, old images, traffic."""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import pairwise
from math import log, prod
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter_ns
from types import FrameType
from typing import Any

from edgeagent.agent import Agent
from edgeagent.clock import WEEK_SECONDS, quarter_of, week_of, week_start
from edgeagent.errors import LedgerBroken
from edgeagent.messages import ReportTask, decode_report
from edgeagent.messages.task import PERMITTED_CATEGORIES
from edgeagent.network.transport import HttpTransport
from edgeagent.privacy.randomizers import randomizer_for
from edgeagent.privacy.values import BoundedCounts
from edgeagent.services.models.installation import InstallationStore
from edgeagent.testing.agent_box import AgentBox
from edgeagent.testing.randomness import SeededRandomSource
from edgeagent.testing.scorer import TableScorer
from edgeagent.testing.transport import ScriptedTransport
from tests.audit.attacks import second_report
from tests.audit.boxes import live_a_cycle, living_box
from tests.audit.loss import TASKS, SeededSource
from tests.audit.part import Effort, Result
from tests.network.hostile import Seen, read_request, serving

_TRACED = (
    "edgeagent/store/",
    "edgeagent/services/reports/close_week.py",
    "edgeagent/services/reports/uploader.py",
)


def crashes(effort: Effort) -> Result:
    """Cut the power between every two statements of booking and sending, and start again."""
    with living_box(segment=3, random=SeededRandomSource("crash")) as (box, agent):
        live_a_cycle(box, agent, 0, watching=True)
        with TemporaryDirectory(prefix="audit-images-") as directory:
            camera = _Camera(box.directory, Path(directory))
            with camera.running():
                agent.close_week()
            (entry,) = agent._home.ledger.outbox()
            box.clock.set(entry.next_attempt_at)
            with camera.running():
                agent.send_reports()
            effort.say(f"{camera.statements} statements, {len(camera.images)} different states")
            outcomes = [
                _after_the_crash(box, image, number) for number, image in enumerate(camera.images)
            ]
    body = entry.body
    wrong = [f"image {number}: {fault}" for number, (_, fault) in enumerate(outcomes) if fault]
    redrawn = sum(sent != body for sent, _ in outcomes)
    return Result(
        name="crashes",
        wrong=tuple(wrong),
        figures={
            "statements": camera.statements,
            "states": len(camera.images),
            "drawn_after_the_crash": redrawn,
            "same_bytes_as_before": len(outcomes) - redrawn,
        },
        summary=f"{camera.statements} power cuts, {len(outcomes)} different states: each ends with "
        f"one debit and one report; {len(outcomes) - redrawn} had booked, and send those bytes",
    )


class _Camera:
    """Copies a home before every line of the store, reporter and uploader that runs."""

    def __init__(self, home: Path, album: Path) -> None:
        self._home = home
        self._album = album
        self._digests: set[bytes] = set()
        self.images: list[Path] = []
        self.statements = 0

    @contextmanager
    def running(self) -> Iterator[None]:
        before = sys.gettrace()
        sys.settrace(self._enter)
        try:
            yield
        finally:
            sys.settrace(before)
            self._shoot()

    def _enter(self, frame: FrameType, event: str, argument: object) -> Callable[..., Any] | None:
        del event, argument
        return self._line if any(part in frame.f_code.co_filename for part in _TRACED) else None

    def _line(self, frame: FrameType, event: str, argument: object) -> Callable[..., Any]:
        del frame, argument
        if event == "line":
            self.statements += 1
            self._shoot()
        return self._line

    def _shoot(self) -> None:
        # The -shm file is memory that a power cut empties.
        files = [path for path in sorted(self._home.glob("*")) if path.is_file()]
        kept = {path.name: path.read_bytes() for path in files if not path.name.endswith("-shm")}
        digest = hashlib.sha256()
        for name, data in kept.items():
            digest.update(name.encode() + hashlib.sha256(data).digest())
        if digest.digest() in self._digests:
            return
        self._digests.add(digest.digest())
        image = self._album / str(len(self.images))
        image.mkdir()
        for name, data in kept.items():
            (image / name).touch(mode=0o600)
            (image / name).write_bytes(data)
        self.images.append(image)


def _after_the_crash(box: AgentBox, image: Path, number: int) -> tuple[bytes, str]:
    """Start a box from an image, with other randomness; return its report, and a fault or ""."""
    shutil.copytree(box.directory / "models", image / "models")
    transport = ScriptedTransport()
    restarted = AgentBox(
        directory=image,
        runtime_directory=box.runtime_directory,
        clock=box.clock,
        scorer=TableScorer(segment=3),
        transport=transport,
        random=SeededRandomSource(f"after crash {number}"),
    )
    with restarted.open() as agent:
        agent.close_week()
        agent.close_week()
        for entry in agent._home.ledger.outbox():
            box.clock.set(entry.next_attempt_at)
            agent.send_reports()
        debits, disclosures = agent._home.ledger.debits(), agent.disclosures()
    if (len(debits), len(disclosures)) != (1, 1):
        return b"", f"{len(debits)} debits, {len(disclosures)} reports"
    if set(transport.bodies) - {disclosures[0].body}:
        return b"", "other bytes were sent than are in the log"
    if disclosures[0].outcome != "accepted":
        return b"", "the report was booked and never sent"
    return disclosures[0].body, ""


def cheating_server(effort: Effort) -> Result:
    """A year in which the server publishes a new task every day and manipulates the time."""
    with living_box(segment=3, random=SeededRandomSource("cheat")) as (box, agent):
        live_a_cycle(box, agent, 0, watching=True)
        first = week_of(box.clock.now()) - 1
        agent.close_week()
        tries = 0
        for day in range(52 * 7 + 6):
            box.clock.set(week_start(first + 1) + 3600 + day * WEEK_SECONDS // 7)
            for cheat in _CHEATS:
                cheat(box, agent, day)
                agent.close_week()
                agent.send_reports()
                tries += 1
        ledger = agent._home.ledger
        debits = [debit for debit in ledger.debits() if debit.week < first + 52]
        gaps = [later.week - earlier.week for earlier, later in pairwise(debits)]
    effort.say(f"{tries} tries")
    spent = prod((debit.odds for debit in debits), start=Fraction(1))
    wrong = []
    if spent > 81 or len(debits) > 4:
        wrong.append(f"{len(debits)} reports in 52 weeks cost e^epsilon = {spent}")
    if any(gap < 13 for gap in gaps):
        wrong.append(f"reports {gaps} weeks apart")
    return Result(
        name="cheating_server",
        wrong=tuple(wrong),
        figures={
            "tries": tries,
            "reports_in_52_weeks": len(debits),
            "weeks_apart": gaps,
            "odds": str(spent),
            "epsilon": log(spent),
        },
        summary=f"{tries} closings under other epochs, categories, weeks and clocks: "
        f"{len(debits)} reports in 52 weeks, {gaps} weeks apart, ε {log(spent):.2f}",
    )


def _ask(agent: Agent, box: AgentBox, **changes: object) -> None:
    store = InstallationStore(agent._home.ledger, box.directory / "models")
    installation = store.load()
    asked = installation.task
    if asked is not None:
        fields = {name: getattr(asked, name) for name in asked.__struct_fields__}
        changed = ReportTask(**(fields | changes))
        store.change(lambda now: now.with_task(changed))


def _other_epoch(box: AgentBox, agent: Agent, day: int) -> None:
    """The present quarter's, which is the right one, and its neighbours."""
    _ask(agent, box, epoch=quarter_of(week_of(box.clock.now()) - 1) + day % 3 - 1)


def _other_categories(box: AgentBox, agent: Agent, day: int) -> None:
    _ask(agent, box, categories=PERMITTED_CATEGORIES[day % 4], mechanism="discrete_laplace")


def _other_weeks(box: AgentBox, agent: Agent, day: int) -> None:
    """Put the first week that counts before, into and after the present quarter."""
    first_week = week_of(box.clock.now()) + day % 27 - 13
    _ask(agent, box, first_week=first_week, categories=33, mechanism="subset_selection")


def _back_in_time(box: AgentBox, agent: Agent, day: int) -> None:
    """The box's clock is set back, as by a time server; the next day sets it right."""
    del agent
    box.clock.advance(-(day % 60) * WEEK_SECONDS)


_CHEATS = (_other_epoch, _other_categories, _other_weeks, _back_in_time)


def old_image(effort: Effort) -> Result:
    """Put old files back: the whole state cannot be noticed, anything less is."""
    with living_box(segment=3, random=SeededRandomSource("image")) as (box, agent):
        live_a_cycle(box, agent, 0, watching=True)
        agent._home.ledger.check()
        agent.close()
        with TemporaryDirectory(prefix="audit-old-") as directory:
            old = Path(directory) / "old"
            shutil.copytree(box.directory, old)
            first = _draw_from(box, "first life")
            noticed = _restored(box, old, only="ledger.db*")
            shutil.rmtree(box.directory)
            shutil.copytree(old, box.directory)
            second = _draw_from(box, "second life")
    week = {decode_report(body).week for body in (first, second) if body}
    wrong = []
    if not noticed:
        wrong.append("an old ledger under a new anchor was taken for whole")
    if first == second or len(week) != 1:
        wrong.append("the restored image did not draw the same week again: is it noticed now?")
    figures = dict(second_report(effort))
    return Result(
        name="old_image",
        wrong=tuple(wrong),
        figures={"ledger_alone_noticed": noticed, "reports_on_one_week": 2, **figures},
        summary="an old ledger alone is noticed; the whole state put back draws its week again: "
        f"e^ε {figures['odds_of_two']:.0f} for that week, a segment guessed in "
        f"{figures['guessed_from_two']:.0%}, not {figures['guessed_from_one']:.0%} (documented)",
    )


def _draw_from(box: AgentBox, seed: str) -> bytes:
    box.random = SeededRandomSource(seed)
    with box.open() as agent:
        agent.close_week()
        return agent.disclosures()[-1].body


def _restored(box: AgentBox, old: Path, *, only: str) -> bool:
    """Put some files of an old image back into a home, and say whether it is noticed."""
    for path in box.directory.glob(only):
        path.unlink()
    for path in old.glob(only):
        shutil.copy2(path, box.directory / path.name)
    with box.open() as agent:
        closing = agent.close_week()
        try:
            agent._home.ledger.check()
        except LedgerBroken:
            return closing.outcome == "silent"
    return False


def traffic(effort: Effort) -> Result:
    """Compare what can be seen of a report without reading it: bytes, headers, draws, duration."""
    number = 40 if effort.full else 10
    lengths, heads = set(), set()
    for segment in (None, 3, 5):
        with living_box(segment=segment or 0, random=SeededRandomSource(f"{segment}")) as (
            box,
            agent,
        ):
            for cycle in range(number // 5):
                live_a_cycle(box, agent, cycle, watching=segment is not None)
                agent.close_week()
            bodies = [item.body for item in agent.disclosures()]
        for body in bodies:
            with serving(_count_it) as seen:
                HttpTransport(f"http://127.0.0.1:{seen.port}").post(body)
            head = bytes(seen.data).partition(b"\r\n\r\n")[0]
            heads.add(head.replace(str(seen.port).encode(), b"PORT"))
            lengths.add(len(seen.data) - len(head))
    draws = {_draws_of(category) for category in range(TASKS[0].categories)}
    durations = _durations(2000 if effort.full else 300)
    wrong = []
    if len(lengths) != 1 or len(heads) != 1:
        wrong.append(f"{len(heads)} different heads, bodies of {sorted(lengths)} bytes")
    if len(draws) != 1:
        wrong.append(f"{len(draws)} different sequences of draws")
    return Result(
        name="traffic",
        wrong=tuple(wrong),
        figures={
            "heads": len(heads),
            "lengths": sorted(lengths),
            "draw_sequences": len(draws),
            "slowest_over_fastest_category": durations,
        },
        summary=f"one head, one length, one sequence of draws for all {TASKS[0].categories} "
        f"categories; medians of their durations differ by {durations - 1:.1%} at most",
    )


def _count_it(seen: Seen, connection: Any) -> None:  # noqa: ANN401  (a socket)
    read_request(seen, connection)
    connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")


class _Bounds:
    """Zeros; remembers which draws were asked for."""

    def __init__(self) -> None:
        self.bounds: list[int] = []

    def below(self, bound: int) -> int:
        self.bounds.append(bound)
        return 0


def _draws_of(category: int) -> tuple[int, ...]:
    source = _Bounds()
    randomizer = randomizer_for(TASKS[0])
    randomizer.privatize(BoundedCounts.single(category, categories=TASKS[0].categories), source)
    return tuple(source.bounds)


def _durations(rounds: int) -> float:
    """Return the slowest category's median duration over the fastest's, all taken in turn."""
    randomizer, source = randomizer_for(TASKS[0]), SeededSource("duration")
    size = TASKS[0].categories
    taken: list[list[int]] = [[] for _ in range(size)]
    for _ in range(rounds):
        for category in range(size):
            bounded = BoundedCounts.single(category, categories=size)
            started = perf_counter_ns()
            randomizer.privatize(bounded, source)
            taken[category].append(perf_counter_ns() - started)
    medians = [median(durations) for durations in taken]
    return max(medians) / min(medians)
