from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server_stub.loopback import Stub, running_stub


@pytest.fixture
def stub(tmp_path: Path) -> Iterator[Stub]:
    with running_stub(tmp_path) as running:
        yield running
