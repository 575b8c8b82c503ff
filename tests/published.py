"""A published model, a running server, and a box that uses both, for every room's tests.

Trainer, TUF and ONNX Runtime are imported by the fixture that needs them: most rooms do not.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.once import made_once

if TYPE_CHECKING:
    from tests.publishing import Household, Publisher


@pytest.fixture(scope="session")
def first_publication(tmp_path_factory: pytest.TempPathFactory) -> Publisher:
    """What every test of the run shares; see ``publisher`` for one that may be changed."""
    from tests.publishing import first_publication  # noqa: PLC0415  (heavy)

    return made_once(tmp_path_factory, "published", first_publication)


@pytest.fixture
def publisher(first_publication: Publisher, tmp_path: Path) -> Publisher:
    """A copy that a test may republish or damage."""
    copy = tmp_path / "published"
    shutil.copytree(first_publication.repository.parent, copy)
    return replace(first_publication, repository=copy / "repository", keys=copy / "keys")


@pytest.fixture
def server_url(publisher: Publisher, tmp_path: Path) -> Iterator[str]:
    from edgeagent.clock import WEEK_SECONDS  # noqa: PLC0415  (with what follows)
    from edgeagent.simulator.plan import START  # noqa: PLC0415  (heavy)
    from edgeagent.simulator.server_process import running_server  # noqa: PLC0415  (heavy)

    far = START + 60 * WEEK_SECONDS
    with running_server(
        publisher.repository, tmp_path / "reports.db", now=far, grace_weeks=70
    ) as url:
        yield url


@pytest.fixture
def household(publisher: Publisher, server_url: str, tmp_path: Path) -> Iterator[Household]:
    from tests.publishing import Household  # noqa: PLC0415  (heavy)

    living = Household.started(publisher, server_url, tmp_path / "home")
    yield living
    living.agent.close()
