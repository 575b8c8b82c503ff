from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from server_stub.page.figures import PageFigures
from tests.server_stub.page.given_page import Visitor, made_figures, visited


@pytest.fixture(scope="session")
def figures(tmp_path_factory: pytest.TempPathFactory) -> PageFigures:
    return made_figures(tmp_path_factory.mktemp("figures"))


@pytest.fixture
def visitor(tmp_path: Path, figures: PageFigures) -> Iterator[Visitor]:
    """Someone who has not logged in."""
    with visited(tmp_path, figures) as found:
        yield found


@pytest.fixture
def operator(visitor: Visitor) -> Visitor:
    visitor.enter()
    return visitor
