from __future__ import annotations

import pytest

from model_export.log import WatchLog
from model_export.synthetic import synthetic_panel


@pytest.fixture(scope="session")
def panel() -> WatchLog:
    """400 households for a year, 1,500 titles: under a second."""
    return synthetic_panel(7, households=400)
