"""Copies of a store: of one moment, whole, and never over something else."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edgeagent.errors import Damaged, DiskFull, InputError, NotOurDatabase, OutputError
from server_stub.aggregation.sqlite_aggregator import SqliteAggregator
from server_stub.cli import main
from server_stub.ingest import backup, store
from server_stub.ingest.backup import back_up, restore
from server_stub.ingest.store import ReportStore
from tests.server_stub.loopback import make_report, make_task, running_stub


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "r.db"
    with closing(ReportStore(path)) as opened:
        opened.add([make_report(number) for number in range(500)])
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_what_was_backed_up_comes_back(source: Path, tmp_path: Path) -> None:
    back_up(source, tmp_path / "copy")
    source.unlink()
    restore(tmp_path / "copy", source)
    assert SqliteAggregator(source).totals(make_task()).reports == 500
    with closing(ReportStore(source)) as opened:
        opened.add([make_report(number) for number in range(499, 510)])
    assert SqliteAggregator(source).report_count() == 510


def test_a_server_goes_on_while_it_is_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "_PAGES", 1)
    with running_stub(tmp_path) as stub:
        for number in range(50):
            stub.post(make_report(number))
        posted: list[int] = []

        def post(_left: int, _all: int) -> None:
            if len(posted) < 5:
                posted.append(stub.post(make_report(100 + len(posted))).status)

        back_up(stub.store, tmp_path / "copy", advance=post)
        assert posted == [204] * len(posted) != []
        assert 50 <= SqliteAggregator(tmp_path / "copy").report_count() <= 50 + len(posted)
        assert SqliteAggregator(stub.store).report_count() == 50 + len(posted)


def test_nothing_is_written_over(source: Path, tmp_path: Path) -> None:
    for name in ("there", "logged-wal"):
        (tmp_path / name).write_text("mine")
    for target in ("there", "logged"):
        with pytest.raises(InputError, match="exists"):
            back_up(source, tmp_path / target)
    assert (tmp_path / "there").read_text() == "mine"


def test_nothing_half_written_is_left(source: Path, tmp_path: Path) -> None:
    def fail(_left: int, _all: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        back_up(source, tmp_path / "copy", advance=fail)
    with pytest.raises(OutputError, match="cannot be written"):
        back_up(source, tmp_path / "nowhere" / "copy")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["r.db"]


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 4096] = bytes(4096)
    path.write_bytes(data)


def _replace(path: Path) -> None:
    path.write_text("dear diary, this is no database at all\n" * 20)


@pytest.mark.parametrize(("spoil", "error"), [(_flip, Damaged), (_replace, NotOurDatabase)])
def test_a_damaged_backup_does_not_become_a_store(
    source: Path, tmp_path: Path, spoil: Callable[[Path], None], error: type[Exception]
) -> None:
    back_up(source, tmp_path / "copy")
    spoil(tmp_path / "copy")
    with pytest.raises(error):
        restore(tmp_path / "copy", tmp_path / "new.db")
    assert not (tmp_path / "new.db").exists()


def test_the_commands_say_what_was_copied(source: Path, tmp_path: Path) -> None:
    copy, new = tmp_path / "copy", tmp_path / "new.db"
    assert run("backup", "--store", source, copy).output == f"{copy}: 500 reports\n"
    answer = run("restore", "--store", new, copy, "--json").output
    assert json.loads(answer) == {"store": str(new), "reports": 500}
    again = run("restore", "--store", new, copy)
    assert (again.exit_code, f"error: {new} exists" in again.stderr) == (3, True)


def test_a_disk_that_is_nearly_full_takes_no_reports(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = os.statvfs(source).f_bavail * os.statvfs(source).f_frsize
    monkeypatch.setattr(store, "_LEAST_FREE_BYTES", 2 * free)
    with closing(ReportStore(source)) as opened, pytest.raises(DiskFull, match="MiB are free"):
        opened.add([make_report(501)])
    assert SqliteAggregator(source).report_count() == 500
