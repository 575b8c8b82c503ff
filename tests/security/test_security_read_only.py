"""A home on a read-only file system: read as it is, deletions included, and never written."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from edgeagent.errors import DiskFull, StorageError
from edgeagent.store import Home
from edgeagent.store.read_only import copy_to_memory
from edgeagent.testing.box import NOW, Box
from edgeagent.testing.randomness import SeededRandomSource


def _read_only(box: Box, directory: Path | None = None) -> Home:
    return Home.open(
        directory or box.directory,
        provider=box.provider,
        now=NOW,
        random=SeededRandomSource("read-only"),
        is_writable=lambda place: place != (directory or box.directory),
    )


@pytest.fixture
def left(box: Box, tmp_path: Path) -> Box:
    """A home as a loss of power leaves it: rows stored, and rows deleted, in the log alone."""
    home = box.open()
    home.ledger.append_consent(box.decision())
    home.history.add([box.event("forgotten")], box.grant())
    home.history.add([box.event("kept")], box.grant())
    home.history.database.checkpoint()
    with home.history.database.transaction() as connection:
        connection.execute("DELETE FROM events WHERE entity_id = 'forgotten'")
    home.history.add([box.event("late")], box.grant())
    after = Box(tmp_path / "after")
    after.directory.mkdir(mode=0o700)
    for name, data in box.files().items():
        if not name.endswith(("-shm", "lock")):
            (after.directory / name).write_bytes(data)
            (after.directory / name).chmod(0o600)
    return after


def test_it_is_read_with_its_log_and_left_as_it_is(left: Box) -> None:
    before = left.files()
    home = _read_only(left)
    home.check()
    assert [viewing.entity_id for viewing in home.history.window("main")] == ["kept", "late"]
    assert len(home.ledger.consents()) == 1
    with pytest.raises(DiskFull):
        home.history.add([left.event("more")], left.grant())
    with pytest.raises(DiskFull):
        home.history.forget("main", "kept")
    with pytest.raises(DiskFull):
        home.ledger.append_consent(left.decision(given=False))
    with pytest.raises(DiskFull):
        left.book(home.ledger, home.ledger.genesis.first_reportable_week)
    for change in (home.rekey, home.discard_history, lambda: home.set_aside_history(now=NOW)):
        with pytest.raises(DiskFull, match="cannot be written"):
            change()
    with pytest.raises(DiskFull):
        home.rotate(left.provider)
    assert len(home.ledger.consents()) == 1
    copy = home._place
    assert copy != left.directory
    assert copy.stat().st_mode & 0o077 == 0
    home.close()
    assert not copy.exists()
    assert left.files() == before


def test_a_copy_does_not_outlive_a_home_that_does_not_open(left: Box) -> None:
    (left.directory / "ledger.db").write_bytes(b"no database")
    places = [Path(place) for place in ("/dev/shm", "/run", "/tmp")]  # noqa: S108  (looked at only)
    before = {path for place in places for path in place.glob("edgeagent-*")}
    with pytest.raises(StorageError):
        _read_only(left)
    assert {path for place in places for path in place.glob("edgeagent-*")} <= before


def test_without_a_place_in_memory_that_is_said(left: Box, tmp_path: Path) -> None:
    with copy_to_memory(left.directory, places=[str(tmp_path / "absent"), str(tmp_path)]) as copy:
        assert Path(copy).parent == tmp_path
    with pytest.raises(DiskFull, match="neither can"):
        copy_to_memory(left.directory, places=[str(tmp_path / "absent")])


@pytest.fixture
def mounted(left: Box, tmp_path: Path) -> Iterator[Path]:
    """The home on a file system that is mounted read-only."""
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if mount is None or umount is None:
        pytest.skip("only root can mount a tmpfs")
    disk = tmp_path / "disk"
    disk.mkdir()
    command = [mount, "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("this container may not mount a tmpfs")
    try:
        shutil.copytree(left.directory, disk / "home")
        command = [mount, "-o", "remount,ro", str(disk)]
        if subprocess.run(command, check=False, capture_output=True).returncode:
            pytest.skip("this container may not mount a tmpfs read-only")
        yield disk / "home"
    finally:
        subprocess.run([umount, "-l", str(disk)], check=True)


def test_a_file_system_that_is_read_only_is_noticed(mounted: Path, left: Box) -> None:
    home = Box(mounted)
    home.provider = left.provider
    opened = home.open()
    assert opened.history.count("main") == 2
    with pytest.raises(DiskFull):
        opened.history.add([left.event("more")], left.grant())
    home.close()
