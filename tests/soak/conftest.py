"""What the lives of these tests share."""

from __future__ import annotations

import pytest

from tests.soak.server import Trained


@pytest.fixture(scope="session")
def trained() -> Trained:
    return Trained.small()
