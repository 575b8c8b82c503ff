"""The target that ``--lg-env`` names, with edgeagent on it; without one, everything here skips."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edgeagent.clock import DAY_SECONDS, WEEK_SECONDS, SystemClock
from tests.hil.board import Board, tar_of
from tests.hil.office import Office
from tests.hil.onboard.week import asked_quarter
from tests.hil.wheels import build_wheel
from tests.publishing import LIFETIME_DAYS, Publisher

Figures = dict[str, object]

_HOW = "no target: pip install -e '.[hil]', then pytest tests/hil --lg-env tests/hil/local.yaml"
_PUBLISHED_WEEKS_AGO = 32


def pytest_configure(config: pytest.Config) -> None:
    """Know labgrid's mark where labgrid is not installed, too."""
    config.addinivalue_line("markers", "lg_feature(features): what a target must have")
    if config.getoption("--lg-env", default=None):
        # labgrid leaves its ssh processes to the end of the session.
        config.addinivalue_line("filterwarnings", "ignore::ResourceWarning")


@pytest.fixture(scope="session")
def figures() -> Iterator[Figures]:
    """What was measured, for the result that ``tests.hil.rehearse`` draws up."""
    found: Figures = {}
    yield found
    if path := os.environ.get("LG_HIL_FIGURES"):
        Path(path).write_bytes(msgspec.json.encode(found))


@pytest.fixture(scope="session")
def environment(request: pytest.FixtureRequest) -> Any:  # noqa: ANN401  (labgrid has no types)
    """The labgrid environment, or a skip."""
    if not request.config.getoption("--lg-env", default=None):
        pytest.skip(_HOW)
    return request.getfixturevalue("env")


@pytest.fixture(scope="session")
def option(environment: Any) -> dict[str, str]:  # noqa: ANN401  (labgrid has no types)
    """The options of the environment file."""
    return dict(environment.config.data.get("options", {}))


@pytest.fixture(scope="session")
def wheel(option: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our wheel: the one that LG_HIL_WHEEL names, else built from this tree."""
    del option  # without a target nothing is built
    if path := os.environ.get("LG_HIL_WHEEL"):
        return Path(path)
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def board(environment: Any, option: dict[str, str], wheel: Path) -> Iterator[Board]:  # noqa: ANN401
    """The target, with our wheel installed."""
    target = environment.get_target()
    shell = target.get_driver("CommandProtocol")
    (place,) = shell.run_check(f"mktemp -d {option.get('place', '/tmp')}/edgeagent-XXXXXX")  # noqa: S108
    board = Board(shell=shell, files=target.get_driver("FileTransferProtocol"), place=place)
    board.install(wheel, with_pip=option.get("dependencies") == "pip")
    yield board
    board.check(f"rm -rf {place}")


@pytest.fixture(scope="session")
def publication(
    board: Board, first_publication: Publisher, tmp_path_factory: pytest.TempPathFactory
) -> Publisher:
    """A model that was published half a year ago, and is still vouched for."""
    del board  # without a target nothing is trained
    directory = tmp_path_factory.mktemp("office")
    ours = Publisher(
        repository=directory / "repository",
        keys=directory / "keys",
        artefacts=first_publication.artefacts,
        log=first_publication.log,
    )
    today = SystemClock().now()
    now = today - _PUBLISHED_WEEKS_AGO * WEEK_SECONDS
    task = msgspec.structs.replace(ours.artefacts.task, epoch=asked_quarter(today))
    artefacts = replace(ours.artefacts, task=task)
    assert DAY_SECONDS * LIFETIME_DAYS > _PUBLISHED_WEEKS_AGO * WEEK_SECONDS
    ours.publish(artefacts, now=now)
    return ours


@pytest.fixture(scope="session")
def office(board: Board, publication: Publisher) -> Iterator[Office]:
    """A server on the target's own loopback that has the model and takes reports."""
    root = publication.repository
    files = {
        f"repository/{path.relative_to(root)}": path.read_bytes()
        for path in root.rglob("*")
        if path.is_file()
    }
    office = Office(board)
    board.unpack(tar_of(files), office.directory)
    office.open()
    yield office
    office.close()


@pytest.fixture
def home(request: pytest.FixtureRequest, office: Office) -> str:
    """An empty home on the target whose settings name the office."""
    office.mood("")
    return office.new_home(re.sub(r"\W+", "-", request.node.name).strip("-"))
