from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server_stub.distribution.publishing_office import PublishingOffice

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  (a directory of its own is made there)


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """Return a directory in memory where there is one.

    Every file of a publication is synced, and four fifths of the time of these tests were syncs.
    """
    there = os.access(SHARED_MEMORY, os.W_OK)
    with tempfile.TemporaryDirectory(
        prefix="distribution-", dir=SHARED_MEMORY if there else None
    ) as name:
        yield Path(name).resolve()


@pytest.fixture
def office(tmp_path: Path) -> PublishingOffice:
    return PublishingOffice(tmp_path)
