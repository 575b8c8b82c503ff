from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edgeagent.testing.box import Box


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    opened = Box(tmp_path / "home")
    yield opened
    opened.close()
