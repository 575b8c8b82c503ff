"""Requests of a job begin on a grid, whatever lies between them."""

from __future__ import annotations

import pytest

from edgeagent.network.fetcher import HttpFetcher
from edgeagent.network.pace import AtOnce, Grid
from edgeagent.network.transport import HttpTransport
from edgeagent.testing.clock import FakeClock
from tests.network.hostile import serving
from tests.network.test_network_fetcher import WATCHFUL, answering

ROOT = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nroot")


def moments(*busy_seconds: float, starts_at: float = 90.0) -> list[float]:
    """Begin requests from moment 100 on, with so much work before each."""
    clock = FakeClock(0, boot_seconds=starts_at)
    pace = Grid(100.0, clock=clock, sleep=lambda seconds: clock.stand(seconds / 2 + 1e-6))
    begun = []
    for seconds in busy_seconds:
        clock.stand(seconds)
        pace.wait()
        begun.append(clock.boot_seconds())
    return begun


@pytest.mark.parametrize("busy", [(0.0, 0.0, 0.0), (9.9, 1.9, 0.4), (3.0, 0.1, 1.99)])
def test_how_busy_the_box_is_does_not_show(busy: tuple[float, ...]) -> None:
    assert moments(*busy) == pytest.approx([100.0, 102.0, 104.0], abs=1e-5)


def test_whoever_is_late_takes_the_next_moment_of_the_grid() -> None:
    assert moments(0.0, 3.0, 0.0) == pytest.approx([100.0, 104.0, 106.0], abs=1e-5)
    assert moments(0.0, 0.0, starts_at=200.5) == pytest.approx([202.0, 204.0], abs=1e-5)


class Counted(AtOnce):
    """Counts who asks."""

    def __init__(self) -> None:
        self.asked = 0

    def wait(self) -> None:
        self.asked += 1
        raise TimeoutError("not before its moment")


def test_no_name_is_looked_up_and_no_connection_made_before_the_moment() -> None:
    pace = Counted()
    with serving(ROOT) as seen:
        url = f"http://127.0.0.1:{seen.port}"
        with pytest.raises(TimeoutError, match="not before"):
            next(HttpFetcher(WATCHFUL, pace=pace)._fetch(f"{url}/metadata/1.root.json"))
        with pytest.raises(TimeoutError, match="not before"):
            HttpTransport(url, pace=pace).post(b"{}".ljust(512))
        assert not seen.data
    assert pace.asked == 2
