"""Figures of a made audience, and a server with the page in front of them."""

from __future__ import annotations

import asyncio
import http.client
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

import numpy as np

from edgeagent.clock import quarter_of, week_start
from edgeagent.privacy.batches import draw_reports, totals_of
from edgeagent.privacy.estimation import Totals
from edgeagent.privacy.randomizers import randomizer_for
from edgeagent.testing.clock import FakeClock
from edgeagent.testing.randomness import SeededRandomSource
from server_stub.aggregation.aggregator import WindowSums
from server_stub.demo.audience import shares_of
from server_stub.demo.repository_files import write_repository
from server_stub.distribution.published_tasks import published_tasks
from server_stub.ingest.metrics import Metrics
from server_stub.page.access import PageAccess
from server_stub.page.app import COOKIE, OperatorPage
from server_stub.page.compute import compute
from server_stub.page.figures import PageFigures
from server_stub.page.health import health_of
from server_stub.page.keeper import FigureKeeper
from tests.server_stub.aggregation.given_sums import GivenSums
from tests.server_stub.loopback import Answer, Stub, running_stub

LAST_WEEK = 2969
NOW = week_start(LAST_WEEK + 1) + 100_000
WEEKS = range(LAST_WEEK - 15, LAST_WEEK + 1)
FEW_WEEKS = WEEKS[-5:]
"""All of the newest quarter."""
TOKEN = "an operator's token of some length"  # noqa: S105  (of a made server)
HALF_WIDTH = 0.05
SENSITIVE = (30, 31)


def made_repository(directory: Path, weeks: Sequence[int] = WEEKS) -> Path:
    if not directory.exists():
        directory.mkdir(parents=True)
        write_repository(directory, weeks, now=NOW, seed=1)
    return directory


def made_sums(
    repository: Path,
    *,
    weeks: Sequence[int] = WEEKS,
    reports: int = 20_000,
    changed: Mapping[int, WindowSums] | None = None,
) -> GivenSums:
    """Draw every week's reports; ``changed`` replaces single weeks."""
    tasks = {task.epoch: task for task in published_tasks(repository)}
    sums: dict[str, tuple[WindowSums, ...]] = {}
    for week, shares in zip(weeks, shares_of(weeks), strict=True):
        task, generator = tasks[quarter_of(week)], np.random.default_rng(week)
        sessions = generator.choice(len(shares), size=reports, p=shares)
        totals = totals_of(draw_reports(randomizer_for(task), sessions, generator))
        window = WindowSums(week=week, totals=totals, final=week < LAST_WEEK - 12)
        window = (changed or {}).get(week, window)
        sums[task.name] = (*sums.get(task.name, ()), window)
    return GivenSums(sums=sums)


def made_figures(directory: Path, *, reports: int = 20_000) -> PageFigures:
    repository = made_repository(directory / "made")
    sums = made_sums(repository, reports=reports)
    return compute(sums, repository, now=NOW, half_width=HALF_WIDTH)


def totals_for(sessions: Sequence[int], *, repository: Path, seed: int = 1) -> Totals:
    """Draw the reports of boxes that watched these categories."""
    task = published_tasks(repository)[-1]
    generator = np.random.default_rng(seed)
    return totals_of(draw_reports(randomizer_for(task), np.array(sessions), generator))


@dataclass(kw_only=True)
class Visitor:
    """A browser without a window, and without scripts."""

    stub: Stub
    clock: FakeClock
    cookie: str = ""

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.stub.port}"

    def get(self, path: str) -> Answer:
        return self.stub.ask("GET", path, headers=self._cookies())

    def post(self, path: str, *, origin: str | None = None, **fields: str) -> Answer:
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": self.origin if origin is None else origin,
        }
        body = urlencode(fields).encode()
        return self.stub.ask("POST", path, body=body, headers=headers | self._cookies())

    def enter(self) -> None:
        answer = self.post("/page/login", token=TOKEN)
        assert answer.status == http.client.SEE_OTHER, answer.body
        self.cookie = answer.headers["set-cookie"].split(";")[0].partition("=")[2]

    def read(self, path: str) -> str:
        answer = self.get(path)
        assert answer.status == http.client.OK, answer.body
        return answer.body.decode()

    def _cookies(self) -> dict[str, str]:
        return {"Cookie": f"{COOKIE}={self.cookie}"} if self.cookie else {}


@contextmanager
def visited(
    directory: Path, figures: PageFigures, *, patience_seconds: float = 10.0, works: bool = True
) -> Iterator[Visitor]:
    """Serve the page with given figures, or with some that never come."""

    async def work() -> PageFigures:
        if not works:
            await asyncio.Event().wait()
        return figures

    clock = FakeClock(NOW)
    repository = made_repository(directory / "made")
    metrics = Metrics(repository=repository, store=directory / "reports.db", waiting=lambda: 0)
    page = OperatorPage(
        access=PageAccess(TOKEN.encode(), clock=clock, random=SeededRandomSource("page")),
        keeper=FigureKeeper(work, clock=clock, patience_seconds=patience_seconds),
        health=partial(health_of, metrics.registry, lambda: ""),
        task=published_tasks(repository)[-1],
        clock=clock,
    )
    with running_stub(
        directory, metrics=metrics, chores=page.keeper.run, more_routes=[page.routes()]
    ) as stub:
        yield Visitor(stub=stub, clock=clock)
