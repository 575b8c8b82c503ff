"""A log in Parquet that is read in parts: the same viewings, some people at a time."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest

from edgeagent.errors import InputError
from model_export.loaders import load_catalogue, load_log
from model_export.loaders.viewing_parts import ViewingParts, viewings_in_parts
from model_export.log import WatchLog

pa = pytest.importorskip("pyarrow", reason="pyarrow: pip install 'edgeagent[parquet]'")
parquet = pytest.importorskip("pyarrow.parquet", reason="the same")

_PEOPLE, _TITLES = 40, 12


def _write(directory: Path, *, rows: int = 900, user: str | None = None) -> Path:
    rng = np.random.default_rng(4)
    (directory / "titles.csv").write_text(
        "item,title\n" + "".join(f"t{n},T{n}\n" for n in range(_TITLES))
    )
    users = [f"person {n}" for n in rng.integers(0, _PEOPLE, rows)]
    columns = {
        "user": users,
        "item": [f"t{n}" for n in rng.integers(0, _TITLES, rows)],
        "timestamp": rng.integers(1_738_000_000, 1_738_000_400, rows),
        "progress": rng.integers(0, 11, rows) / 10,
    }
    if user is not None:
        users[rows // 2] = user
    path = directory / "log.parquet"
    parquet.write_table(pa.table(columns), path, row_group_size=100)
    return path


def _parts(
    path: Path, *, at_once: int, told: list[tuple[int, int]] | None = None
) -> AbstractContextManager[ViewingParts]:
    return viewings_in_parts(
        path,
        load_catalogue(path.with_name("titles.csv")),
        skip_unknown=False,
        at_once=at_once,
        scratch=path.parent,
        progress=lambda done, total: None if told is None else told.append((done, total)),
    )


def _histories(log: WatchLog) -> list[list[tuple[int, int, float]]]:
    """Return each person's viewings in order; who it is does not matter."""
    columns = (log.items.tolist(), log.watched_on.tolist(), log.completion.tolist())
    rows = list(zip(*columns, strict=True))
    return [
        [rows[row] for row in np.flatnonzero(log.users == user)] for user in range(log.user_count)
    ]


def test_the_parts_hold_everybodys_whole_history_once(tmp_path: Path) -> None:
    path = _write(tmp_path)
    whole = load_log(path, tmp_path / "titles.csv")
    told: list[tuple[int, int]] = []
    with _parts(path, at_once=300, told=told) as parts:
        assert isinstance(parts, ViewingParts)
        logs = list(parts)
        assert [len(log) for log in parts[1:]] == [len(log) for log in logs[1:]]
        assert _names(tmp_path) == {"titles.csv", "log.parquet"}, "what is written has no name"
    assert len(logs) == 3
    assert max(map(len, logs)) < len(whole) / 2
    found = [tuple(history) for log in logs for history in _histories(log)]
    assert Counter(found) == Counter(map(tuple, _histories(whole)))
    assert sum(log.user_count for log in logs) == whole.user_count
    assert all(log.titles == whole.titles for log in logs)
    for log in logs:
        assert (np.lexsort((log.users, log.watched_on)) == np.arange(len(log))).all()
    assert told[-1] == (900, 900)


def _names(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir()}


def test_the_order_of_rows_changes_nothing(tmp_path: Path) -> None:
    path = _write(tmp_path)
    table = parquet.read_table(path)
    parquet.write_table(table.take(np.arange(len(table))[::-1]), tmp_path / "turned.parquet")
    with (
        _parts(path, at_once=450) as one,
        _parts(tmp_path / "turned.parquet", at_once=450) as other,
    ):
        for first, second in zip(one, other, strict=True):
            assert (first.users == second.users).all()
            assert (first.items == second.items).all()
            assert (first.completion == second.completion).all()


_TRAIN = "from model_export.cli import main; main()"


@pytest.mark.parametrize(
    "program",
    [_TRAIN, f"import os; del os.O_TMPFILE; {_TRAIN}"],
    ids=["", "a disk on which every file begins with a name"],
)
def test_a_training_that_is_killed_leaves_nobodys_viewings(tmp_path: Path, program: str) -> None:
    path = _write(tmp_path)
    arguments = {
        "--ratings": path,
        "--catalogue": tmp_path / "titles.csv",
        "--viewings-at-once": 300,
        "--out": tmp_path / "model.npz",
        "--head": "foldin",
        "--segments": 8,
    }
    words = [str(word) for pair in arguments.items() for word in pair]
    with subprocess.Popen(
        [sys.executable, "-c", program, "train", *words], stderr=subprocess.PIPE, text=True
    ) as training:
        assert training.stderr is not None
        said = next((line for line in training.stderr if "read in 3 parts" in line), "")
        written = _unnamed(training.pid, tmp_path) if said else []
        training.kill()
    assert training.returncode == -signal.SIGKILL
    assert written == [900 * 24], "all viewings were on that disk when it died"
    assert _names(tmp_path) == {"titles.csv", "log.parquet"}


def _unnamed(process: int, directory: Path) -> list[int]:
    """Return the sizes of a process's open files that lie in a directory without a name."""
    opened = Path(f"/proc/{process}/fd").iterdir()
    return [
        link.stat().st_size
        for link in opened
        if str(link.readlink()).startswith(f"{directory}/") and not link.stat().st_nlink
    ]


def test_what_is_wrong_is_named_with_its_row(tmp_path: Path) -> None:
    path = _write(tmp_path, user="")
    refusal = pytest.raises(InputError, match="row 451, field 'user'")
    with refusal, _parts(path, at_once=300):
        pass


def test_a_log_of_other_titles_is_refused(tmp_path: Path) -> None:
    path = _write(tmp_path)
    (tmp_path / "titles.csv").write_text("item,title\nother,Other\n")
    catalogue = load_catalogue(tmp_path / "titles.csv")
    with pytest.raises(InputError, match="no viewings of titles in the catalogue"), (
        viewings_in_parts(
            path, catalogue, skip_unknown=True, at_once=300, scratch=tmp_path,
            progress=lambda _done, _total: None,
        )
    ):  # fmt: skip
        pass


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = _write(tmp_path)
    with pytest.raises(InputError, match="is no directory"), viewings_in_parts(
        path, load_catalogue(tmp_path / "titles.csv"), skip_unknown=False, at_once=300,
        scratch=tmp_path / "none", progress=lambda _done, _total: None,
    ):  # fmt: skip
        pass
