"""A dashboard in front of a real service of a real box with a fake clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edgeagent.consent import Purpose
from edgeagent.messages import WatchEvent
from edgeagent.testing.publication import TITLE_IDS
from tests.api.running import Running, ServiceThread
from tests.dashboard.advertising import advertise
from tests.dashboard.browsing import axe, chromium
from tests.dashboard.serving import Serving


@pytest.fixture
def services(tmp_path: Path) -> Iterator[ServiceThread]:
    threads = ServiceThread(tmp_path)
    yield threads
    threads.stop()


@pytest.fixture
def running(services: ServiceThread) -> Running:
    return services.start()


@pytest.fixture
def serve() -> Iterator[Callable[[Running], Serving]]:
    started: list[Serving] = []

    def start(running: Running, language: str = "en") -> Serving:
        started.append(Serving(running.socket, running.box.clock, language=language))
        return started[-1]

    yield start
    for serving in started:
        serving.stop()


@pytest.fixture
def serving(running: Running, serve: Callable[[Running], Serving]) -> Serving:
    """A dashboard that a user has opened; the box is new."""
    dashboard = serve(running)
    dashboard.enter()
    return dashboard


def furnish(running: Running) -> None:
    """Fill the box with a life: a model, consent, viewings, picks and one report."""
    box = running.box
    with running.line() as manager:
        manager.result("EdgeAgent.updateModel")
        for purpose in (Purpose.HISTORY, Purpose.PERSONALIZATION, Purpose.REPORTING):
            manager.result("EdgeAgent.grant", {"purpose": purpose})
        with box.open() as agent:
            after = box.end_of_reporting_week(agent)
            box.clock.set(after - 100_000)
            watch(running, *TITLE_IDS[:15])
            box.clock.set(after)
            assert agent.close_week().outcome == "drawn"
        manager.result("EdgeAgent.recommend", {"limit": 5})


def watch(running: Running, *entity_ids: str) -> None:
    now = running.box.clock.now()
    with running.box.open() as agent:
        agent.record_watch(
            [
                WatchEvent(entity_id=entity_id, watched_on=now - 60 * number, completed=True)
                for number, entity_id in enumerate(entity_ids)
            ]
        )


@pytest.fixture
def furnished(running: Running, serving: Serving) -> Serving:
    furnish(running)
    serving.enter()
    return serving


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One for all tests of a file: it takes a second to start."""
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def checker(tmp_path_factory: pytest.TempPathFactory) -> str:
    return axe(tmp_path_factory.mktemp("axe"))


@pytest.fixture
def living(running: Running, serve: Callable[[Running], Serving]) -> Serving:
    """A box in use: everything furnished, two profiles, something left out and something hidden."""
    furnish(running)
    serving = serve(running)
    serving.enter()
    serving.post("/title/exclude", id=TITLE_IDS[1])
    serving.post("/profiles/create", name="Ada", kind="adult")
    advertise(running, "aimed", "plain", "third")
    serving.post("/promos/hide", what="creative", name="third")
    return serving
