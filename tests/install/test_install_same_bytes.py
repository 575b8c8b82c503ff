"""What would tell one build of a package from another is taken out."""

from __future__ import annotations

import os
from pathlib import Path
from zipfile import ZipFile, ZipInfo

import pytest

from edgeagent.errors import InputError
from edgeagent.install.resolved_wheels import Target, pinned_hashes, run_tool
from edgeagent.install.same_bytes import build_time, drop_traces, settle


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    path = tmp_path / "ours.whl"
    with ZipFile(path, "w") as packed:
        for day in (3, 2):
            packed.writestr(ZipInfo(f"day{day}.py", (2024, 1, day, 0, 0, 0)), "")
    return path


def test_the_wheel_s_time_counts_unless_the_environment_names_one(wheel: Path) -> None:
    assert build_time(wheel, {}) == 1_704_240_000  # 2024-01-03
    assert build_time(wheel, {"SOURCE_DATE_EPOCH": ""}) == 1_704_240_000
    assert build_time(wheel, {"SOURCE_DATE_EPOCH": "17"}) == 17


@pytest.mark.parametrize("said", ["yesterday", "-1", "1e9", "²"])
def test_what_is_no_time_is_refused(wheel: Path, said: str) -> None:
    with pytest.raises(InputError, match="is no time"):
        build_time(wheel, {"SOURCE_DATE_EPOCH": said})


def test_a_record_speaks_of_what_is_there_and_of_no_path_of_the_builder(tmp_path: Path) -> None:
    information = tmp_path / "a-1.dist-info"
    information.mkdir()
    for name in ("direct_url.json", "REQUESTED", "METADATA"):
        (information / name).touch()
    (tmp_path / 'b",.py').touch()
    (information / "RECORD").write_text(
        "../../bin/a,sha256=x,1\n"
        '"b"",.py",sha256=y,2\n'
        "pruned.py,sha256=z,3\n"
        "a-1.dist-info/direct_url.json,,\n"
        "a-1.dist-info/METADATA,sha256=m,4\n"
    )
    drop_traces(tmp_path)
    kept = 'a-1.dist-info/METADATA,sha256=m,4\n"b"",.py",sha256=y,2\n'
    assert (information / "RECORD").read_text() == kept
    assert {path.name for path in information.iterdir()} == {"METADATA", "RECORD"}


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_times_and_permissions_are_those_of_every_build(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        (tmp_path / "usr/bin").mkdir(parents=True)
        (tmp_path / "usr/bin/run").touch(0o777)
        (tmp_path / "usr/data").touch()
    finally:
        os.umask(before)
    settle(tmp_path, at=1_700_000_000)
    found = {
        str(path.relative_to(tmp_path)): path.stat() for path in (tmp_path, *tmp_path.rglob("*"))
    }
    assert {name: oct(status.st_mode & 0o777) for name, status in found.items()} == {
        ".": "0o755",
        "usr": "0o755",
        "usr/bin": "0o755",
        "usr/bin/run": "0o755",
        "usr/data": "0o644",
    }
    assert {status.st_mtime for status in found.values()} == {1_700_000_000}


def test_a_list_of_wheels_names_each_with_its_hash() -> None:
    assert pinned_hashes("# how\na==1 --hash=sha256:0a\nB.c==2 --hash=sha256:0b\n") == {
        "a==1": "0a",
        "B.c==2": "0b",
    }


def test_wheels_for_another_machine_are_named_as_pip_names_them() -> None:
    options = Target(architecture="arm64", python="3.13").pip_options()
    assert {"cp313", "abi3", "none", "--platform=manylinux_2_34_aarch64"} <= set(options)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("no-such-tool",), "no-such-tool: No such file or directory"),
        (("sh", "-c", "echo first >&2; echo last >&2; exit 3"), "sh failed: last"),
        (("false",), "false failed: no message"),
    ],
)
def test_a_tool_that_fails_is_named_with_its_last_line(command: tuple[str, ...], said: str) -> None:
    with pytest.raises(InputError, match=said):
        run_tool(*command)
