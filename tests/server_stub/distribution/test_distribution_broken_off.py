"""A command that is ended between any two files: boxes see the state before or the state after."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from edgeagent.testing.creatives import picture_of, some_catalogue, some_creative
from server_stub.distribution.creatives import PackedCreatives, publish_creatives
from server_stub.distribution.directory import RepositoryDirectory
from server_stub.distribution.operator import Operator
from server_stub.distribution.publish import publish
from server_stub.distribution.renewal import begin_list, refresh, rotate_keys
from server_stub.distribution.rollback import stop
from tests.server_stub.distribution.publishing_office import DAY, NOW, PublishingOffice, invented

ONE, TWO = invented(1), invented(2)
_AD = some_creative("a")
CREATIVES = PackedCreatives(
    catalogue=some_catalogue(_AD), files={_AD.asset.path: picture_of(_AD.crid)}
)
ALL_ROLES = ("root", "timestamp", "snapshot", "targets", "models", "catalogue", "tasks", "log")

COMMANDS: dict[str, Callable[[Operator], object]] = {
    "publish": lambda operator: publish(operator, TWO),
    "begin a rollout": lambda operator: publish(operator, TWO, percent=5),
    "publish creatives": lambda operator: publish_creatives(operator, CREATIVES),
    "stop": lambda operator: stop(operator, models=("v1",), tasks=(ONE.task.name,)),
    "refresh": refresh,
    "refresh all": lambda operator: refresh(operator, ALL_ROLES),
    "rotate all": lambda operator: rotate_keys(operator, ALL_ROLES),
    "new list": begin_list,
}


class PowerCut(BaseException):
    """No ``Exception``: nothing may catch it."""


class EndsAfter(RepositoryDirectory):
    """Writes so many files, and no more."""

    def __init__(self, directory: Path, files: int) -> None:
        super().__init__(directory)
        self.left = files

    def _count(self) -> None:
        if self.left == 0:
            raise PowerCut
        self.left -= 1

    def write_metadata(self, name: str, data: bytes) -> None:
        self._count()
        super().write_metadata(name, data)

    def write_target(self, path: str, data: bytes) -> None:
        self._count()
        super().write_target(path, data)

    def announce_root(self, data: bytes) -> None:
        self._count()
        super().announce_root(data)

    def show_root(self) -> None:
        self._count()
        super().show_root()

    def drop_lists_but(self, kept: set[str]) -> None:
        self._count()
        super().drop_lists_but(kept)


class ShowsNoRoot(RepositoryDirectory):
    """Ends before its last file."""

    def show_root(self) -> None:
        raise PowerCut


def ended_after(office: PublishingOffice, files: int) -> Operator:
    return replace(office.operator(now=NOW + DAY), repository=EndsAfter(office.directory, files))


@pytest.mark.deep
@pytest.mark.parametrize("command", COMMANDS)
def test_boxes_see_the_state_before_or_after(
    office: PublishingOffice, command: str, tmp_path: Path
) -> None:
    publish(office.operator(), ONE)
    shipped = (office.directory / "root.json").read_bytes()
    run = COMMANDS[command]
    files, ended = 0, False
    while not ended:
        tried = PublishingOffice(tmp_path / f"{files}")
        shutil.copytree(office.directory, tried.directory)
        shutil.copytree(office.keys, tried.keys)
        before, list_before = tried.content(), tried.check_list()
        try:
            run(ended_after(tried, files))
            ended = True
        except PowerCut:
            pass
        between = tried.content()
        if (tried.directory / "metadata" / ".coming.root.json").exists() and command == "new list":
            assert between == before  # the one moment in which list and root do not go together
        else:
            tried.check_list()
        tried.box(now=NOW + DAY, trusted_root=shipped)
        run(tried.operator(now=NOW + DAY))
        assert between in (before, tried.content())
        after = tried.check_list()
        if after.list_id == list_before.list_id:
            assert after.entries[: len(list_before.entries)] == list_before.entries
        tried.box(now=NOW + DAY, trusted_root=shipped)
        assert not list(tried.directory.rglob(".*"))
        files += 1
    assert files > (1 if command == "refresh" else 5)


def test_any_command_that_signs_ends_what_began_a_list(office: PublishingOffice) -> None:
    publish(office.operator(), ONE)
    root = office.published().root
    operator = replace(office.operator(), repository=ShowsNoRoot(office.directory))
    with pytest.raises(PowerCut):
        begin_list(operator)
    assert office.published().root == root
    refresh(office.operator(now=NOW + DAY))
    assert office.published().root.version == root.version + 1
    office.check_list()
