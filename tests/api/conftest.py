"""A service in a thread, over a real box with a fake clock."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.running import Running, ServiceThread


@pytest.fixture
def services(tmp_path: Path) -> Iterator[ServiceThread]:
    threads = ServiceThread(tmp_path)
    yield threads
    threads.stop()


@pytest.fixture
def running(services: ServiceThread) -> Running:
    return services.start()
