from __future__ import annotations

from pathlib import Path

import pytest

from edgeagent.errors import StorageError
from edgeagent.store.wal_scan import fits, scan_log
from edgeagent.testing.box import NOW, Box

FRAME = 24 + 4096


@pytest.fixture
def log(box: Box) -> bytes:
    """Five commits of one frame each."""
    home = box.open()
    assert home.history.count("main") == 0
    home.history._database.checkpoint()
    for number in range(5):
        home.history.add([box.event("film", NOW + number)], box.grant())
    return (box.directory / "history.db-wal").read_bytes()


def _scan(tmp_path: Path, data: bytes) -> tuple[int, bool]:
    path = tmp_path / "some.db-wal"
    path.write_bytes(data)
    scan = scan_log(path)
    return scan.frames, scan.lost


def test_a_whole_log_verifies(tmp_path: Path, log: bytes) -> None:
    assert _scan(tmp_path, log) == (5, False)
    assert _scan(tmp_path, b"") == (0, False)
    assert scan_log(tmp_path / "absent").lost is False


@pytest.mark.parametrize("at", [0, 9, 17, 27, 31])
def test_a_damaged_header_loses_everything(tmp_path: Path, log: bytes, at: int) -> None:
    assert _scan(tmp_path, _flipped(log, at)) == (0, True)


@pytest.mark.parametrize("frame", range(5))
@pytest.mark.parametrize("at", [0, 5, 17, 23, 24, 2000, FRAME - 1])
def test_any_flipped_bit_is_seen(tmp_path: Path, log: bytes, frame: int, at: int) -> None:
    assert _scan(tmp_path, _flipped(log, 32 + frame * FRAME + at)) == (frame, True)


def test_a_flipped_salt_is_seen_while_frames_follow(tmp_path: Path, log: bytes) -> None:
    assert _scan(tmp_path, _flipped(log, 32 + 2 * FRAME + 9)) == (2, True)


def test_a_cut_frame_is_seen(tmp_path: Path, log: bytes) -> None:
    assert _scan(tmp_path, log[:-100]) == (4, True)


def test_frames_of_an_older_log_are_no_loss(tmp_path: Path, log: bytes) -> None:
    old = bytearray(log[32 + 3 * FRAME :])
    for start in range(0, len(old), FRAME):
        old[start + 8] ^= 1  # another salt
    assert _scan(tmp_path, log[: 32 + 3 * FRAME] + bytes(old)) == (3, False)


def test_a_log_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="directory"):
        scan_log(tmp_path)


def _flipped(data: bytes, at: int) -> bytes:
    changed = bytearray(data)
    changed[at] ^= 4
    return bytes(changed)


def test_a_transaction_that_never_came_to_its_commit_is_no_loss(tmp_path: Path, log: bytes) -> None:
    torn = bytearray(log[-FRAME:])
    torn[4:8] = bytes(4)  # not the frame that commits
    assert _scan(tmp_path, log + bytes(torn[:-1])) == (5, False)
    assert _scan(tmp_path, log + bytes(torn) + log[-FRAME:]) == (5, True)


def test_a_database_fits_beneath_its_log_and_a_shorter_one_does_not(
    box: Box, tmp_path: Path
) -> None:
    history = box.open().history
    assert history.count("main") == 0
    history.database.checkpoint()
    events = [box.event(f"t:{number}", NOW + number) for number in range(500)]
    history.add(events, box.grant())
    history.database.checkpoint()
    history.add([box.event("late")], box.grant())
    path = box.directory / "history.db"
    pages, log = path.stat().st_size // 4096, path.with_name("history.db-wal")
    assert fits(log, pages=pages)
    assert fits(tmp_path / "absent", pages=0)
    header = tmp_path / "header"
    header.write_bytes(log.read_bytes()[:32])
    assert fits(header, pages=0)
    written = log.read_bytes()
    assert not fits(log, pages=2)
    header.write_bytes(written[:36] + bytes(4) + written[40 : 32 + FRAME])
    assert fits(header, pages=0)  # no commit yet
