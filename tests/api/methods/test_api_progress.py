"""How far something was watched, as apps tell it: a fraction, seconds, or a hair more than all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.methods.test_api_firebolt import viewings
from tests.api.running import Client, Running


@pytest.fixture
def manager(running: Running) -> Iterator[Client]:
    with running.line() as client:
        yield client


@pytest.fixture
def app(running: Running) -> Iterator[Client]:
    with running.websocket() as client:
        yield client


@pytest.mark.parametrize(
    ("progress", "fraction", "seconds"),
    [
        (1, 1.0, None),
        (1.0000001, 1.0, None),
        (1.05, 1.0, None),
        (1.5, None, 1),
        (2, None, 2),
        (95, None, 95),
    ],
)
def test_a_fraction_a_hair_above_1_is_the_end_and_not_a_second(
    app: Client, manager: Client, progress: float, fraction: float | None, seconds: int | None
) -> None:
    manager.result("EdgeAgent.grant", {"purpose": "history"})
    app.result("Discovery.watched", {"entityId": "f:1", "progress": progress})
    (viewing,) = viewings(manager)
    assert (viewing["progressFraction"], viewing["progressSeconds"]) == (fraction, seconds)


def test_playback_that_overshoots_its_end_is_at_its_end(app: Client, manager: Client) -> None:
    manager.result("EdgeAgent.grant", {"purpose": "history"})
    for progress in (0.9, 1.0003):
        app.result("Metrics.mediaProgress", {"entityId": "f:1", "progress": progress})
    app.result("Metrics.mediaPause", {"entityId": "f:1"})
    assert viewings(manager)[0]["progressFraction"] == 1.0
