from __future__ import annotations

import os
from pathlib import Path

import pytest

from edgeagent.regular_file import open_regular, read_regular


@pytest.mark.parametrize("size", [0, 1, 99, 100])
def test_what_is_short_enough_is_read_whole(tmp_path: Path, size: int) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"a" * size)
    assert read_regular(path, cap_bytes=100) == b"a" * size


def test_what_is_longer_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"a" * 101)
    with pytest.raises(OSError, match="more than 100 bytes"):
        read_regular(tmp_path / "file", cap_bytes=100)


def test_devices_directories_and_pipes_are_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="not a regular file"):
        read_regular(tmp_path / "pipe", cap_bytes=100)
    with pytest.raises(OSError, match="not a regular file"):
        read_regular("/dev/zero", cap_bytes=100)
    with pytest.raises(IsADirectoryError):
        open_regular(tmp_path)


def test_a_link_is_followed_unless_the_caller_says_otherwise(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"a")
    (tmp_path / "link").symlink_to("file")
    assert read_regular(tmp_path / "link", cap_bytes=1) == b"a"
    with pytest.raises(OSError, match="link"):
        read_regular(tmp_path / "link", cap_bytes=1, flags=os.O_NOFOLLOW)
