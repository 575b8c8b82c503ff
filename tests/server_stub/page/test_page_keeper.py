from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest

from edgeagent.testing.clock import FakeClock
from server_stub.aggregation.sqlite_aggregator import SqliteAggregator
from server_stub.ingest.store import ReportStore
from server_stub.page.__main__ import main
from server_stub.page.compute import compute
from server_stub.page.figures import PageFigures
from server_stub.page.keeper import (
    AGAIN_SECONDS,
    FRESH_SECONDS,
    CannotCompute,
    FigureKeeper,
    in_another_process,
)
from tests.server_stub.page.given_page import HALF_WIDTH, NOW, made_repository


class Worker:
    """Hands out numbered figures, when it is let."""

    def __init__(self, figures: PageFigures) -> None:
        self.figures = figures
        self.done = 0
        self.fails = False
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()
        self.finished = asyncio.Event()

    async def __call__(self) -> PageFigures:
        await self.may_go_on.wait()
        self.done += 1
        self.finished.set()
        if self.fails:
            raise CannotCompute("the store is damaged")
        return msgspec.structs.replace(self.figures, made_at=self.done)


async def settle(worker: Worker) -> None:
    """Wait until figures that are in work are there."""
    await worker.finished.wait()
    worker.finished.clear()


def run(keeper: FigureKeeper, worker: Worker, clock: FakeClock) -> None:
    async def life() -> None:
        worker.may_go_on.clear()
        running = asyncio.create_task(keeper.run())
        assert await keeper.latest() is None  # the first are still in work
        worker.may_go_on.set()
        await settle(worker)
        first = await keeper.latest()
        assert first is not None
        assert first.made_at == 1
        clock.stand(FRESH_SECONDS - 1)
        assert await keeper.latest() is first
        await asyncio.wait([running], timeout=0.05)  # time to begin, were it wanted
        assert worker.done == 1
        clock.stand(1)
        assert await keeper.latest() is first  # older ones, while newer are in work
        await settle(worker)
        second = await keeper.latest()
        assert second is not None
        assert second.made_at == 2
        worker.fails = True
        clock.stand(FRESH_SECONDS)
        assert await keeper.latest() is second
        await settle(worker)
        assert await keeper.latest() is second
        assert keeper.trouble == "the store is damaged"
        assert worker.done == 3  # it is not tried again at every look
        worker.fails = False
        clock.stand(AGAIN_SECONDS)
        await keeper.latest()
        await settle(worker)
        assert keeper.trouble == ""
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running

    asyncio.run(life())


def test_figures_are_worked_out_when_someone_looks_and_not_too_often(figures: PageFigures) -> None:
    clock, worker = FakeClock(NOW), Worker(figures)
    run(FigureKeeper(worker, clock=clock, patience_seconds=0.05), worker, clock)


def test_a_first_failure_is_told_at_once(figures: PageFigures) -> None:
    async def life() -> None:
        worker = Worker(figures)
        worker.fails = True
        keeper = FigureKeeper(worker, clock=FakeClock(NOW))
        running = asyncio.create_task(keeper.run())
        assert await keeper.latest() is None
        assert keeper.trouble == "the store is damaged"
        running.cancel()

    asyncio.run(life())


@pytest.fixture
def store(tmp_path: Path) -> Path:
    ReportStore(tmp_path / "reports.db").close()
    return tmp_path / "reports.db"


def test_another_process_says_what_this_one_would(tmp_path: Path, store: Path) -> None:
    repository = made_repository(tmp_path / "made")
    work = in_another_process(
        ["--store", str(store)], repository, clock=FakeClock(NOW), half_width=HALF_WIDTH
    )

    async def once() -> PageFigures:
        return await work()

    expected = compute(SqliteAggregator(store), repository, now=NOW, half_width=HALF_WIDTH)
    assert asyncio.run(once()) == expected


def test_what_another_process_complains_of_is_passed_on(tmp_path: Path) -> None:
    repository = made_repository(tmp_path / "made")
    missing = tmp_path / "missing.db"
    work = in_another_process(
        ["--store", str(missing)], repository, clock=FakeClock(NOW), half_width=HALF_WIDTH
    )

    async def once() -> PageFigures:
        return await work()

    with pytest.raises(CannotCompute, match=r"missing\.db: no such file"):
        asyncio.run(once())


def test_a_process_that_is_not_wanted_any_more_is_ended(tmp_path: Path, store: Path) -> None:
    repository = made_repository(tmp_path / "made")
    work = in_another_process(
        ["--store", str(store)], repository, clock=FakeClock(NOW), half_width=HALF_WIDTH
    )

    async def cut_short() -> None:
        running = asyncio.ensure_future(work())
        await asyncio.wait([running], timeout=0.1)  # long enough to start it, not to end
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(cut_short())


def test_a_process_that_hangs_is_ended_and_said(tmp_path: Path, store: Path) -> None:
    async def life() -> None:
        clock = FakeClock(NOW)
        work = in_another_process(
            *(["--store", str(store)], tmp_path),
            clock=clock,
            half_width=HALF_WIDTH,
            limit_seconds=0,
        )
        keeper = FigureKeeper(work, clock=clock)
        running = asyncio.create_task(keeper.run())
        assert await keeper.latest() is None
        assert keeper.trouble == "not done after 0 seconds, and ended"
        running.cancel()

    asyncio.run(life())


def test_the_program_prints_figures(
    tmp_path: Path, store: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    arguments = [
        *("--store", str(store), "--repository", str(made_repository(tmp_path / "made"))),
        *("--at", "2026-12-01T00:00:00Z", "--half-width", "0.05"),
    ]
    assert main(arguments) == 0
    sys.stdout.flush()
    assert msgspec.json.decode(capfdbinary.readouterr().out, type=PageFigures).quarters == ()
    assert main([*arguments[:2], "--repository", str(tmp_path), *arguments[4:]]) != 0
    assert b"no target tasks/report.json" in capfdbinary.readouterr().err
