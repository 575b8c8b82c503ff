"""Boxes that are shown a signed repository."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from edgeagent.testing.agent_box import AgentBox
from tests.services.models.shown import Shop, ShownBox


@pytest.fixture
def make_shown(tmp_path: Path) -> Iterator[Callable[[str], ShownBox]]:
    with ExitStack() as opened:

        def make(name: str) -> ShownBox:
            box = AgentBox(directory=tmp_path / name, runtime_directory=tmp_path / f"{name}-run")
            return ShownBox(box, opened.enter_context(box.open()), seed=name)

        yield make


@pytest.fixture
def shown_box(make_shown: Callable[[str], ShownBox]) -> ShownBox:
    return make_shown("box")


@pytest.fixture
def shop(shown_box: ShownBox) -> Shop:
    return Shop(shown_box.box.clock.now())
