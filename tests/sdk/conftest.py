"""One service and one installation of the SDKs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.running import Running, ServiceThread
from tests.sdk.installed import node_modules


@pytest.fixture(scope="session")
def sdks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return node_modules(tmp_path_factory.mktemp("sdk"))


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    services = ServiceThread(tmp_path)
    yield services.start()
    services.stop()
