from __future__ import annotations

from pathlib import Path

import pytest

from tests.server_stub.distribution.publishing_office import PublishingOffice


@pytest.fixture
def office(tmp_path: Path) -> PublishingOffice:
    return PublishingOffice(tmp_path)
