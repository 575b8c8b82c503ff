"""Every report is a bit of its own in the sums, so that they say which were counted, and how often.

Category c of report 10 c + b has 2ᵇ, all others 0. Where one counts twice, it carries, and the sums
have fewer bits than there were reports.
"""

from __future__ import annotations

import asyncio
import random
import shutil
from collections.abc import MutableMapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from edgeagent.clock import HOUR_SECONDS, WEEK_SECONDS, week_start
from edgeagent.messages import Report, encode_report
from edgeagent.testing.clock import FakeClock
from server_stub.aggregation.sqlite_aggregator import SqliteAggregator
from server_stub.ingest.admission import Admission
from server_stub.ingest.endpoint import ReportEndpoint
from server_stub.ingest.group_commit import Ingest
from server_stub.ingest.store import Acceptance, ReportStore
from server_stub.ingest.windows import close_windows
from tests.server_stub.loopback import WEEK, make_report, make_task

pytestmark = pytest.mark.deep

CATEGORIES, BITS = 33, 9
TASK = make_task(mechanism="discrete_laplace", categories=CATEGORIES)
WEEKS = (WEEK, WEEK + 1)
SCOPE = {
    "type": "http",
    "headers": [(b"content-type", b"application/json"), (b"content-length", b"512")],
}
DEATHS = ("before the batch", "before COMMIT", "after COMMIT")


class Killed(Exception):
    """The process ended here."""


class MortalStore(ReportStore):
    """Ends at a commit when it is told where."""

    death = ""

    def add(self, reports: Sequence[Report]) -> list[Acceptance]:
        if self.death == "before the batch":
            raise Killed
        answers = super().add(reports)
        if self.death == "after COMMIT":
            raise Killed
        return answers

    def _add_all(self, reports: Sequence[Report]) -> list[Acceptance]:
        answers = super()._add_all(reports)
        if self.death == "before COMMIT":
            raise Killed
        return answers


def bit_reports(week: int) -> list[Report]:
    return [
        make_report(
            number=1 + bit + 1000 * week,
            task=TASK.name,
            week=week,
            counts=tuple(2 ** (bit % BITS) * (bit // BITS == c) for c in range(CATEGORIES)),
        )
        for bit in range(CATEGORIES * BITS)
    ]


@dataclass(kw_only=True)
class World:
    """Boxes that send until they are told that they need not, and a server that keeps dying."""

    chance: random.Random
    directory: Path
    clock: FakeClock = field(default_factory=lambda: FakeClock(week_start(WEEK)))
    lives: int = 0
    acknowledged: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    answers: list[int] = field(default_factory=list)

    @property
    def path(self) -> Path:
        return self.directory / str(self.lives) / "r.db"

    def begin_life(self) -> None:
        """Go on with the files as the last life left them, its write-ahead log included."""
        before = self.path
        self.lives += 1
        self.path.parent.mkdir()
        for end in ("", "-wal"):
            if (left := before.with_name(before.name + end)).exists():
                shutil.copy(left, self.path.with_name(left.name))

    def live(self, sending: Sequence[Report], *, death: str) -> None:
        before = self.path
        with closing(MortalStore(before)) as store:
            store.death = death
            asyncio.run(self._send(store, sending))
            self.begin_life()  # before the old connection closes, which would tidy up

    async def _send(self, store: ReportStore, sending: Sequence[Report]) -> None:
        admission = Admission([TASK], clock=self.clock, grace_weeks=1)
        ingest = Ingest(store)
        endpoint = ReportEndpoint(admission, ingest, answered=lambda _status, _week: None)
        ingest.start()
        await asyncio.gather(*(self._send_one(endpoint, report) for report in sending))
        await ingest.stop()

    async def _send_one(self, endpoint: ReportEndpoint, report: Report) -> None:
        statuses: list[int] = []

        async def receive() -> MutableMapping[str, Any]:
            return {"type": "http.request", "body": encode_report(report), "more_body": False}

        async def send(message: MutableMapping[str, Any]) -> None:
            statuses.extend([message["status"]] if "status" in message else [])

        with suppress(Killed):
            await endpoint(SCOPE, receive, send)
        self.answers += statuses
        if statuses == [204]:
            self.acknowledged.add(report.report_id)
        elif statuses == [410]:
            self.refused.add(report.report_id)

    def close(self, *, death: int) -> None:
        steps = iter(range(death))

        def die(_name: str) -> None:
            if next(steps, None) is None:
                raise Killed

        with suppress(Killed):
            ahead = FakeClock(self.clock.now() + self.chance.randrange(48) * HOUR_SECONDS)
            close_windows(self.path, clock=ahead, grace_weeks=1, step=die)
        self.begin_life()


def check(world: World, reports: Sequence[Report]) -> None:
    for week in WEEKS:
        totals = SqliteAggregator(world.path).totals(TASK, weeks=[week])
        assert sum(total.bit_count() for total in totals.counts) == totals.reports
        counted = {
            report.report_id
            for report in reports
            if report.week == week
            and all(
                total & one == one for total, one in zip(totals.counts, report.counts, strict=True)
            )
        }
        assert len(counted) == totals.reports
        sent = {report.report_id for report in reports if report.week == week}
        assert world.acknowledged & sent <= counted


@pytest.mark.parametrize("seed", range(3))
def test_whatever_ends_the_server_no_report_is_lost_or_counts_twice(
    tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311  (a simulation)
    world = World(chance=chance, directory=tmp_path)
    reports = [report for week in WEEKS for report in bit_reports(week)]
    world.path.parent.mkdir()
    while world.clock.now() < week_start(WEEKS[-1] + 1) + 2 * WEEK_SECONDS:
        begun = [r for r in reports if week_start(r.week) < world.clock.now()]
        unanswered = [r for r in begun if r.report_id not in world.acknowledged | world.refused]
        sending = chance.sample(unanswered, min(len(unanswered), chance.randrange(120)))
        sending += chance.sample(begun, min(len(begun), 9))  # the network says it again, years late
        sending += sending[: chance.randrange(9)]  # and twice at once
        chance.shuffle(sending)
        world.live(sending, death=chance.choice(("", "", *DEATHS)))
        if chance.random() < 0.4:
            world.close(death=chance.choice((0, 1, 2, 3, 4, 99)))
        check(world, reports)
        world.clock.advance(chance.randrange(24) * HOUR_SECONDS)
    world.live([], death="")
    world.close(death=99)
    check(world, reports)
    assert {204, 410, 425} <= set(world.answers)
    assert len(world.acknowledged) > len(reports) // 3
    assert SqliteAggregator(world.path).closed_weeks(TASK) == WEEKS
